// The manners of each door. All doors lead to the same operations; a row says how requests at
// one of them show a key, how it says no, and how it spells a webhook's id. Which door a
// request came to is told by its path.
//
// The next door is a row here, its routes in routes.c and a file that translates bodies
// (door_pair.c, door_sk.c): it has no logic of its own.

#ifndef API_STYLE_H
#define API_STYLE_H

#include "api/requests.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct id_cipher;
struct key_parts;

struct style {
    const char *prefix;     // of the paths behind this door
    const char *error_type; // Content-Type of an answer that says no
    const char *key_wanted; // how to show a key, as a sentence
    const char *challenge;  // WWW-Authenticate of a 401; NULL: none
    bool is_of_key;         // paths name no app: it is the key's
    bool is_windowed;       // a key's calls are counted by the hour
    bool has_sessions;      // a portal session's cookie counts as a key
    // False: no key that could be one of ours.
    bool (*read_key)(const struct request *request, struct key_parts *ret);
    // NULL: as the native door spells it.
    bool (*parse_webhook)(struct id_cipher *cipher, struct text_span text, int64_t *ret_id);
    int (*status_of)(enum error_code code);
    // Append the body. wait_s: of a 429, until it is worth another try.
    void (*write_error)(const struct error *error, int status, int64_t wait_s,
                        const char *instance, struct buf *ret);
};

const struct style *style_of(struct text_span path); // never NULL

// Spellings that the doors' own files use, too.
enum { STYLE_SK_WIDTH = 24, STYLE_INSTANCE_MAX = 40 };
extern const char style_pair_prefix[], style_sk_prefix[];

#endif
