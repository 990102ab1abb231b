#include "store/backend.h"

#include "store/sqlite.h"
#include "store/sqlite_accept.h"
#include "store/sqlite_claim.h"
#include "store/sqlite_config.h"
#include "store/sqlite_delivery.h"
#include "store/sqlite_open.h"
#include "store/sqlite_read.h"
#include "store/sqlite_step.h"

static void apply_op(struct store_backend *backend, struct op *op, int64_t now_ms,
                     struct news *news)
{
    switch (op->kind) {
    case OP_ACCEPT: sqlite_accept(backend, op, now_ms, news); break;
    case OP_SETTLE: sqlite_settle(backend, op, now_ms, news); break;
    case OP_PARK: sqlite_park(backend, op); break;
    case OP_BEHIND: sqlite_behind(backend, op); break;
    case OP_CLAIM: sqlite_claim(backend, op, now_ms); break;
    case OP_RETRY: sqlite_retry(backend, op, news); break;
    case OP_CANCEL: sqlite_cancel(backend, op, news); break;
    case OP_RECORD: sqlite_record(backend, op); break;
    case OP_KEY_USES: sqlite_key_uses(backend, op); break;
    case OP_APP:
    case OP_KEY:
    case OP_JOB:
    case OP_LINK:
    case OP_WEBHOOK: sqlite_configure(backend, op, now_ms, news); break;
    case OP_SESSION: sqlite_session(backend, op, news); break;
    case OP_WINDOW: sqlite_window(backend, op); break;
    case OP_POST_DONE: sqlite_post_done(backend, op); break;
    case OP_AUDIT:
    case OP_BACKUP: op->result = OP_DONE; break;
    default: op->result = OP_FAILED; break; // a read, which is a reader's
    }
    if (op->audit && op->result == OP_DONE) {
        op_fill_audit(op, now_ms);
        sqlite_audit(backend, op->audit);
    }
}

// A group that only reads takes no lock and needs no room on the disk.
static bool only_reads(struct op **ops, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ops[i]->kind != OP_CLAIM && ops[i]->kind != OP_BEHIND)
            return false;
    return true;
}

static enum store_verdict apply(struct store_backend *backend, struct op **ops, size_t count,
                                int64_t now_ms, struct news *ret_news)
{
    enum store_verdict verdict;

    if (sqlite_begin(backend, !only_reads(ops, count)))
        for (size_t i = 0; i < count && !backend->code; i++)
            apply_op(backend, ops[i], now_ms, ret_news);
    if (!backend->code && !only_reads(ops, count)) {
        rewind_note(backend, now_ms);
        sqlite_work_along(backend, count, now_ms);
    }
    verdict = sqlite_end(backend);
    if (verdict != STORE_DONE)
        news_done(ret_news);
    return verdict;
}

static enum store_verdict resume(struct store_backend *backend, int64_t now_ms,
                                 const struct cut_off *cuts, size_t count,
                                 struct news *ret_news)
{
    enum store_verdict verdict;

    sqlite_begin(backend, true);
    rewind_begin(backend, now_ms);
    rewind_note(backend, now_ms);
    for (size_t i = 0; i < count && !backend->code; i++)
        sqlite_cut_off(backend, &cuts[i], now_ms, ret_news);
    if (!backend->code)
        sqlite_hand_out(backend, ret_news);
    verdict = sqlite_end(backend);
    if (verdict != STORE_DONE)
        news_done(ret_news);
    return verdict;
}

const struct store_backend_table store_sqlite = {
    .open = sqlite_open,
    .is_new = sqlite_is_new,
    .newest_event = sqlite_newest_event,
    .setting = sqlite_setting,
    .set_setting = sqlite_set_setting,
    .audit_key = sqlite_audit_key,
    .resume = resume,
    .apply = apply,
    .step = sqlite_work,
    .why = sqlite_why,
    .reader_new = sqlite_reader_new,
    .read = sqlite_read,
    .reader_free = sqlite_reader_free,
    .close = sqlite_close,
    .copy = sqlite_copy,
};
