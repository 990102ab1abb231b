#include "cli/remote.h"

#include "base/memory.h"
#include "base/text.h"
#include "cli/escape.h"
#include "cli/given.h"
#include "cli/help.h"
#include "cli/say.h"
#include "cli/sheet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PAGE_MAX = 250, ROWS_DEFAULT = 50, CURSOR_MAX = 1024 };

// Which exit code an error of a flag or a file has: all of them are the caller's to mend.
static int say_usage(const struct error *error)
{
    return say_failed(EXIT_USAGE, "%s", error->text);
}

// A change that names nothing would succeed, and do nothing.
static int write_body(const struct session *session, const struct remote_call *call,
                      struct buf *ret)
{
    struct error error;
    int code;

    if (!call->has_body)
        return 0;
    if (members_write(call->members, call->member_count, session->args, ret, &error) !=
        ERR_OK)
        return say_usage(&error);
    if (strcmp(call->method, "PATCH") != 0 || !text_equal(ret->data, ret->len, "{}"))
        return 0;
    code = say_failed(EXIT_USAGE, "no flag says what to change");
    help_hint(session->args->command);
    return code;
}

int remote_ask(struct session *session, const struct remote_call *call, struct reply *ret)
{
    struct buf path, query, body;
    struct error error;
    int code;

    buf_init(&path, GIVEN_BYTES_MAX);
    buf_init(&query, GIVEN_BYTES_MAX);
    buf_init(&body, 4 * GIVEN_BYTES_MAX);
    code = write_body(session, call, &body);
    if (call->fixed)
        buf_add_str(&body, call->fixed);
    if (code == 0)
        code = session_path(session, call->pattern, &path);
    if (code == 0 && !call->has_body &&
        members_query(call->members, call->member_count, session->args, &query, &error) !=
            ERR_OK)
        code = say_usage(&error);
    if (code == 0) {
        buf_add(&path, query.data, query.len);
        const struct question question = {
            .method = call->method,
            .path = path.data,
            .body = body.data,
            .body_len = body.len,
            .idempotency_key = args_value(session->args, FLAG_IDEMPOTENCY_KEY)};

        code = session_ask(session, &question, ret);
    }
    buf_done(&query);
    buf_done(&path);
    if (body.data)
        memory_wipe(body.data, body.cap); // it may hold a secret
    buf_done(&body);
    return code;
}

int remote_show(const struct args *args, const struct remote_call *call,
                const struct view *view, const char *done)
{
    struct session session;
    struct reply reply;
    int code = session_open(&session, args);

    if (code == 0)
        code = remote_ask(&session, call, &reply);
    if (code == 0) {
        if (reply.json.kind == JSON_NONE)
            say("%s", done ? done : "done");
        else if (args_has(args, FLAG_JSON))
            view_json(reply.answer.body.data, reply.answer.body.len);
        else
            view_show(view, &reply.json);
        if (reply.json.kind != JSON_NONE && done)
            say("%s", done);
        reply_done(&reply);
    }
    session_close(&session);
    return code;
}

struct listing {
    const struct args *args;
    const struct view *view;
    uint64_t left; // rows that may still be shown
    bool is_first;
    bool is_whole;           // one page, without limit and cursor
    bool is_lines;           // each row is a line of JSON
    char cursor[CURSOR_MAX]; // of the next page; "": none
};

static uint64_t show_rows(const struct listing *listing, const struct json_span *list)
{
    struct sheet sheet;
    struct json_walk walk;
    struct json_span row;
    uint64_t count = 0;

    sheet_init(&sheet, view_columns(listing->view));
    if (listing->is_first)
        view_titles(listing->view, &sheet);
    for (json_walk_init(&walk, list); json_next_item(&walk, &row); count++)
        view_row(listing->view, &sheet, &row);
    if (count > 0)
        sheet_print(&sheet);
    sheet_done(&sheet);
    return count;
}

static uint64_t show_lines(const struct json_span *list)
{
    struct json_walk walk;
    struct json_span row;
    uint64_t count = 0;

    for (json_walk_init(&walk, list); json_next_item(&walk, &row); count++)
        view_json(row.at, row.len);
    return count;
}

