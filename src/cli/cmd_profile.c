#include "base/buf.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/given.h"
#include "cli/remote.h"
#include "cli/say.h"
#include "hook/profile.h"

#include <stdio.h>

int profile_list(const struct args *args)
{
    static const struct column columns[] = {{"NAME", "name", false},
                                            {"TITLE", "title", false}};
    const struct remote_call call = {
        .method = "GET", .pattern = "/v1/profiles", .is_whole = true};

    return remote_list(args, &call, &VIEW(columns));
}

int profile_show(const struct args *args)
{
    const struct remote_call call = {.method = "GET", .pattern = "/v1/profiles/{1}"};
    struct session session;
    struct reply reply;
    int code = session_open(&session, args);

    if (code == 0)
        code = remote_ask(&session, &call, &reply);
    if (code == 0) { // a file: it is shown as one
        view_json(reply.answer.body.data, reply.answer.body.len);
        reply_done(&reply);
    }
    session_close(&session);
    return code;
}

int profile_check(const struct args *args)
{
    struct profile *profile = NULL;
    struct error error;
    struct buf text;
    int code = 0;

    buf_init(&text, GIVEN_BYTES_MAX);
    if (given_file(args->rest[0], false, &text, &error) != ERR_OK)
        code = say_failed(EXIT_USAGE, "%s", error.text);
    else if (profile_load(args->rest[0], text.data ? text.data : "", text.len, &profile,
                          &error) != ERR_OK)
        code = say_failed(EXIT_FAILED, "%s: %s", error.field, error.text);
    else
        printf("%s: it is well; %s, with %zu types of events\n", profile->name,
               profile->title, profile->type_count);
    profile_free(profile);
    buf_done(&text);
    return code;
}
