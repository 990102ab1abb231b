// The egress guard: may a connection be opened to this address? Every connection that leaves
// goes through it, at the very socket address that is handed to connect(2). The policy and
// its lists are those of docs/security.md; decisions are made on binary addresses, never on
// text.
//
// Immutable once the threads run, but for the addresses of this host's interfaces.

#ifndef NET_GUARD_H
#define NET_GUARD_H

#include "base/error.h"
#include "net/address.h"

#include <stdbool.h>

struct guard;

enum guard_http { GUARD_HTTP_OFF, GUARD_HTTP_PRIVATE, GUARD_HTTP_ON };

// Knows the addresses that this host's interfaces have; other ports of theirs than our own
// are denied, too, until a rule allows them.
struct guard *guard_new(enum guard_http http);
void guard_free(struct guard *guard);
// Looks anew which these are, from any thread; where that fails they stay as they were.
void guard_refresh(struct guard *guard);

// "CIDR" or "CIDR,PORT": lifts the deny list for these addresses (never for link-local,
// metadata, multicast or our own listeners). Errors: ERR_CONFIG (not a CIDR; or it covers
// everything).
enum error_code guard_allow(struct guard *guard, const char *rule,
                            struct error *error) MUST_CHECK;
void guard_deny_own(struct guard *guard,
                    const struct address *listener); // never connect to ourselves

// NULL: allowed. Else the rule that denies it, for the operator ("127.0.0.0/8 loopback").
const char *guard_denies(const struct guard *guard, const struct address *address, bool tls);

// At registration, on a parsed URL's host and port: refuses literal addresses that would be
// denied, names that never lead outside (localhost, *.internal, single labels …), ports, and
// http where it is not allowed. Names that --allow-private may resolve to are accepted. A
// convenience: what it accepts is vetted again at every connection. Errors: ERR_INVALID_URL,
// whose text begins with "name_denied:", "address_denied:", "port_denied:" or
// "https_required:".
enum error_code guard_check_target(const struct guard *guard, bool tls, const char *host,
                                   uint16_t port, struct error *error) MUST_CHECK;

// The same of plain http under a contract that asks for https: it may go only where
// --allow-private names the place, whatever else is allowed.
enum error_code guard_check_plain(const struct guard *guard, const char *host, uint16_t port,
                                  struct error *error) MUST_CHECK;

#endif
