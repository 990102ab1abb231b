// The types of events that an app knows: those of its profile, and its own.

#include "cli/args.h"
#include "cli/command.h"
#include "cli/remote.h"

#define TYPES "/v1/apps/{app}/event-types"

static const struct column columns[] = {
    {"TYPE", "name", false},    {"FREE", "free", false},      {"WHAT", "description", false},
    {"SCHEMA", "schema", true}, {"EXAMPLE", "example", true},
};

int type_list(const struct args *args)
{
    const struct remote_call call = {.method = "GET", .pattern = TYPES, .is_whole = true};

    return remote_list(args, &call, &VIEW(columns));
}

int type_put(const struct args *args)
{
    static const struct member members[] = {{FLAG_DESCRIPTION, "description", MEMBER_TEXT},
                                            {FLAG_SCHEMA, "schema", MEMBER_JSON},
                                            {FLAG_EXAMPLE, "example", MEMBER_JSON}};
    const struct remote_call call = {
        .method = "PUT", .pattern = TYPES "/{1}", MEMBERS(members), .has_body = true};

    return remote_show(args, &call, &VIEW(columns), NULL);
}

int type_delete(const struct args *args)
{
    const struct remote_call call = {.method = "DELETE", .pattern = TYPES "/{1}"};

    return remote_show(args, &call, &VIEW(columns), "the type is deleted");
}
