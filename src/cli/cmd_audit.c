// posthorn audit: who did what, and whether the log of it is as it was written.

#include "base/text.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/escape.h"
#include "cli/remote.h"
#include "cli/say.h"
#include "cli/sheet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BAR_CELLS = 30, ID_MAX = 64, HASH_MAX = 80, MESSAGE_MAX = 300, PATH_MAX_LEN = 4096 };
#define VERIFY "/v1/audit/verify"

static const struct column columns[] = {
    {"SEQ", "seq", false},
    {"AT", "at", false},
    {"ACTOR", "actor", false},
    {"ADDRESS", "address", false},
    {"ACTION", "action", false},
    {"OBJECT", "object", false},
    {"NAME", "name", false},
    {"DETAIL", "detail", false},
    {"RESULT", "result", false},
    {"LEFT OUT", "left_out", true},
    {"APP", "app", true},
    {"MODE", "mode", true},
    {"WAS", "version_before", true},
    {"IS", "version_after", true},
    {"HASH", "hash", true},
};

static bool text_at(const struct json_span *object, const char *path, char *ret, size_t room)
{
    struct json_span value = view_member(object, path);
    size_t len;

    return value.kind == JSON_TEXT && json_text(&value, ret, room, &len);
}

// The log knows apps by their ids alone: a uid may since have become another's.
static int find_app(struct args *args, char id[ID_MAX])
{
    const struct remote_call call = {.method = "GET", .pattern = "/v1/apps/{app}"};
    struct session session;
    struct reply reply;
    int code = session_open(&session, args);

    if (code == 0)
        code = remote_ask(&session, &call, &reply);
    if (code == 0) {
        if (!text_at(&reply.json, "id", id, ID_MAX))
            code = say_failed(EXIT_FAILED, "the answer is not an app");
        args->values[FLAG_APP] = id;
        reply_done(&reply);
    }
    session_close(&session);
    return code;
}

static int show_rows(const struct args *args, bool is_lines)
{
    static const struct member members[] = {{FLAG_APP, "app", MEMBER_TEXT},
                                            {FLAG_ACTION, "action", MEMBER_TEXT},
                                            {FLAG_ACTOR, "actor", MEMBER_TEXT},
                                            {FLAG_SINCE, "since", MEMBER_TIME},
                                            {FLAG_UNTIL, "until", MEMBER_TIME}};
    const struct remote_call call = {
        .method = "GET", .pattern = "/v1/audit", MEMBERS(members), .is_lines = is_lines};
    struct args own = *args;
    char id[ID_MAX];
    const char *app = args_value(args, FLAG_APP);
    int code = app && strncmp(app, "app_", 4) != 0 ? find_app(&own, id) : 0;

    return code == 0 ? remote_list(&own, &call, &VIEW(columns)) : code;
}

int audit_list(const struct args *args)
{
    return show_rows(args, false);
}

int audit_export(const struct args *args)
{
    return show_rows(args, true);
}

// --- the walk ---

static int64_t number_at(const struct json_span *object, const char *path)
{
    struct json_span value = view_member(object, path);
    uint64_t number = 0;

    return value.kind == JSON_NUMBER && text_to_uint(value.at, value.len, INT64_MAX, &number)
               ? (int64_t)number
               : 0;
}

struct walk {
    int64_t first, last; // of all that was looked at
    int64_t head;
    char hash[HASH_MAX];
    bool has_bar; // it stands on the terminal
};

static void show_bar(struct walk *walk)
{
    int64_t all = walk->head - walk->first + 1, done = walk->last - walk->first + 1;
    int cells = all > 0 ? (int)(done * BAR_CELLS / all) : 0;

    if (!isatty(STDERR_FILENO) || !sheet_has_colours())
        return;
    fprintf(stderr, "\r\033[K[%.*s%*s] %" PRId64 " of %" PRId64, cells,
            "##############################", BAR_CELLS - cells, "", done, all);
    walk->has_bar = true;
}

static void clear_bar(struct walk *walk)
{
    if (walk->has_bar)
        fputs("\r\033[K", stderr);
    walk->has_bar = false;
}

static int say_fault(const struct json_span *check)
{
    char message[MESSAGE_MAX] = "?", code[ID_MAX] = "?";
    int64_t seq = number_at(check, "fault.seq");

    text_at(check, "fault.message", message, sizeof message);
    text_at(check, "fault.code", code, sizeof code);
    if (seq == 0)
        return say_failed(EXIT_FAILED, "%s: %s", code, message);
    return say_failed(EXIT_FAILED, "row %" PRId64 ": %s: %s", seq, code, message);
}

// One page more. *ret_next: where the next begins; 0: this was the last.
static int look(struct session *session, struct walk *walk, const char *path,
                int64_t *ret_next)
{
    const struct question question = {.method = "GET", .path = path};
    struct reply reply;
    int code = session_ask(session, &question, &reply);

    if (code != 0)
        return code;
    *ret_next = number_at(&reply.json, "next");
    walk->last = number_at(&reply.json, "last");
    walk->head = number_at(&reply.json, "head.seq");
    walk->first = walk->first ? walk->first : number_at(&reply.json, "first");
    if (!text_at(&reply.json, "head.hash", walk->hash, sizeof walk->hash))
        walk->hash[0] = '\0';
    if (*ret_next == 0)
        clear_bar(walk);
    if (*ret_next == 0 && args_has(session->args, FLAG_JSON))
        view_json(reply.answer.body.data, reply.answer.body.len);
    if (view_member(&reply.json, "whole").kind != JSON_TRUE_VALUE)
        code = say_fault(&reply.json);
    reply_done(&reply);
    return code;
}

static int walk_all(struct session *session, struct walk *walk, const char *query)
{
    int64_t next = 0;
    struct buf path;
    int code;

    buf_init(&path, PATH_MAX_LEN);
    buf_add_format(&path, VERIFY "%s", query);
    while ((code = look(session, walk, path.data, &next)) == 0 && next != 0) {
        show_bar(walk);
        buf_clear(&path);
        buf_add_format(&path, VERIFY "?from=%" PRId64, next);
    }
    buf_done(&path);
    return code;
}

static void show_whole(const struct args *args, const struct walk *walk)
{
    if (!args_has(args, FLAG_JSON))
        printf("%" PRId64 ":%s\n", walk->head, walk->hash);
    say("rows %" PRId64 " to %" PRId64 " are as they were written; note the head elsewhere, "
        "and give it as --noted the next time",
        walk->first, walk->last);
}

int audit_verify(const struct args *args)
{
    static const struct member members[] = {{FLAG_FROM, "from", MEMBER_TEXT},
                                            {FLAG_NOTED, "noted", MEMBER_TEXT}};
    struct walk walk = {0};
    struct session session;
    struct error error;
    struct buf query;
    int code = session_open(&session, args);

    buf_init(&query, PATH_MAX_LEN);
    if (code == 0 && members_query(members, sizeof members / sizeof *members, args, &query,
                                   &error) != ERR_OK)
        code = say_failed(EXIT_USAGE, "%s", error.text);
    if (code == 0)
        code = walk_all(&session, &walk, query.data ? query.data : "");
    if (code == 0)
        show_whole(args, &walk);
    buf_done(&query);
    session_close(&session);
    return code;
}
