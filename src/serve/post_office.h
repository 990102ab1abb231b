// What the server tells by itself: operational events (serve/notices.h), and e-mails. Takes
// what the store says is to be told and due, one letter at a time, writes it, gives it to the
// postman, and tells the store what came of it. It lives on one worker's loop; only the
// postman's thread ever waits for the mail server.
//
// What the store was not told is taken again, so a crash between sending and telling may send
// a letter twice; both have the same Message-ID.

#ifndef SERVE_POST_OFFICE_H
#define SERVE_POST_OFFICE_H

#include "base/moment.h"
#include "serve/postman.h"

#include <stdbool.h>

struct op;
struct post_office;
struct worker;

// mailer: NULL where the server knows no mail server; what is to be mailed then ends as that.
struct post_office *post_office_new(struct worker *worker, struct mailer *mailer);
void post_office_look(struct post_office *office, struct moment now); // often
// False: it is another's op. Else it takes it.
bool post_office_on_op(struct post_office *office, struct op *op);
void post_office_on_errand(struct post_office *office, struct errand *errand); // takes it
void post_office_drain(struct post_office *office); // begins nothing more, ends the letter …
bool post_office_is_idle(const struct post_office *office); // … until this is true
// Joins the postman; its errand comes back to the worker's mailbox. Then free.
void post_office_close(struct post_office *office);
void post_office_free(struct post_office *office); // does nothing to NULL

#endif
