#include "store/store_parts.h"

#include "base/memory.h"
#include "store/archive.h"
#include "thread/thread.h"

// Reads, one op at a time. What a door or a lane needs before it can go on has a thread of
// its own, so that no long list stands before it.
static void reader_run(void *argument)
{
    struct reader *reader = argument;
    struct store *store = reader->store;
    bool is_stopping = false;

    while (!is_stopping) {
        struct mail *mail = mailbox_wait(reader->mailbox, -1);
        while (mail) {
            struct mail *next = mail->next;
            if (mail == &reader->stop) {
                is_stopping = true;
            } else {
                struct op *op = container_of(mail, struct op, mail);
                store->table->read(reader->backend, op);
                mailbox_post(store->options.workers[op->worker], &op->mail);
            }
            mail = next;
        }
    }
}

static void write_op(void *store, struct op *op)
{
    store_write(store, op);
}

void readers_start(struct store *store)
{
    const struct archive_options options = {.file = store->file,
                                            .data_dir = store->data_dir,
                                            .copy = store->table->copy,
                                            .workers = store->options.workers,
                                            .write = write_op,
                                            .owner = store};

    for (int i = 0; i < READERS; i++) {
        struct reader *reader = &store->readers[i];

        reader->store = store;
        reader->stop.kind = STORE_MAIL_STOP;
        reader->mailbox = mailbox_new();
        reader->thread = thread_start("read", reader_run, reader);
    }
    store->archive = archive_start(&options);
}

// The thread that must not wait behind lists.
static bool is_urgent(enum op_kind kind)
{
    return kind == OP_KEY_BY_LOOKUP || kind == OP_SESSION_BY_HASH || kind == OP_APP_CARD ||
           kind == OP_HOOK_CARD;
}

void readers_post(struct store *store, struct op *op)
{
    if (op->kind == OP_BACKUPS || op->kind == OP_BACKUP)
        archive_post(store->archive, op);
    else
        mailbox_post(store->readers[!is_urgent(op->kind)].mailbox, &op->mail);
}

static void stop_reader(struct store *store, struct reader *reader)
{
    if (reader->thread) {
        mailbox_post(reader->mailbox, &reader->stop);
        thread_join(reader->thread);
    }
    if (reader->backend)
        store->table->reader_free(reader->backend);
    reader->thread = NULL;
    reader->backend = NULL;
}

void readers_stop(struct store *store)
{
    archive_stop(store->archive);
    store->archive = NULL;
    for (int i = 0; i < READERS; i++)
        stop_reader(store, &store->readers[i]);
}
