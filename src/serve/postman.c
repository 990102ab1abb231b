#include "serve/postman.h"

#include "base/list.h"
#include "base/memory.h"
#include "thread/thread.h"

#include <stdbool.h>
#include <stdlib.h>

struct postman {
    struct mailer *mailer;
    struct mailbox *mailbox, *home;
    struct thread *thread;
    struct mail stop;
    int kind;
};

void errand_free(struct errand *errand)
{
    if (!errand)
        return;
    free(errand->to);
    free(errand->subject);
    free(errand->text);
    free(errand);
}

static void run_errand(struct postman *postman, struct errand *errand)
{
    const struct letter letter = {
        .to = errand->to, .subject = errand->subject, .text = errand->text, .id = errand->id};

    errand->outcome = mailer_send(postman->mailer, &letter, errand->why);
    errand->mail.kind = postman->kind;
    mailbox_post(postman->home, &errand->mail);
}

static void run(void *argument)
{
    struct postman *postman = argument;
    bool is_stopping = false;

    while (!is_stopping) {
        struct mail *mail = mailbox_wait(postman->mailbox, -1);

        while (mail) {
            struct mail *next = mail->next;

            if (mail == &postman->stop)
                is_stopping = true;
            else
                run_errand(postman, container_of(mail, struct errand, mail));
            mail = next;
        }
    }
}

struct postman *postman_new(struct mailer *mailer, struct mailbox *home, int kind)
{
    struct postman *postman = NEW(struct postman);

    postman->mailer = mailer;
    postman->home = home;
    postman->kind = kind;
    postman->mailbox = mailbox_new();
    postman->thread = thread_start("mail", run, postman);
    return postman;
}

void postman_send(struct postman *postman, struct errand *errand)
{
    mailbox_post(postman->mailbox, &errand->mail);
}

void postman_free(struct postman *postman)
{
    if (!postman)
        return;
    mailer_stop(postman->mailer);
    mailbox_post(postman->mailbox, &postman->stop);
    thread_join(postman->thread);
    mailbox_free(postman->mailbox);
    free(postman);
}
