#include "cli/members.h"

#include "base/buf.h"
#include "base/json_span.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/escape.h"
#include "cli/given.h"
#include "cli/header_lines.h"

#include <stdbool.h>
#include <string.h>

static const char *flag_name(const struct member *member)
{
    return member->flag == ARG_FIRST ? member->name : flag_row(member->flag)->name;
}

static enum error_code write_number(const struct member *member, const char *text,
                                    struct buf *ret, struct error *error)
{
    uint64_t number;

    enum error_code code = given_count(flag_name(member), text, INT32_MAX, &number, error);

    if (code == ERR_OK)
        buf_add_int(ret, (int64_t)number);
    return code;
}

static enum error_code write_seconds(const struct member *member, const char *text,
                                     struct buf *ret, struct error *error)
{
    int64_t ms;
    enum error_code code = given_duration(flag_name(member), text, &ms, error);

    if (code != ERR_OK)
        return code;
    if (ms % 1000 != 0)
        return error_set(error, ERR_BAD_REQUEST, "--%s: %.60s is not of whole seconds",
                         flag_name(member), text);
    buf_add_int(ret, ms / 1000);
    return ERR_OK;
}

// "a,b" as a list of texts, or of seconds.
static enum error_code write_list(const struct member *member, const char *text,
                                  struct buf *ret, struct error *error)
{
    enum error_code code = ERR_OK;
    char separator = '[';

    for (const char *at = text; at && code == ERR_OK;) {
        const char *comma = strchr(at, ',');
        size_t len = comma ? (size_t)(comma - at) : strlen(at);
        char item[160];

        if (len == 0 || len >= sizeof item)
            return error_set(error, ERR_BAD_REQUEST, "--%s: %.60s is not a list as a,b,c",
                             flag_name(member), text);
        memcpy(item, at, len);
        item[len] = '\0';
        buf_add_char(ret, separator);
        separator = ',';
        if (member->kind == MEMBER_SECONDS_LIST)
            code = write_seconds(member, item, ret, error);
        else
            buf_add_json(ret, item, len);
        at = comma ? comma + 1 : NULL;
    }
    buf_add_char(ret, ']');
    return code;
}

static enum error_code write_yes(const struct member *member, const char *text,
                                 struct buf *ret, struct error *error)
{
    bool is_yes = strcmp(text, "yes") == 0;

    if (!is_yes && strcmp(text, "no") != 0)
        return error_set(error, ERR_BAD_REQUEST, "--%s is yes or no", flag_name(member));
    buf_add_str(ret, is_yes ? "true" : "false");
    return ERR_OK;
}

// From a file or standard input, so that no shell took the quotes away.
static bool is_read(const char *text)
{
    return text[0] == '@' || strcmp(text, "-") == 0;
}

enum error_code members_json(const char *flag, const char *text, struct buf *ret,
                             struct error *error)
{
    struct buf json;
    struct json_span span;
    struct error why;
    enum error_code code;

    buf_init(&json, GIVEN_BYTES_MAX);
    code = given_text(text, &json, error);
    if (code == ERR_OK &&
        json_check(json.data ? json.data : "", json.len, &span, &why) != ERR_OK)
        code = error_set(error, ERR_BAD_JSON, "--%s is not JSON: %s%s", flag, why.text,
                         is_read(text) ? ""
                                       : "; the shell wants quotes around it, '{…}', and "
                                         "a file is @FILE");
    if (code == ERR_OK)
        buf_add(ret, span.at, span.len);
    buf_done(&json);
    return code;
}

static enum error_code write_headers(const char *path, struct buf *ret, struct error *error)
{
    struct header_lines lines;
    enum error_code code = header_lines_read(path, true, &lines, error);
    char separator = '{';

