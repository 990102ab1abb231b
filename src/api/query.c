#include "api/query.h"

#include "api/problem.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, c >= 'A' && c <= 'F' ? c | 0x20 : c);

    return at != NULL ? (int)(at - digits) : -1;
}

// In place. False: a % without two digits, or a value that is no text.
static bool decode(char *text, size_t *len)
{
    size_t to = 0;

    for (size_t i = 0; i < *len; i++) {
        char c = text[i];
        if (c == '%') {
            int high = i + 2 < *len ? digit_of(text[i + 1]) : -1;
            int low = high >= 0 ? digit_of(text[i + 2]) : -1;
            if (low < 0) {
                return false;
            }
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        text[to++] = c;
    }
    text[to] = '\0';
    *len = to;
    return memchr(text, '\0', to) == NULL && text_is_utf8(text, to);
}

static enum error_code refuse(struct text_span name, const char *why, struct error *error)
{
    char field[PROBLEM_SHOWN_MAX + 2];

    snprintf(field, sizeof field, "?%.*s", PROBLEM_SHOWN(name.len), name.at);
    return error_at(error, ERR_INVALID_FIELD, field, "%s", why);
}

static enum error_code read_pair(struct text_span pair, const char *const *names,
                                 size_t count, bool skips_others, struct arena *arena,
                                 struct text_span *ret, struct error *error)
{
    const char *equals = memchr(pair.at, '=', pair.len);
    struct text_span name = {pair.at, equals != NULL ? (size_t)(equals - pair.at) : pair.len};
    size_t which = 0;

    while (which < count && !text_equal(name.at, name.len, names[which])) {
        which++;
    }
    if (which == count || name.len == 0) {
        if (skips_others) {
            return ERR_OK;
        }
        return refuse(name, "there is no such parameter here", error);
    }
    if (ret[which].at != NULL) {
        return refuse(name, "the parameter stands twice", error);
    }
    size_t len = equals != NULL ? pair.len - name.len - 1 : 0;
    char *value = arena_copy(arena, equals != NULL ? equals + 1 : "", len);
    if (!decode(value, &len)) {
        return refuse(name, "the value is not percent-encoded text", error);
    }
    ret[which] = (struct text_span){value, len};
    return ERR_OK;
}

static enum error_code read_all(struct text_span query, const char *const *names,
                                size_t count, bool skips_others, struct arena *arena,
                                struct text_span *ret, struct error *error)
{
    const char *at = query.at, *end = query.at + query.len;

    memset(ret, 0, count * sizeof *ret);
    while (query.len > 0 && at < end) {
        const char *ampersand = memchr(at, '&', (size_t)(end - at));
        const char *stop = ampersand != NULL ? ampersand : end;
        struct text_span pair = {at, (size_t)(stop - at)};
        enum error_code code =
            pair.len > 0 ? read_pair(pair, names, count, skips_others, arena, ret, error)
                         : ERR_OK;
        if (code != ERR_OK) {
            return code;
        }
        at = ampersand != NULL ? ampersand + 1 : end;
    }
    return ERR_OK;
}

enum error_code query_read(struct text_span query, const char *const *names, size_t count,
                           struct arena *arena, struct text_span *ret, struct error *error)
{
    return read_all(query, names, count, false, arena, ret, error);
}

enum error_code query_read_some(struct text_span query, const char *const *names,
                                size_t count, struct arena *arena, struct text_span *ret,
                                struct error *error)
{
    return read_all(query, names, count, true, arena, ret, error);
}
