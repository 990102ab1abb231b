// What the store alone can do on this machine: groups of accepts and settles, given to the
// back end as its thread gives them. One thread, no HTTP.
//
//   bench_store [name=value …]   group=100 events=300000 webhooks=10000 apps=100 size=1024
//                                waiting=0 fail=0 lost=0 keys=1 skew=1 pages=0
//                                dir=/var/tmp keep=0 file=
//
// waiting: parked deliveries that are there before; fail: percent of first attempts that fail
// and wait; lost: of 10,000 that fail for good; keys: idempotency keys, 0 or 1; skew: above 1
// the first webhooks get most of the traffic; pages: 1 times pages of lists at the end;
// keep: the database stays, and file=path times its pages again. Prints webhooks per second,
// microseconds of processor time and bytes written per webhook.

#include "bench/pages.h"

#include "base/clock.h"
#include "base/memory.h"
#include "hook/event.h"
#include "hook/id.h"
#include "hook/outcome.h"
#include "store/backend.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { FIRST_APP = 1, FIRST_HOOK = 1000, HOUR_MS = 3600000 };

static struct option {
    const char *name;
    long value;
} options[] = {{"group", 100}, {"events", 300000}, {"webhooks", 10000}, {"apps", 100},
               {"size", 1024}, {"waiting", 0},     {"fail", 0},         {"keys", 1},
               {"lost", 0},    {"skew", 1},        {"pages", 0},        {"keep", 0}};

static const char *filled; // a database that is there, instead of a new one

static long option(const char *name)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (!strcmp(options[i].name, name))
            return options[i].value;
    abort();
}

static const char *take_arguments(int count, char **arguments)
{
    const char *folder = "/var/tmp";

    for (int k = 1; k < count; k++) {
        char *equals = strchr(arguments[k], '=');
        bool is_known = false;

        if (equals && !strncmp(arguments[k], "dir=", 4)) {
            folder = equals + 1;
            continue;
        }
        if (equals && !strncmp(arguments[k], "file=", 5)) {
            filled = equals + 1;
            continue;
        }
        for (size_t i = 0; equals && i < sizeof options / sizeof *options; i++)
            if (!strncmp(arguments[k], options[i].name, (size_t)(equals - arguments[k])) &&
                strlen(options[i].name) == (size_t)(equals - arguments[k])) {
                options[i].value = strtol(equals + 1, NULL, 10);
                is_known = true;
            }
        if (!is_known) {
            fprintf(stderr, "unknown: %s\n", arguments[k]);
            exit(64);
        }
    }
    return folder;
}

struct bench {
    struct store_backend *backend;
    struct op **ops;
    size_t count;
    struct op **settles; // of the group before
    size_t settle_count;
    int64_t next_ms; // events come one a millisecond, whatever the clock says
    uint64_t dice;
    int *versions; // of the apps
};

static uint64_t roll(struct bench *bench)
{
    bench->dice = bench->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return bench->dice >> 33;
}

static void apply(struct bench *bench, struct op **ops, size_t count)
{
    struct news news;
    enum store_verdict verdict;

    news_init(&news);
    verdict = store_sqlite.apply(bench->backend, ops, count, clock_now().wall_ms, &news);
    if (verdict == STORE_DONE) {
        news_done(&news);
        store_sqlite.step(bench->backend, clock_now().wall_ms, &verdict, &news);
        news_done(&news);
    }
    if (verdict != STORE_DONE) {
        fprintf(stderr, "verdict %d: %s\n", (int)verdict, store_sqlite.why(bench->backend));
        exit(1);
    }
}

static void free_ops(struct op **ops, size_t count)
{
    for (size_t i = 0; i < count; i++)
        op_free(ops[i]);
}

static int64_t app_of(int64_t hook)
{
    return FIRST_APP + hook % option("apps");
}

