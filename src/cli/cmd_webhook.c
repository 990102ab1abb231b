#include "cli/args.h"
#include "cli/command.h"
#include "cli/remote.h"

#define WEBHOOKS "/v1/apps/{app}/webhooks"

static const struct column columns[] = {
    {"ID", "id", false},
    {"NAME", "name", false},
    {"ENABLED", "enabled", false},
    {"EVENTS", "events", false},
    {"URL", "url", false},
    {"WHY DISABLED", "disabled_reason", true},
    {"FAILING SINCE", "failing_since", true},
    {"MODE", "mode", true},
    {"WAITS", "waits", true},
    {"TIMEOUT", "timeout_s", true},
    {"IN FLIGHT", "in_flight_max", true},
    {"PER SECOND", "per_second_max", true},
    {"ALERTS TO", "alert_email", true},
    {"FILTER", "filter", true},
    {"ENCRYPTED", "encrypted", true},
    {"DISABLE AFTER", "disable_after_days", true},
    {"HEADERS", "headers", true},
    {"METADATA", "metadata", true},
    {"SENT", "stats.total_events", true},
    {"DELIVERED", "stats.successful_deliveries", true},
    {"GIVEN UP", "stats.failed_deliveries", true},
    {"LAST ATTEMPT", "stats.last_delivery", true},
    {"CREATED", "created_at", true},
    {"UPDATED", "updated_at", true},
    {"SECRET", "secret", true}, // in the answer that makes it
};

#define SETTINGS                                                             \
    {FLAG_NAME, "name", MEMBER_TEXT}, {FLAG_EVENTS, "events", MEMBER_TEXTS}, \
        {FLAG_HEADERS, "headers", MEMBER_HEADERS},                           \
        {FLAG_WAITS, "waits", MEMBER_SECONDS_LIST},                          \
        {FLAG_TIMEOUT, "timeout_s", MEMBER_SECONDS},                         \
        {FLAG_IN_FLIGHT, "in_flight_max", MEMBER_NUMBER},                    \
        {FLAG_ENCRYPTED, "encrypted", MEMBER_YES},                           \
        {FLAG_DISABLE_AFTER, "disable_after_days", MEMBER_NUMBER},           \
        {FLAG_PER_SECOND, "per_second_max", MEMBER_NUMBER},                  \
        {FLAG_FILTER, "filter", MEMBER_JSON},                                \
        {FLAG_ALERT_EMAIL, "alert_email", MEMBER_TEXT},                      \
    {                                                                        \
        FLAG_METADATA, "metadata", MEMBER_JSON                               \
    }

int webhook_add(const struct args *args)
{
    static const struct member members[] = {{ARG_FIRST, "url", MEMBER_TEXT},
                                            {FLAG_DISABLED, "enabled", MEMBER_NO},
                                            {FLAG_SECRET_FILE, "secret", MEMBER_SECRET},
                                            SETTINGS};
    const struct remote_call call = {
        .method = "POST", .pattern = WEBHOOKS, MEMBERS(members), .has_body = true};

    return remote_show(args, &call, &VIEW(columns), NULL);
}

int webhook_list(const struct args *args)
{
    const struct remote_call call = {.method = "GET", .pattern = WEBHOOKS};

    return remote_list(args, &call, &VIEW(columns));
}

int webhook_show(const struct args *args)
{
    const struct remote_call call = {.method = "GET", .pattern = WEBHOOKS "/{1}"};

    return remote_show(args, &call, &VIEW(columns), NULL);
}

int webhook_change(const struct args *args)
{
    static const struct member members[] = {{FLAG_URL_TO, "url", MEMBER_TEXT}, SETTINGS};
    const struct remote_call call = {
        .method = "PATCH", .pattern = WEBHOOKS "/{1}", MEMBERS(members), .has_body = true};

    return remote_show(args, &call, &VIEW(columns), NULL);
}

int webhook_enable(const struct args *args)
{
    const struct remote_call call = {
        .method = "PATCH", .pattern = WEBHOOKS "/{1}", .fixed = "{\"enabled\":true}"};

    return remote_show(args, &call, &VIEW(columns), NULL);
}

int webhook_disable(const struct args *args)
{
    const struct remote_call call = {
        .method = "PATCH", .pattern = WEBHOOKS "/{1}", .fixed = "{\"enabled\":false}"};

    return remote_show(args, &call, &VIEW(columns), NULL);
}

int webhook_delete(const struct args *args)
{
    const struct remote_call call = {.method = "DELETE", .pattern = WEBHOOKS "/{1}"};

    return remote_show(args, &call, &VIEW(columns), "the webhook is deleted");
}

int webhook_secret(const struct args *args)
{
    static const struct column secret[] = {{"SECRET", "secret", true}};
    const struct remote_call call = {.method = "GET", .pattern = WEBHOOKS "/{1}/secret"};

    return remote_show(args, &call, &VIEW(secret), NULL);
}

int webhook_rotate(const struct args *args)
{
    static const struct column rotated[] = {{"SECRET", "secret", true},
                                            {"OLD ONE UNTIL", "overlap_until", true}};
    static const struct member members[] = {{FLAG_SECRET_FILE, "secret", MEMBER_SECRET},
                                            {FLAG_OVERLAP, "overlap_s", MEMBER_SECONDS}};
    const struct remote_call call = {.method = "POST",
                                     .pattern = WEBHOOKS "/{1}/secret/rotate",
                                     MEMBERS(members),
                                     .has_body = true};

    return remote_show(args, &call, &VIEW(rotated), NULL);
}

int webhook_key(const struct args *args)
{
    static const struct column made[] = {{"PUBLIC KEY", "public_key", true}};
    static const struct member members[] = {{FLAG_SECRET_FILE, "pem", MEMBER_SECRET}};
    const struct remote_call call = {.method = "PUT",
                                     .pattern = WEBHOOKS "/{1}/signing-key",
                                     MEMBERS(members),
                                     .has_body = true};

    return remote_show(args, &call, &VIEW(made), NULL);
}

int webhook_key_drop(const struct args *args)
{
    const struct remote_call call = {.method = "DELETE",
                                     .pattern = WEBHOOKS "/{1}/signing-key"};

    return remote_show(args, &call, &VIEW(columns), "it signs with the key pair no longer");
}
