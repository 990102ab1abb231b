#include "base/limits.h"
#include "engine/mutant.h"
#include "hook/id.h"
#include "model_rows.h"

static struct model_job *find_running(const struct store_backend *model, int64_t webhook_id)
{
    for (size_t i = 0; i < model->jobs.count; i++) {
        struct model_job *job = model->jobs.rows[i];
        if (job->row.state == JOB_RUNNING && job->row.webhook_id == webhook_id)
            return job;
    }
    return NULL;
}

static int count_running(const struct store_backend *model, int64_t app_id)
{
    int count = 0;

    for (size_t i = 0; i < model->jobs.count; i++) {
        const struct model_job *job = model->jobs.rows[i];
        count += job->row.state == JOB_RUNNING && job->row.app_id == app_id;
    }
    return count;
}

static enum op_result start(struct store_backend *model, const struct op *op)
{
    const struct job_row *row = &op->as.job.row;
    const struct model_webhook *webhook = model_find_webhook(model, row->webhook_id);
    struct map_key key = map_key(row->id);
    struct model_job *job;

    if (!webhook || webhook->row.app_id != row->app_id ||
        webhook->row.state == WEBHOOK_DELETED)
        return OP_NOT_FOUND;
    if (webhook->row.state != WEBHOOK_ENABLED)
        return OP_GONE;
    if (find_running(model, row->webhook_id))
        return OP_CONFLICT;
    if (count_running(model, row->app_id) >= op->as.job.running_max)
        return OP_LIMIT;
    job = table_add(model, &model->jobs, &key, sizeof *job);
    job->row = *row;
    job->row.state = JOB_RUNNING;
    job->row.total = JOB_TOTAL_UNKNOWN;
    return OP_DONE;
}

static enum op_result stop(struct store_backend *model, struct op *op)
{
    struct model_job *job = table_find(&model->jobs, map_key(op->as.job.row.id));

    if (!job || job->row.app_id != op->as.job.row.app_id)
        return OP_NOT_FOUND;
    if (job->row.state != JOB_RUNNING)
        return OP_GONE;
    TOUCH(model, job);
    job->row.state = JOB_CANCELLED;
    job->row.ended_ms = op->as.job.now_ms;
    op->as.job.row = job->row;
    return OP_DONE;
}

enum op_result model_job(struct store_backend *model, struct op *op)
{
    return op->as.job.verb == VERB_CREATE ? start(model, op) : stop(model, op);
}

static bool is_wanted(const struct job_row *job, const struct model_delivery *row)
{
    return row->webhook_id == job->webhook_id && row->event_id >= job->first_id &&
           row->number < DELIVERY_ATTEMPTS_MAX && row->event_id < job->end_id &&
           (!row->is_by_person || MUTANT_IS(RECOVERS_ALL)) &&
           (row->state == DELIVERY_FAILED || row->state == DELIVERY_CANCELLED);
}

static int64_t count_wanted(const struct store_backend *model, const struct job_row *job)
{
    int64_t count = 0;

    for (size_t i = 0; i < model->deliveries.count; i++)
        count += is_wanted(job, model->deliveries.rows[i]);
    return count;
}

static void requeue(struct store_backend *model, struct model_delivery *row, int64_t now_ms)
{
    TOUCH(model, row);
    model_enter(row, model_turn_join(model, row) ? DELIVERY_PARKED : DELIVERY_HELD);
    row->due = now_ms;
    row->ended = row->wait_ms = 0;
    row->step = row->crashes = 0;
    row->asked = row->served;
    row->is_replayed = true;
    row->spared = model_find_webhook(model, row->webhook_id)->row.cancel_before;
}

static void go_on(struct store_backend *model, struct model_job *job, int64_t now_ms,
                  struct news *news)
{
    enum { ROWS_MAX = 20 }; // so that much happens between two steps
    struct model_webhook *webhook = model_find_webhook(model, job->row.webhook_id);

    for (int rows = 0; rows < (MUTANT_IS(JOB_ENDS_EARLY) ? 1 : ROWS_MAX) &&
                       job->at < model->deliveries.count;
         job->at++) {
        struct model_delivery *row = model->deliveries.rows[job->at];
        if (!is_wanted(&job->row, row))
            continue;
        requeue(model, row, now_ms);
        job->row.done++;
        rows++;
    }
    model_tell_parked(model, webhook, now_ms, news);
    if (job->at < model->deliveries.count && !MUTANT_IS(JOB_ENDS_EARLY))
        return;
    job->row.state = JOB_DONE;
    job->row.ended_ms = now_ms;
}

bool model_recover(struct store_backend *model, int64_t now_ms, struct news *news)
{
    for (size_t i = 0; i < model->jobs.count; i++) {
        struct model_job *job = model->jobs.rows[i];
        const struct model_webhook *webhook;
        if (job->row.state != JOB_RUNNING)
            continue;
        webhook = model_find_webhook(model, job->row.webhook_id);
        TOUCH(model, job);
        if (webhook->row.state != WEBHOOK_ENABLED) {
            job->row.state = JOB_CANCELLED;
            job->row.ended_ms = now_ms;
        } else if (job->row.total < 0) {
            job->row.total = count_wanted(model, &job->row);
        } else {
            go_on(model, job, now_ms, news);
        }
        return true;
    }
    return false;
}

static bool has_expired(const struct store_backend *model, const struct model_event *event,
                        int64_t horizon_ms)
{
    if (event->event->id >= id_first_at(horizon_ms) || event->event->id >= model->last_event)
        return false;
    for (int n = 0; n < event->fan; n++) {
        const struct model_delivery *row =
            model_find_delivery(model, event->event->id, (uint16_t)n);
        if ((delivery_is_open(row->state) && !MUTANT_IS(RETENTION_DROPS_OPEN)) ||
            row->ended > horizon_ms)
            return false;
    }
    return true;
}

int model_retain(struct store_backend *model, int64_t now_ms, int most)
{
    const int64_t horizon_ms = now_ms - limit(LIMIT_RETENTION_DAYS) * 86400 * 1000;
    int done = 0;

    for (size_t i = 0; i < model->events.count && done < most; i++) {
        struct model_event *event = model->events.rows[i];
        if (event->is_gone || !has_expired(model, event, horizon_ms))
            continue;
        TOUCH(model, event);
        event->is_gone = true;
        done++;
    }
    return done;
}

void model_read_job(const struct store_backend *model, struct op *op)
{
    const struct model_job *job = table_find(&model->jobs, map_key(op->as.get_job.id));

    if (job && job->row.app_id == op->as.get_job.app_id)
        op->as.get_job.row = job->row;
    else
        op->result = OP_NOT_FOUND;
}

void model_count_recover(const struct store_backend *model, struct op *op)
{
    op->as.get_job.row.total = count_wanted(model, &op->as.get_job.row);
}