static void configure(struct bench *bench)
{
    const long hooks = option("webhooks");
    const long apps = option("apps");
    struct op *op;

    bench->versions = NEW_ARRAY(int, (size_t)apps + FIRST_APP);
    for (long i = 0; i < apps; i++) {
        op = op_new(OP_APP, 0, NULL);
        op->as.app.row = (struct app_row){.id = FIRST_APP + i, .profile = "standard"};
        apply(bench, &op, 1);
        op_free(op);
        bench->versions[FIRST_APP + i] = 1;
    }
    for (long i = 0; i < hooks; i++) {
        op = op_new(OP_WEBHOOK, 0, NULL);
        op->as.webhook.row = (struct webhook_row){.id = FIRST_HOOK + i,
                                                  .app_id = app_of(FIRST_HOOK + i),
                                                  .url = "https://x.example"};
        bench->versions[app_of(FIRST_HOOK + i)]++;
        bench->ops[bench->count++] = op;
        if (bench->count == (size_t)option("group") || i == hooks - 1) {
            apply(bench, bench->ops, bench->count);
            free_ops(bench->ops, bench->count);
            bench->count = 0;
        }
    }
}

static int64_t roll_hook(struct bench *bench)
{
    double part = pow((double)(roll(bench) % 1000000) / 1e6, (double)option("skew"));

    return FIRST_HOOK + (int64_t)(part * (double)option("webhooks"));
}

static struct op *accept_op(struct bench *bench)
{
    struct op *op = op_new(OP_ACCEPT, 0, NULL);
    struct accept *plan = &op->as.accept.accept;
    int64_t hook = roll_hook(bench);
    struct event *event = event_new((size_t)option("size"));

    event->id = id_first_at(bench->next_ms++);
    event->app_id = app_of(hook);
    event->created_ms = id_wall_ms(event->id);
    if (roll(bench) % PAGES_RARE == 0)
        memcpy(event->type, PAGES_RARE_TYPE, sizeof PAGES_RARE_TYPE);
    else
        memcpy(event->type, "payment.completed", sizeof "payment.completed");
    memset(event->body, 'x', event->body_len);
    event->payload_len = event->body_len;
    plan->event = event;
    plan->app_version = bench->versions[event->app_id];
    plan->webhook_ids = NEW(int64_t);
    plan->webhook_ids[0] = hook;
    plan->target_count = 1;
    if (option("keys")) {
        struct dedupe *dedupe = &op->as.accept.dedupe[0];
        dedupe->kind = DEDUPE_HEADER;
        for (size_t i = 0; i < sizeof dedupe->key; i++)
            dedupe->key[i] = (unsigned char)roll(bench);
    }
    return op;
}

static struct op *settle_op(struct bench *bench, const struct event *event, int64_t hook,
                            bool fails)
{
    struct op *op = op_new(OP_SETTLE, 0, NULL);
    struct settle *settle = NEW(struct settle);

    settle->event_id = event->id;
    settle->webhook_id = hook;
    settle->number = 1;
    settle->next = fails ? SETTLE_WAIT : SETTLE_DELIVERED;
    settle->step = fails;
    settle->due_wall_ms = clock_now().wall_ms + HOUR_MS + (int64_t)(roll(bench) % HOUR_MS);
    settle->wait_ms = HOUR_MS;
    settle->attempt.started_wall_ms = event->created_ms;
    settle->attempt.duration_ms = 12;
    settle->attempt.status = fails ? 500 : 200;
    settle->attempt.error = fails ? OUTCOME_STATUS : OUTCOME_NONE;
    settle->attempt.detail = memory_new(200);
    settle->attempt.detail_len = 200;
    if ((long)(roll(bench) % 10000) < option("lost")) {
        settle->next = SETTLE_FAILED;
        settle->attempt.status = 500;
    }
    op->as.settle.settle = settle;
    return op;
}

// One group: the outcomes of the group before, and new events.
static void turn(struct bench *bench, size_t accepts, long fail_percent)
{
    size_t settles = bench->settle_count;

    memcpy(bench->ops, bench->settles, settles * sizeof(struct op *));
    for (size_t i = 0; i < accepts; i++)
        bench->ops[settles + i] = accept_op(bench);
    apply(bench, bench->ops, settles + accepts);
    bench->settle_count = 0;
    for (size_t i = 0; i < accepts; i++) {
        const struct op *op = bench->ops[settles + i];
        if (op->result != OP_DONE) {
            fprintf(stderr, "accept: %d\n", (int)op->result);
            exit(1);
        }
        bench->settles[bench->settle_count++] =
            settle_op(bench, op->as.accept.accept.event, op->as.accept.accept.webhook_ids[0],
                      (long)(roll(bench) % 100) < fail_percent);
    }
    for (size_t i = 0; i < settles; i++)
        if (bench->ops[i]->as.settle.result != SETTLED)
            exit(1);
    free_ops(bench->ops, settles + accepts);
}

