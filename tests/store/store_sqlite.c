// What only the SQLite back end promises: files that are damaged or not ours are refused and
// left alone; a disk that fails loses nothing that was acknowledged.

#include "store/fault.h"
#include "store/scratch.h"
#include "store/steps.h"

#include "base/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[SCRATCH_MAX];

static int set_up(void **state)
{
    (void)state;
    scratch_make(folder, "store-sqlite");
    fault_arm(0, FAULT_IO, false);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static struct world new_world(const char *options)
{
    struct world world = {.table = &store_sqlite, .now_ms = NOW};

    snprintf(world.url, sizeof world.url, "sqlite:%s/s.db%s", folder, options);
    return world;
}

static void fill(struct world *world, int events)
{
    make_app(world, APP);
    make_hook(world, HOOK);
    for (int64_t id = 1000; id < 1000 + events; id++) {
        int64_t hook = HOOK;
        struct op *op = op_accept(world, APP, id, &hook, 1);
        op->as.accept.dedupe[0] = dedupe_of(DEDUPE_HEADER, (int)id, (int)id);
        assert_int_equal(apply_one(world, op), OP_DONE);
        op_free(op);
    }
}

static uint64_t hash_of(const char *path)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    unsigned char bytes[4096];
    ssize_t got;
    int fd = open(path, O_RDONLY);

    while (fd >= 0 && (got = read(fd, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < got; i++)
            hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    if (fd >= 0)
        close(fd);
    return hash;
}

static void write_file(const char *path, const char *bytes, size_t len)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

static void expect_refused(const char *path, enum error_code expected)
{
    struct store_backend *backend = NULL;
    struct error error = {0};
    char url[200];
    uint64_t before = hash_of(path);

    snprintf(url, sizeof url, "sqlite:%s", path);
    assert_int_equal(store_sqlite.open(url, NOW, &backend, &error), expected);
    assert_null(backend);
    assert_true(strlen(error.text) > 0);
    assert_true(hash_of(path) == before);
}

static void foreign_files_are_refused(void **state)
{
    char path[120];
    char other[120];

    (void)state;
    snprintf(path, sizeof path, "%s/x.db", folder);
    write_file(path, "", 0);
    expect_refused(path, ERR_DAMAGED);
    write_file(path, "a text file\n", 12);
    expect_refused(path, ERR_DAMAGED);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    expect_refused(path, ERR_DAMAGED);
    rmdir(path);
    snprintf(other, sizeof other, "%s/elsewhere", folder);
    assert_int_equal(symlink(other, path), 0);
    expect_refused(path, ERR_DAMAGED);
}

// A database of this program with one number in its header changed.
static void wrong_headers_are_refused(void **state)
{
    const struct {
        off_t at;
        unsigned char bytes[4];
    } rows[] = {
        {68, {0, 0, 0, 0}},        {68, {1, 2, 3, 4}}, // application_id
        {60, {0, 0, 0, 0}},        {60, {0, 0, 0, 2}}, // schema: none, newer
        {0, {'N', 'o', 't', 'e'}},
    };
    struct world world = new_world("");
    char path[120];

    (void)state;
    snprintf(path, sizeof path, "%s/s.db", folder);
    world_open(&world);
    fill(&world, 3);
    world_close(&world);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned char kept[4];
        int fd = open(path, O_RDWR);
        assert_int_equal(pread(fd, kept, 4, rows[i].at), 4);
        assert_int_equal(pwrite(fd, rows[i].bytes, 4, rows[i].at), 4);
        expect_refused(path, ERR_DAMAGED);
        assert_int_equal(pwrite(fd, kept, 4, rows[i].at), 4);
        close(fd);
    }
    world_open(&world); // put back, it opens
    world_close(&world);
}

static uint64_t dice = 42;

static uint64_t roll(uint64_t below)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (dice >> 33) % below;
}

static void copy_file(const char *from, const char *to)
{
    static char bytes[4 << 20];
    int fd = open(from, O_RDONLY);
    ssize_t len = read(fd, bytes, sizeof bytes);

    close(fd);
    assert_true(len > 0 && (size_t)len < sizeof bytes);
    write_file(to, bytes, (size_t)len);
}

enum damage { FLIP, ZERO, CUT, DAMAGES };

