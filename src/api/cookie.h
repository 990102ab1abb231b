// The one cookie there is: a session's token. Browsers keep the prefix __Host- for cookies
// that came over TLS from this very host, so that no neighbour can plant one; a plain name
// stands in for it only where the server is tried out on loopback without TLS, because not
// every browser takes a Secure cookie there.

#ifndef API_COOKIE_H
#define API_COOKIE_H

#include "api/requests.h"

#include <stdbool.h>

enum { COOKIE_TEXT_MAX = 160 };

const char *cookie_name(bool is_plain);
// The value of the cookie of that name in a Cookie header; at NULL: it is not there, or more
// than once, so that nobody can tell whose it is.
struct text_span cookie_find(struct text_span header, const char *name);
// Set-Cookie's value. value "": the cookie goes.
void cookie_write(bool is_plain, const char *value, char ret[COOKIE_TEXT_MAX]);

#endif
