// What makes a webhook send beside its schedule: a test, and recovery, which is a job.

#include "cli/args.h"
#include "cli/command.h"
#include "cli/remote.h"
#include "cli/say.h"

#define WEBHOOK "/v1/apps/{app}/webhooks/{1}"
#define JOB "/v1/apps/{app}/jobs/{1}"

static const struct column job_columns[] = {
    {"ID", "id", true},       {"WEBHOOK", "webhook", true},    {"STATE", "state", true},
    {"DONE", "done", true},   {"TOTAL", "total", true},        {"SINCE", "since", true},
    {"UNTIL", "until", true}, {"CREATED", "created_at", true}, {"ENDED", "ended_at", true},
};

static const struct column test_columns[] = {
    {"RECEIVED", "received", true},    {"STATUS", "status", true},
    {"MS", "duration_ms", true},       {"ADDRESS", "remote_address", true},
    {"CODE", "error.code", true},      {"WHY", "error.message", true},
    {"ANSWER", "response.body", true}, {"DELIVERY", "delivery", true},
};

static int show_test(const struct args *args, const struct reply *reply)
{
    struct json_span received = view_member(&reply->json, "received");

    if (args_has(args, FLAG_JSON))
        view_json(reply->answer.body.data, reply->answer.body.len);
    else
        view_show(&VIEW(test_columns), &reply->json);
    if (received.kind == JSON_TRUE_VALUE)
        return 0;
    return say_failed(EXIT_NOT_DELIVERED, "the endpoint did not receive it");
}

int webhook_test(const struct args *args)
{
    static const struct member members[] = {{FLAG_TYPE, "type", MEMBER_TEXT},
                                            {FLAG_DATA, "payload", MEMBER_JSON}};
    const struct remote_call call = {
        .method = "POST", .pattern = WEBHOOK "/test", MEMBERS(members), .has_body = true};
    struct session session;
    struct reply reply;
    int code = session_open(&session, args);

    if (code == 0)
        code = remote_ask(&session, &call, &reply);
    if (code == 0) {
        code = show_test(args, &reply);
        reply_done(&reply);
    }
    session_close(&session);
    return code;
}

int webhook_recover(const struct args *args)
{
    static const struct member members[] = {{FLAG_SINCE, "since", MEMBER_TIME},
                                            {FLAG_UNTIL, "until", MEMBER_TIME},
                                            {FLAG_DRY_RUN, "dry_run", MEMBER_TRUE}};
    const struct remote_call call = {
        .method = "POST", .pattern = WEBHOOK "/recover", MEMBERS(members), .has_body = true};

    if (!args_has(args, FLAG_SINCE))
        return say_failed(EXIT_USAGE, "of events since when? --since 2h");
    return remote_show(
        args, &call, &VIEW(job_columns),
        args_has(args, FLAG_DRY_RUN) ? NULL : "posthorn job show JOB says how far it is");
}

int job_show(const struct args *args)
{
    const struct remote_call call = {.method = "GET", .pattern = JOB};

    return remote_show(args, &call, &VIEW(job_columns), NULL);
}

int job_cancel(const struct args *args)
{
    const struct remote_call call = {.method = "POST", .pattern = JOB "/cancel"};

    return remote_show(args, &call, &VIEW(job_columns), NULL);
}
