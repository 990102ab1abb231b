#include "base/text.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/delivery_view.h"
#include "cli/remote.h"
#include "cli/say.h"
#include "cli/watch.h"

#define DELIVERIES "/v1/apps/{app}/deliveries"

static const struct column columns[] = {
    {"ID", "id", false},
    {"STATE", "state", false},
    {"ATTEMPTS", "attempts", false},
    {"STATUS", "last_status", false},
    {"TYPE", "type", false},
    {"WEBHOOK", "webhook", false},
    {"CREATED", "created_at", false},
    {"NEXT ATTEMPT", "next_attempt_at", true},
    {"ENDED", "ended_at", true},
    {"EVENT", "event", true},
    {"CODE", "last_error.code", true},
    {"WHY", "last_error.message", false},
};
const struct view delivery_view = VIEW_OF(columns);

const struct member delivery_filters[] = {
    {FLAG_WEBHOOK, "webhook", MEMBER_TEXT}, {FLAG_EVENT, "event", MEMBER_TEXT},
    {FLAG_STATE, "state", MEMBER_TEXT},     {FLAG_TYPE, "type", MEMBER_TEXT},
    {FLAG_STATUS, "status", MEMBER_TEXT},   {FLAG_SINCE, "since", MEMBER_TIME},
    {FLAG_UNTIL, "until", MEMBER_TIME},
};
const size_t delivery_filter_count = sizeof delivery_filters / sizeof *delivery_filters;

int delivery_list(const struct args *args)
{
    const struct remote_call call = {
        .method = "GET", .pattern = DELIVERIES, MEMBERS(delivery_filters)};

    return remote_list(args, &call, &delivery_view);
}

int delivery_show(const struct args *args)
{
    const struct remote_call call = {.method = "GET", .pattern = DELIVERIES "/{1}"};

    return remote_show(args, &call, &delivery_view, NULL);
}

int delivery_attempts(const struct args *args)
{
    static const struct column attempts[] = {
        {"NUMBER", "number", false},      {"TRIGGER", "trigger", false},
        {"STARTED", "started_at", false}, {"MS", "duration_ms", false},
        {"STATUS", "status", false},      {"ADDRESS", "remote_address", false},
        {"CODE", "error.code", false},    {"WHY", "error.message", false},
    };
    const struct remote_call call = {
        .method = "GET", .pattern = DELIVERIES "/{1}/attempts", .is_whole = true};

    return remote_list(args, &call, &VIEW(attempts));
}

static int retry_and_wait(struct session *session, const struct remote_call *call,
                          int64_t most_ms)
{
    struct watched watched;
    struct reply reply;
    int code = remote_ask(session, call, &reply);

    if (code != 0)
        return code;
    if (!watched_init(&watched, &reply.json))
        code = say_failed(EXIT_FAILED, "the answer is not a delivery");
    watched.wanted = watched.shown + 1;
    reply_done(&reply);
    return code == 0 ? watch_deliveries(session, &watched, 1, most_ms) : code;
}

int delivery_retry(const struct args *args)
{
    const struct remote_call call = {.method = "POST", .pattern = DELIVERIES "/{1}/retry"};
    struct session session = {0};
    int64_t most_ms;
    int code;

    if (!args_has(args, FLAG_WAIT))
        return remote_show(args, &call, &delivery_view, NULL);
    code = watch_time(args, &most_ms);
    if (code == 0)
        code = session_open(&session, args);
    if (code == 0)
        code = retry_and_wait(&session, &call, most_ms);
    session_close(&session);
    return code;
}

int delivery_cancel(const struct args *args)
{
    const struct remote_call call = {.method = "POST", .pattern = DELIVERIES "/{1}/cancel"};

    return remote_show(args, &call, &delivery_view, NULL);
}
