// How this server is reached, from the settings: on loopback alone or not, over TLS or not,
// and by which URL. Portal links are built from that URL and from nothing else.

#ifndef SERVE_REACH_H
#define SERVE_REACH_H

#include "base/error.h"

struct address;
struct common;

// Fills common's is_loopback, tls, base_url ("": not known) and has_plain_cookie. Without
// --public-url a listener on loopback is reached by its own address. Errors: ERR_CONFIG
// naming the setting.
enum error_code reach_open(struct common *common, const struct address *listener,
                           struct error *error) MUST_CHECK;
void reach_close(struct common *common);

#endif
