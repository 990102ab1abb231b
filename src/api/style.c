#include "api/style.h"

#include "api/auth.h"
#include "api/key_text.h"
#include "api/problem.h"
#include "base/buf.h"
#include "base/text.h"
#include "hook/id.h"
#include "net/reply.h"

#include <stdio.h>
#include <string.h>

_Static_assert((int)STYLE_INSTANCE_MAX == (int)PROBLEM_INSTANCE_MAX, "an instance's room");

const char style_pair_prefix[] = "wh_", style_sk_prefix[] = "sub_";

// --- the native door ---

static void write_problem(const struct error *error, int status, int64_t wait_s,
                          const char *instance, struct buf *ret)
{
    (void)status;
    (void)wait_s;
    problem_write(error, instance, ret);
}

// --- both platforms' doors ---

// They know no 422 for a wrong body; that of an idempotency key stays one.
static int narrow_status(enum error_code code)
{
    int status = error_http_status(code);

    return status == 422 && code != ERR_IDEMPOTENCY_MISMATCH ? 400 : status;
}

// "name: must have 3 to 100 characters"; a parameter or header is named without its mark.
static void add_sentence(struct buf *ret, const struct error *error)
{
    char text[ERROR_FIELD_MAX + ERROR_TEXT_MAX + 4];
    const char *what = error->text[0] != '\0' ? error->text : error_title(error->code);
    const char *field = error->field + (error->field[0] == '?');
    size_t len = strlen(field);

    len -= len > 0 && field[len - 1] == ':';
    snprintf(text, sizeof text, "%.*s%s%s", (int)len, field, len > 0 ? ": " : "", what);
    buf_add_json(ret, text, strlen(text));
}

// --- a key in two headers, answers with a statusCode ---

static bool read_pair(const struct request *request, struct key_parts *ret)
{
    return request->client_key_count == 1 && request->client_secret_count == 1 &&
           key_text_parse_pair(request->client_key.at, request->client_key.len,
                               request->client_secret.at, request->client_secret.len, ret);
}

enum { HEX_LEN = 32, UUID_LEN = 36 };

// 8-4-4-4-12 hex digits of either case. False: not so.
static bool hex_of_uuid(struct text_span text, char ret[HEX_LEN + 1])
{
    size_t count = 0;

    for (size_t i = 0; i < UUID_LEN; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        char digit = text.at[i];
        if (is_dash != (digit == '-')) {
            return false;
        }
        if (!is_dash) {
            ret[count++] = (char)(digit >= 'A' && digit <= 'F' ? digit | 0x20 : digit);
        }
    }
    ret[count] = '\0';
    return true;
}

static bool parse_pair_webhook(struct id_cipher *cipher, struct text_span text,
                               int64_t *ret_id)
{
    char hex[HEX_LEN + 1];

    if (text.len == UUID_LEN && hex_of_uuid(text, hex)) {
        return id_parse_hex(cipher, ID_WEBHOOK, "", hex, HEX_LEN, ret_id);
    }
    return id_parse_hex(cipher, ID_WEBHOOK, style_pair_prefix, text.at, text.len, ret_id);
}

static const char *pair_message(enum error_code code)
{
    switch (code) {
    case ERR_INVALID_URL: return "Invalid webhook URL format";
    case ERR_INVALID_FIELD: return "Validation failed";
    case ERR_UNAUTHENTICATED: return "Invalid or missing API key";
    case ERR_FORBIDDEN_SCOPE: return "Insufficient scope";
    case ERR_NOT_FOUND: return "Webhook not found";
    default: return error_title(code);
    }
}

static void write_pair_error(const struct error *error, int status, int64_t wait_s,
                             const char *instance, struct buf *ret)
{
    const char *message = pair_message(error->code), *reason = reply_reason(status);

    (void)instance;
    if (error->code == ERR_RATE_LIMITED) {
        buf_add_format(ret,
                       "{\"statusCode\":%d,\"message\":\"Rate limit exceeded\","
                       "\"retryAfter\":%lld}",
                       status, (long long)wait_s);
        return;
    }
    buf_add_format(ret, "{\"statusCode\":%d,\"message\":", status);
    buf_add_json(ret, message, strlen(message));
    buf_add_str(ret, ",\"error\":");
    buf_add_json(ret, reason, strlen(reason));
    buf_add_str(ret, ",\"details\":");
    add_sentence(ret, error);
    buf_add_char(ret, '}');
}

// --- a secret key as Bearer, answers with a message ---

static bool read_sk(const struct request *request, struct key_parts *ret)
{
    static const char start[] = "Bearer sk_";
    struct text_span value = request->authorization;

    return value.len > sizeof start - 1 &&
           text_equal_nocase(value.at, sizeof start - 1, start) &&
           auth_read_bearer(request, ret);
}

static bool parse_sk_webhook(struct id_cipher *cipher, struct text_span text, int64_t *ret_id)
{
    return id_parse_padded(cipher, ID_WEBHOOK, style_sk_prefix, STYLE_SK_WIDTH, text.at,
                           text.len, ret_id);
}

static int sk_status(enum error_code code)
{
    return code == ERR_UNAUTHENTICATED ? 403 : narrow_status(code);
}

static void write_sk_error(const struct error *error, int status, int64_t wait_s,
                           const char *instance, struct buf *ret)
{
    (void)status;
    (void)wait_s;
    (void)instance;
    buf_add_str(ret, "{\"message\":");
    add_sentence(ret, error);
    buf_add_char(ret, '}');
}

// The longer prefix stands first; the last row takes what no other does.
static const struct style styles[] = {
    {.prefix = "/api/v0/",
     .error_type = "application/json",
     .key_wanted = "give a valid key in the headers x-client-key and x-client-secret",
     .challenge = "ClientKey realm=\"posthorn\"",
     .is_of_key = true,
     .is_windowed = true,
     .read_key = read_pair,
     .parse_webhook = parse_pair_webhook,
     .status_of = narrow_status,
     .write_error = write_pair_error},
    {.prefix = "/api/",
     .error_type = "application/json",
     .key_wanted = "give a valid key in the header Authorization, as \"Bearer KEY\"",
     .is_of_key = true,
     .read_key = read_sk,
     .parse_webhook = parse_sk_webhook,
     .status_of = sk_status,
     .write_error = write_sk_error},
    {.prefix = "",
     .error_type = PROBLEM_TYPE,
     .key_wanted = "give a valid key in the header Authorization, as \"Bearer KEY\"",
     .challenge = "Bearer realm=\"posthorn\"",
     .has_sessions = true,
     .read_key = auth_read_bearer,
     .status_of = error_http_status,
     .write_error = write_problem},
};

static bool begins(struct text_span path, const char *prefix)
{
    size_t len = strlen(prefix);

    return path.len >= len && text_equal(path.at, len, prefix);
}

const struct style *style_of(struct text_span path)
{
    const struct style *style = styles;

    while (!begins(path, style->prefix)) {
        style++;
    }
    return style;
}
