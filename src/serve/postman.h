// The thread that talks to the mail server, one letter after the other; a slow server keeps
// nobody waiting but letters. It knows no delivery: it is given letters, and gives them back
// with what came of them.

#ifndef SERVE_POSTMAN_H
#define SERVE_POSTMAN_H

#include "net/mailer.h"
#include "thread/mailbox.h"

struct postman;

struct errand {
    struct mail mail;
    char *to, *subject, *text;
    char id[64];
    enum letter_outcome outcome;
    char why[MAILER_WHY_MAX];
};
void errand_free(struct errand *errand); // does nothing to NULL

// Errands come back to home, as mail of that kind. The mailer outlives the postman.
struct postman *postman_new(struct mailer *mailer, struct mailbox *home, int kind);
// Takes the errand.
void postman_send(struct postman *postman, struct errand *errand);
// Ends what is under way, gives everything back, joins; does nothing to NULL.
void postman_free(struct postman *postman);

#endif
