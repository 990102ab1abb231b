// Where the next page of a list begins, as the client carries it: an encrypted row id with a
// MAC that binds it to the app and to the query's filters, so that a cursor that was altered,
// or taken from another app or another query, is refused (ERR_BAD_CURSOR).

#ifndef API_CURSOR_H
#define API_CURSOR_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct id_cipher;
struct list_query;

enum { CURSOR_KEY_LEN = 32, CURSOR_TEXT_MAX = 80 };

// The cursor after row (id, n) of that query; query->limit and query->before_… are not bound.
void cursor_text(const unsigned char key[CURSOR_KEY_LEN], struct id_cipher *cipher,
                 const struct list_query *query, int64_t id, uint16_t n,
                 char ret[CURSOR_TEXT_MAX]);

// Fills query->before_id and before_n. Errors: ERR_BAD_CURSOR.
enum error_code cursor_parse(const unsigned char key[CURSOR_KEY_LEN],
                             struct id_cipher *cipher, struct list_query *query,
                             const char *text, size_t len, struct error *error) MUST_CHECK;

#endif
