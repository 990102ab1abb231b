// The server: joins store, doors, engines and senders into one process, from the first look
// at the data folder to the drain. Nothing of the domain is decided here.

#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "base/log.h"
#include "net/guard.h"

#include <stdbool.h>
#include <stddef.h>

enum { SERVE_ALLOW_MAX = 64 };

// NULL: not given. All strings live as long as the server.
struct serve_options {
    const char *listen;   // "127.0.0.1:8080"
    const char *data_dir; // keys, lock, and the database unless store names another place
    const char *store;    // "sqlite:PATH", or NULL: posthorn.db in the data folder
    const char *master_key_file; // or NULL: master.key in the data folder
    const char *profiles;        // a folder of a user's own
    const char *allow_private[SERVE_ALLOW_MAX];
    size_t allow_count;
    enum guard_http http;
    const char *tls_cert;
    const char *tls_key;
    const char *ca_file;  // authorities for calling endpoints; NULL: the system's
    const char *smtp_url; // NULL: no e-mail is sent
    const char *smtp_password_file;
    const char *mail_from;
    const char *user;
    const char *public_url; // NULL: the listening address, where that is loopback
    enum log_format log_format;
    enum log_level log_level;
    int workers; // 0: as many as fit
    int time_scale;
    char *texts[2]; // what strings above may point into: option_done() frees them
};

// Runs until SIGTERM or SIGINT. Returns the process's exit code (sysexits).
int serve_run(const struct serve_options *options);

#endif
