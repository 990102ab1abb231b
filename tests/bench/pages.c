#include "bench/pages.h"

#include "base/clock.h"
#include "store/backend.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 50, SECOND_MS = 1000 };

struct asked {
    const char *what;
    struct list_query query;
};

static struct list_query query_of(enum list_kind kind, int64_t app_id, int64_t webhook_id)
{
    return (struct list_query){.kind = kind,
                               .app_id = app_id,
                               .webhook_id = webhook_id,
                               .limit = ROWS,
                               .state = LIST_ANY,
                               .due_now = LIST_ANY,
                               .mode = LIST_ANY,
                               .now_ms = clock_now().wall_ms};
}

// Asks for one page; its cursor replaces the query's. Milliseconds.
static double ask(struct store_reader *reader, struct list_query *query, size_t *ret_count)
{
    struct op *op = op_new(OP_LIST, 0, NULL);
    int64_t start_us = clock_mono_us();
    double ms;

    op->as.list.query = *query;
    store_sqlite.read(reader, op);
    ms = (double)(clock_mono_us() - start_us) / 1e3;
    if (op->result != OP_DONE)
        printf("    result %d!", (int)op->result);
    *ret_count = op->as.list.count;
    query->before_id = op->as.list.next_id;
    query->before_n = op->as.list.next_n;
    op_free(op);
    return ms;
}

// The first page, the longest of the next ones, and the first once more.
static void time_one(struct store_reader *reader, const struct asked *asked)
{
    struct list_query query = asked->query;
    size_t count, rows;
    double first = ask(reader, &query, &rows);
    double longest = 0;
    double again;
    int pages = 1;

    for (; query.before_id && pages < 20; pages++) {
        double ms = ask(reader, &query, &count);
        longest = ms > longest ? ms : longest;
        rows += count;
    }
    query = asked->query;
    again = ask(reader, &query, &count);
    printf("%-44s %8.2f ms   %8.2f ms   %8.2f ms   %6zu rows in %d pages\n", asked->what,
           first, again, longest, rows, pages);
}

void pages_time(struct store_backend *backend, const struct pages *pages)
{
    struct error error;
    struct store_reader *reader = store_sqlite.reader_new(backend, &error);
    const int64_t busy = pages->first_hook;
    const int64_t middle = busy + pages->hooks / 2;
    const int64_t quiet = busy + pages->hooks - 1;
#define APP(hook) (pages->first_app + (hook) % pages->apps)
    struct asked all[] = {
        {"deliveries of the busiest webhook", query_of(LIST_DELIVERIES, APP(busy), busy)},
        {"  of a middling one", query_of(LIST_DELIVERIES, APP(middle), middle)},
        {"  of the quietest", query_of(LIST_DELIVERIES, APP(quiet), quiet)},
        {"  of one that has none", query_of(LIST_DELIVERIES, 0, quiet + 1)},
        {"deliveries of the busiest app", query_of(LIST_DELIVERIES, APP(busy), 0)},
        {"  of the quietest", query_of(LIST_DELIVERIES, APP(quiet), 0)},
        {"events of the busiest app", query_of(LIST_EVENTS, APP(busy), 0)},
        {"  of the quietest", query_of(LIST_EVENTS, APP(quiet), 0)},
        {"  of one that has none", query_of(LIST_EVENTS, pages->first_app + pages->apps, 0)},
        {"  of a rare type, busiest app", query_of(LIST_EVENTS, APP(busy), 0)},
        {"deliveries of a rare type, busiest app", query_of(LIST_DELIVERIES, APP(busy), 0)},
        {"  busiest webhook", query_of(LIST_DELIVERIES, APP(busy), busy)},
        {"failed ones of the busiest webhook", query_of(LIST_DELIVERIES, APP(busy), busy)},
        {"  of the busiest app", query_of(LIST_DELIVERIES, APP(busy), 0)},
        {"  of the quietest app", query_of(LIST_DELIVERIES, APP(quiet), 0)},
        {"waiting ones of the busiest app", query_of(LIST_DELIVERIES, APP(busy), 0)},
        {"  of the busiest webhook", query_of(LIST_DELIVERIES, APP(busy), busy)},
    };

    if (!reader)
        exit(1);
    for (size_t i = 9; i < 12; i++)
        all[i].query.type = PAGES_RARE_TYPE;
    for (size_t i = 12; i < 15; i++)
        all[i].query.state = DELIVERY_FAILED;
    for (size_t i = 15; i < 17; i++)
        all[i].query.state = LIST_STATES_OPEN;
    printf("%-44s %11s   %11s   %11s\n", "pages of 50", "the first", "once more",
           "later, most");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        time_one(reader, &all[i]);
    store_sqlite.reader_free(reader);
}
