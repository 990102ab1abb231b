// The audit log's chain: whatever is done to rows, or to the record of their ends, without
// the key, the walk names the first row that is not as it was written.

#include "hook/audit_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 10, ROWS_MOST = ROWS + 5 };

static const unsigned char key[AUDIT_KEY_LEN] = "one key", other_key[AUDIT_KEY_LEN] = "two";

struct log {
    struct audit_mac *mac;
    struct audit_ends ends;
    bool has_ends;
    struct audit_row rows[ROWS_MOST];
    size_t count;
};

static struct audit_row row_at(int64_t at_ms)
{
    return (struct audit_row){.at_ms = at_ms,
                              .actor = AUDIT_KEY,
                              .actor_id = 5,
                              .mode = 1,
                              .address = "192.0.2.1",
                              .app_id = 6,
                              .action = "webhook.update",
                              .kind = ID_WEBHOOK,
                              .object_id = 7,
                              .object_n = 8,
                              .name = "a name",
                              .detail = "url",
                              .before = 1,
                              .after = 2,
                              .result = "done",
                              .left_out = 3};
}

static void add(struct log *log)
{
    struct audit_row *row = &log->rows[log->count++];

    *row = row_at((int64_t)log->count);
    audit_append(log->mac, &log->ends, row);
}

static struct log log_new(void)
{
    struct log log = {.mac = audit_mac_new(key), .has_ends = true};

    for (int i = 0; i < ROWS; i++)
        add(&log);
    return log;
}

static const struct audit_row *find(const struct log *log, int64_t seq)
{
    for (size_t i = 0; i < log->count; i++)
        if (log->rows[i].seq == seq)
            return &log->rows[i];
    return NULL;
}

// As a back end does it: rows in the order of their numbers, at most so many.
static struct audit_check walk(const struct log *log, int64_t from, size_t most)
{
    struct audit_check check = {.from = from};
    int64_t seq = 0;
    bool is_there = true;

    if (!audit_check_begin(&check, log->mac, log->has_ends ? &log->ends : NULL,
                           find(log, audit_check_before(&check, &log->ends)), NULL))
        return check;
    for (size_t i = 0; i < most; i++) {
        const struct audit_row *next = NULL;
        for (size_t at = 0; at < log->count; at++)
            if (log->rows[at].seq >= check.first && log->rows[at].seq > seq &&
                (!next || log->rows[at].seq < next->seq))
                next = &log->rows[at];
        is_there = next != NULL;
        if (!next || !audit_check_row(&check, log->mac, next, true))
            break;
        seq = next->seq;
    }
    audit_check_end(&check, !is_there);
    return check;
}

static void expect(struct log *log, const char *code, int64_t bad)
{
    struct audit_check check = walk(log, 0, ROWS_MOST + 1);

    assert_string_equal(audit_fault_code(check.fault), code);
    assert_int_equal(check.bad, bad);
    if (bad > 0)
        assert_int_equal(check.last, bad - 1); // what stands before it holds
    audit_mac_free(log->mac);
}

static void test_whole(void **state)
{
    struct log log = log_new();

    (void)state;
    struct audit_check check = walk(&log, 0, 4);
    assert_int_equal(check.next, 5);
    assert_int_equal(check.last, 4);
    check = walk(&log, check.next, ROWS);
    assert_int_equal(check.first, 5);
    assert_int_equal(check.last, ROWS);
    check = walk(&log, ROWS + 2, ROWS);
    assert_int_equal(check.fault, AUDIT_FAULT_CUT);
    expect(&log, "none", 0);
}

