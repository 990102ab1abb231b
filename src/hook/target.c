#include "hook/target.h"

#include "base/limits.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MAX_LEN = 253, LABEL_MAX_LEN = 63 };

// What is left of the URL while it is read.
struct rest {
    const char *at;
    size_t len;
};

static enum error_code refuse(struct error *error, const char *why)
{
    return error_at(error, ERR_INVALID_URL, "url", "%s", why);
}

static void skip(struct rest *rest, size_t len)
{
    rest->at += len;
    rest->len -= len;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f');
}

static enum error_code check_bytes(const char *url, size_t len, struct error *error)
{
    if (len > (size_t)limit(LIMIT_URL))
        return refuse(error, "the URL is longer than 2048 bytes");
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)url[i];
        if (c >= 0x80)
            return refuse(error, "the URL must be ASCII: write the host in its xn-- form and "
                                 "percent-encode the rest");
        if (c <= ' ' || c == 0x7f)
            return refuse(error, "the URL holds a space or a control character");
        if (c == '\\')
            return refuse(error, "the URL holds a backslash");
        if (c == '#')
            return refuse(error, "the URL has a fragment, which is never sent");
    }
    return ERR_OK;
}

static enum error_code read_scheme(struct rest *rest, struct target *ret, struct error *error)
{
    static const struct {
        const char *text;
        bool tls;
    } schemes[] = {{"https://", true}, {"http://", false}};
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t len = strlen(schemes[i].text);
        if (rest->len >= len && text_equal_nocase(rest->at, len, schemes[i].text)) {
            ret->tls = schemes[i].tls;
            skip(rest, len);
            return ERR_OK;
        }
    }
    return refuse(error, "the URL must begin with https:// or http://");
}

// RFC 4291 text without a zone id, kept in the canonical form of RFC 5952.
static enum error_code read_ipv6(struct rest *host, struct target *ret, struct error *error)
{
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN];
    const char *end = memchr(host->at, ']', host->len);
    if (!end)
        return refuse(error, "the bracket of the IPv6 address is not closed");
    size_t len = (size_t)(end - host->at) - 1;
    if (len == 0 || len >= sizeof text)
        return refuse(error, "what stands in brackets is not an IPv6 address");
    memcpy(text, host->at + 1, len);
    text[len] = '\0';
    if (strchr(text, '%'))
        return refuse(error, "an IPv6 address must not have a zone");
    if (inet_pton(AF_INET6, text, &address) != 1 ||
        !inet_ntop(AF_INET6, &address, ret->host, sizeof ret->host))
        return refuse(error, "what stands in brackets is not an IPv6 address");
    skip(host, len + 2);
    return ERR_OK;
}

static bool is_label_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

// A resolver may read a last label that looks like a number as an IPv4 address in one of many
// spellings, so such a host must be a canonical dotted quad.
static bool looks_numeric(const char *label, size_t len)
{
    if (len >= 2 && label[0] == '0' && label[1] == 'x')
        return true;
    for (size_t i = 0; i < len; i++)
        if (label[i] < '0' || label[i] > '9')
            return false;
    return true;
}

// RFC 3492: does what stands after xn-- decode, to something beyond ASCII?
static bool is_punycode(const char *text, size_t len)
{
    uint64_t n = 128, i = 0, bias = 72, count = 0;
    size_t at = 0;
    for (size_t k = 0; k < len; k++)
        if (text[k] == '-')
            count = k, at = k + 1;
    if (at == len)
        return false;
    for (bool is_first = true; at < len; is_first = false) {
        uint64_t before = i, weight = 1, digit = 0;
        for (uint64_t k = 36;; k += 36) {
            uint64_t least = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
            if (at == len)
                return false;
            char c = text[at++];
            digit = c >= '0' && c <= '9' ? (uint64_t)(c - '0') + 26 : (uint64_t)(c - 'a');
            if (digit >= 36 || weight > UINT32_MAX)
                return false;
            i += digit * weight;
            if (digit < least)
                break;
            weight *= 36 - least;
        }
        count++;
        uint64_t delta = (i - before) / (is_first ? 700 : 2);
        delta += delta / count;
        for (bias = 0; delta > 455; bias += 36)
            delta /= 35;
        bias += 36 * delta / (delta + 38);
        n += i / count;
        i = i % count + 1;
        if (n < 0xa0 || n > 0x10ffff || (n >= 0xd800 && n <= 0xdfff))
            return false;
    }
    return true;
}

static const char *label_wrong(const char *label, size_t len)
{
    if (len == 0)
        return "the host has an empty label";
    if (len > LABEL_MAX_LEN)
        return "a label of the host is longer than 63 characters";
    if (label[0] == '-' || label[len - 1] == '-')
        return "a label of the host begins or ends with a hyphen";
    if (len >= 4 && label[2] == '-' && label[3] == '-' &&
        (memcmp(label, "xn", 2) != 0 || !is_punycode(label + 4, len - 4)))
        return "a label of the host is not a valid xn-- form";
    return NULL;
}

