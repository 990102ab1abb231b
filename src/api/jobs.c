// Jobs: recover tries anew what failed at a webhook; how far that has come, and stopping it.

#include "api/door_parts.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/render.h"
#include "base/limits.h"

enum { SINCE, UNTIL, DRY_RUN, FIELDS };

static const struct field fields[FIELDS] = {
    [SINCE] = {"since", FIELD_TIME, true, 0},
    [UNTIL] = {"until", FIELD_TIME, false, 0},
    [DRY_RUN] = {"dry_run", FIELD_FLAG, false, 0},
};

static json_t *render_job(struct door *door, const struct job_row *row)
{
    static const char *const states[] = {
        [JOB_RUNNING] = "running", [JOB_DONE] = "done", [JOB_CANCELLED] = "cancelled"};

    return json_pack("{so ss so ss so so sI so so so}", "id",
                     render_id(door, ID_JOB, row->id, 0), "kind", "recover", "webhook",
                     render_id(door, ID_WEBHOOK, row->webhook_id, 0), "state",
                     states[row->state], "since", render_time(row->since_ms), "until",
                     render_time(row->until_ms), "done", (json_int_t)row->done, "total",
                     row->total < 0 ? json_null() : json_integer(row->total), "created_at",
                     render_time(row->created_ms), "ended_at", render_time(row->ended_ms));
}

// The events of the window, by their ids. What fails from now on is not in it.
static enum error_code read_window(struct request *request, struct job_row *row,
                                   bool *ret_is_dry, struct error *error)
{
    struct field_value values[FIELDS];
    enum error_code code =
        fields_read(request->json, fields, FIELDS, values, NULL, NULL, error);

    if (code != ERR_OK) {
        return code;
    }
    row->since_ms = values[SINCE].whole;
    row->until_ms = values[UNTIL].whole;
    *ret_is_dry = values[DRY_RUN].flag;
    if (row->until_ms != 0 && row->until_ms <= row->since_ms) {
        return error_at(error, ERR_INVALID_FIELD, "until", "must be after since");
    }
    row->first_id = id_first_at(row->since_ms);
    row->end_id = row->id;
    if (row->until_ms != 0 && id_first_at(row->until_ms) < row->id) {
        row->end_id = id_first_at(row->until_ms);
    }
    return ERR_OK;
}

enum error_code recover_ask(struct request *request, struct op *op, struct error *error)
{
    struct door *door = request->door;
    int64_t now_ms = door_now(door).wall_ms;
    struct job_row row = {.id = minter_next(&door->minter, now_ms),
                          .app_id = request->app_id,
                          .webhook_id = request->object_id,
                          .total = JOB_TOTAL_UNKNOWN,
                          .created_ms = now_ms};
    bool is_dry;
    enum error_code code = read_window(request, &row, &is_dry, error);

    if (code != ERR_OK) {
        return code;
    }
    if (is_dry) {
        op->kind = OP_RECOVER_COUNT;
        op->as.get_job.app_id = request->app_id;
        op->as.get_job.row = row;
        return ERR_OK;
    }
    op->as.job.verb = VERB_CREATE;
    op->as.job.row = row;
    op->as.job.running_max = (int)limit(LIMIT_JOBS);
    op->as.job.now_ms = now_ms;
    request->status = 202;
    json_write(&request->answer, render_job(door, &row));
    return ERR_OK;
}

void recover_answer(struct request *request, struct op *op, struct response *response)
{
    if (op->kind == OP_RECOVER_COUNT) {
        response_json(response, 200,
                      json_pack("{sb sI}", "dry_run", true, "total",
                                (json_int_t)op->as.get_job.row.total));
        return;
    }
    response->status = request->status;
    buf_add(&response->body, request->answer.data, request->answer.len);
}

void job_get_answer(struct request *request, struct op *op, struct response *response)
{
    (void)op;
    response_json(response, 200, render_job(request->door, &request->found->as.get_job.row));
}

enum error_code job_cancel_ask(struct request *request, struct op *op, struct error *error)
{
    (void)error;
    op->as.job.verb = VERB_DELETE;
    op->as.job.row.id = request->object_id;
    op->as.job.row.app_id = request->app_id;
    op->as.job.now_ms = door_now(request->door).wall_ms;
    return ERR_OK;
}

void job_cancel_answer(struct request *request, struct op *op, struct response *response)
{
    response_json(response, 200, render_job(request->door, &op->as.job.row));
}