static void show_page(struct listing *listing, const struct reply *reply)
{
    struct json_span list = view_member(&reply->json, "data");
    struct json_span cursor = view_member(&reply->json, "next_cursor");
    uint64_t count = 0;
    size_t len;

    if (args_has(listing->args, FLAG_JSON))
        view_json(reply->answer.body.data, reply->answer.body.len);
    else if (list.kind == JSON_LIST)
        count = listing->is_lines ? show_lines(&list) : show_rows(listing, &list);
    listing->left -= count < listing->left ? count : listing->left;
    listing->is_first &= count == 0;
    if (cursor.kind != JSON_TEXT ||
        !json_text(&cursor, listing->cursor, sizeof listing->cursor, &len))
        listing->cursor[0] = '\0';
}

static void add_page_query(const struct listing *listing, struct buf *path)
{
    char separator = strchr(path->data, '?') ? '&' : '?'; // ids are escaped
    uint64_t rows = listing->left < PAGE_MAX ? listing->left : PAGE_MAX;

    buf_add_format(path, "%climit=%" PRIu64, separator, rows);
    if (listing->cursor[0]) {
        buf_add_str(path, "&cursor=");
        escape_url(path, listing->cursor, strlen(listing->cursor));
    }
}

static int next_page(struct session *session, struct listing *listing, const char *start)
{
    struct reply reply;
    struct buf path;
    int code;

    buf_init(&path, GIVEN_BYTES_MAX);
    buf_add_str(&path, start);
    if (!listing->is_whole)
        add_page_query(listing, &path);
    const struct question question = {.method = "GET", .path = path.data};
    code = session_ask(session, &question, &reply);
    buf_done(&path);
    if (code == 0) {
        show_page(listing, &reply);
        reply_done(&reply);
    }
    return code;
}

// With --json one page is one document, so only --all asks for a second.
static bool goes_on(const struct listing *listing)
{
    bool is_all = args_has(listing->args, FLAG_ALL);

    return listing->cursor[0] && (is_all || !args_has(listing->args, FLAG_JSON)) &&
           listing->left > 0;
}

static int list_pages(struct session *session, struct listing *listing, const char *start)
{
    int code;

    do
        code = next_page(session, listing, start);
    while (code == 0 && goes_on(listing));
    if (code == 0 && listing->is_first && sheet_is_for_people() &&
        !args_has(listing->args, FLAG_JSON))
        say("there is none");
    if (code == 0 && listing->cursor[0] && !args_has(listing->args, FLAG_JSON))
        say("there is more: --all, or --cursor %s", listing->cursor);
    return code;
}

static int listing_init(struct listing *listing, const struct args *args,
                        const struct view *view)
{
    const char *limit = args_value(args, FLAG_LIMIT), *cursor = args_value(args, FLAG_CURSOR);
    bool is_all = args_has(args, FLAG_ALL);
    struct error error;

    *listing = (struct listing){.args = args, .view = view, .is_first = true};
    listing->left = is_all ? UINT64_MAX : ROWS_DEFAULT;
    if (limit && given_count("limit", limit, INT32_MAX, &listing->left, &error) != ERR_OK)
        return say_usage(&error);
    if (listing->left == 0)
        return say_failed(EXIT_USAGE, "--limit is at least 1");
    if (cursor && strlen(cursor) >= sizeof listing->cursor)
        return say_failed(EXIT_USAGE, "--cursor is too long to be one");
    snprintf(listing->cursor, sizeof listing->cursor, "%s", cursor ? cursor : "");
    return 0;
}

int remote_list(const struct args *args, const struct remote_call *call,
                const struct view *view)
{
    struct session session = {0};
    struct listing listing;
    struct error error;
    struct buf path, query;
    int code = listing_init(&listing, args, view);

    listing.is_whole = call->is_whole;
    listing.is_lines = call->is_lines;
    if (call->is_lines && !args_value(args, FLAG_LIMIT))
        listing.left = UINT64_MAX;
    buf_init(&path, GIVEN_BYTES_MAX);
    buf_init(&query, GIVEN_BYTES_MAX);
    if (code == 0 &&
        members_query(call->members, call->member_count, args, &query, &error) != ERR_OK)
        code = say_usage(&error);
    if (code == 0)
        code = session_open(&session, args);
    if (code == 0)
        code = session_path(&session, call->pattern, &path);
    if (code == 0) {
        buf_add(&path, query.data, query.len);
        code = list_pages(&session, &listing, path.data);
    }
    buf_done(&query);
    buf_done(&path);
    session_close(&session);
    return code;
}
