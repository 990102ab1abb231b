#include "hook/audit_check.h"

#include <openssl/crypto.h>
#include <string.h>

static const struct {
    const char *code, *text;
} faults[] = {
#define X(name, code, text) [AUDIT_FAULT_##name] = {code, text},
    AUDIT_FAULTS(X)
#undef X
};

const char *audit_fault_code(enum audit_fault fault)
{
    return faults[fault].code;
}

const char *audit_fault_text(enum audit_fault fault)
{
    return faults[fault].text;
}

static bool fail(struct audit_check *check, enum audit_fault fault, int64_t seq)
{
    check->fault = fault;
    check->bad = seq;
    return false;
}

static bool is_same(const unsigned char *a, const unsigned char *b)
{
    return CRYPTO_memcmp(a, b, AUDIT_HASH_LEN) == 0;
}

int64_t audit_check_before(const struct audit_check *check, const struct audit_ends *ends)
{
    return check->from > ends->before + 1 ? check->from - 1 : 0;
}

// A row that was dropped since it was noted can no longer be held to the note, but for the
// last of them.
static bool noted_holds(const struct audit_check *check, const struct audit_row *noted)
{
    if (check->noted == 0 || check->noted < check->ends.before)
        return true;
    if (check->noted == check->ends.before)
        return is_same(check->noted_hash, check->ends.start);
    return noted && is_same(check->noted_hash, noted->hash);
}

bool audit_check_begin(struct audit_check *check, struct audit_mac *mac,
                       const struct audit_ends *ends, const struct audit_row *before,
                       const struct audit_row *noted)
{
    if (!ends || !audit_ends_hold(mac, ends))
        return fail(check, AUDIT_FAULT_ENDS, 0);
    check->ends = *ends;
    check->first = check->ends.before + 1;
    memcpy(check->hash, check->ends.start, AUDIT_HASH_LEN);
    if (audit_check_before(check, ends) > 0) {
        check->first = check->from;
        if (before)
            memcpy(check->hash, before->hash, AUDIT_HASH_LEN);
    }
    check->last = check->first - 1;
    if (!noted_holds(check, noted))
        return fail(check, AUDIT_FAULT_NOTED, check->noted);
    if (audit_check_before(check, ends) > 0 && !before)
        return check->from - 1 > check->ends.last
                   ? fail(check, AUDIT_FAULT_CUT, check->ends.last + 1)
                   : fail(check, AUDIT_FAULT_MISSING, check->from - 1);
    return true;
}

bool audit_check_row(struct audit_check *check, struct audit_mac *mac,
                     const struct audit_row *row, bool is_readable)
{
    unsigned char made[AUDIT_HASH_LEN];

    if (row->seq != check->last + 1)
        return fail(check, AUDIT_FAULT_MISSING, check->last + 1);
    if (!is_readable)
        return fail(check, AUDIT_FAULT_CHANGED, row->seq);
    audit_hash(mac, check->hash, row, made);
    if (!is_same(made, row->hash))
        return fail(check, AUDIT_FAULT_CHANGED, row->seq);
    if (row->seq > check->ends.last)
        return fail(check, AUDIT_FAULT_ADDED, row->seq);
    check->last = row->seq;
    memcpy(check->hash, row->hash, AUDIT_HASH_LEN);
    return true;
}

void audit_check_end(struct audit_check *check, bool was_last)
{
    if (check->fault != AUDIT_FAULT_NONE)
        return;
    if (!was_last)
        check->next = check->last + 1;
    else if (check->last < check->ends.last)
        fail(check, AUDIT_FAULT_CUT, check->last + 1);
    else if (!is_same(check->hash, check->ends.head))
        fail(check, AUDIT_FAULT_CHANGED, check->last);
}
