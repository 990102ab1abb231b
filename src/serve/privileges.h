// What the process gives up before it serves anyone: root, core files, new privileges, being
// traced.

#ifndef SERVE_PRIVILEGES_H
#define SERVE_PRIVILEGES_H

#include "base/error.h"

// As root: become user, or where that is NULL the owner of the folder; where root owns it,
// stay and warn. Not as root: does nothing but refuse a user. Errors: ERR_CONFIG,
// ERR_PERMISSION.
enum error_code privileges_drop(const char *user, const char *folder,
                                struct error *error) MUST_CHECK;

void privileges_harden(void); // umask, no core files, no new privileges, not dumpable

#endif
