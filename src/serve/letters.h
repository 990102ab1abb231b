// What e-mails say. Plain text in UTF-8; what strangers wrote stands in it with its control
// bytes replaced, so that it cannot pass for a line of ours. No secret, and of a payload only
// what the profile names.

#ifndef SERVE_LETTERS_H
#define SERVE_LETTERS_H

#include <stddef.h>

struct app_row;
struct attempt_row;
struct buf;
struct event;
struct id_cipher;
struct post_row;
struct profile;
struct webhook_row;

// A delivery that has failed for good.
struct failed_delivery {
    const struct post_row *post;
    const struct profile *profile;
    const struct app_row *app;
    const struct webhook_row *webhook;
    const struct event *event;
    const struct attempt_row *attempts; // oldest first
    size_t attempt_count;
};
void letter_of_failed(const struct failed_delivery *failed, struct id_cipher *cipher,
                      struct buf *ret_subject, struct buf *ret_text);

// What happened to an app since the last alert, in numbers.
void letter_of_alert(const struct post_row *post, const struct app_row *app,
                     struct buf *ret_subject, struct buf *ret_text);

#endif
