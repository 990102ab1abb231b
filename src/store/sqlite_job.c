#include "store/sqlite_job.h"

#include "hook/id.h"
#include "store/sqlite.h"
#include "store/sqlite_delivery.h"
#include "store/sqlite_read.h"

#define JOB_KEEP_MS (INT64_C(30) * 86400 * 1000)

// To count an entry costs a hundredth of what it costs to write one.
enum { RECOVER_ROWS = 500, COUNT_ROWS = 5000 };

#define JOB_COLUMNS \
    "id, app, webhook, state, first, last, since, until, done, total, created, ended"

static void read_columns(sqlite3_stmt *get, struct job_row *ret)
{
    *ret = (struct job_row){
        .id = sqlite3_column_int64(get, 0),
        .app_id = sqlite3_column_int64(get, 1),
        .webhook_id = sqlite3_column_int64(get, 2),
        .state = (enum job_state)sqlite3_column_int(get, 3),
        .first_id = sqlite3_column_int64(get, 4),
        .end_id = sqlite3_column_int64(get, 5),
        .since_ms = sqlite3_column_int64(get, 6),
        .until_ms = sqlite3_column_int64(get, 7),
        .done = sqlite3_column_int64(get, 8),
        .total = sqlite3_column_int64(get, 9),
        .created_ms = sqlite3_column_int64(get, 10),
        .ended_ms = sqlite3_column_int64(get, 11),
    };
}

// Does this statement answer a number above least?
static bool is_above(struct store_backend *backend, enum sql sql, int64_t id, int least)
{
    sqlite3_stmt *count = sqlite_statement(backend, sql);
    bool is = false;

    sqlite3_bind_int64(count, 1, id);
    if (sqlite_step(backend, sql))
        is = sqlite3_column_int(count, 0) > least;
    sqlite_reset(backend, sql);
    return is;
}

static enum op_result start(struct store_backend *backend, const struct op *op)
{
    const struct job_row *row = &op->as.job.row;
    const struct known_webhook *webhook = sqlite_known_webhook(backend, row->webhook_id);
    sqlite3_stmt *add = sqlite_statement(backend, SQL_JOB_ADD);

    if (!webhook || webhook->app_id != row->app_id || webhook->state == WEBHOOK_DELETED)
        return OP_NOT_FOUND;
    if (webhook->state != WEBHOOK_ENABLED)
        return OP_GONE;
    if (is_above(backend, SQL_JOB_AT, row->webhook_id, 0))
        return OP_CONFLICT;
    if (is_above(backend, SQL_JOB_COUNT, row->app_id, op->as.job.running_max - 1))
        return OP_LIMIT;
    sqlite3_bind_int64(add, 1, row->id);
    sqlite3_bind_int64(add, 2, row->app_id);
    sqlite3_bind_int64(add, 3, row->webhook_id);
    sqlite3_bind_int64(add, 4, row->first_id);
    sqlite3_bind_int64(add, 5, row->end_id);
    sqlite3_bind_int64(add, 6, row->since_ms);
    sqlite3_bind_int64(add, 7, row->until_ms);
    sqlite3_bind_int64(add, 8, row->created_ms);
    if (!sqlite_run(backend, SQL_JOB_ADD) || !sqlite3_changes(backend->db))
        return OP_CONFLICT;
    backend->has_jobs = true;
    return OP_DONE;
}

static enum op_result stop(struct store_backend *backend, struct op *op)
{
    struct job_row *row = &op->as.job.row;
    sqlite3_stmt *get = sqlite_statement(backend, SQL_JOB_GET);
    sqlite3_stmt *end = sqlite_statement(backend, SQL_JOB_END);
    struct job_row found = {0};
    bool is_there;

    sqlite3_bind_int64(get, 1, row->id);
    is_there = sqlite_step(backend, SQL_JOB_GET);
    if (is_there)
        read_columns(get, &found);
    sqlite_reset(backend, SQL_JOB_GET);
    if (!is_there || found.app_id != row->app_id)
        return OP_NOT_FOUND;
    if (found.state != JOB_RUNNING)
        return OP_GONE;
    *row = found;
    row->state = JOB_CANCELLED;
    row->ended_ms = op->as.job.now_ms;
    sqlite3_bind_int64(end, 1, row->id);
    sqlite3_bind_int(end, 2, (int)row->state);
    sqlite3_bind_int64(end, 3, row->ended_ms);
    sqlite_run(backend, SQL_JOB_END);
    return OP_DONE;
}

enum op_result sqlite_job(struct store_backend *backend, struct op *op)
{
    return op->as.job.verb == VERB_CREATE ? start(backend, op) : stop(backend, op);
}

// --- steps ---

// A running job with the place it has come to.
struct place {
    struct job_row row;
    int64_t event_id;
    int n;
};

// Jobs take turns, by webhook.
static bool next_job(struct store_backend *backend, struct place *ret)
{
    sqlite3_stmt *next = sqlite_statement(backend, SQL_JOB_NEXT);
    bool is_there;

    sqlite3_bind_int64(next, 1, backend->job_webhook);
    is_there = sqlite_step(backend, SQL_JOB_NEXT);
    if (is_there) {
        read_columns(next, &ret->row);
        ret->event_id = sqlite3_column_int64(next, 12);
        ret->n = sqlite3_column_int(next, 13);
    }
    sqlite_reset(backend, SQL_JOB_NEXT);
    return is_there;
}

