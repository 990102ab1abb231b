// The store as serve uses it: threads, mailboxes, rounds of changes, the lock and the file of
// attempts in flight.

#include "store/scratch.h"
#include "store/steps.h"

#include "base/buf.h"
#include "base/memory.h"
#include "store/store.h"
#include "thread/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 2, WAIT_MS = 5000 };

struct front {
    char folder[SCRATCH_MAX];
    char url[120];
    struct mailbox *workers[WORKERS];
    struct store *store;
    struct mail *kept[WORKERS]; // taken, not yet looked at
};

static void on_lost(void *owner, const char *why)
{
    (void)owner;
    fail_msg("lost: %s", why);
}

static enum error_code open_store(struct front *front, struct store **ret,
                                  struct error *error)
{
    struct store_options options = {.url = front->url,
                                    .data_dir = front->folder,
                                    .workers = front->workers,
                                    .worker_count = WORKERS,
                                    .now_ms = NOW,
                                    .on_lost = on_lost};

    return store_open(&options, ret, error);
}

static void open_front(struct front *front)
{
    struct error error;

    if (open_store(front, &front->store, &error) != ERR_OK)
        fail_msg("%s", error.text);
}

static int set_up(void **state)
{
    struct front *front = calloc(1, sizeof *front);

    scratch_make(front->folder, "store-front");
    snprintf(front->url, sizeof front->url, "sqlite:%s/posthorn.db", front->folder);
    for (int i = 0; i < WORKERS; i++)
        front->workers[i] = mailbox_new();
    *state = front;
    return 0;
}

static int tear_down(void **state)
{
    struct front *front = *state;

    store_close(front->store);
    for (int i = 0; i < WORKERS; i++)
        mailbox_free(front->workers[i]);
    scratch_remove(front->folder);
    free(front);
    return 0;
}

// The next mail of that worker.
static struct mail *next_mail(struct front *front, int worker)
{
    struct mail *mail = front->kept[worker];

    if (!mail)
        mail = mailbox_wait(front->workers[worker], WAIT_MS);
    assert_non_null(mail);
    front->kept[worker] = mail->next;
    return mail;
}

static struct mail *expect(struct front *front, int worker, enum store_mail_kind kind)
{
    struct mail *mail = next_mail(front, worker);

    assert_int_equal(mail->kind, kind);
    return mail;
}

static void expect_op(struct front *front, int worker, struct op *op, enum op_result result)
{
    assert_ptr_equal(expect(front, worker, STORE_MAIL_OP), &op->mail);
    assert_int_equal(op->result, result);
    op_free(op);
}

// Both workers hear of the change, and only then the asker of the op.
static void expect_round(struct front *front, int64_t webhook_id, struct op *op)
{
    for (int worker = 0; worker < WORKERS; worker++) {
        struct store_change *change =
            (struct store_change *)expect(front, worker, STORE_MAIL_CHANGE);
        assert_int_equal(change->app_id, APP);
        assert_int_equal(change->webhook_id, webhook_id);
        assert_null(mailbox_take(front->workers[op->worker]));
        store_change_done(change);
    }
    expect_op(front, op->worker, op, OP_DONE);
}

static void configure(struct front *front)
{
    struct op *op = op_app(VERB_CREATE, APP, "shop-1");

    store_submit(front->store, op);
    expect_round(front, 0, op);
    op = op_hook(VERB_CREATE, APP, HOOK);
    store_submit(front->store, op);
    expect_round(front, HOOK, op);
}

static struct op *accept_op(int64_t event_id)
{
    struct world world = {.app_version = 2, .now_ms = NOW};
    int64_t hook = HOOK;

    return op_accept(&world, APP, event_id, &hook, 1);
}

