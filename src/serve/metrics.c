#include "serve/metrics.h"

#include "base/buf.h"
#include "base/clock.h"
#include "serve/common.h"
#include "serve/health.h"
#include "serve/worker.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void write_one(struct buf *ret, const char *name, const char *kind, const char *help,
                      int64_t value)
{
    buf_add_format(ret,
                   "# HELP posthorn_%s %s\n# TYPE posthorn_%s %s\nposthorn_%s %" PRId64 "\n",
                   name, help, name, kind, name, value);
}

// To add a figure of the workers: a row here and its field in struct worker_figures.
#define WORKER_FIGURES(X)                                                                   \
    X(requests, "requests_total", "counter", "requests that reached a door")                \
    X(connections, "connections", "gauge", "open connections of clients")                   \
    X(attempts, "attempts_total", "counter", "attempts that were started")                  \
    X(delivered, "delivered_total", "counter", "deliveries that were received")             \
    X(failed_attempts, "failed_attempts_total", "counter", "attempts that failed")          \
    X(ended_failed, "failed_total", "counter",                                              \
      "deliveries given up after their last attempt")                                       \
    X(connects, "endpoint_connections_total", "counter", "connections opened to endpoints") \
    X(reused, "endpoint_connections_reused_total", "counter",                               \
      "attempts over a kept connection")                                                    \
    X(in_hand, "deliveries_in_memory", "gauge", "deliveries held in memory")                \
    X(in_flight, "attempts_in_flight", "gauge", "attempts under way")                       \
    X(lanes, "lanes", "gauge", "webhooks with something to do")                             \
    X(bytes_in_hand, "memory_bodies_bytes", "gauge", "bodies held in memory")

static void write_workers(const struct common *common, struct buf *ret)
{
#define X(field, name, kind, help)                                           \
    {                                                                        \
        int64_t sum = 0;                                                     \
        for (int i = 0; i < common->worker_count; i++)                       \
            sum += (int64_t)atomic_load(&common->workers[i]->figures.field); \
        write_one(ret, name, kind, help, sum);                               \
    }
    WORKER_FIGURES(X)
#undef X
}

static void write_store(const struct common *common, struct buf *ret)
{
    struct store_counts counts = store_counts(common->store);

    write_one(ret, "accepted_total", "counter", "events accepted", (int64_t)counts.accepted);
    write_one(ret, "replayed_total", "counter",
              "events answered again by their idempotency key", (int64_t)counts.replayed);
    write_one(ret, "store_commits_total", "counter", "groups committed",
              (int64_t)counts.groups);
    write_one(ret, "store_operations_total", "counter", "operations committed",
              (int64_t)counts.ops);
    write_one(ret, "store_parked_total", "counter", "deliveries left to the store alone",
              (int64_t)counts.parked);
    write_one(ret, "store_wal_bytes", "gauge", "size of the write-ahead log",
              counts.wal_bytes);
    write_one(ret, "store_bytes", "gauge", "size of the database", counts.db_bytes);
    write_one(ret, "store_lag_milliseconds", "gauge", "age of the oldest unanswered write",
              store_lag_ms(common->store));
}

static int64_t resident_bytes(void)
{
    FILE *statm = fopen("/proc/self/statm", "re");
    int64_t pages = 0;

    if (!statm)
        return 0;
    if (fscanf(statm, "%*d %" SCNd64, &pages) != 1)
        pages = 0;
    fclose(statm);
    return pages * sysconf(_SC_PAGESIZE);
}

void metrics_write(const struct common *common, struct buf *ret)
{
    buf_add_str(ret,
                "# HELP posthorn_info the version that runs\n# TYPE posthorn_info gauge\n"
                "posthorn_info{version=\"" POSTHORN_VERSION "\"} 1\n");
    write_one(ret, "ready", "gauge", "1 while events are accepted",
              health_not_ready(common) == NULL);
    write_one(ret, "uptime_seconds", "counter", "since the start",
              (clock_now().wall_ms - common->started_ms) / 1000);
    write_one(ret, "resident_memory_bytes", "gauge", "memory of the process",
              resident_bytes());
    write_one(ret, "mail_configured", "gauge", "1 where e-mail can be sent",
              common->mailer != NULL);
    write_workers(common, ret);
    write_store(common, ret);
}
