#include "net/request.h"

#include "base/limits.h"
#include "base/text.h"
#include "net/head.h"
#include "net/head_field.h"

#include <string.h>

struct span {
    const char *text;
    size_t len;
};

static struct span span_of(const char *bytes, struct head_span span)
{
    return (struct span){bytes + span.at, span.len};
}

static bool is_known(struct span method)
{
    static const char *const methods[] = {"GET",    "HEAD",    "POST",  "PUT",    "PATCH",
                                          "DELETE", "OPTIONS", "TRACE", "CONNECT"};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (text_equal(method.text, method.len, methods[i]))
            return true;
    return false;
}

static bool skip(struct span *span, const char *scheme)
{
    size_t len = strlen(scheme);

    if (span->len < len || !text_equal_nocase(span->text, len, scheme))
        return false;
    span->text += len;
    span->len -= len;
    return true;
}

static bool is_same_name(struct span a, struct span b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (a.text[i] != b.text[i] &&
            !text_equal_nocase(a.text + i, 1, (char[]){b.text[i], 0}))
            return false;
    return true;
}

// "http://authority/path" to "/path". False: the authority is not the Host's.
static bool take_authority(struct span *target, struct span host)
{
    size_t len = 0;

    while (len < target->len && head_byte_is(target->text[len], HEAD_HOST))
        len++;
    if (len == 0 || (host.len && !is_same_name((struct span){target->text, len}, host)))
        return false;
    target->text += len;
    target->len -= len;
    return true;
}

static enum error_code take_target(struct span target, struct span host,
                                   struct http_request *ret, struct error *error)
{
    const char *question;

    if ((skip(&target, "http://") || skip(&target, "https://")) &&
        !take_authority(&target, host))
        return error_set(error, ERR_BAD_REQUEST, "the target names another host than Host");
    if (target.len == 0 || target.text[0] != '/')
        return error_set(error, ERR_BAD_REQUEST, "the target is not a path");
    if (memchr(target.text, '#', target.len))
        return error_set(error, ERR_BAD_REQUEST, "the target has a fragment");
    question = memchr(target.text, '?', target.len);
    ret->path = target.text;
    ret->path_len = question ? (size_t)(question - target.text) : target.len;
    ret->query = question ? question + 1 : target.text + target.len;
    ret->query_len = (size_t)(target.text + target.len - ret->query);
    return ERR_OK;
}

static void take_headers(const struct head *head, char *bytes, struct http_header *headers,
                         struct http_request *ret)
{
    head_lower_names(head, bytes);
    for (uint32_t i = 0; i < head->line_count; i++) {
        const struct head_line *line = &head->lines[i];
        headers[i] = (struct http_header){bytes + line->name.at, line->name.len,
                                          bytes + line->value.at, line->value.len};
    }
    ret->headers = headers;
    ret->header_count = head->line_count;
}

enum error_code request_from_head(const struct head *head, char *bytes,
                                  struct http_header *headers, struct http_request *ret,
                                  struct error *error)
{
    struct span method = span_of(bytes, head->method);
    enum error_code code;

    *ret = (struct http_request){.method = method.text, .method_len = method.len};
    take_headers(head, bytes, headers, ret);
    code = take_target(span_of(bytes, head->target), span_of(bytes, head->host), ret, error);
    if (!is_known(method))
        return error_set(error, ERR_NOT_IMPLEMENTED, "the method is unknown");
    if (code)
        return code;
    if (head->expects_other)
        return error_set(error, ERR_EXPECTATION, "only 100-continue can be expected");
    return head->framing == FRAMING_LENGTH &&
                   head->body_len > (uint64_t)limit(LIMIT_REQUEST_BODY)
               ? request_too_large(error)
               : ERR_OK;
}

enum error_code request_too_large(struct error *error)
{
    return error_set(error, ERR_TOO_LARGE, "the body has more than %lld bytes",
                     (long long)limit(LIMIT_REQUEST_BODY));
}

const struct http_header *http_request_header(const struct http_request *request,
                                              const char *name, size_t *ret_count)
{
    const struct http_header *first = NULL;
    size_t count = 0, name_len = strlen(name);

    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (header->name_len != name_len || memcmp(header->name, name, name_len) != 0)
            continue;
        if (count++ == 0)
            first = header;
    }
    if (ret_count)
        *ret_count = count;
    return first;
}
