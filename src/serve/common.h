// What all threads of the server share: made by main before any of them runs, and read-only
// after, but for the atomics and the tables of limits.

#ifndef SERVE_COMMON_H
#define SERVE_COMMON_H

#include "api/door.h"
#include "hook/id.h"
#include "hook/profile.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct guard;
struct keyring;
struct limit_table;
struct mailbox;
struct mailer;
struct peers;
struct resolver;
struct serve_options;
struct store;
struct tls_server;
struct worker;

enum { TESTS_MAX = 64, TESTS_AT_ONCE = 4 };

struct common {
    const struct serve_options *options;
    struct profile_set profiles;
    struct keyring *keyring;
    struct guard *guard;
    struct resolver *resolver;
    struct store *store;
    struct tls_server *tls; // or NULL
    struct mailer *mailer;  // or NULL
    struct peers *peers;
    struct mailbox *main; // to main's mailbox
    struct mailbox **mailboxes;
    struct worker **workers;
    int worker_count;
    int boot_number;
    int64_t newest_event; // id, at the start; 0: none
    int in_flight_each;   // attempts in flight a worker may have
    bool is_loopback;
    char base_url[280];    // serve/reach.h
    bool has_plain_cookie; // of sessions
    unsigned char id_key[ID_KEY_LEN];
    unsigned char pepper_key[PEPPER_KEY_LEN];
    struct limit_table *key_limits, *stranger_limits, *test_limits, *audit_limits;
    int64_t started_ms;
    atomic_int readiness;                 // enum readiness of serve/health.h
    atomic_int_fast64_t tests[TESTS_MAX]; // under way: the app of each; 0: a free place
};

#endif
