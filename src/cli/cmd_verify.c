// posthorn verify: does a request's signature hold, and if it does not, why?

#include "cli/args.h"
#include "cli/command.h"
#include "cli/header_lines.h"
#include "cli/proof_doubt.h"
#include "cli/proof_task.h"
#include "cli/proof_time.h"
#include "cli/proof_try.h"
#include "cli/say.h"

#include <stdio.h>

static bool is_spelled(const struct proof_plan *proof, struct slice text)
{
    unsigned char bytes[1024];
    size_t len = sizeof bytes;

    return proof->by == PROOF_TOKEN || proof_unspell(proof, text, bytes, &len);
}

static int say_why(const struct proof_task *task, const struct proof_reading *reading)
{
    struct buf doubt;
    bool has_spelled = false;

    say("the signature does not hold");
    buf_init(&doubt, 4096);
    for (size_t i = 0; i < reading->count && doubt.len == 0; i++) {
        const struct proof_said *said = &reading->said[i];
        const struct proof_plan *proof = &task->plan->proofs[said->proof];

        has_spelled |= is_spelled(proof, said->text);
        proof_doubt(proof, &reading->values, (struct slice){task->keys.text, task->keys.len},
                    said->text, &doubt);
    }
    if (doubt.len > 0)
        say_hint("it would hold if %s", doubt.data);
    else if (!has_spelled)
        say_hint("the header %s is not spelled as the profile says; case counts",
                 reading->said[0].header);
    else if (task->plan->proofs[reading->said[0].proof].by == PROOF_TOKEN)
        say_hint("the token that came is not the one in the file");
    else
        say_hint("either it was made with another key, or body or headers are not, byte for "
                 "byte, what was signed");
    buf_done(&doubt);
    return EXIT_NOT_VERIFIED;
}

static int judge(const struct args *args, const struct proof_task *task,
                 const struct proof_reading *reading)
{
    const struct proof_said *held;
    struct error error;
    size_t tried;

    if (proof_try(task->plan, &task->keys, reading, &held, &tried, &error) != ERR_OK)
        return say_failed(EXIT_NOT_VERIFIED, "%s", error.text);
    if (tried == 0)
        return say_failed(EXIT_NOT_VERIFIED,
                          "the key in the file is not one for the signatures that came");
    if (!held)
        return say_why(task, reading);
    printf("the signature in %s holds\n", held->header);
    return proof_time_check(args, &reading->values);
}

int cmd_verify(const struct args *args)
{
    const char *path = args_value(args, FLAG_HEADERS);
    struct proof_reading reading;
    struct header_lines lines = {0};
    struct proof_task task;
    struct error error;
    int code = proof_task_init(&task, args);

    if (code == 0 && !path)
        code = say_failed(EXIT_USAGE, "which headers came? --headers names a file of them");
    if (code == 0 && header_lines_read(path, false, &lines, &error) != ERR_OK)
        code = say_failed(EXIT_USAGE, "%s", error.text);
    if (code == 0 && proof_read(task.plan, &lines, &reading, &error) != ERR_OK)
        code = say_failed(EXIT_NOT_VERIFIED, "%s", error.text);
    if (code == 0) {
        plan_set(&reading.values, VAR_BODY, task.body.data ? task.body.data : "",
                 task.body.len);
        code = judge(args, &task, &reading);
    }
    header_lines_done(&lines);
    proof_task_done(&task);
    return code;
}
