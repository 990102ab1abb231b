#include "api/json_tree.h"

#include "base/buf.h"
#include "base/memory.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static size_t length_of_text(const char *at, size_t left)
{
    size_t len = 1;

    while (len < left && at[len] != '"') {
        len += at[len] == '\\' ? 2 : 1;
    }
    return len + 1;
}

// 0: it is none. Of a text that is JSON, so what begins as a number is one.
static size_t length_of_number(const char *at, size_t left)
{
    size_t len = 0;

    if (*at != '-' && (*at < '0' || *at > '9')) {
        return 0;
    }
    while (len < left && at[len] != '\0' && strchr("0123456789+-.eE", at[len]) != NULL) {
        len++;
    }
    return len;
}

// Jansson reads it as a whole number, or as a double.
static bool is_too_big(const char *number, bool is_whole)
{
    errno = 0;
    if (is_whole) {
        (void)strtoll(number, NULL, 10);
        return errno == ERANGE;
    }
    return isinf(strtod(number, NULL)) != 0;
}

static void add_number(struct buf *ret, const char *at, size_t len)
{
    char *number = memory_copy(at, len);
    bool is_whole = strpbrk(number, ".eE") == NULL;

    if (!is_too_big(number, is_whole)) {
        buf_add(ret, at, len);
    } else {
        buf_add_str(ret, *at == '-' ? "-" : "");
        buf_add_str(ret, is_whole ? "9223372036854775807" : "1e308");
    }
    free(number);
}

// The same text with smaller numbers.
static void write_smaller(struct buf *ret, const char *text, size_t len)
{
    for (size_t at = 0, piece; at < len; at += piece) {
        if (text[at] == '"') {
            piece = length_of_text(text + at, len - at);
            buf_add(ret, text + at, piece);
        } else if ((piece = length_of_number(text + at, len - at)) > 0) {
            add_number(ret, text + at, piece);
        } else {
            piece = 1;
            buf_add_char(ret, text[at]);
        }
    }
}

json_t *json_tree(const char *text, size_t len, size_t flags, json_error_t *ret_why)
{
    json_t *tree = json_loadb(text, len, flags, ret_why);

    if (tree != NULL || json_error_code(ret_why) != json_error_numeric_overflow) {
        return tree;
    }
    struct buf smaller;
    buf_init(&smaller, 2 * len + 64); // a short 1e999 grows by a byte or two
    write_smaller(&smaller, text, len);
    if (buf_ok(&smaller)) {
        tree = json_loadb(smaller.data, smaller.len, flags, ret_why);
    }
    buf_done(&smaller);
    return tree;
}