// Every member of a row, one after the other.
static void test_edited(void **state)
{
    const size_t numbers[] = {
        offsetof(struct audit_row, at_ms),     offsetof(struct audit_row, actor),
        offsetof(struct audit_row, actor_id),  offsetof(struct audit_row, mode),
        offsetof(struct audit_row, app_id),    offsetof(struct audit_row, kind),
        offsetof(struct audit_row, object_id), offsetof(struct audit_row, object_n),
        offsetof(struct audit_row, before),    offsetof(struct audit_row, after),
        offsetof(struct audit_row, left_out),  offsetof(struct audit_row, hash)};
    const size_t texts[] = {
        offsetof(struct audit_row, address), offsetof(struct audit_row, action),
        offsetof(struct audit_row, name), offsetof(struct audit_row, detail),
        offsetof(struct audit_row, result)};
    static const char *const others[] = {"another", "", NULL};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct log log = log_new();
        ((unsigned char *)&log.rows[4])[numbers[i]] ^= 1;
        expect(&log, "changed", 5);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t other = 0; other < 3; other++) {
            struct log log = log_new();
            memcpy((char *)&log.rows[4] + texts[i], &others[other], sizeof others[other]);
            expect(&log, "changed", 5);
        }
}

// What one text loses, the next does not take over.
static void test_texts_have_their_ends(void **state)
{
    struct log log = log_new();

    (void)state;
    log.rows[4].name = "a nameu";
    log.rows[4].detail = "rl";
    expect(&log, "changed", 5);
}

static void drop(struct log *log, size_t first, size_t count)
{
    memmove(&log->rows[first], &log->rows[first + count],
            (log->count - first - count) * sizeof *log->rows);
    log->count -= count;
}

static void test_deleted(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        struct log log = log_new();
        drop(&log, i, 1);
        expect(&log, i == ROWS - 1 ? "cut" : "missing", (int64_t)i + 1);
    }
    struct log log = log_new();
    drop(&log, 6, ROWS - 6);
    expect(&log, "cut", 7);
}

// The numbers closed up behind the gap do not help.
static void test_deleted_and_closed_up(void **state)
{
    struct log log = log_new();

    (void)state;
    drop(&log, 3, 1);
    for (size_t i = 3; i < log.count; i++)
        log.rows[i].seq--;
    expect(&log, "changed", 4);
}

static void test_reordered(void **state)
{
    struct log log = log_new();
    struct audit_row kept = log.rows[2];

    (void)state;
    log.rows[2] = log.rows[7];
    log.rows[7] = kept;
    log.rows[2].seq = 3;
    log.rows[7].seq = 8;
    expect(&log, "changed", 3);
}

// A row of another history of the same log (a copy was put back, and went another way) is
// genuine, but stands behind another row here.
static void test_of_another_history(void **state)
{
    struct log log = log_new(), other = log_new();

    (void)state;
    other.ends = (struct audit_ends){0};
    other.count = 0;
    while (other.count < ROWS) {
        struct audit_row *row = &other.rows[other.count++];
        *row = row_at((int64_t)other.count);
        row->actor_id = other.count == 4 ? 99 : row->actor_id; // here they part
        audit_append(other.mac, &other.ends, row);
    }
    log.rows[6] = other.rows[6];
    audit_mac_free(other.mac);
    expect(&log, "changed", 7);
}

// Without the key no row can be made that holds.
static void test_forged(void **state)
{
    struct log log = log_new();
    struct audit_mac *forger = audit_mac_new(other_key);
    struct audit_ends ends = log.ends;

    (void)state;
    log.rows[log.count] = row_at(99);
    audit_append(forger, &ends, &log.rows[log.count++]);
    expect(&log, "changed", ROWS + 1);
    log = log_new(); // and the ends, too
    log.rows[log.count] = row_at(99);
    audit_append(forger, &log.ends, &log.rows[log.count++]);
    expect(&log, "ends", 0);
    audit_mac_free(forger);
}

static void test_ends(void **state)
{
    struct log log = log_new();

    (void)state;
    log.has_ends = false;
    expect(&log, "ends", 0);
    for (size_t i = 0; i < sizeof log.ends; i++) {
        log = log_new();
        ((unsigned char *)&log.ends)[i] ^= 1;
        expect(&log, "ends", 0);
    }
}

