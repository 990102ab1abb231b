// The audit log: its rows, newest first, and the walk that says whether they are all there as
// they were written.

#include "api/door_parts.h"
#include "api/handlers.h"
#include "api/lists.h"
#include "api/query.h"
#include "api/render.h"
#include "base/text.h"
#include "hook/audit_check.h"

#include <string.h>

enum { HEX_LEN = 2 * AUDIT_HASH_LEN };
#define SEQ_MOST (UINT64_C(1) << 53)

enum error_code audit_list_ask(struct request *request, struct op *op, struct error *error)
{
    return list_ask(request, op, LIST_AUDIT, error);
}

static json_t *render_hash(const unsigned char hash[AUDIT_HASH_LEN])
{
    char text[HEX_LEN + 1];

    text_hex(text, hash, AUDIT_HASH_LEN);
    return json_stringn(text, HEX_LEN);
}

static json_t *render_thing(struct door *door, enum id_kind kind, int64_t id, uint16_t n)
{
    bool is_one = id != 0 && kind > ID_NONE && kind < ID_KINDS_COUNT;

    return is_one ? render_id(door, kind, id, n) : json_null();
}

static json_t *render_actor(struct door *door, const struct audit_row *row)
{
    enum id_kind kind = audit_actor_id(row->actor);

    return kind == ID_NONE ? json_string(audit_actor_text(row->actor))
                           : render_thing(door, kind, row->actor_id, 0);
}

// Somebody may have put bytes in the log that are no text.
static json_t *render_kept(const char *text)
{
    json_t *string = text != NULL ? json_string(text) : NULL;

    return string != NULL ? string : json_null();
}

static json_t *render_version(int version)
{
    return version == 0 ? json_null() : json_integer(version);
}

static enum error_code add_row(struct request *request, const struct op *op, size_t at,
                               struct buf *ret, struct error *error)
{
    const struct audit_row *row = &op->as.list.rows.audits[at];
    struct door *door = request->door;
    json_t *object = json_pack(
        "{sI so so ss so so so so so so so so so si so}", "seq", (json_int_t)row->seq, "at",
        render_time(row->at_ms), "actor", render_actor(door, row), "mode",
        render_mode((enum event_mode)row->mode), "address", render_kept(row->address), "app",
        render_thing(door, ID_APP, row->app_id, 0), "action", render_kept(row->action),
        "object", render_thing(door, row->kind, row->object_id, row->object_n), "name",
        render_kept(row->name), "detail", render_kept(row->detail), "version_before",
        render_version(row->before), "version_after", render_version(row->after), "result",
        render_kept(row->result), "left_out", row->left_out, "hash", render_hash(row->hash));

    (void)error;
    json_write(ret, object);
    return ERR_OK;
}

void audit_list_answer(struct request *request, struct op *op, struct response *response)
{
    list_answer(request, op, add_row, response);
}

// --- the walk ---

enum { FROM, NOTED, PARAMETERS };
static const char *const parameters[PARAMETERS] = {[FROM] = "from", [NOTED] = "noted"};

static bool to_seq(const char *at, size_t len, int64_t *ret)
{
    uint64_t number;

    if (!text_to_uint(at, len, SEQ_MOST, &number)) {
        return false;
    }
    *ret = (int64_t)number;
    return true;
}

// "12:" and the hash of row 12.
static bool read_noted(struct text_span text, struct audit_check *check)
{
    const char *colon = memchr(text.at, ':', text.len);
    size_t seq_len = colon != NULL ? (size_t)(colon - text.at) : 0;

    return colon != NULL && text.len - seq_len - 1 == HEX_LEN &&
           to_seq(text.at, seq_len, &check->noted) && check->noted > 0 &&
           text_from_hex(colon + 1, HEX_LEN, check->noted_hash, AUDIT_HASH_LEN);
}

enum error_code audit_verify_ask(struct request *request, struct op *op, struct error *error)
{
    struct audit_check *check = &op->as.audit_check;
    struct text_span values[PARAMETERS];
    enum error_code code =
        query_read(request->query, parameters, PARAMETERS, &op->arena, values, error);

    if (code != ERR_OK) {
        return code;
    }
    if (values[FROM].at != NULL && !to_seq(values[FROM].at, values[FROM].len, &check->from)) {
        return error_at(error, ERR_INVALID_FIELD, "?from", "must be a row's number");
    }
    if (values[NOTED].at != NULL && !read_noted(values[NOTED], check)) {
        return error_at(error, ERR_INVALID_FIELD, "?noted",
                        "must be a row's number, a colon, and its hash in hexadecimal");
    }
    return ERR_OK;
}

static json_t *render_fault(const struct audit_check *check)
{
    if (check->fault == AUDIT_FAULT_NONE) {
        return json_null();
    }
    return json_pack("{so ss ss}", "seq",
                     check->bad != 0 ? json_integer((json_int_t)check->bad) : json_null(),
                     "code", audit_fault_code(check->fault), "message",
                     audit_fault_text(check->fault));
}

void audit_verify_answer(struct request *request, struct op *op, struct response *response)
{
    const struct audit_check *check = &op->as.audit_check;

    (void)request;
    response_json(
        response, 200,
        json_pack("{sb sI sI so so s{sI so}}", "whole", check->fault == AUDIT_FAULT_NONE,
                  "first", (json_int_t)check->first, "last", (json_int_t)check->last, "next",
                  check->next != 0 ? json_integer((json_int_t)check->next) : json_null(),
                  "fault", render_fault(check), "head", "seq", (json_int_t)check->ends.last,
                  "hash", render_hash(check->ends.head)));
}
