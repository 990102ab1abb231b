// Ids. A row's id is 63 bits: 41 of milliseconds since 2024-01-01, 10 of minter, 12 of
// counter; so ids of one minter rise, and a range of ids is a range of time.
//
// A public id is one AES-128 block of (id 64 bits, n 16, kind 8, zeros 40): unguessable, of
// one kind, found without an index on text. Spelled as prefix + 22 base62 on the native door;
// other spellings of the same 128 bits where a contract shows another form.

#ifndef HOOK_ID_H
#define HOOK_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// X(NAME, prefix). The order is stored in ids: append only.
#define ID_KINDS(X)     \
    X(NONE, "")         \
    X(APP, "app_")      \
    X(KEY, "key_")      \
    X(WEBHOOK, "wh_")   \
    X(EVENT, "evt_")    \
    X(DELIVERY, "dlv_") \
    X(JOB, "job_")      \
    X(SOURCE, "src_")   \
    X(SECRET, "sec_")   \
    X(CURSOR, "cur_")   \
    X(LINK, "lnk_")     \
    X(SESSION, "ses_")

enum id_kind {
#define X(name, prefix) ID_##name,
    ID_KINDS(X)
#undef X
        ID_KINDS_COUNT
};

enum { ID_TEXT_MAX = 48, ID_KEY_LEN = 16 };

struct minter {
    int64_t last; // the id given last
    int number;   // 0 to 1023, unique among those that mint at the same time
};

// Goes on above an id that is stored, so that ids keep rising where the clock was set back;
// but where that id is more than a day ahead of the clock, the clock was wrong then.
void minter_go_on(struct minter *minter, int64_t newest_id, int64_t wall_ms);
// The next id: above the last, of this millisecond or later.
int64_t minter_next(struct minter *minter, int64_t wall_ms);
int64_t id_wall_ms(int64_t id);       // when it was minted
int64_t id_first_at(int64_t wall_ms); // the least id of that millisecond (0 before 2024)

struct id_cipher; // one per thread: it holds OpenSSL's contexts

struct id_cipher *id_cipher_new(const unsigned char key[ID_KEY_LEN]);
void id_cipher_free(struct id_cipher *cipher);

// The native spelling. n: the place in the fan-out for deliveries, else 0. Returns the
// length.
size_t id_text(struct id_cipher *cipher, enum id_kind kind, int64_t id, uint16_t n,
               char ret[ID_TEXT_MAX]);
// False: not spelled so, of another kind, or forged.
bool id_parse(struct id_cipher *cipher, enum id_kind kind, const char *text, size_t len,
              int64_t *ret_id, uint16_t *ret_n);

// Other spellings: base62 of the same bits behind any prefix, padded with leading zeros to
// width.
size_t id_text_padded(struct id_cipher *cipher, enum id_kind kind, int64_t id,
                      const char *prefix, size_t width, char ret[ID_TEXT_MAX]);
bool id_parse_padded(struct id_cipher *cipher, enum id_kind kind, const char *prefix,
                     size_t width, const char *text, size_t len, int64_t *ret_id);
size_t id_text_hex(struct id_cipher *cipher, enum id_kind kind, int64_t id,
                   const char *prefix, char ret[ID_TEXT_MAX]);
bool id_parse_hex(struct id_cipher *cipher, enum id_kind kind, const char *prefix,
                  const char *text, size_t len, int64_t *ret_id);

#endif
