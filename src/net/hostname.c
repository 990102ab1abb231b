#include "net/hostname.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <string.h>

enum { LABEL_MAX = 63, NAME_MAX_LEN = 253 };

bool hostname_to_address(const char *host, uint16_t port, struct address *ret)
{
    memset(ret, 0, sizeof *ret);
    if (inet_pton(AF_INET, host, &ret->as.v4.sin_addr) == 1) {
        ret->as.v4.sin_family = AF_INET;
        ret->as.v4.sin_port = htons(port);
        ret->len = sizeof ret->as.v4;
    } else if (inet_pton(AF_INET6, host, &ret->as.v6.sin6_addr) == 1) {
        ret->as.v6.sin6_family = AF_INET6;
        ret->as.v6.sin6_port = htons(port);
        ret->len = sizeof ret->as.v6;
    }
    return ret->len != 0;
}

static bool label_is_good(const char *label, size_t len)
{
    return len >= 1 && len <= LABEL_MAX && label[0] != '-' && label[len - 1] != '-' &&
           text_is(label, len, "a-zA-Z0-9-");
}

static bool label_is_number(const char *label, size_t len)
{
    if (len >= 2 && label[0] == '0' && (label[1] == 'x' || label[1] == 'X'))
        return text_is(label + 2, len - 2, "0-9a-fA-F");
    return text_is(label, len, "0-9");
}

bool hostname_is_good(const char *host)
{
    size_t len = strlen(host);
    if (len > 0 && host[len - 1] == '.')
        len--;
    if (len == 0 || len > NAME_MAX_LEN)
        return false;
    for (const char *label = host, *end = host + len;;) {
        const char *dot = memchr(label, '.', (size_t)(end - label));
        size_t label_len = (size_t)((dot ? dot : end) - label);
        if (!label_is_good(label, label_len))
            return false;
        if (!dot)
            return !label_is_number(label, label_len);
        label = dot + 1;
    }
}