    for (size_t i = 0; code == ERR_OK && i < lines.count; i++, separator = ',') {
        buf_add_char(ret, separator);
        buf_add_json(ret, lines.lines[i].name, strlen(lines.lines[i].name));
        buf_add_char(ret, ':');
        buf_add_json(ret, lines.lines[i].value, strlen(lines.lines[i].value));
    }
    if (separator == '{')
        buf_add_char(ret, '{');
    buf_add_char(ret, '}');
    header_lines_done(&lines);
    return code;
}

static enum error_code write_secret(const char *path, struct buf *ret, struct error *error)
{
    struct buf secret;
    enum error_code code;

    buf_init(&secret, GIVEN_BYTES_MAX);
    code = given_secret(path, &secret, error);
    if (code == ERR_OK)
        buf_add_json(ret, secret.data, secret.len);
    if (secret.data)
        memory_wipe(secret.data, secret.len);
    buf_done(&secret);
    return code;
}

static enum error_code write_time(const struct member *member, const char *text,
                                  struct buf *ret, struct error *error)
{
    char time[TEXT_TIME_MAX];
    int64_t wall_ms;
    enum error_code code = member->kind == MEMBER_LATER
                               ? given_later(flag_name(member), text, &wall_ms, error)
                               : given_time(flag_name(member), text, &wall_ms, error);

    if (code == ERR_OK)
        buf_add_json(ret, time, text_time(time, wall_ms, 3));
    return code;
}

static enum error_code write_value(const struct member *member, const char *text,
                                   struct buf *ret, struct error *error)
{
    if (!text[0]) {
        buf_add_str(ret, "null");
        return ERR_OK;
    }
    switch (member->kind) {
    case MEMBER_TEXT: buf_add_json(ret, text, strlen(text)); return ERR_OK;
    case MEMBER_TEXTS:
    case MEMBER_SECONDS_LIST: return write_list(member, text, ret, error);
    case MEMBER_NUMBER: return write_number(member, text, ret, error);
    case MEMBER_SECONDS: return write_seconds(member, text, ret, error);
    case MEMBER_YES: return write_yes(member, text, ret, error);
    case MEMBER_TRUE: buf_add_str(ret, "true"); return ERR_OK;
    case MEMBER_NO: buf_add_str(ret, "false"); return ERR_OK;
    case MEMBER_JSON: return members_json(flag_name(member), text, ret, error);
    case MEMBER_HEADERS: return write_headers(text, ret, error);
    case MEMBER_SECRET: return write_secret(text, ret, error);
    case MEMBER_TIME:
    case MEMBER_LATER: return write_time(member, text, ret, error);
    }
    return ERR_OK;
}

enum error_code members_write(const struct member *members, size_t count,
                              const struct args *args, struct buf *ret, struct error *error)
{
    enum error_code code = ERR_OK;
    char separator = '{';

    for (size_t i = 0; i < count && code == ERR_OK; i++) {
        const char *text = args_value(args, members[i].flag);

        if (!text)
            continue;
        buf_add_char(ret, separator);
        buf_add_json(ret, members[i].name, strlen(members[i].name));
        buf_add_char(ret, ':');
        code = write_value(&members[i], text, ret, error);
        separator = ',';
    }
    if (separator == '{')
        buf_add_char(ret, '{');
    buf_add_char(ret, '}');
    return code;
}

enum error_code members_query(const struct member *members, size_t count,
                              const struct args *args, struct buf *ret, struct error *error)
{
    char separator = ret->len == 0 ? '?' : '&', time[TEXT_TIME_MAX];

    for (size_t i = 0; i < count; i++) {
        const char *text = args_value(args, members[i].flag);
        int64_t wall_ms;

        if (!text)
            continue;
        if (members[i].kind == MEMBER_TIME) {
            enum error_code code = given_time(flag_name(&members[i]), text, &wall_ms, error);

            if (code != ERR_OK)
                return code;
            time[text_time(time, wall_ms, 3)] = '\0';
            text = time;
        }
        buf_add_format(ret, "%c%s=", separator, members[i].name);
        escape_url(ret, text, strlen(text));
        separator = '&';
    }
    return ERR_OK;
}
