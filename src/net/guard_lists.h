// The egress policy's tables: which ranges no connection leads to, which of these no rule of
// the operator lifts, and which ports. The next range is a row. Sources: the IANA registries
// of special-purpose addresses, the clouds' documentation of their metadata services, and the
// Fetch standard's list of bad ports.

#ifndef NET_GUARD_LISTS_H
#define NET_GUARD_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// "CIDR words", ended by NULL. What the operator reads is the row itself.
extern const char *const guard_never[];  // whatever --allow-private says
extern const char *const guard_denied[]; // unless --allow-private names it

// Ports that other protocols than HTTP own, and ports below 1024 but HTTP's.
bool guard_port_is_good(uint16_t port, bool tls);

// Names that lead inside, or nowhere: at registration they are refused early, for comfort.
enum guard_name { GUARD_NAME_GOOD, GUARD_NAME_LOOPBACK, GUARD_NAME_INSIDE, GUARD_NAME_NEVER };
enum guard_name guard_name_of(const char *host, size_t len);

#endif
