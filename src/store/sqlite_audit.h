// The audit log in SQLite (hook/audit.h): the writer's part, which adds rows in the
// transaction of the change they tell of, and drops the oldest when they are old enough.

#ifndef STORE_SQLITE_AUDIT_H
#define STORE_SQLITE_AUDIT_H

#include "hook/audit.h"

#include <stdbool.h>
#include <stdint.h>

struct store_backend;

struct audit_state {
    struct audit_ends ends;
    bool has_ends; // in the database, when it was opened
    struct audit_mac *mac;
    unsigned char key[AUDIT_KEY_LEN]; // readers look at it, too, once threads run
};

bool sqlite_audit_load(struct store_backend *backend); // false: backend->code says why
bool sqlite_audit_key(struct store_backend *backend, const unsigned char key[AUDIT_KEY_LEN],
                      bool is_new);
void sqlite_audit_done(struct store_backend *backend); // forgets the key
void sqlite_audit(struct store_backend *backend, struct audit_row *row);
// What the server does by itself; row: what it was done to.
void sqlite_audit_own(struct store_backend *backend, const char *action,
                      struct audit_row *row, int64_t now_ms);

#endif