static double cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static double bytes_written(void)
{
    FILE *file = fopen("/proc/self/io", "r");
    char line[100];
    double bytes = 0;

    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, "write_bytes:", 12))
            bytes = strtod(line + 12, NULL);
    if (file)
        fclose(file);
    return bytes;
}

static void run(struct bench *bench)
{
    const size_t group = (size_t)option("group");
    const double events = (double)option("events");
    double cpu;
    double bytes;
    int64_t start_us;
    double seconds;
    long keys = option("keys");

    options[7].value = 0;
    for (long left = option("waiting"); left > 0; left -= 1000)
        turn(bench, 1000, 100);
    options[7].value = keys;
    turn(bench, group, option("fail"));
    cpu = cpu_us();
    bytes = bytes_written();
    start_us = clock_mono_us();
    for (long left = option("events"); left > 0; left -= (long)group)
        turn(bench, group, option("fail"));
    seconds = (double)(clock_mono_us() - start_us) / 1e6;
    printf(
        "%8.0f webhooks/s   %5.1f us CPU   %6.0f bytes written per webhook   (%ld waiting, "
        "%ld %% fail, %ld webhooks, groups of %ld, keys %ld)\n",
        events / seconds, (cpu_us() - cpu) / events, (bytes_written() - bytes) / events,
        option("waiting"), option("fail"), option("webhooks"), option("group"), keys);
}

// How long a start takes: the file is checked, keys are loaded, lanes are listed.
static void reopen(struct bench *bench, const char *url)
{
    int64_t start_us;
    struct error error;
    struct news news;

    store_sqlite.close(bench->backend);
    start_us = clock_mono_us();
    news_init(&news);
    if (store_sqlite.open(url, clock_now().wall_ms, &bench->backend, &error) != ERR_OK ||
        store_sqlite.resume(bench->backend, clock_now().wall_ms, NULL, 0, &news) !=
            STORE_DONE)
        exit(1);
    printf("%8.2f s to start again, with %zu lanes\n",
           (double)(clock_mono_us() - start_us) / 1e6, news.due_count);
    news_done(&news);
}

static void fill(struct bench *bench, const char *url)
{
    configure(bench);
    run(bench);
    reopen(bench, url);
}

int main(int count, char **arguments)
{
    struct bench bench = {.dice = 42};
    const char *folder = take_arguments(count, arguments);
    const bool is_filled = filled != NULL;
    size_t most = 2 * (size_t)(option("group") > 1000 ? option("group") : 1000) + 2000;
    struct error error;
    char url[300];

    if (is_filled)
        snprintf(url, sizeof url, "sqlite:%s", filled);
    else
        snprintf(url, sizeof url, "sqlite:%s/bench-store-%ld.db", folder, (long)getpid());
    bench.next_ms = clock_now().wall_ms - option("events") - option("waiting");
    if (store_sqlite.open(url, clock_now().wall_ms, &bench.backend, &error) != ERR_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    bench.ops = NEW_ARRAY(struct op *, most);
    bench.settles = NEW_ARRAY(struct op *, most);
    if (!is_filled)
        fill(&bench, url);
    if (option("pages"))
        pages_time(bench.backend, &(struct pages){FIRST_APP, option("apps"), FIRST_HOOK,
                                                  option("webhooks")});
    free_ops(bench.settles, bench.settle_count);
    free(bench.ops);
    free(bench.settles);
    free(bench.versions);
    store_sqlite.close(bench.backend);
    if (option("keep"))
        printf("%s is kept\n", url);
    else if (!is_filled)
        unlink(url + strlen("sqlite:"));
    return 0;
}
