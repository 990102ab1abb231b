// Everything by which this process reaches outward, from the settings: the guard, the
// resolver, and the way to the mail server, which deliveries never take.

#ifndef SERVE_EGRESS_H
#define SERVE_EGRESS_H

#include "base/error.h"

struct address;
struct common;

// Fills common's guard, which denies the listener and the mail server, and its mailer, where
// --smtp-url is given. Errors: ERR_CONFIG naming the setting.
enum error_code egress_open(struct common *common, const struct address *listener,
                            struct error *error) MUST_CHECK;
void egress_start(struct common *common); // the resolver, with its threads
void egress_look(struct common *common);  // each minute: which addresses this host has now
void egress_close(struct common *common); // once no other thread runs

#endif
