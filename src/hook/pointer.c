#include "hook/pointer.h"

#include "base/text.h"

#include <string.h>

enum { TOKEN_MAX = 256, ITEMS_MAX = 1 << 20 };

// The next reference token with ~0 and ~1 resolved. False: too long.
static bool next_token(const char **pointer, char ret[TOKEN_MAX])
{
    size_t len = 0;
    const char *at = *pointer + 1;
    for (; *at && *at != '/'; at++) {
        char c = *at;
        if (c == '~' && (at[1] == '0' || at[1] == '1'))
            c = *++at == '0' ? '~' : '/';
        if (len == TOKEN_MAX - 1)
            return false;
        ret[len++] = c;
    }
    ret[len] = '\0';
    *pointer = at;
    return true;
}

static bool find_item(const struct json_span *list, const char *token, struct json_span *ret)
{
    struct json_walk walk;
    uint64_t wanted = 0;
    if (!text_to_uint(token, strlen(token), ITEMS_MAX, &wanted))
        return false;
    json_walk_init(&walk, list);
    for (uint64_t i = 0; json_next_item(&walk, ret); i++)
        if (i == wanted)
            return true;
    return false;
}

bool pointer_find(const struct json_span *root, const char *pointer, struct json_span *ret)
{
    char token[TOKEN_MAX];
    *ret = *root;
    while (*pointer == '/') {
        struct json_span parent = *ret;
        if (!next_token(&pointer, token))
            return false;
        bool found = parent.kind == JSON_MAP    ? json_find(&parent, token, ret) > 0
                     : parent.kind == JSON_LIST ? find_item(&parent, token, ret)
                                                : false;
        if (!found)
            return false;
    }
    return *pointer == '\0';
}