static void accepts_arrive_and_settle(void **state)
{
    struct front *front = *state;
    const int owner = (int)(partition_of(HOOK) % WORKERS);
    struct store_arrivals *arrivals;
    struct op *op;

    open_front(front);
    store_start(front->store);
    configure(front);
    op = accept_op(1000);
    op->worker = 1 - owner;
    store_submit(front->store, op);
    expect_op(front, 1 - owner, op, OP_DONE);
    arrivals = (struct store_arrivals *)expect(front, owner, STORE_MAIL_ARRIVALS);
    assert_int_equal(arrivals->parcels->event_id, 1000);
    store_arrivals_free(arrivals);
    op = op_settle(1000, 0, 1, SETTLE_DELIVERED);
    op->worker = owner;
    store_submit(front->store, op);
    assert_ptr_equal(expect(front, owner, STORE_MAIL_OP), &op->mail);
    assert_int_equal(op->as.settle.result, SETTLED);
    op_free(op);
    op = op_new(OP_GET_EVENT, 0, NULL);
    op->as.event.app_id = APP;
    op->as.event.id = 1000;
    store_submit(front->store, op);
    assert_ptr_equal(expect(front, 0, STORE_MAIL_OP), &op->mail);
    assert_int_equal(op->result, OP_DONE);
    assert_int_equal(op->as.event.deliveries[0].state, DELIVERY_DELIVERED);
    op_free(op);
    assert_int_equal(store_counts(front->store).accepted, 1);
    assert_int_equal(store_counts(front->store).settled, 1);
    for (int i = 0; i < WAIT_MS && store_lag_ms(front->store); i++)
        usleep(1000);
    assert_int_equal(store_lag_ms(front->store), 0);
    store_stop(front->store);
}

// What was fresh is handed out again; the attempt that was cut off is recorded.
static void restart_hands_out(void **state)
{
    struct front *front = *state;
    const int owner = (int)(partition_of(HOOK) % WORKERS);
    struct store_arrivals *arrivals;
    struct op *op;

    open_front(front);
    store_start(front->store);
    configure(front);
    for (int64_t id = 1000; id < 1003; id++) {
        op = accept_op(id);
        op->worker = 1 - owner;
        store_submit(front->store, op);
        expect_op(front, 1 - owner, op, OP_DONE);
        store_arrivals_free(
            (struct store_arrivals *)expect(front, owner, STORE_MAIL_ARRIVALS));
    }
    store_in_flight(front->store, 3, 1001, 0, 1);
    store_in_flight(front->store, 4, 1002, 0, 1);
    store_not_in_flight(front->store, 4);
    store_close(front->store);
    front->store = NULL;

    open_front(front);
    store_start(front->store);
    arrivals = (struct store_arrivals *)expect(front, owner, STORE_MAIL_ARRIVALS);
    for (int64_t id = 1000; id < 1003; id++) {
        struct parcel *parcel = arrivals->parcels;
        assert_non_null(parcel);
        assert_int_equal(parcel->event_id, id);
        assert_int_equal(parcel->number, id == 1001);
        assert_int_equal(parcel->crashes, id == 1001);
        assert_int_equal(parcel->step, 0);
        arrivals->parcels = parcel->next;
        parcel_free(parcel);
    }
    assert_null(arrivals->parcels);
    store_arrivals_free(arrivals);
}

// A worker as a server has them: accepts as a door, and delivers at once what arrives.
struct worker {
    struct front *front;
    int number;
    int answered, settled;
};

enum { EVENTS_EACH = 300 };

static void deliver(struct worker *worker, struct store_arrivals *arrivals)
{
    for (struct parcel *parcel = arrivals->parcels; parcel; parcel = parcel->next) {
        struct op *op = op_settle(parcel->event_id, parcel->n, 1, SETTLE_DELIVERED);
        op->worker = worker->number;
        store_in_flight(worker->front->store, (size_t)worker->number, parcel->event_id, 0, 1);
        store_submit(worker->front->store, op);
    }
    store_arrivals_free(arrivals);
}

static void handle(struct worker *worker, struct mail *mail)
{
    struct op *op = container_of(mail, struct op, mail);

    if (mail->kind == STORE_MAIL_ARRIVALS) {
        deliver(worker, (struct store_arrivals *)mail);
        return;
    }
    worker->answered += op->kind == OP_ACCEPT && op->result == OP_DONE;
    worker->settled += op->kind == OP_SETTLE && op->as.settle.result == SETTLED;
    op_free(op);
}

