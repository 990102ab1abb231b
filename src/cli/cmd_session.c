#include "cli/args.h"
#include "cli/command.h"
#include "cli/remote.h"

#define SESSIONS "/v1/apps/{app}/sessions"

static const struct column columns[] = {
    {"ID", "id", false},
    {"FROM", "address", false},
    {"SINCE", "created_at", false},
    {"LAST SEEN", "last_seen_at", false},
    {"ENDS", "expires_at", false},
    {"SCOPES", "scopes", false},
};

int session_list(const struct args *args)
{
    const struct remote_call call = {.method = "GET", .pattern = SESSIONS};

    return remote_list(args, &call, &VIEW(columns));
}

int session_end(const struct args *args)
{
    const struct remote_call call = {.method = "DELETE", .pattern = SESSIONS "/{1}"};

    return remote_show(args, &call, &VIEW(columns), "the session has ended");
}

int session_end_all(const struct args *args)
{
    const struct remote_call call = {.method = "DELETE", .pattern = SESSIONS};

    return remote_show(args, &call, &VIEW(columns), "all sessions have ended");
}