static void damage_file(const char *path, enum damage damage)
{
    static const char zeros[4096];
    struct stat status;
    int fd = open(path, O_RDWR);
    off_t at;
    unsigned char byte;

    assert_int_equal(fstat(fd, &status), 0);
    at = (off_t)roll((uint64_t)status.st_size);
    if (damage == CUT) {
        assert_int_equal(ftruncate(fd, at), 0);
    } else if (damage == ZERO) {
        at = at / 4096 * 4096;
        assert_int_equal(pwrite(fd, zeros, sizeof zeros, at), sizeof zeros);
    } else {
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= (unsigned char)(1 << roll(8));
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    close(fd);
}

// Whatever is damaged: it is refused and left as it is, or it opens and can be read.
static void damaged_files(void **state)
{
    struct world world = new_world("?run_rows=7");
    char path[120];
    char hurt[120];
    char url[160];
    int refused = 0;

    (void)state;
    snprintf(path, sizeof path, "%s/s.db", folder);
    snprintf(hurt, sizeof hurt, "%s/hurt.db", folder);
    snprintf(url, sizeof url, "sqlite:%s", hurt);
    world_open(&world);
    fill(&world, 60);
    steps_all(&world);
    world_close(&world);
    for (int i = 0; i < 200; i++) {
        struct store_backend *backend = NULL;
        struct error error = {0};
        struct news news;
        uint64_t before;
        copy_file(path, hurt);
        damage_file(hurt, (enum damage)(i % DAMAGES));
        before = hash_of(hurt);
        if (store_sqlite.open(url, NOW, &backend, &error) != ERR_OK) {
            assert_int_equal(error.code, ERR_DAMAGED);
            assert_true(hash_of(hurt) == before);
            refused++;
            continue;
        }
        news_init(&news);
        store_sqlite.resume(backend, NOW, NULL, 0, &news);
        news_done(&news);
        store_sqlite.close(backend);
    }
    assert_in_range(refused, 70, 199); // every cut at least
}

// One group of five accepts and five settles; answers its verdict.
static enum store_verdict apply_group(struct world *world, int64_t first, int64_t settled)
{
    struct op *ops[10];
    int64_t hook = HOOK;
    enum store_verdict verdict;

    for (int i = 0; i < 5; i++) {
        ops[i] = op_settle(settled + i, 0, 1, i % 2 ? SETTLE_WAIT : SETTLE_DELIVERED);
        ops[5 + i] = op_accept(world, APP, first + i, &hook, 1);
        ops[5 + i]->as.accept.dedupe[0] =
            dedupe_of(DEDUPE_HEADER, (int)first + i, (int)first + i);
    }
    verdict = apply(world, ops, 10);
    for (int i = 0; i < 10; i++)
        op_free(ops[i]);
    return verdict;
}

static bool event_is_there(struct world *world, int64_t id)
{
    struct op *op = op_new(OP_GET_EVENT, 0, NULL);
    bool is_there;

    op->as.event.app_id = APP;
    op->as.event.id = id;
    is_there = ask(world, op) == OP_DONE;
    if (is_there)
        assert_int_equal(op->as.event.delivery_count, 1);
    op_free(op);
    return is_there;
}

// A group that was acknowledged is there, whole; one that was not is there whole or not at
// all, and what it had said again is answered by the same event or accepted.
static void expect_whole(struct world *world, int64_t first, bool is_acknowledged)
{
    int there = 0;

    for (int i = 0; i < 5; i++)
        there += event_is_there(world, first + i);
    assert_true(there == 5 || (there == 0 && !is_acknowledged));
}

// Fails the n-th call for every n, until a whole run of groups passes without a failure.
static void sweep_faults(enum fault_kind kind, bool sticky)
{
    bool was_hit = true;

    for (int n = 1; was_hit; n++) {
        struct world world = new_world("?run_rows=7");
        enum store_verdict verdicts[6];
        int groups = 0;
        enum store_verdict step = STORE_DONE;

        world_open(&world);
        fill(&world, 10);
        world.now_ms += 1;
        fault_arm(n, kind, sticky);
        do {
            verdicts[groups] = apply_group(&world, 2000 + groups * 5, 1000 + groups * 5);
            if (verdicts[groups] == STORE_DONE)
                store_sqlite.step(world.backend, world.now_ms, &step);
            groups++;
        } while (groups < 2 && step != STORE_LOST && verdicts[groups - 1] == STORE_DONE);
        was_hit = fault_hit();
        assert_true(kind == FAULT_IO || verdicts[groups - 1] != STORE_LOST);
        fault_arm(0, kind, false);
        if (kind == FAULT_FULL && verdicts[groups - 1] == STORE_FULL) // it heals by itself
            assert_int_equal(apply_group(&world, 2000 + (groups - 1) * 5, 1000), STORE_DONE);
        world_close(&world);
        world_open(&world);
        for (int i = 0; i < groups; i++)
            expect_whole(&world, 2000 + i * 5, verdicts[i] == STORE_DONE);
        expect_whole(&world, 1000, true);
        world_close(&world);
        tear_down(NULL);
        set_up(NULL);
        assert_true(n < 400);
    }
}

static void io_errors_end_it(void **state)
{
    (void)state;
    sweep_faults(FAULT_IO, false);
    sweep_faults(FAULT_IO, true);
}

static void full_disk_passes(void **state)
{
    (void)state;
    sweep_faults(FAULT_FULL, false);
    sweep_faults(FAULT_FULL, true);
}

// Claims need no room.
static void full_disk_still_answers_claims(void **state)
{
    struct world world = new_world("");

    (void)state;
    world_open(&world);
    fill(&world, 3);
    settle_one(&world, 1000, 1, SETTLE_WAIT);
    fault_arm(1, FAULT_FULL, true);
    assert_int_equal(claim_ids(&world, HOOK, 10, NOW + MINUTE, NULL, NULL, NULL), 1);
    assert_int_equal(fault_calls(), 0);
    assert_int_equal(apply_group(&world, 2000, 1000), STORE_FULL);
    assert_int_equal(world.news.change_count + arrival_count(&world), 0);
    fault_arm(0, FAULT_FULL, false);
    assert_int_equal(apply_group(&world, 2000, 1000), STORE_DONE);
    world_close(&world);
}

// A failed group takes back what memory knew of it: the end of being behind, a webhook's
// state, keys.
static void failed_group_is_forgotten(void **state)
{
    struct world world = new_world("");
    struct op *ops[3];
    int64_t hook = HOOK;

    (void)state;
    world_open(&world);
    fill(&world, 3);
    behind(&world, HOOK);
    ops[0] = op_accept(&world, APP, 2000, &hook, 1);
    ops[0]->as.accept.dedupe[0] = dedupe_of(DEDUPE_HEADER, 5, 5);
    ops[1] = op_hook(VERB_UPDATE, APP, HOOK);
    ops[1]->as.webhook.row.state = WEBHOOK_DISABLED;
    ops[2] = op_claim(HOOK, 10, NOW);
    fault_arm(1, FAULT_FULL, true);
    assert_int_equal(apply(&world, ops, 3), STORE_FULL);
    fault_arm(0, FAULT_FULL, false);
    assert_int_equal(accept_one(&world, 3000, HOOK), OP_DONE); // the app's old version holds
    assert_int_equal(arrival_count(&world), 0);                // still behind
    assert_int_equal(row_of(&world, 3000, 0).state, DELIVERY_PARKED);
    assert_int_equal(apply_one(&world, ops[0]), OP_DONE); // the key is free
    for (int i = 0; i < 3; i++)
        op_free(ops[i]);
    world_close(&world);
}

static enum op_result accept_key(struct world *world, int64_t event_id, int key)
{
    int64_t hook = HOOK;
    struct op *op = op_accept(world, APP, event_id, &hook, 1);
    enum op_result result;

    op->as.accept.dedupe[0] = dedupe_of(DEDUPE_HEADER, key, key);
    result = apply_one(world, op);
    op_free(op);
    return result;
}

static void keys_are_forgotten_in_the_end(void **state)
{
    enum { COUNT = 30, DAY_MS = 86400000 };
    struct world world = new_world("?run_rows=7");

    (void)state;
    world_open(&world);
    make_app(&world, APP);
    make_hook(&world, HOOK);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(accept_key(&world, 1000 + i, i), OP_DONE);
    steps_all(&world);
    world.now_ms += DAY_MS - 1;
    steps_all(&world);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(accept_key(&world, 3000, i), OP_REPLAY);
    world.now_ms += DAY_MS;
    steps_all(&world);
    assert_int_equal(accept_key(&world, 3001, 0), OP_DONE);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(foreign_files_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_headers_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(io_errors_end_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(full_disk_passes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(full_disk_still_answers_claims, set_up, tear_down),
        cmocka_unit_test_setup_teardown(failed_group_is_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_are_forgotten_in_the_end, set_up, tear_down),
    };

    fault_install();
    return cmocka_run_group_tests_name("store sqlite", tests, NULL, NULL);
}
