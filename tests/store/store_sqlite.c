// What only the SQLite back end promises: files that are damaged or not ours are refused and
// left alone; what is kept for a time only is forgotten then.

#include "store/scratch.h"
#include "store/steps.h"

#include "hook/id.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[SCRATCH_MAX];

static int set_up(void **state)
{
    (void)state;
    scratch_make(folder, "store-sqlite");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
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
    struct world world = world_in(folder, "");
    char path[120];

    (void)state;
    snprintf(path, sizeof path, "%s/s.db", folder);
    world_open(&world);
    make_events(&world, 3);
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

static int64_t events_in(const char *path)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    int64_t count;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT count(*) FROM event", -1, &statement, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return count;
}

// Killed when it had written the first page, which counts the others, and not yet these: the
// file is shorter than it says, and the log beside it has all of it.
static void killed_checkpoints_are_finished(void **state)
{
    struct world world = world_in(folder, "");
    struct store_backend *backend;
    struct error error = {0};
    char whole[120], part[120], log[140], part_log[140], url[140], page[4096];
    struct stat before, after;
    int from, to;

    (void)state;
    snprintf(whole, sizeof whole, "%s/s.db", folder);
    snprintf(part, sizeof part, "%s/part.db", folder);
    snprintf(log, sizeof log, "%s-wal", whole);
    snprintf(part_log, sizeof part_log, "%s-wal", part);
    snprintf(url, sizeof url, "sqlite:%s", part);
    world_open(&world);
    make_events(&world, 60);
    copy_file(whole, part);
    copy_file(log, part_log);
    world_close(&world);
    from = open(whole, O_RDONLY);
    to = open(part, O_WRONLY);
    assert_int_equal(pread(from, page, sizeof page, 0), sizeof page);
    assert_int_equal(pwrite(to, page, sizeof page, 0), sizeof page);
    assert_int_equal(fstat(from, &after), 0);
    assert_int_equal(fstat(to, &before), 0);
    assert_true(before.st_size < after.st_size);
    close(from);
    close(to);
    assert_int_equal(store_sqlite.open(url, NOW, &backend, &error), ERR_OK);
    store_sqlite.close(backend);
    assert_int_equal(events_in(part), 60);
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
    struct world world = world_in(folder, "?run_rows=7");
    char path[120];
    char hurt[120];
    char url[160];
    int refused = 0;

    (void)state;
    snprintf(path, sizeof path, "%s/s.db", folder);
    snprintf(hurt, sizeof hurt, "%s/hurt.db", folder);
    snprintf(url, sizeof url, "sqlite:%s", hurt);
    world_open(&world);
    make_events(&world, 60);
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

// A process that ends without closing leaves its log behind.
static void leave_a_log(const char *name, int64_t app_id)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        struct world world = world_in(folder, name);
        world_open(&world);
        make_app(&world, app_id);
        make_app(&world, APP);
        make_hook(&world, HOOK);
        for (int64_t id = 1000; id < 1060; id++)
            accept_one(&world, id, HOOK);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

// Every event up to some point, and none beyond: what a damaged log still holds.
static void expect_prefix(const char *url)
{
    struct world world = {.table = &store_sqlite, .now_ms = NOW};
    bool has_ended = false;

    snprintf(world.url, sizeof world.url, "%s", url);
    world_open(&world);
    for (int64_t id = 1000; id < 1060; id++) {
        struct op *op = op_new(OP_GET_EVENT, 0, NULL);
        bool is_there;
        op->as.event.app_id = APP;
        op->as.event.id = id;
        is_there = ask(&world, op) == OP_DONE;
        assert_false(is_there && has_ended);
        assert_true(!is_there || op->as.event.delivery_count == 1);
        has_ended = !is_there;
        op_free(op);
    }
    world_close(&world);
}

static void damaged_logs(void **state)
{
    char path[3][120];
    char hurt[3][120];
    char url[160];
    static const char *const suffixes[] = {"", "-wal", "-shm"};

    (void)state;
    leave_a_log("", APP + 1);
    for (int i = 0; i < 3; i++) {
        snprintf(path[i], sizeof path[i], "%s/s.db%s", folder, suffixes[i]);
        snprintf(hurt[i], sizeof hurt[i], "%s/hurt.db%s", folder, suffixes[i]);
    }
    snprintf(url, sizeof url, "sqlite:%s", hurt[0]);
    for (int i = 0; i < 90; i++) {
        struct store_backend *backend = NULL;
        struct error error;
        uint64_t before;
        for (int k = 0; k < 3; k++)
            copy_file(path[k], hurt[k]);
        if (i % 5 == 4)
            damage_file(hurt[2], ZERO); // the index of the log
        else
            damage_file(hurt[1], (enum damage)(i % DAMAGES));
        before = hash_of(hurt[0]);
        if (store_sqlite.open(url, NOW, &backend, &error) != ERR_OK) {
            assert_int_equal(error.code, ERR_DAMAGED);
            assert_true(hash_of(hurt[0]) == before);
            continue;
        }
        store_sqlite.close(backend);
        expect_prefix(url);
    }
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
    struct world world = world_in(folder, "?run_rows=7");

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

// What a query answers, of one number.
static int64_t number_of(const char *sql)
{
    char path[200];
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    int64_t number;

    snprintf(path, sizeof path, "%s/s.db", folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

static void accept_at(struct world *world, int64_t app_id, int64_t id, int64_t hook)
{
    struct op *op = op_accept(world, app_id, id, &hook, 1);

    op->as.accept.accept.app_version = 2;
    assert_int_equal(apply_one(world, op), OP_DONE);
    op_free(op);
}

// Two apps' events in turn, as long ago as they say.
static void start_trails(struct world *world, int count, int64_t then)
{
    struct op *hook = op_hook(VERB_CREATE, APP + 1, HOOK + 1);
    struct op *other = op_app(VERB_CREATE, APP + 1, "other");

    world_open(world);
    make_app(world, APP);
    make_hook(world, HOOK);
    assert_int_equal(apply_one(world, other), OP_DONE);
    assert_int_equal(apply_one(world, hook), OP_DONE);
    op_free(other);
    op_free(hook);
    for (int i = 0; i < count; i++)
        accept_at(world, APP + i % 2, id_first_at(then + i), HOOK + i % 2);
}

#define RUN_EVENTS "SELECT coalesce(sum(events), 0) FROM trail_run"

static void trails_lose_an_erased_app(void **state)
{
    enum { COUNT = 100 };
    struct world world = world_in(folder, "?run_rows=7");
    struct op *erase = op_app(VERB_DELETE, APP, NULL);

    (void)state;
    start_trails(&world, COUNT, 1900000000000);
    assert_in_range(number_of(RUN_EVENTS), COUNT - 5, COUNT);
    assert_in_range(number_of("SELECT count(*) FROM trail_run"), 2, 20);
    assert_int_equal(apply_one(&world, erase), OP_DONE);
    op_free(erase);
    steps_all(&world);
    assert_int_equal(number_of(RUN_EVENTS), COUNT / 2);
    assert_int_equal(number_of("SELECT count(*) FROM trail WHERE owner = 200"), 0);
    world_close(&world);
}

// Runs go when all of their events have, and are written anew when few are left.
static void trails_lose_what_retention_forgets(void **state)
{
    enum { COUNT = 200, OPEN = 10 };
    const int64_t day = INT64_C(86400000);
    const int64_t then = 1900000000000;
    struct world world = world_in(folder, "?run_rows=7");

    (void)state;
    start_trails(&world, COUNT, then);
    world.now_ms = then;
    for (int i = 0; i < COUNT; i++) {
        struct op *op = op_settle(id_first_at(then + i), 0, 1,
                                  i == OPEN ? SETTLE_WAIT : SETTLE_DELIVERED);
        op->as.settle.settle->webhook_id = HOOK + i % 2;
        assert_int_equal(apply_one(&world, op), OP_DONE);
        op_free(op);
    }
    world.now_ms += 60 * day;
    steps_all(&world);
    assert_int_equal(number_of("SELECT count(*) FROM event"), 2); // and the newest
    assert_in_range(number_of("SELECT count(*) FROM trail_run"), 1, 3);
    assert_in_range(number_of(RUN_EVENTS), 1, 30);
    assert_int_equal(number_of("SELECT count(*) FROM trail WHERE run NOT IN"
                               " (SELECT run FROM trail_run)"),
                     0);
    world_close(&world);
}

// A leaf that is no leaf fails the list that needs it, and no other.
static void damaged_trails_are_told(void **state)
{
    struct world world = world_in(folder, "?run_rows=7");
    struct op *op = op_new(OP_LIST, 0, NULL);
    sqlite3 *other = NULL;

    (void)state;
    start_trails(&world, 20, 1900000000000);
    snprintf(world.url, sizeof world.url, "%s/s.db", folder);
    assert_int_equal(sqlite3_open(world.url, &other), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(other, "UPDATE trail SET entries = x'80'", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    op->as.list.query = (struct list_query){.kind = LIST_EVENTS,
                                            .app_id = APP,
                                            .limit = 50,
                                            .state = LIST_ANY,
                                            .due_now = LIST_ANY,
                                            .mode = LIST_ANY};
    assert_int_equal(ask(&world, op), OP_FAILED);
    op_free(op);
    world_close(&world);
}

// A shell that holds a write lock: refused after five seconds, and well again when it lets
// go.
static void locked_by_another_program(void **state)
{
    struct world world = world_in(folder, "");
    int64_t hook = HOOK;
    sqlite3 *other = NULL;
    struct op *op;

    (void)state;
    world_open(&world);
    make_events(&world, 1);
    assert_int_equal(sqlite3_open(world.url + strlen("sqlite:"), &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    op = op_accept(&world, APP, 2000, &hook, 1);
    assert_int_equal(apply(&world, &op, 1), STORE_FULL);
    assert_int_equal(claim_ids(&world, HOOK, 9, NOW, NULL, NULL, NULL), 0); // reads go on
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(apply_one(&world, op), OP_DONE);
    op_free(op);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(foreign_files_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_headers_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(killed_checkpoints_are_finished, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_logs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(locked_by_another_program, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_are_forgotten_in_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(trails_lose_an_erased_app, set_up, tear_down),
        cmocka_unit_test_setup_teardown(trails_lose_what_retention_forgets, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(damaged_trails_are_told, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("store sqlite", tests, NULL, NULL);
}
