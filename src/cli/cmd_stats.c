// posthorn stats: what was counted, hour by hour or day by day; on a terminal with a bar for
// each step.

#include "cli/args.h"
#include "cli/command.h"
#include "cli/remote.h"
#include "cli/say.h"
#include "cli/sheet.h"

#include <stdlib.h>

#define STATS "/v1/apps/{app}/stats"

enum { BAR_CELLS = 24, EIGHTHS = 8 };

static const struct column columns[] = {
    {"FROM", "at", false},
    {"ACCEPTED", "accepted", false},
    {"DELIVERED", "delivered", false},
    {"GIVEN UP", "failed", false},
    {"ATTEMPTS", "attempts", false},
    {"FAILED", "failed_attempts", false},
    {"P50 MS", "duration_ms.p50", false},
    {"P95 MS", "duration_ms.p95", false},
    {"P99 MS", "duration_ms.p99", false},
};

static uint64_t count_of(const struct json_span *point, const char *member)
{
    struct json_span value = view_member(point, member);

    return value.kind == JSON_NUMBER ? strtoull(value.at, NULL, 10) : 0; // a mark ends it
}

static uint64_t greatest(const struct json_span *list)
{
    struct json_walk walk;
    struct json_span point;
    uint64_t most = 0;

    for (json_walk_init(&walk, list); json_next_item(&walk, &point);) {
        uint64_t attempts = count_of(&point, "attempts");

        most = attempts > most ? attempts : most;
    }
    return most;
}

// Append count blocks, the last one an eighth to a whole: U+2588 and the seven behind it.
static void add_blocks(struct buf *bar, uint64_t eighths)
{
    for (; eighths >= EIGHTHS; eighths -= EIGHTHS)
        buf_add_str(bar, "\xe2\x96\x88");
    if (eighths > 0)
        buf_add_format(bar, "\xe2\x96%c", (char)(0x90 - (int)eighths));
}

// The bar of a step: how many attempts, in proportion to the busiest step's; what failed of
// them stands behind it as shade.
static void add_bar(struct sheet *sheet, const struct json_span *point, uint64_t most)
{
    uint64_t attempts = count_of(point, "attempts");
    uint64_t failed = count_of(point, "failed_attempts");
    uint64_t room = BAR_CELLS * EIGHTHS;
    struct buf bar;

    buf_init(&bar, 1024);
    if (most > 0) {
        uint64_t cells = (uint64_t)((double)failed / (double)most * BAR_CELLS + 0.999);

        add_blocks(&bar,
                   (uint64_t)((double)(attempts - failed) / (double)most * (double)room));
        for (; cells > 0; cells--)
            buf_add_str(&bar, "\xe2\x96\x91"); // U+2591
    }
    sheet_add(sheet, bar.data ? bar.data : "", bar.len);
    buf_done(&bar);
}

static void show(const struct json_span *stats)
{
    struct json_span list = view_member(stats, "data"), point;
    struct json_span oldest = view_member(stats, "oldest_waiting_at");
    bool has_bars = sheet_is_for_people();
    uint64_t most = list.kind == JSON_LIST ? greatest(&list) : 0;
    struct json_walk walk;
    struct sheet sheet;
    struct buf since;

    if (list.kind != JSON_LIST)
        return;
    sheet_init(&sheet, view_columns(&VIEW(columns)) + has_bars);
    view_titles(&VIEW(columns), &sheet);
    if (has_bars)
        sheet_title(&sheet, "ATTEMPTS, FAILED ONES SHADED");
    for (json_walk_init(&walk, &list); json_next_item(&walk, &point);) {
        view_row(&VIEW(columns), &sheet, &point);
        if (has_bars)
            add_bar(&sheet, &point, most);
    }
    sheet_print(&sheet);
    sheet_done(&sheet);
    buf_init(&since, 256);
    view_value(&since, &oldest);
    if (since.len > 0)
        say("the delivery that is due first has waited since %s", since.data);
    buf_done(&since);
}

int cmd_stats(const struct args *args)
{
    static const struct member members[] = {{FLAG_WEBHOOK, "webhook", MEMBER_TEXT},
                                            {FLAG_SINCE, "since", MEMBER_TIME},
                                            {FLAG_UNTIL, "until", MEMBER_TIME},
                                            {FLAG_STEP, "step", MEMBER_TEXT}};
    const struct remote_call call = {.method = "GET", .pattern = STATS, MEMBERS(members)};

    struct session session;
    struct reply reply;
    int code = session_open(&session, args);

    if (code == 0)
        code = remote_ask(&session, &call, &reply);
    if (code == 0) {
        if (args_has(args, FLAG_JSON))
            view_json(reply.answer.body.data, reply.answer.body.len);
        else
            show(&reply.json);
        reply_done(&reply);
    }
    session_close(&session);
    return code;
}
