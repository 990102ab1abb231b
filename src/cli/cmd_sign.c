// posthorn sign: the headers that prove a body, as a profile makes them. The body is taken as
// the bytes that go out.

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/given.h"
#include "cli/proof_task.h"
#include "cli/say.h"

#include <stdio.h>
#include <string.h>

enum { HEADER_MAX = 1 << 16, ID_WIDTH = 22 };

struct signing {
    const struct proof_task *task;
    struct plan_values values;
    struct buf id;
};

static void set_text(struct signing *signing, enum plan_var var, const char *text)
{
    plan_set(&signing->values, var, text, strlen(text));
}

static void set_time(struct signing *signing, enum plan_var var, int64_t wall_ms, int digits)
{
    char *own = signing->values.own[var];

    plan_set(&signing->values, var, own, text_time(own, wall_ms, digits));
}

static void make_id(struct buf *ret)
{
    unsigned char dice[16];
    char text[ID_WIDTH];

    random_fill(dice, sizeof dice);
    text_base62(text, sizeof text, dice);
    buf_add_str(ret, "msg_");
    buf_add(ret, text, sizeof text);
}

static int fill(struct signing *signing, const struct args *args)
{
    const char *id = args_value(args, FLAG_ID), *type = args_value(args, FLAG_TYPE);
    const char *mode = args_value(args, FLAG_MODE), *at = args_value(args, FLAG_AT);
    const struct plan *plan = signing->task->plan;
    int64_t wall_ms = clock_now().wall_ms;
    struct error error;

    if (at && given_time("at", at, &wall_ms, &error) != ERR_OK)
        return say_failed(EXIT_USAGE, "%s", error.text);
    if (!type && (plan->attempt_vars & 1u << VAR_EVENT_TYPE))
        return say_failed(EXIT_USAGE, "a header says the event's type: --type names it");
    if (!id)
        make_id(&signing->id);
    set_text(signing, VAR_EVENT_ID, id ? id : signing->id.data);
    set_text(signing, VAR_EVENT_MSG, id ? id : signing->id.data);
    set_text(signing, VAR_EVENT_TYPE, type ? type : "");
    set_text(signing, VAR_EVENT_MODE, mode ? mode : "live");
    set_time(signing, VAR_CREATED_MS, wall_ms, 3);
    set_time(signing, VAR_CREATED_US, wall_ms, 6);
    plan_number(&signing->values, VAR_CREATED_UNIX, wall_ms / 1000);
    plan_fill_attempt(&signing->values, plan->attempt_vars, wall_ms, 1);
    plan_set(&signing->values, VAR_BODY,
             signing->task->body.data ? signing->task->body.data : "",
             signing->task->body.len);
    return 0;
}

static bool write_proof(struct signing *signing, size_t proof, struct buf *ret)
{
    const struct plan *plan = signing->task->plan;
    const struct secret_use *use =
        proof_keys_find(&signing->task->keys, &plan->proofs[proof]);

    return use && proof_write(plan, proof, use, &signing->values, ret);
}

static bool write_list(struct signing *signing, const struct piece *piece, struct buf *ret)
{
    size_t count = 0;

    for (size_t i = 0; i < piece->proof_count; i++) {
        if (!proof_keys_find(&signing->task->keys,
                             &signing->task->plan->proofs[piece->proofs[i]]))
            continue;
        if (count++ > 0)
            buf_add(ret, piece->bytes.at, piece->bytes.len);
        if (!write_proof(signing, piece->proofs[i], ret))
            return false;
    }
    return count > 0;
}

// False: what the piece stands for is not there, so the header is not sent.
static bool write_piece(struct signing *signing, const struct piece *piece, struct buf *ret)
{
    switch (piece->kind) {
    case PIECE_BYTES: buf_add(ret, piece->bytes.at, piece->bytes.len); return true;
    case PIECE_VAR:
        buf_add(ret, signing->values.of[piece->var].at, signing->values.of[piece->var].len);
        return true;
    case PIECE_PROOF: return write_proof(signing, piece->proofs[0], ret);
    case PIECE_LIST: return write_list(signing, piece, ret);
    case PIECE_PREVIOUS:
    case PIECE_PAYLOAD: return false;
    }
    return false;
}

static void print_header(struct signing *signing, const struct header_plan *header)
{
    const struct plan *plan = signing->task->plan;
    struct buf value;
    bool is_sent = header->with < 0 ||
                   proof_keys_find(&signing->task->keys, &plan->proofs[header->with]);

    buf_init(&value, HEADER_MAX);
    for (size_t i = 0; i < header->value.count && is_sent; i++)
        is_sent = write_piece(signing, &header->value.pieces[i], &value);
    if (is_sent && buf_ok(&value))
        printf("%s: %s\n", header->name, value.data ? value.data : "");
    buf_done(&value);
}

int cmd_sign(const struct args *args)
{
    struct proof_task task;
    struct signing signing = {.task = &task};
    int code = proof_task_init(&task, args);

    buf_init(&signing.id, HEADER_MAX);
    if (code == 0 && task.keys.count == 0)
        code = say_failed(EXIT_USAGE, "a public key signs nothing");
    if (code == 0)
        code = fill(&signing, args);
    for (size_t i = 0; code == 0 && i < task.plan->header_count; i++)
        print_header(&signing, &task.plan->headers[i]);
    buf_done(&signing.id);
    proof_task_done(&task);
    return code;
}
