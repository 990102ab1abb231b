#include "hook/evidence.h"

#include "base/buf.h"
#include "base/memory.h"
#include "base/text.h"
#include "hook/card.h"
#include "hook/proof.h"
#include "hook/wire.h"

#include <stdlib.h>
#include <string.h>

// Version 1: version, flags, CRC-32 of the rest (little endian); the five times, each plus
// one, as varints; then seven texts, each behind its length as a varint, in the order of
// enum part. To change the form: a new version here, and the old one still read below.
enum { VERSION = 1, FLAG_OWN_BODY = 1, FLAG_CUT = 2, HEAD_LEN = 6, TIMES = 5 };
enum { SCRUB_LEAST = 4 }; // a shorter secret would blank out half of any answer

enum part {
    PART_REQUEST_HEAD,
    PART_REQUEST_BODY,
    PART_RESPONSE_HEAD,
    PART_RESPONSE_BODY,
    PART_DETAIL,
    PART_REMOTE,
    PART_URL,
    PARTS
};

static const char stars[] = "***";

static void add_varint(struct buf *buf, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        buf_add_char(buf, (char)(unsigned char)(number | 0x80));
    buf_add_char(buf, (char)(unsigned char)number);
}

static void add_part(struct buf *buf, const char *bytes, size_t len)
{
    add_varint(buf, len);
    buf_add(buf, bytes, len);
}

static void add_request_head(struct buf *buf, const struct wire *wire)
{
    struct buf head;
    size_t at = 0;
    buf_init(&head, SIZE_MAX / 2);
    for (size_t i = 0; i < wire->mask_count; i++) { // they stand in order
        buf_add(&head, wire->head + at, wire->masks[i].at - at);
        buf_add_str(&head, stars);
        at = wire->masks[i].at + wire->masks[i].len;
    }
    buf_add(&head, wire->head + at, wire->head_len - at);
    add_part(buf, head.data, head.len);
    buf_done(&head);
}

// What must not be kept of an answer: the webhook's secrets, and the values of its headers.
struct canary {
    const char *at;
    size_t len;
};

static size_t list_canaries(const struct hook_card *card, struct canary **ret)
{
    size_t count = 0, headers = 0;
    while (card->settings.header_values && card->settings.header_values[headers])
        headers++;
    *ret = NEW_ARRAY(struct canary, card->secret_count + headers + 1);
    for (size_t i = 0; i < card->secret_count; i++)
        if (card->secrets[i].len >= SCRUB_LEAST)
            (*ret)[count++] = (struct canary){card->secrets[i].text, card->secrets[i].len};
    for (size_t i = 0; i < headers; i++) {
        const char *value = card->settings.header_values[i];
        if (strlen(value) >= 2 * SCRUB_LEAST)
            (*ret)[count++] = (struct canary){value, strlen(value)};
    }
    return count;
}

static void add_scrubbed(struct buf *buf, const char *bytes, size_t len,
                         const struct canary *canaries, size_t count)
{
    struct buf clean;
    size_t from = 0, at = 0;
    buf_init(&clean, SIZE_MAX / 2);
    while (at < len) {
        size_t found = 0; // the longest that stands here
        for (size_t i = 0; i < count; i++)
            if (canaries[i].len > found && canaries[i].len <= len - at &&
                bytes[at] == canaries[i].at[0] &&
                memcmp(bytes + at, canaries[i].at, canaries[i].len) == 0)
                found = canaries[i].len;
        if (found > 0) {
            buf_add(&clean, bytes + from, at - from);
            buf_add_str(&clean, stars);
            from = at + found;
        }
        at += found > 0 ? found : 1;
    }
    buf_add(&clean, bytes + from, len - from);
    add_part(buf, clean.data, clean.len);
    buf_done(&clean);
}

static void add_request(struct buf *buf, const struct wire *wire)
{
    if (wire)
        add_request_head(buf, wire);
    else
        add_part(buf, NULL, 0);
    if (wire && wire->own_body)
        add_part(buf, wire->own_body, wire->body_len);
    else
        add_part(buf, NULL, 0);
}

static void add_text(struct buf *buf, const char *text)
{
    add_part(buf, text, text ? strlen(text) : 0);
}

static void write_head(unsigned char *packed, size_t len, bool own_body, bool body_cut)
{
    uint32_t crc = text_crc32(packed + HEAD_LEN, len - HEAD_LEN);
    packed[0] = VERSION;
    packed[1] = (unsigned char)((own_body ? FLAG_OWN_BODY : 0) | (body_cut ? FLAG_CUT : 0));
    for (int i = 0; i < 4; i++)
        packed[2 + i] = (unsigned char)(crc >> 8 * i);
}

