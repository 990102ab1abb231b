// Whose page asks? A browser says so itself (Sec-Fetch-Site, or the older Origin), and a page
// of ours shows a token that no other page can read: random bytes and their HMAC with the
// session's id. Each is enough by itself; requests that a cookie vouches for need both.

#ifndef API_CSRF_H
#define API_CSRF_H

#include "api/requests.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CSRF_KEY_LEN = 32, CSRF_DICE = 16, CSRF_TEXT_LEN = 64 };

// May a request of this method change something?
bool csrf_concerns(struct text_span method);

enum csrf_place { CSRF_OURS, CSRF_OTHER, CSRF_UNSAID }; // UNSAID: no browser of today
enum csrf_place csrf_place(const struct request *request);

// A token for this session; each call's dice make another, all of them hold.
void csrf_make(const unsigned char key[CSRF_KEY_LEN], int64_t session_id,
               const unsigned char dice[CSRF_DICE], char ret[CSRF_TEXT_LEN + 1]);
bool csrf_holds(const unsigned char key[CSRF_KEY_LEN], int64_t session_id, const char *text,
                size_t len);

#endif
