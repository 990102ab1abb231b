// The first byte chooses a decoder of base/text.h, the rest is its text. What is decoded and
// written again must be the text that came: that is what "one spelling per value" means.

#include "base/text.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_number(const char *text, size_t len)
{
    char again[24];
    uint64_t number;

    if (!text_to_uint(text, len, UINT64_MAX, &number))
        return;
    assert((size_t)snprintf(again, sizeof again, "%llu", (unsigned long long)number) == len);
    assert(memcmp(again, text, len) == 0);
}

static void try_hex(const char *text, size_t len)
{
    unsigned char *bytes = malloc(len / 2 + 1);
    char *again = malloc(len + 2);

    assert(bytes && again);
    if (text_from_hex(text, len, bytes, len / 2)) {
        text_hex(again, bytes, len / 2);
        assert(memcmp(again, text, len) == 0);
    }
    free(bytes);
    free(again);
}

static void try_base64(const char *text, size_t len)
{
    size_t bytes_len = len / 4 * 3;
    unsigned char *bytes = malloc(bytes_len + 1);
    char *again = malloc(len + 1);

    assert(bytes && again);
    if (text_from_base64(text, len, bytes, &bytes_len)) {
        assert(TEXT_BASE64_LEN(bytes_len) == len);
        assert(text_base64(again, bytes, bytes_len) == len);
        assert(memcmp(again, text, len) == 0);
    }
    free(bytes);
    free(again);
}

static void try_base62(const char *text, size_t len)
{
    unsigned char bytes[16];
    char again[64];

    if (!text_from_base62(text, len, bytes) || len < 22 || len > sizeof again)
        return;
    text_base62(again, len, bytes);
    assert(memcmp(again, text, len) == 0);
}

static void try_utf8(const char *text, size_t len)
{
    size_t count = 0;
    size_t at = 0;

    while (at < len) {
        size_t step = text_utf8_step(text + at, len - at);
        if (step == 0)
            break;
        at += step;
        count++;
    }
    assert(text_is_utf8(text, len) == (at == len));
    assert(at < len || text_utf8_count(text, len) == count);
}

static void try_time(const char *text, size_t len)
{
    int64_t ms = -1;
    int64_t back = -1;
    char again[TEXT_TIME_MAX];

    if (!text_from_time(text, len, &ms))
        return;
    assert(ms >= 0 && ms < INT64_C(253402300800000));
    assert(text_from_time(again, text_time(again, ms, 3), &back) && back == ms);
}

static void try_http_time(const char *text, size_t len)
{
    int64_t ms = -1;

    if (text_from_http_time(text, len, &ms))
        assert(ms >= 0 && ms < INT64_C(253402300800000) && ms % 1000 == 0);
    else
        assert(ms == -1);
}

static void try_compare(const char *text, size_t len)
{
    char *copy = malloc(len + 1);

    assert(copy);
    memcpy(copy, text, len);
    copy[len] = '\0';
    assert(text_equal(text, len, copy) == (strlen(copy) == len));
    assert(text_equal_nocase(text, len, copy) == (strlen(copy) == len));
    text_is(text, len, copy);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const tries[])(const char *text, size_t len) = {
        try_number, try_hex,  try_base64,    try_base62,
        try_utf8,   try_time, try_http_time, try_compare,
    };

    if (size > 0)
        tries[data[0] % 8]((const char *)data + 1, size - 1);
    return 0;
}
