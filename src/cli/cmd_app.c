#include "cli/args.h"
#include "cli/command.h"
#include "cli/remote.h"
#include "cli/say.h"

static const struct column columns[] = {
    {"ID", "id", false},
    {"NAME", "name", false},
    {"UID", "uid", false},
    {"PROFILE", "profile", false},
    {"ALERTS TO", "alert_email", true},
    {"STRICT", "strict", true},
    {"CREATED", "created_at", false},
};

int app_add(const struct args *args)
{
    static const struct member members[] = {{ARG_FIRST, "name", MEMBER_TEXT},
                                            {FLAG_PROFILE, "profile", MEMBER_TEXT},
                                            {FLAG_UID, "uid", MEMBER_TEXT},
                                            {FLAG_STRICT, "strict", MEMBER_YES},
                                            {FLAG_ALERT_EMAIL, "alert_email", MEMBER_TEXT}};
    const struct remote_call call = {
        .method = "POST", .pattern = "/v1/apps", MEMBERS(members), .has_body = true};

    if (!args_has(args, FLAG_PROFILE)) {
        int code = say_failed(EXIT_USAGE, "which contract does it follow? --profile says it");

        say_hint("posthorn profile list shows them; standard is that of Standard Webhooks");
        return code;
    }
    return remote_show(args, &call, &VIEW(columns), NULL);
}

int app_list(const struct args *args)
{
    const struct remote_call call = {.method = "GET", .pattern = "/v1/apps"};

    return remote_list(args, &call, &VIEW(columns));
}

int app_show(const struct args *args)
{
    const struct remote_call call = {.method = "GET", .pattern = "/v1/apps/{1}"};

    return remote_show(args, &call, &VIEW(columns), NULL);
}

int app_change(const struct args *args)
{
    static const struct member members[] = {{FLAG_NAME, "name", MEMBER_TEXT},
                                            {FLAG_UID, "uid", MEMBER_TEXT},
                                            {FLAG_STRICT, "strict", MEMBER_YES},
                                            {FLAG_ALERT_EMAIL, "alert_email", MEMBER_TEXT}};
    const struct remote_call call = {
        .method = "PATCH", .pattern = "/v1/apps/{1}", MEMBERS(members), .has_body = true};

    return remote_show(args, &call, &VIEW(columns), NULL);
}

int app_portal_link(const struct args *args)
{
    static const struct column link[] = {
        {"URL", "url", false}, {"EXPIRES", "expires_at", false}, {"SCOPES", "scopes", false}};
    static const struct member members[] = {
        {FLAG_SCOPES, "scopes", MEMBER_TEXTS},
        {FLAG_EXPIRES_IN, "expires_in_s", MEMBER_SECONDS}};
    const struct remote_call call = {.method = "POST",
                                     .pattern = "/v1/apps/{1}/portal-links",
                                     MEMBERS(members),
                                     .has_body = true};

    return remote_show(args, &call, &VIEW(link), "whoever opens it is logged in as the app");
}

int app_delete(const struct args *args)
{
    const struct remote_call call = {.method = "DELETE", .pattern = "/v1/apps/{1}"};

    if (!args_has(args, FLAG_YES)) {
        int code = say_failed(EXIT_USAGE, "this erases the app's webhooks, keys, events and "
                                          "deliveries for good");

        say_hint("--yes says that you mean it");
        return code;
    }
    return remote_show(args, &call, &VIEW(columns), "the app is erased");
}
