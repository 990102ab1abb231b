#include "api/cookie.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

const char *cookie_name(bool is_plain)
{
    return is_plain ? "posthorn" : "__Host-posthorn";
}

static struct text_span trimmed(const char *at, size_t len)
{
    while (len > 0 && (*at == ' ' || *at == '\t')) {
        at++;
        len--;
    }
    while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t')) {
        len--;
    }
    return (struct text_span){at, len};
}

struct text_span cookie_find(struct text_span header, const char *name)
{
    struct text_span found = {0};
    const char *at = header.at, *end = header.at + header.len;
    size_t count = 0;

    while (at != NULL && at < end) {
        const char *semicolon = memchr(at, ';', (size_t)(end - at));
        const char *stop = semicolon != NULL ? semicolon : end;
        struct text_span pair = trimmed(at, (size_t)(stop - at));
        const char *equals = pair.len > 0 ? memchr(pair.at, '=', pair.len) : NULL;
        if (equals != NULL && text_equal(pair.at, (size_t)(equals - pair.at), name)) {
            found = (struct text_span){equals + 1, (size_t)(pair.at + pair.len - equals - 1)};
            count++;
        }
        at = semicolon != NULL ? semicolon + 1 : end;
    }
    return count == 1 ? found : (struct text_span){0};
}

void cookie_write(bool is_plain, const char *value, char ret[COOKIE_TEXT_MAX])
{
    snprintf(ret, COOKIE_TEXT_MAX, "%s=%s; Path=/; %sHttpOnly; SameSite=Strict%s",
             cookie_name(is_plain), value, is_plain ? "" : "Secure; ",
             value[0] == '\0' ? "; Max-Age=0" : "");
}
