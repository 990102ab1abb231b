#include "cli/proof_task.h"

#include "cli/args.h"
#include "cli/given.h"
#include "cli/say.h"
#include "serve/profile_folder.h"

#include <string.h>

static int no_profile(const struct proof_task *task, const char *name)
{
    struct buf names;
    int code = name ? say_failed(EXIT_USAGE, "there is no profile %.60s", name)
                    : say_failed(EXIT_USAGE, "by which contract? --profile says it");

    buf_init(&names, 4096);
    for (size_t i = 0; i < task->profiles.count; i++)
        buf_add_format(&names, "%s%s", i ? ", " : "", task->profiles.profiles[i]->name);
    say_hint("there are %s; --profiles FOLDER adds your own", names.data);
    buf_done(&names);
    return code;
}

int proof_task_init(struct proof_task *task, const struct args *args)
{
    const char *name = args_value(args, FLAG_PROFILE);
    const char *path = args_value(args, FLAG_SECRET_FILE);
    struct error error;

    *task = (struct proof_task){0};
    buf_init(&task->body, GIVEN_BYTES_MAX);
    if (profile_folder_load(args_value(args, FLAG_PROFILES), &task->profiles, &error) !=
        ERR_OK)
        return say_failed(EXIT_USAGE, "%s: %s", error.field, error.text);
    task->profile = name ? profile_set_find(&task->profiles, name) : NULL;
    if (!task->profile)
        return no_profile(task, name);
    task->plan = task->profile->plan;
    if (!path)
        return say_failed(EXIT_USAGE, "with which secret? --secret-file names its file");
    if (proof_keys_read(task->plan, path, &task->keys, &error) != ERR_OK ||
        given_file(args->rest[0], false, &task->body, &error) != ERR_OK)
        return say_failed(EXIT_USAGE, "%s", error.text);
    return 0;
}

void proof_task_done(struct proof_task *task)
{
    proof_keys_done(&task->keys);
    buf_done(&task->body);
    profile_set_done(&task->profiles);
}
