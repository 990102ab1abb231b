// What a browser, or somebody who plays one, sends beside a request: a cookie that is found
// lies within its header, stands there once, and a token that was not made is none.

#include "api/cookie.h"
#include "api/csrf.h"
#include "base/text.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_cookie(const char *text, size_t len, const char *name)
{
    struct text_span found = cookie_find((struct text_span){text, len}, name);
    size_t name_len = strlen(name);

    if (found.at == NULL) {
        assert(found.len == 0);
        return;
    }
    assert(found.at > text + name_len && found.at + found.len <= text + len);
    assert(found.at[-1] == '=' && memcmp(found.at - 1 - name_len, name, name_len) == 0);
    assert(found.len == 0 || memchr(found.at, ';', found.len) == NULL);
    // What follows does not have it once more.
    const char *rest = found.at + found.len;
    struct text_span again =
        cookie_find((struct text_span){rest, (size_t)(text + len - rest)}, name);
    assert(again.at == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const unsigned char key[CSRF_KEY_LEN] = "nobody knows this one, or so";
    const char *text = (const char *)data;

    check_cookie(text, len, cookie_name(false));
    check_cookie(text, len, cookie_name(true));
    assert(!csrf_holds(key, 7, text, len));
    return 0;
}