// An old copy of the record, put back: without the rows behind it that is an older log …
static void test_put_back(void **state)
{
    struct log log = log_new();
    struct audit_ends old = log.ends;
    struct audit_check check = {.noted = ROWS + 2};

    (void)state;
    add(&log);
    add(&log);
    memcpy(check.noted_hash, log.ends.head, AUDIT_HASH_LEN);
    assert_true(audit_check_begin(&check, log.mac, &log.ends, NULL, find(&log, ROWS + 2)));
    assert_false(audit_check_begin(&check, log.mac, &log.ends, NULL, find(&log, ROWS + 1)));
    log.ends = old;
    check.fault = AUDIT_FAULT_NONE; // … which only a head that was noted elsewhere tells
    assert_false(audit_check_begin(&check, log.mac, &log.ends, NULL, NULL));
    assert_string_equal(audit_fault_code(check.fault), "noted");
    assert_int_equal(check.bad, ROWS + 2);
    expect(&log, "added", ROWS + 1);
}

static void test_dropped_by_age(void **state)
{
    struct log log = log_new();
    struct audit_check check = {.noted = 4};

    (void)state;
    for (size_t i = 0; i < 4; i++)
        audit_drop(log.mac, &log.ends, log.rows[i].hash);
    memcpy(check.noted_hash, log.rows[3].hash, AUDIT_HASH_LEN);
    drop(&log, 0, 4);
    assert_true(audit_check_begin(&check, log.mac, &log.ends, NULL, NULL)); // still known
    check.noted = 3;
    assert_true(audit_check_begin(&check, log.mac, &log.ends, NULL, NULL)); // no longer
    check.noted = 4;
    check.noted_hash[0] ^= 1;
    assert_false(audit_check_begin(&check, log.mac, &log.ends, NULL, NULL));
    assert_int_equal(walk(&log, 0, ROWS).first, 5);
    assert_int_equal(walk(&log, 3, ROWS).first, 5);
    expect(&log, "none", 0);
    log = log_new(); // the same without the record's knowing
    drop(&log, 0, 4);
    expect(&log, "missing", 1);
}

// What a start makes of the record, and what is seen of that for ever.
static void test_opened(void **state)
{
    struct log log = log_new();

    (void)state;
    assert_true(audit_ends_open(log.mac, &log.ends, true, ROWS, false));
    drop(&log, ROWS - 1, 1); // cut
    assert_false(audit_ends_open(log.mac, &log.ends, true, ROWS - 1, false));
    add(&log);
    assert_int_equal(log.rows[log.count - 1].seq, ROWS + 1);
    expect(&log, "missing", ROWS);

    log = log_new(); // an edited record
    log.ends.last = 3;
    assert_false(audit_ends_open(log.mac, &log.ends, true, ROWS, false));
    add(&log);
    expect(&log, "missing", ROWS + 1);

    log = log_new(); // an old record, before rows that it does not know
    struct audit_ends old = log.ends;
    add(&log);
    assert_false(audit_ends_open(log.mac, &old, true, ROWS + 1, false));
    log.ends = old;
    add(&log);
    expect(&log, "missing", ROWS + 2);

    log = log_new(); // all of it is gone
    assert_false(audit_ends_open(log.mac, &log.ends, false, 0, false));
    log.count = 0;
    add(&log);
    assert_int_equal(log.rows[0].seq, 2);
    expect(&log, "missing", 1);

    log = (struct log){.mac = audit_mac_new(key), .has_ends = true}; // a new database
    assert_true(audit_ends_open(log.mac, &log.ends, false, 0, true));
    add(&log);
    expect(&log, "none", 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_edited),
        cmocka_unit_test(test_texts_have_their_ends),
        cmocka_unit_test(test_deleted),
        cmocka_unit_test(test_deleted_and_closed_up),
        cmocka_unit_test(test_reordered),
        cmocka_unit_test(test_of_another_history),
        cmocka_unit_test(test_forged),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_put_back),
        cmocka_unit_test(test_dropped_by_age),
        cmocka_unit_test(test_opened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
