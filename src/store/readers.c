#include "store/store_parts.h"

#include "base/memory.h"

// Reads, one op at a time. What a door or a lane needs before it can go on has a thread of
// its own, so that no long list stands before it.
void reader_run(void *argument)
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