static void work(void *argument)
{
    struct worker *worker = argument;
    struct mailbox *mailbox = worker->front->workers[worker->number];
    const bool is_owner = worker->number == (int)(partition_of(HOOK) % WORKERS);

    for (int i = 0; i < EVENTS_EACH; i++) {
        struct op *op = accept_op(10000 + i * WORKERS + worker->number);
        op->worker = worker->number;
        store_submit(worker->front->store, op);
    }
    while (worker->answered < EVENTS_EACH ||
           (is_owner && worker->settled < EVENTS_EACH * WORKERS)) {
        struct mail *mail = mailbox_wait(mailbox, WAIT_MS);
        if (!mail)
            return; // the counts tell
        while (mail) {
            struct mail *next = mail->next;
            handle(worker, mail);
            mail = next;
        }
    }
}

static void workers_at_once(void **state)
{
    struct front *front = *state;
    struct worker workers[WORKERS];
    struct thread *threads[WORKERS];
    int settled = 0;

    open_front(front);
    store_start(front->store);
    configure(front);
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){front, i, 0, 0};
        threads[i] = thread_start("worker", work, &workers[i]);
    }
    for (int i = 0; i < WORKERS; i++) {
        thread_join(threads[i]);
        assert_int_equal(workers[i].answered, EVENTS_EACH);
        settled += workers[i].settled;
    }
    assert_int_equal(settled, EVENTS_EACH * WORKERS);
    assert_int_equal(store_counts(front->store).settled, EVENTS_EACH * WORKERS);
    assert_true(store_counts(front->store).groups < EVENTS_EACH * WORKERS * 2);
}

static void settings_stay(void **state)
{
    struct front *front = *state;
    struct error error;
    struct buf value;

    open_front(front);
    buf_init(&value, 100);
    assert_false(store_setting(front->store, "id_key", &value));
    assert_int_equal(store_set_setting(front->store, "id_key", "v1.sealed", &error), ERR_OK);
    assert_int_equal(store_take_boot_number(front->store), 1);
    store_close(front->store);
    front->store = NULL;
    open_front(front);
    assert_true(store_setting(front->store, "id_key", &value));
    assert_string_equal(value.data, "v1.sealed");
    assert_int_equal(store_take_boot_number(front->store), 2);
    buf_done(&value);
}

static void second_server_is_refused(void **state)
{
    struct front *front = *state;
    struct store *second = NULL;
    struct error error = {0};
    char pid[24];
    int status;
    pid_t child;

    open_front(front);
    snprintf(pid, sizeof pid, "process %ld", (long)getpid());
    child = fork();
    if (child == 0) {
        bool is_held =
            open_store(front, &second, &error) == ERR_HELD && strstr(error.text, pid) != NULL;
        _exit(is_held ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    store_close(front->store);
    front->store = NULL;
    open_front(front); // the lock goes with its holder
}

static void files_are_private(void **state)
{
    struct front *front = *state;
    static const char *const names[] = {"posthorn.db", "posthorn.db-wal", "posthorn.db-shm",
                                        "posthorn.lock", "posthorn.inflight"};
    char path[200];
    struct stat status;

    open_front(front);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", front->folder, names[i]);
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_mode & 0777, 0600);
    }
}

static void wrong_urls(void **state)
{
    struct front *front = *state;
    static const char *const urls[] = {"mysql:x", "", "sqlite:", "posthorn.db"};
    struct error error;

    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct store *store = NULL;
        snprintf(front->url, sizeof front->url, "%s", urls[i]);
        assert_int_equal(open_store(front, &store, &error), ERR_CONFIG);
        assert_null(store);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(accepts_arrive_and_settle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(restart_hands_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(workers_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(settings_stay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(second_server_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_are_private, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_urls, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("store front", tests, NULL, NULL);
}
