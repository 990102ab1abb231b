#include "hook/scope.h"

#include <string.h>

static const struct {
    enum scope scope;
    const char *text;
} rows[] = {
#define X(name, bit, text) {SCOPE_##name, text},
    SCOPES(X)
#undef X
};

const char *scope_text(enum scope scope)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].scope == scope)
            return rows[i].text;
    return NULL;
}

bool scope_find(const char *text, uint32_t *ret)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].text, text) == 0) {
            *ret = (uint32_t)rows[i].scope;
            return true;
        }
    }
    return false;
}

uint32_t scope_of_apps(void)
{
    uint32_t all = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        all |= (uint32_t)rows[i].scope;
    return all & ~(uint32_t)SCOPE_OPERATOR;
}

bool scope_allows(uint32_t scopes, uint32_t needed)
{
    return (scopes & SCOPE_OPERATOR) != 0 || (scopes & needed) == needed;
}
