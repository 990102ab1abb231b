#include "api/cursor.h"

#include "base/buf.h"
#include "base/text.h"
#include "hook/id.h"
#include "store/ops.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { PLACE_LEN = 4 + 22, MAC_LEN = 16, SEAL_LEN = 22 /* 16 bytes as base64url */ };

// All of a query that decides which rows it has, in one unambiguous text.
static void write_query(const struct list_query *query, struct buf *ret)
{
    // A filter "waiting" or "in flight" depends on the moment of asking; the question is the
    // same on every page.
    buf_add_format(ret, "%d %lld %lld %lld %d %d %d %d %lld %lld ", (int)query->kind,
                   (long long)query->app_id, (long long)query->webhook_id,
                   (long long)query->event_id, query->state, query->due_now, query->mode,
                   query->status_class, (long long)query->since_ms,
                   (long long)query->until_ms);
    buf_add_format(ret, "%d %lld %s ", query->actor, (long long)query->actor_id,
                   query->action != NULL ? query->action : "");
    buf_add_str(ret, query->type != NULL ? query->type : ""); // last: it may hold spaces
}

static void write_seal(const unsigned char key[CURSOR_KEY_LEN],
                       const struct list_query *query, const char *place,
                       char ret[SEAL_LEN + 1])
{
    struct buf text;
    buf_init(&text, 4096);
    buf_add(&text, place, PLACE_LEN);
    write_query(query, &text);
    assert(buf_ok(&text));

    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned char *done = HMAC(EVP_sha256(), key, CURSOR_KEY_LEN,
                               (const unsigned char *)text.data, text.len, mac, NULL);
    assert(done != NULL);
    buf_done(&text);

    size_t len = text_base64url(ret, mac, MAC_LEN);
    assert(len == SEAL_LEN);
}

void cursor_text(const unsigned char key[CURSOR_KEY_LEN], struct id_cipher *cipher,
                 const struct list_query *query, int64_t id, uint16_t n,
                 char ret[CURSOR_TEXT_MAX])
{
    char place[ID_TEXT_MAX];
    size_t len = id_text(cipher, ID_CURSOR, id, n, place);
    assert(len == PLACE_LEN);

    memcpy(ret, place, len);
    write_seal(key, query, place, ret + len);
}

enum error_code cursor_parse(const unsigned char key[CURSOR_KEY_LEN],
                             struct id_cipher *cipher, struct list_query *query,
                             const char *text, size_t len, struct error *error)
{
    char expected[SEAL_LEN + 1];

    if (len != PLACE_LEN + SEAL_LEN) {
        return error_at(error, ERR_BAD_CURSOR, "?cursor", "the cursor is not one of ours");
    }
    write_seal(key, query, text, expected);
    if (CRYPTO_memcmp(expected, text + PLACE_LEN, SEAL_LEN) != 0 ||
        !id_parse(cipher, ID_CURSOR, text, PLACE_LEN, &query->before_id, &query->before_n)) {
        return error_at(error, ERR_BAD_CURSOR, "?cursor",
                        "the cursor was altered, or belongs to another list or query");
    }
    return ERR_OK;
}
