// The life of the server, in order: look at the configuration; bind; take the data folder;
// open the store and the keys; make the workers; resume what waits; listen; run; drain.

#include "serve/serve.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/random.h"
#include "hook/seal.h"
#include "serve/common.h"
#include "serve/drain.h"
#include "serve/egress.h"
#include "serve/files.h"
#include "serve/health.h"
#include "serve/keys.h"
#include "serve/listener.h"
#include "serve/peers.h"
#include "serve/privileges.h"
#include "serve/profile_folder.h"
#include "serve/reach.h"
#include "serve/worker.h"
#include "store/store.h"
#include "thread/limit.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

// Places in the tables of limits, of 16 bytes each: keys that ask, addresses that fail,
// webhooks and apps that are tested, and keys that are refused, at the same time.
enum {
    KEY_PLACES = 65536,
    STRANGER_PLACES = 65536,
    TEST_PLACES = 16384,
    AUDIT_PLACES = 4096
};
enum { EGRESS_EVERY_MS = 60000 };
enum { WORKERS_MAX = 64, WORKERS_BY_DEFAULT_MAX = 4, EXIT_IO = 74 };

struct serve {
    struct common common;
    struct listener listener;
    struct loop *loop;
    struct health health;
    struct timer second;
    int64_t egress_at_ms; // when it is looked at again
    struct drain drain;
};

static int worker_count(const struct serve_options *options)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN) - 1;

    if (options->workers)
        return options->workers;
    if (cores > WORKERS_BY_DEFAULT_MAX)
        cores = WORKERS_BY_DEFAULT_MAX;
    return cores < 1 ? 1 : (int)cores;
}

// As many descriptors as the system grants; kept connections to endpoints may take half of
// them.
static void share_descriptors(int workers)
{
    struct rlimit files;
    int64_t each;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    each = (int64_t)(files.rlim_cur / 2) / workers;
    if (each < limit(LIMIT_POOL) && !limit_set(LIMIT_POOL, each))
        limit_set(LIMIT_POOL, limit_row(LIMIT_POOL)->least);
}

// From the store's thread: a write failed in a way after which nothing may be acknowledged,
// because a later fsync may claim success for what was lost. The process ends before it can
// answer anyone.
static void on_store_lost(void *owner, const char *why)
{
    (void)owner;
    log_write(LOG_ERROR, "store.lost",
              "%s; ending, so that nothing is acknowledged that is not "
              "kept",
              why);
    _exit(EXIT_IO);
}

static enum error_code open_store(struct serve *serve, int64_t now_ms, struct error *error)
{
    struct common *common = &serve->common;
    char url[PATH_MAX];
    struct store_options options = {
        .url = url,
        .data_dir = common->options->data_dir,
        .workers = common->mailboxes,
        .worker_count = common->worker_count,
        .now_ms = now_ms,
        .on_lost = on_store_lost,
    };
    enum error_code code;

    if (common->options->store)
        snprintf(url, sizeof url, "%s", common->options->store);
    else
        snprintf(url, sizeof url, "sqlite:%s/posthorn.db", common->options->data_dir);
    code = store_open(&options, &common->store, error);
    if (code != ERR_OK)
        return code;
    common->newest_event = store_newest_event(common->store);
    common->boot_number = store_take_boot_number(common->store);
    if (common->boot_number < 0)
        return error_at(error, ERR_IO, "store", "the database cannot be written");
    return keys_open(common, now_ms, error);
}

static void make_mailboxes(struct common *common)
{
    common->worker_count = worker_count(common->options);
    common->in_flight_each = (int)limit(LIMIT_IN_FLIGHT) / common->worker_count;
    if (common->in_flight_each < 1)
        common->in_flight_each = 1;
    common->main = mailbox_new();
    common->mailboxes = NEW_ARRAY(struct mailbox *, (size_t)common->worker_count);
    for (int i = 0; i < common->worker_count; i++)
        common->mailboxes[i] = mailbox_new();
}

static enum error_code prepare(struct serve *serve, struct error *error)
{
    struct common *common = &serve->common;
    const struct serve_options *options = common->options;
    enum error_code code;

    if ((code = listener_bind(&serve->listener, options->listen, error)) != ERR_OK ||
        (code = reach_open(common, &serve->listener.address, error)) != ERR_OK ||
        (code = profile_folder_load(options->profiles, &common->profiles, error)) != ERR_OK ||
        (code = egress_open(common, &serve->listener.address, error)) != ERR_OK ||
        (code = files_make_folder(options->data_dir, error)) != ERR_OK ||
        (code = privileges_drop(options->user, options->data_dir, error)) != ERR_OK)
        return code;
    privileges_harden();
    make_mailboxes(common);
    return open_store(serve, clock_now().wall_ms, error);
}

