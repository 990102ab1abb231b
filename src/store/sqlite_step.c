#include "store/sqlite_step.h"

#include "base/limits.h"
#include "store/sqlite.h"
#include "store/sqlite_idem.h"
#include "store/sqlite_job.h"
#include "store/sqlite_stat.h"
#include "store/sqlite_trail.h"

enum {
    CHECKPOINT_PAGES = 1000, // of the log; more makes the slowest commits four times slower
    RESTART_PAGES = 40000,   // then readers are waited for, a little, so that it starts over
    RESTART_WAIT_MS = 50,
    RUN_ROWS_PER_STEP = 500,
    PRUNE_MS = 60000
};

// The log is copied back by the connection that writes it, and never behind our back:
// SQLite's own automatic checkpoint hides a failed fsync. A reader or a full disk only puts
// it off.
static enum store_verdict checkpoint(struct store_backend *backend)
{
    bool is_long = backend->wal_pages >= RESTART_PAGES;
    int code;

    if (is_long)
        sqlite3_busy_timeout(backend->db, RESTART_WAIT_MS);
    code = sqlite3_wal_checkpoint_v2(
        backend->db, NULL, is_long ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE,
        NULL, NULL);
    if (is_long)
        sqlite3_busy_timeout(backend->db, SQLITE_BUSY_MS);
    backend->wal_checkpointed = backend->wal_pages;
    if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_FULL)
        return STORE_DONE;
    backend->code = SQLITE_OK;
    sqlite_note(backend, code);
    return (backend->code & 0xff) == SQLITE_FULL ? STORE_DONE : STORE_LOST;
}

// The log starts over once all of it was copied, and counts from the front again.
static bool wants_checkpoint(struct store_backend *backend)
{
    if (backend->wal_pages < backend->wal_checkpointed)
        backend->wal_checkpointed = 0;
    return backend->wal_pages - backend->wal_checkpointed >= CHECKPOINT_PAGES;
}

static bool prune_replies(struct store_backend *backend, int64_t now_ms)
{
    sqlite3_bind_int64(sqlite_statement(backend, SQL_REPLY_PRUNE), 1,
                       now_ms - limit(LIMIT_IDEMPOTENCY_MS));
    sqlite_run(backend, SQL_REPLY_PRUNE);
    return sqlite3_changes(backend->db) > 0;
}

static bool prune_portal(struct store_backend *backend, int64_t now_ms)
{
    static const enum sql prunes[] = {SQL_LINK_PRUNE, SQL_SESSION_PRUNE};
    int count = 0;

    for (size_t i = 0; i < sizeof prunes / sizeof *prunes; i++) {
        sqlite3_bind_int64(sqlite_statement(backend, prunes[i]), 1, now_ms);
        if (sqlite_run(backend, prunes[i]))
            count += sqlite3_changes(backend->db);
    }
    return count > 0;
}

// One transaction with a piece of the first work that there is.
static bool work_on(struct store_backend *backend, int64_t now_ms, bool prunes,
                    enum store_verdict *ret_verdict, struct news *ret_news)
{
    const bool rewinds = backend->rewind.is_on;
    bool is_dropped = false;
    bool has_more = true;

    if (!sqlite_begin(backend, true)) {
        *ret_verdict = sqlite_end(backend);
        return false;
    }
    if (backend->has_work || backend->has_jobs)
        rewind_note(backend, now_ms);
    if (backend->rewind.is_on)
        backend->rewind.is_on = rewind_step(backend, now_ms, ret_news);
    else if (backend->has_work)
        backend->has_work =
            sqlite_sweep(backend, now_ms, ret_news) || sqlite_erase(backend, now_ms);
    else if (backend->has_jobs)
        backend->has_jobs = sqlite_recover(backend, now_ms, ret_news);
    else if (stat_is_due(backend, now_ms))
        stat_fold(backend, now_ms);
    else if (idem_has_work(backend))
        idem_write_run(backend, RUN_ROWS_PER_STEP);
    else if (idem_expires(backend, now_ms))
        idem_forget(backend, &is_dropped);
    else if (!prunes || (!stat_prune(backend, now_ms) && !prune_replies(backend, now_ms) &&
                         !job_prune(backend, now_ms) && !prune_portal(backend, now_ms) &&
                         !sqlite_audit_retain(backend, now_ms) &&
                         !sqlite_retain(backend, now_ms) && !trail_expire(backend, now_ms)))
        has_more = false;
    *ret_verdict = sqlite_end(backend);
    if (*ret_verdict != STORE_DONE) {
        // What was done since the front may not have been kept: from the front again.
        backend->rewind =
            (struct rewind){.is_on = rewinds, .seen_ms = backend->rewind.seen_ms};
        backend->sweep = (struct sweep){0};
        backend->erase = (struct erase){0};
        backend->has_work = backend->has_jobs = true;
        backend->retained_event = backend->expired_run = 0;
        news_done(ret_news);
        return false;
    }
    if (is_dropped)
        runs_drop_oldest(&backend->runs);
    if (prunes && !has_more)
        backend->pruned_ms = now_ms;
    return has_more;
}

bool sqlite_work(struct store_backend *backend, int64_t now_ms,
                 enum store_verdict *ret_verdict, struct news *ret_news)
{
    bool prunes = now_ms - backend->pruned_ms >= PRUNE_MS || now_ms < backend->pruned_ms;
    // Under load a run is written along with the accepts, without an fsync of its own.
    bool writes_run = idem_has_work(backend) && !backend->has_accepted;

    *ret_verdict = STORE_DONE;
    backend->has_accepted = false;
    if (wants_checkpoint(backend)) {
        *ret_verdict = checkpoint(backend);
        return *ret_verdict == STORE_DONE;
    }
    if (!backend->rewind.is_on && !backend->has_work && !stat_is_due(backend, now_ms) &&
        !backend->has_jobs && !writes_run && !prunes && !idem_expires(backend, now_ms))
        return idem_has_work(backend);
    return work_on(backend, now_ms, prunes, ret_verdict, ret_news);
}

void sqlite_work_along(struct store_backend *backend, size_t ops, int64_t now_ms)
{
    stat_fold_along(backend, ops, now_ms);
    sqlite_trail_along(backend);
}
