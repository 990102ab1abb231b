// posthorn delivery tail: the last deliveries, and every change of them from then on. Each
// turn reads the newest page again and compares it with the turn before; a delivery that was
// pushed off that page by 250 newer ones is no longer followed.

#include "cli/args.h"
#include "cli/command.h"
#include "cli/delivery_view.h"
#include "cli/given.h"
#include "cli/say.h"
#include "cli/session.h"
#include "cli/sheet.h"
#include "cli/sightings.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PAGE = 250, SHOWN_FIRST = 10, PAUSE_MS = 500 };

struct tail {
    const struct args *args;
    struct session session;
    struct sightings sightings;
    uint64_t first;  // how many are shown at the start
    bool is_running; // the first turn is over
};

static void show_row(const struct tail *tail, const struct json_span *delivery)
{
    struct sheet sheet;

    if (args_has(tail->args, FLAG_JSON)) {
        view_json(delivery->at, delivery->len);
        return;
    }
    sheet_init(&sheet, view_columns(&delivery_view));
    view_row(&delivery_view, &sheet, delivery);
    sheet_print(&sheet);
    sheet_done(&sheet);
}

static bool is_shown(const struct tail *tail, enum sighting sighting, size_t from_newest)
{
    return sighting == SIGHTING_CHANGED ||
           (sighting == SIGHTING_NEW && (tail->is_running || from_newest < tail->first));
}

// The page is newest first; it is shown the other way round, as a log grows.
static void show_changes(struct tail *tail, const struct json_span *list)
{
    struct json_span rows[PAGE];
    struct json_walk walk;
    size_t count = 0;

    json_walk_init(&walk, list);
    while (count < PAGE && json_next_item(&walk, &rows[count]))
        count++;
    while (count-- > 0) {
        if (is_shown(tail, sightings_note(&tail->sightings, &rows[count]), count))
            show_row(tail, &rows[count]);
    }
    sightings_end(&tail->sightings);
    tail->is_running = true;
    fflush(stdout);
}

static int turn(struct tail *tail, const char *path)
{
    const struct question question = {.method = "GET", .path = path};
    struct json_span list;
    struct reply reply;
    int code = session_ask(&tail->session, &question, &reply);

    if (code != 0)
        return code;
    list = view_member(&reply.json, "data");
    if (list.kind == JSON_LIST)
        show_changes(tail, &list);
    reply_done(&reply);
    return 0;
}

static int follow(struct tail *tail, const char *path)
{
    const struct timespec pause = {PAUSE_MS / 1000, PAUSE_MS % 1000 * 1000000};
    int code;

    while ((code = turn(tail, path)) == 0 && !ferror(stdout))
        nanosleep(&pause, NULL);
    return code;
}

int delivery_tail(const struct args *args)
{
    const char *limit = args_value(args, FLAG_LIMIT);
    struct tail tail = {.args = args, .first = SHOWN_FIRST};
    struct error error;
    struct buf path, query;
    int code;

    if (limit && given_count("limit", limit, PAGE, &tail.first, &error) != ERR_OK)
        return say_failed(EXIT_USAGE, "%s", error.text);
    sightings_init(&tail.sightings);
    buf_init(&path, GIVEN_BYTES_MAX);
    buf_init(&query, GIVEN_BYTES_MAX);
    buf_add_format(&query, "?limit=%d", PAGE);
    code = members_query(delivery_filters, delivery_filter_count, args, &query, &error)
               ? say_failed(EXIT_USAGE, "%s", error.text)
               : session_open(&tail.session, args);
    if (code == 0)
        code = session_path(&tail.session, "/v1/apps/{app}/deliveries", &path);
    if (code == 0) {
        buf_add(&path, query.data, query.len);
        code = follow(&tail, path.data);
    }
    buf_done(&query);
    buf_done(&path);
    sightings_done(&tail.sightings);
    session_close(&tail.session);
    return code;
}