static enum error_code check_name(char *host, size_t len, struct error *error)
{
    struct in_addr address;
    char canonical[INET_ADDRSTRLEN];
    bool has_dot = len > 0 && host[len - 1] == '.';
    size_t name_len = has_dot ? len - 1 : len;
    size_t label_at = 0;
    if (name_len == 0)
        return refuse(error, "the URL has no host");
    if (name_len > NAME_MAX_LEN)
        return refuse(error, "the host is longer than 253 characters");
    for (size_t i = 0; i <= name_len; i++) {
        if (i < name_len && host[i] != '.') {
            if (!is_label_char(host[i]))
                return refuse(error, "the host holds a character that no host name has");
            continue;
        }
        const char *why = label_wrong(host + label_at, i - label_at);
        if (why)
            return refuse(error, why);
        if (i < name_len)
            label_at = i + 1;
    }
    if (looks_numeric(host + label_at, name_len - label_at)) {
        if (inet_pton(AF_INET, host, &address) != 1 ||
            !inet_ntop(AF_INET, &address, canonical, sizeof canonical) ||
            strcmp(canonical, host) != 0)
            return refuse(error, "an IPv4 address must be four decimal numbers");
    }
    host[name_len] = '\0'; // one dot at the end says the same name
    return ERR_OK;
}

static enum error_code read_name(struct rest *host, struct target *ret, struct error *error)
{
    size_t len = 0;
    while (len < host->len && host->at[len] != ':')
        len++;
    if (len > NAME_MAX_LEN + 1)
        return refuse(error, "the host is longer than 253 characters");
    for (size_t i = 0; i < len; i++)
        ret->host[i] = lower(host->at[i]);
    ret->host[len] = '\0';
    skip(host, len);
    return check_name(ret->host, len, error);
}

static enum error_code read_port(const struct rest *text, struct target *ret,
                                 struct error *error)
{
    uint64_t port = ret->tls ? 443 : 80;
    if (text->len > 0) {
        if (text->at[0] != ':' ||
            !text_to_uint(text->at + 1, text->len - 1, UINT16_MAX, &port) || port == 0)
            return refuse(error, "the port is not a number from 1 to 65535");
    }
    ret->port = (uint16_t)port;
    return ERR_OK;
}

static enum error_code read_path(const struct rest *rest, struct target *ret,
                                 struct error *error)
{
    size_t at = 0;
    if (rest->len == 0 || rest->at[0] == '?')
        ret->path[at++] = '/';
    for (size_t i = 0; i < rest->len; i++) {
        char c = rest->at[i];
        if (strchr("\"<>^`{|}", c))
            return refuse(error, "the path or query holds a character that must be "
                                 "percent-encoded");
        if (c == '%' &&
            (rest->len - i < 3 || !is_hex(rest->at[i + 1]) || !is_hex(rest->at[i + 2])))
            return refuse(error, "a % must be followed by two hexadecimal digits");
        if (c == '%' && rest->at[i + 1] == '0' && rest->at[i + 2] == '0')
            return refuse(error, "the URL holds an encoded NUL");
        ret->path[at++] = c;
    }
    ret->path[at] = '\0';
    return ERR_OK;
}

static void write_host_header(struct target *target)
{
    bool is_ipv6 = strchr(target->host, ':') != NULL;
    int len = snprintf(target->host_header, sizeof target->host_header,
                       is_ipv6 ? "[%s]" : "%s", target->host);
    if (target->port != (target->tls ? 443 : 80))
        (void)snprintf(target->host_header + len, sizeof target->host_header - (size_t)len,
                       ":%u", (unsigned)target->port);
}

enum error_code target_parse(const char *url, size_t len, struct target *ret,
                             struct error *error)
{
    struct rest rest = {url, len};
    memset(ret, 0, sizeof *ret);
    enum error_code code = check_bytes(url, len, error);
    if (!code)
        code = read_scheme(&rest, ret, error);
    if (code)
        return code;

    struct rest host = {rest.at, 0};
    while (host.len < rest.len && !memchr("/?", host.at[host.len], 2))
        host.len++;
    skip(&rest, host.len);
    if (memchr(host.at, '@', host.len))
        return refuse(error, "the URL must not hold a user name");
    code = host.len > 0 && host.at[0] == '[' ? read_ipv6(&host, ret, error)
                                             : read_name(&host, ret, error);
    if (!code)
        code = read_port(&host, ret, error);
    if (!code)
        code = read_path(&rest, ret, error);
    if (!code)
        write_host_header(ret);
    return code;
}
