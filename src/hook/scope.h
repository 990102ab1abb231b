// What a key may do. Stored as bits: append only.

#ifndef HOOK_SCOPE_H
#define HOOK_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// X(NAME, bit, text)
#define SCOPES(X)                           \
    X(OPERATOR, 0, "operator")              \
    X(KEY_CREATE, 1, "key:create")          \
    X(KEY_READ, 2, "key:read")              \
    X(KEY_DELETE, 3, "key:delete")          \
    X(WEBHOOK_CREATE, 4, "webhook:create")  \
    X(WEBHOOK_READ, 5, "webhook:read")      \
    X(WEBHOOK_UPDATE, 6, "webhook:update")  \
    X(WEBHOOK_DELETE, 7, "webhook:delete")  \
    X(WEBHOOK_SECRET, 8, "webhook:secret")  \
    X(WEBHOOK_TEST, 9, "webhook:test")      \
    X(EVENT_CREATE, 10, "event:create")     \
    X(EVENT_READ, 11, "event:read")         \
    X(DELIVERY_READ, 12, "delivery:read")   \
    X(DELIVERY_RETRY, 13, "delivery:retry") \
    X(SOURCE_CREATE, 14, "source:create")   \
    X(SOURCE_READ, 15, "source:read")       \
    X(SOURCE_UPDATE, 16, "source:update")   \
    X(SOURCE_DELETE, 17, "source:delete")

enum scope {
#define X(name, bit, text) SCOPE_##name = 1u << (bit),
    SCOPES(X)
#undef X
};

const char *scope_text(enum scope scope);            // of one bit; NULL: no such
bool scope_find(const char *text, uint32_t *ret);    // the bit of that text; false: none
uint32_t scope_of_apps(void);                        // all that a key of an app can have
bool scope_allows(uint32_t scopes, uint32_t needed); // OPERATOR allows all

#endif