unsigned char *evidence_pack(const struct wire *wire, const struct outcome *outcome,
                             size_t *ret_len)
{
    const int64_t times[TIMES] = {outcome->dns_us, outcome->connect_us, outcome->tls_us,
                                  outcome->first_byte_us, outcome->total_us};
    struct canary *canaries = NULL;
    size_t count = wire ? list_canaries(wire->card, &canaries) : 0;
    struct buf buf;
    buf_init(&buf, SIZE_MAX / 2);
    buf_add(&buf, "\0\0\0\0\0\0", HEAD_LEN);
    for (int i = 0; i < TIMES; i++)
        add_varint(&buf, times[i] < 0 ? 0 : (uint64_t)times[i] + 1);
    add_request(&buf, wire);
    add_scrubbed(&buf, outcome->head, outcome->head_len, canaries, count);
    add_scrubbed(&buf, outcome->body, outcome->body_len, canaries, count);
    add_text(&buf, outcome->detail);
    add_text(&buf, outcome->remote);
    add_text(&buf, wire ? wire->card->url : "");
    free(canaries);
    write_head((unsigned char *)buf.data, buf.len, wire && wire->own_body, outcome->body_cut);
    *ret_len = buf.len;
    return (unsigned char *)buf.data;
}

struct cursor {
    const unsigned char *at;
    const unsigned char *end;
};

static bool read_varint(struct cursor *cursor, uint64_t *ret)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 63 && cursor->at < cursor->end; shift += 7) {
        unsigned char byte = *cursor->at++;
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *ret = number;
            return true;
        }
    }
    return false;
}

static bool read_times(struct cursor *cursor, struct evidence *ret)
{
    int64_t *const times[TIMES] = {&ret->dns_us, &ret->connect_us, &ret->tls_us,
                                   &ret->first_byte_us, &ret->total_us};
    for (int i = 0; i < TIMES; i++) {
        uint64_t time = 0;
        if (!read_varint(cursor, &time))
            return false;
        *times[i] = (int64_t)time - 1;
    }
    return true;
}

// Each part is copied with a NUL behind it, so that every one can be shown as a text.
static bool read_parts(struct cursor *cursor, char *text, const char *ret[PARTS],
                       size_t ret_len[PARTS])
{
    for (int i = 0; i < PARTS; i++) {
        uint64_t len = 0;
        if (!read_varint(cursor, &len) || len > (uint64_t)(cursor->end - cursor->at))
            return false;
        memcpy(text, cursor->at, (size_t)len);
        cursor->at += len;
        ret[i] = text;
        ret_len[i] = (size_t)len;
        text += len + 1;
    }
    return cursor->at == cursor->end;
}

static bool is_intact(const unsigned char *packed, size_t len)
{
    if (len < HEAD_LEN || packed[0] != VERSION)
        return false;
    uint32_t crc = 0;
    for (int i = 0; i < 4; i++)
        crc |= (uint32_t)packed[2 + i] << 8 * i;
    return crc == text_crc32(packed + HEAD_LEN, len - HEAD_LEN);
}

bool evidence_unpack(const unsigned char *packed, size_t len, struct evidence *ret)
{
    const char *part[PARTS];
    size_t part_len[PARTS];
    memset(ret, 0, sizeof *ret);
    if (!is_intact(packed, len))
        return false;
    struct cursor cursor = {packed + HEAD_LEN, packed + len};
    ret->text = memory_new(len + PARTS);
    if (!read_times(&cursor, ret) || !read_parts(&cursor, ret->text, part, part_len)) {
        evidence_done(ret);
        return false;
    }
    ret->request_head = part[PART_REQUEST_HEAD];
    ret->request_head_len = part_len[PART_REQUEST_HEAD];
    if (packed[1] & FLAG_OWN_BODY) {
        ret->request_body = part[PART_REQUEST_BODY];
        ret->request_body_len = part_len[PART_REQUEST_BODY];
    }
    ret->response_head = part[PART_RESPONSE_HEAD];
    ret->response_head_len = part_len[PART_RESPONSE_HEAD];
    ret->response_body = part[PART_RESPONSE_BODY];
    ret->response_body_len = part_len[PART_RESPONSE_BODY];
    ret->body_cut = (packed[1] & FLAG_CUT) != 0;
    ret->detail = part[PART_DETAIL];
    ret->remote = part[PART_REMOTE];
    ret->url = part[PART_URL];
    return true;
}

void evidence_done(struct evidence *evidence)
{
    free(evidence->text);
    memset(evidence, 0, sizeof *evidence);
}
