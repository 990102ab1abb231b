#include "base/memory.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/remote.h"
#include "cli/say.h"
#include "cli/sheet.h"
#include "cli/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS "/v1/apps/{app}/events"

enum { WATCHED_MAX = 256 };

static const struct column columns[] = {
    {"ID", "id", false},          {"TYPE", "type", false},
    {"MODE", "mode", false},      {"DELIVERIES", "deliveries_total", false},
    {"UID", "uid", false},        {"CREATED", "created_at", false},
    {"PAYLOAD", "payload", true},
};

// The event's deliveries, each on a line of its own.
static size_t list_deliveries(const struct json_span *event, struct watched *ret)
{
    struct json_span list = view_member(event, "deliveries"), item;
    struct json_walk walk;
    size_t count = 0;

    if (list.kind != JSON_LIST)
        return 0;
    json_walk_init(&walk, &list);
    while (count < WATCHED_MAX && json_next_item(&walk, &item))
        count += watched_init(&ret[count], &item);
    return count;
}

static void say_warnings(const struct json_span *event)
{
    struct json_span list = view_member(event, "warnings"), item;
    struct json_walk walk;
    struct buf words;

    if (list.kind != JSON_LIST)
        return;
    for (json_walk_init(&walk, &list); json_next_item(&walk, &item);) {
        struct json_span detail = view_member(&item, "detail");

        buf_init(&words, 4096);
        view_value(&words, &detail);
        say("warning: %s", words.data ? words.data : "");
        buf_done(&words);
    }
}

static void say_unheard(void)
{
    say("no webhook gets events of this type now");
    say_hint("posthorn webhook list shows which are enabled, and for which types; posthorn "
             "webhook add makes one");
}

static void show_sent(const struct args *args, const struct reply *reply,
                      const struct watched *list, size_t count)
{
    struct sheet sheet;

    if (args_has(args, FLAG_JSON)) {
        view_json(reply->answer.body.data, reply->answer.body.len);
    } else {
        view_show(&VIEW(columns), &reply->json);
        sheet_init(&sheet, 2);
        for (size_t i = 0; i < count; i++) {
            sheet_add(&sheet, "delivery", strlen("delivery"));
            sheet_add(&sheet, list[i].id, strlen(list[i].id));
        }
        if (count > 0)
            sheet_print(&sheet);
        sheet_done(&sheet);
    }
    fflush(stdout); // whoever waits wants its id now
    say_warnings(&reply->json);
    if (count == 0)
        say_unheard();
}

static int send_and_wait(struct session *session, const struct remote_call *call,
                         int64_t most_ms)
{
    struct watched *list;
    struct reply reply;
    size_t count;
    int code = remote_ask(session, call, &reply);

    if (code != 0)
        return code;
    list = NEW_ARRAY(struct watched, WATCHED_MAX);
    count = list_deliveries(&reply.json, list);
    show_sent(session->args, &reply, list, count);
    reply_done(&reply);
    if (count > 0 && args_has(session->args, FLAG_WAIT))
        code = watch_deliveries(session, list, count, most_ms);
    free(list);
    return code;
}

int event_send(const struct args *args)
{
    static const struct member members[] = {{ARG_FIRST, "type", MEMBER_TEXT},
                                            {FLAG_ID, "id", MEMBER_TEXT},
                                            {FLAG_MODE, "mode", MEMBER_TEXT},
                                            {FLAG_DELIVER_AT, "deliver_at", MEMBER_LATER},
                                            {FLAG_ORDER_KEY, "order_key", MEMBER_TEXT},
                                            {FLAG_DATA, "payload", MEMBER_JSON}};
    const struct remote_call call = {
        .method = "POST", .pattern = EVENTS, MEMBERS(members), .has_body = true};
    const char *data = args_value(args, FLAG_DATA);
    struct session session = {0};
    int64_t most_ms;
    int code;

    if (!data || !data[0])
        return say_failed(EXIT_USAGE, "where is the payload? -d @FILE, -d - or -d '{\"…\"}'");
    code = watch_time(args, &most_ms);
    if (code == 0)
        code = session_open(&session, args);
    if (code == 0)
        code = send_and_wait(&session, &call, most_ms);
    session_close(&session);
    return code;
}

int event_list(const struct args *args)
{
    static const struct member members[] = {{FLAG_TYPE, "type", MEMBER_TEXT},
                                            {FLAG_MODE, "mode", MEMBER_TEXT},
                                            {FLAG_SINCE, "since", MEMBER_TIME},
                                            {FLAG_UNTIL, "until", MEMBER_TIME}};
    const struct remote_call call = {.method = "GET", .pattern = EVENTS, MEMBERS(members)};

    return remote_list(args, &call, &VIEW(columns));
}

int event_show(const struct args *args)
{
    const struct remote_call call = {.method = "GET", .pattern = EVENTS "/{1}"};

    return remote_show(args, &call, &VIEW(columns), NULL);
}
