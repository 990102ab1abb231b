#include "store/store_parts.h"

#include "base/memory.h"

#include <stdlib.h>

// One change on its way through the workers; the last to be done answers the op.
struct store_change_round {
    atomic_size_t left;
    struct op *op; // or NULL
    struct mailbox *asker;
};

void store_change_done(struct store_change *change)
{
    struct store_change_round *round = change->round;

    free(change);
    if (atomic_fetch_sub_explicit(&round->left, 1, memory_order_acq_rel) > 1)
        return;
    if (round->op) {
        round->op->is_held = false;
        mailbox_post(round->asker, &round->op->mail);
    }
    free(round);
}

static void tell_workers(struct store *store, const struct news_change *change,
                         struct store_change_round *round)
{
    for (int worker = 0; worker < store->options.worker_count; worker++) {
        struct store_change *mail = NEW(struct store_change);
        mail->mail.kind = STORE_MAIL_CHANGE;
        mail->app_id = change->app_id;
        mail->webhook_id = change->webhook_id;
        mail->round = round;
        outbox_add(store, worker, &mail->mail);
    }
}

void changes_tell(struct store *store, const struct news *news)
{
    const size_t workers = (size_t)store->options.worker_count;
    size_t first = 0;

    while (first < news->change_count) {
        struct op *op = news->changes[first].op;
        struct store_change_round *round = NEW(struct store_change_round);
        size_t end = first + 1;

        while (op && end < news->change_count && news->changes[end].op == op)
            end++;
        atomic_init(&round->left, (end - first) * workers);
        round->op = op;
        if (op) {
            op->is_held = true;
            op->mail.kind = STORE_MAIL_OP;
            round->asker = store->options.workers[op->worker];
        }
        for (; first < end; first++)
            tell_workers(store, &news->changes[first], round);
    }
}