static void start_workers(struct common *common)
{
    egress_start(common);
    common->peers = peers_new(random_u64());
    common->key_limits = limit_table_new(KEY_PLACES, random_u64());
    common->stranger_limits = limit_table_new(STRANGER_PLACES, random_u64());
    common->test_limits = limit_table_new(TEST_PLACES, random_u64());
    common->audit_limits = limit_table_new(AUDIT_PLACES, random_u64());
    common->workers = NEW_ARRAY(struct worker *, (size_t)common->worker_count);
    for (int i = 0; i < common->worker_count; i++)
        common->workers[i] = worker_new(common, i);
    store_start(common->store);
    for (int i = 0; i < common->worker_count; i++)
        worker_start(common->workers[i]);
}

static void on_second(struct timer *timer)
{
    struct serve *serve = container_of(timer, struct serve, second);
    struct moment now = loop_now(serve->loop);

    health_look(&serve->health, now);
    drain_look(&serve->drain, now);
    if (now.mono_ms >= serve->egress_at_ms) {
        egress_look(&serve->common);
        serve->egress_at_ms = now.mono_ms + EGRESS_EVERY_MS;
    }
    loop_timer(serve->loop, timer, now.mono_ms + 1000);
}

static void announce(const struct serve *serve)
{
    const struct common *common = &serve->common;
    char address[ADDRESS_TEXT_MAX];

    address_text(&serve->listener.address, address);
    log_write(LOG_INFO, "server.ready",
              "version " POSTHORN_VERSION " accepts events on %s%s, data in %s%s",
              common->tls ? "https://" : "http://", address, common->options->data_dir,
              common->is_loopback ? "; loopback only, say --listen to change that" : "");
    if (common->options->allow_count == 0)
        log_write(
            LOG_INFO, "egress.policy",
            "private and local destinations are refused; --allow-private CIDR lets some be");
}

static enum error_code run(struct serve *serve, struct error *error)
{
    struct common *common = &serve->common;
    enum error_code code;

    start_workers(common);
    serve->loop = loop_new();
    health_init(&serve->health, common, clock_now());
    drain_init(&serve->drain, common, serve->loop, &serve->listener);
    serve->second.on_due = on_second;
    loop_timer(serve->loop, &serve->second, 0);
    code = listener_open(&serve->listener, common, serve->loop, error);
    if (code == ERR_OK) {
        announce(serve);
        loop_run(serve->loop);
        log_write(LOG_INFO, "server.ended", "drained; what waits goes on at the next start");
    }
    drain_done(&serve->drain);
    health_done(&serve->health);
    loop_free(serve->loop);
    return code;
}

static void dismantle(struct serve *serve)
{
    struct common *common = &serve->common;

    listener_close(&serve->listener);
    for (int i = 0; common->workers && i < common->worker_count; i++)
        worker_free(
            common->workers[i]); // they may still speak to the store, which has stopped
    if (common->store)
        store_close(common->store);
    for (int i = 0; common->mailboxes && i < common->worker_count; i++)
        mailbox_free(common->mailboxes[i]);
    free(common->workers);
    free(common->mailboxes);
    if (common->main)
        mailbox_free(common->main);
    peers_free(common->peers);
    limit_table_free(common->key_limits);
    limit_table_free(common->stranger_limits);
    limit_table_free(common->test_limits);
    limit_table_free(common->audit_limits);
    egress_close(common);
    reach_close(common);
    keyring_free(common->keyring);
    profile_set_done(&common->profiles);
    OPENSSL_cleanse(common->id_key, sizeof common->id_key);
    OPENSSL_cleanse(common->pepper_key, sizeof common->pepper_key);
}

int serve_run(const struct serve_options *options)
{
    struct serve *serve = NEW(struct serve);
    struct error error = {0};
    enum error_code code;

    serve->common.options = options;
    serve->common.started_ms = clock_now().wall_ms;
    serve->listener.watch.fd = -1;
    log_start(options->log_level, options->log_format);
    signal(SIGPIPE, SIG_IGN);
    drain_block_signals();
    share_descriptors(worker_count(options));
    code = prepare(serve, &error);
    if (code == ERR_OK)
        code = run(serve, &error);
    if (code != ERR_OK)
        log_write(LOG_ERROR, "server.stopped", "%s%s%s", error.field,
                  error.field[0] ? ": " : "", error.text);
    dismantle(serve);
    drain_over(&serve->drain);
    free(serve);
    return error_exit_code(code);
}
