// A webhook's URL, taken apart by a strict grammar (docs/security.md): scheme http or https,
// a host in lower-case ASCII (name, canonical IPv4, IPv6 in brackets), an optional port, path
// and query. No userinfo, fragment, backslash, control, space, percent-encoding in the host,
// non-canonical number. Whether the place may be called is the egress guard's business
// (net/guard.h).

#ifndef HOOK_TARGET_H
#define HOOK_TARGET_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct target {
    bool tls;
    uint16_t port;
    char host[256];        // IPv6 without brackets
    char host_header[264]; // as the Host header says it: brackets, and the port unless the
                           // default
    char path[2052];       // path and query, at least "/"
};

// Errors: ERR_INVALID_URL with field "url".
enum error_code target_parse(const char *url, size_t len, struct target *ret,
                             struct error *error) MUST_CHECK;

#endif
