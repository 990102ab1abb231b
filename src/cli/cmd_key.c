#include "cli/args.h"
#include "cli/command.h"
#include "cli/remote.h"

#define KEYS "/v1/apps/{app}/keys"

static const struct column columns[] = {
    {"ID", "id", false},
    {"NAME", "name", false},
    {"MODE", "mode", false},
    {"ENDS IN", "hint", false},
    {"LAST USED", "last_used_at", false},
    {"EXPIRES", "expires_at", false},
    {"SCOPES", "scopes", false},
    {"CREATED", "created_at", true},
    {"PER SECOND", "rate_per_s", true},
    {"AT ONCE", "burst", true},
    {"KEY", "key", true}, // these stand in the answer that makes it alone
    {"CLIENT KEY", "client_key", true},
    {"CLIENT SECRET", "client_secret", true},
};

int key_add(const struct args *args)
{
    static const struct member members[] = {
        {ARG_FIRST, "name", MEMBER_TEXT},         {FLAG_SCOPES, "scopes", MEMBER_TEXTS},
        {FLAG_MODE, "mode", MEMBER_TEXT},         {FLAG_EXPIRES, "expires_at", MEMBER_LATER},
        {FLAG_RATE, "rate_per_s", MEMBER_NUMBER}, {FLAG_BURST, "burst", MEMBER_NUMBER}};
    const struct remote_call call = {
        .method = "POST", .pattern = KEYS, MEMBERS(members), .has_body = true};

    return remote_show(args, &call, &VIEW(columns), "keep the key: it is not shown again");
}

int key_list(const struct args *args)
{
    const struct remote_call call = {.method = "GET", .pattern = KEYS};

    return remote_list(args, &call, &VIEW(columns));
}

int key_self(const struct args *args)
{
    static const struct column self[] = {
        {"APP", "app.id", false},         {"UID", "app.uid", false},
        {"NAME", "app.name", false},      {"PROFILE", "app.profile", false},
        {"KEY", "key.id", false},         {"KEY'S NAME", "key.name", false},
        {"MODE", "key.mode", false},      {"ENDS IN", "key.hint", false},
        {"SCOPES", "key.scopes", false},  {"EXPIRES", "key.expires_at", false},
        {"RATE", "key.rate_per_s", true}, {"BURST", "key.burst", true},
    };
    const struct remote_call call = {.method = "GET", .pattern = "/v1/self"};

    return remote_show(args, &call, &VIEW(self), NULL);
}

int key_revoke(const struct args *args)
{
    const struct remote_call call = {.method = "DELETE", .pattern = KEYS "/{1}"};

    return remote_show(args, &call, &VIEW(columns), "the key opens nothing any more");
}