static void keep_place(struct store_backend *backend, const struct place *place)
{
    sqlite3_stmt *set = sqlite_statement(backend, SQL_JOB_SET);

    sqlite3_bind_int64(set, 1, place->row.id);
    sqlite3_bind_int(set, 2, (int)place->row.state);
    sqlite3_bind_int64(set, 3, place->row.done);
    sqlite3_bind_int64(set, 4, place->row.total);
    sqlite3_bind_int64(set, 5, place->row.ended_ms);
    sqlite3_bind_int64(set, 6, place->event_id);
    sqlite3_bind_int(set, 7, place->n);
    sqlite_run(backend, SQL_JOB_SET);
}

struct found {
    int64_t event_id;
    int n;
};

// Walks on from the place over at most entries_max rows that have ended badly. Those to be
// tried anew (what a person cancelled stays so) are counted, and noted in rows unless NULL.
// False: there are no more.
static bool walk(struct store_backend *backend, struct place *place, int entries_max,
                 struct found *rows, int *ret_count)
{
    sqlite3_stmt *list = sqlite_statement(backend, SQL_RECOVER_NEXT);
    int seen = 0;

    *ret_count = 0;
    sqlite3_bind_int64(list, 1, place->row.webhook_id);
    sqlite3_bind_int64(list, 2, place->event_id);
    sqlite3_bind_int(list, 3, place->n);
    sqlite3_bind_int64(list, 4, place->row.end_id);
    while (seen < entries_max && sqlite_step(backend, SQL_RECOVER_NEXT)) {
        seen++;
        place->event_id = sqlite3_column_int64(list, 0);
        place->n = sqlite3_column_int(list, 1);
        if (sqlite3_column_int(list, 2))
            continue;
        if (rows)
            rows[*ret_count] = (struct found){place->event_id, place->n};
        ++*ret_count;
    }
    sqlite_reset(backend, SQL_RECOVER_NEXT);
    return seen == entries_max;
}

static void count(struct store_backend *backend, struct place *place)
{
    int counted;
    bool has_more = walk(backend, place, COUNT_ROWS, NULL, &counted);

    // While it counts, what it found so far is kept below the unknown.
    place->row.total -= counted;
    if (has_more)
        return;
    place->row.total = -(place->row.total + 1);
    place->event_id = place->row.first_id;
    place->n = -1;
}

static void requeue_all(struct store_backend *backend, struct place *place, int64_t now_ms,
                        struct news *news)
{
    struct known_webhook *webhook = sqlite_known_webhook(backend, place->row.webhook_id);
    struct found rows[RECOVER_ROWS];
    int found;
    bool has_more = walk(backend, place, RECOVER_ROWS, rows, &found);

    for (int i = 0; i < found; i++)
        place->row.done += delivery_requeue(backend, rows[i].event_id, rows[i].n, now_ms);
    if (found)
        sqlite_tell_parked(webhook, now_ms, news);
    if (!has_more) {
        place->row.state = JOB_DONE;
        place->row.ended_ms = now_ms;
    }
}

bool sqlite_recover(struct store_backend *backend, int64_t now_ms, struct news *news)
{
    const struct known_webhook *webhook;
    struct place place;

    if (!next_job(backend, &place)) {
        backend->job_webhook = 0;
        return next_job(backend, &place); // those before it
    }
    backend->job_webhook = place.row.webhook_id;
    webhook = sqlite_known_webhook(backend, place.row.webhook_id);
    if (!webhook || webhook->state != WEBHOOK_ENABLED) {
        place.row.state = JOB_CANCELLED;
        place.row.ended_ms = now_ms;
    } else if (place.row.total < 0) {
        count(backend, &place);
    } else {
        requeue_all(backend, &place, now_ms, news);
    }
    keep_place(backend, &place);
    return true;
}

bool job_prune(struct store_backend *backend, int64_t now_ms)
{
    sqlite3_bind_int64(sqlite_statement(backend, SQL_JOB_PRUNE), 1,
                       id_first_at(now_ms - JOB_KEEP_MS));
    sqlite_run(backend, SQL_JOB_PRUNE);
    return sqlite3_changes(backend->db) > 0;
}

// --- reads ---

void sqlite_read_job(struct store_reader *reader, struct op *op)
{
    sqlite3_stmt *get = reader_statement(reader, "SELECT " JOB_COLUMNS
                                                 " FROM job WHERE id = ?1 AND app = ?2");
    struct job_row *row = &op->as.get_job.row;

    sqlite3_bind_int64(get, 1, op->as.get_job.id);
    sqlite3_bind_int64(get, 2, op->as.get_job.app_id);
    if (!reader_step(reader, get)) {
        op->result = OP_NOT_FOUND;
        return;
    }
    read_columns(get, row);
    if (row->total < 0)
        row->total = JOB_TOTAL_UNKNOWN;
}

void sqlite_count_recover(struct store_reader *reader, struct op *op)
{
    sqlite3_stmt *count =
        reader_statement(reader, "SELECT count(*) FROM delivery WHERE webhook = ?1"
                                 " AND state >= 4 AND event >= ?2 AND event < ?3"
                                 " AND by_person = 0");
    struct job_row *row = &op->as.get_job.row;

    sqlite3_bind_int64(count, 1, row->webhook_id);
    sqlite3_bind_int64(count, 2, row->first_id);
    sqlite3_bind_int64(count, 3, row->end_id);
    if (reader_step(reader, count))
        row->total = sqlite3_column_int64(count, 0);
}
