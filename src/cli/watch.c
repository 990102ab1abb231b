#include "cli/watch.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/given.h"
#include "cli/say.h"
#include "cli/session.h"
#include "cli/sheet.h"
#include "cli/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    PAUSE_FIRST_MS = 20,
    PAUSE_MAX_MS = 1000,
    WAIT_DEFAULT_MS = 60000,
    PATH_MAX_BYTES = 4096
};

static const struct column columns[] = {
    {"NUMBER", "number", false},   {"TRIGGER", "trigger", false},
    {"MS", "duration_ms", false},  {"STATUS", "status", false},
    {"CODE", "error.code", false}, {"WHY", "error.message", false},
};

struct watch {
    struct session *session;
    struct watched *list;
    size_t count;
    int64_t deadline_ms;
    bool has_titles;
    bool has_line; // a line of progress stands on the terminal
};

static uint64_t number_of(const struct json_span *object, const char *member)
{
    struct json_span value = view_member(object, member);
    uint64_t number = 0;

    if (value.kind != JSON_NUMBER || !text_to_uint(value.at, value.len, INT64_MAX, &number))
        return 0;
    return number;
}

bool watched_init(struct watched *watched, const struct json_span *delivery)
{
    struct json_span id = view_member(delivery, "id");
    size_t len;

    *watched = (struct watched){.shown = number_of(delivery, "attempts")};
    return id.kind == JSON_TEXT && json_text(&id, watched->id, sizeof watched->id, &len) &&
           text_is(watched->id, len, "A-Za-z0-9_");
}

static void show_progress(struct watch *watch, size_t over)
{
    if (!isatty(STDERR_FILENO) || !sheet_has_colours())
        return;
    fprintf(stderr, "\r\033[K%zu of %zu have ended; %" PRId64 " s left", over, watch->count,
            (watch->deadline_ms - clock_now().mono_ms) / 1000);
    watch->has_line = true;
}

static void clear_progress(struct watch *watch)
{
    if (watch->has_line)
        fputs("\r\033[K", stderr);
    watch->has_line = false;
}

static int ask(struct watch *watch, const struct watched *watched, const char *tail,
               struct reply *ret)
{
    struct buf path;
    struct question question = {.method = "GET"};
    int code;

    buf_init(&path, PATH_MAX_BYTES);
    code = session_path(watch->session, "/v1/apps/{app}/deliveries/", &path);
    buf_add_str(&path, watched->id);
    buf_add_str(&path, tail);
    question.path = path.data;
    if (code == 0)
        code = session_ask(watch->session, &question, ret);
    buf_done(&path);
    return code;
}

// The attempts that are new since the last time.
static int show_attempts(struct watch *watch, struct watched *watched)
{
    const struct view view = VIEW(columns);
    struct sheet sheet;
    struct json_walk walk;
    struct json_span list, attempt;
    struct reply reply;
    int code = ask(watch, watched, "/attempts", &reply);

    if (code != 0)
        return code;
    clear_progress(watch);
    list = view_member(&reply.json, "data");
    sheet_init(&sheet, view_columns(&view) + 1);
    if (!watch->has_titles) {
        sheet_title(&sheet, "DELIVERY");
        view_titles(&view, &sheet);
        watch->has_titles = true;
    }
    if (list.kind == JSON_LIST) {
        for (json_walk_init(&walk, &list); json_next_item(&walk, &attempt);) {
            if (number_of(&attempt, "number") <= watched->shown)
                continue;
            sheet_add(&sheet, watched->id, strlen(watched->id));
            view_row(&view, &sheet, &attempt);
            watched->shown = number_of(&attempt, "number");
        }
    }
    if (sheet.count > 0)
        sheet_print(&sheet);
    fflush(stdout);
    sheet_done(&sheet);
    reply_done(&reply);
    return 0;
}

static bool is_state(const struct json_span *delivery, const char *word)
{
    struct json_span state = view_member(delivery, "state");

    return state.kind == JSON_TEXT && json_text_equal(&state, word);
}

static void judge(struct watched *watched, const struct json_span *delivery)
{
    bool is_moving = is_state(delivery, "in_flight");

    watched->is_delivered = is_state(delivery, "delivered");
    if (watched->wanted > 0)
        watched->is_over = !is_moving && number_of(delivery, "attempts") >= watched->wanted;
    else
        watched->is_over = !is_moving && !is_state(delivery, "waiting");
}

static int look(struct watch *watch, struct watched *watched)
{
    bool is_json = args_has(watch->session->args, FLAG_JSON);
    struct reply reply;
    int code = ask(watch, watched, "", &reply);

    if (code != 0)
        return code;
    if (!is_json && number_of(&reply.json, "attempts") > watched->shown)
        code = show_attempts(watch, watched);
    judge(watched, &reply.json);
    if (is_json && watched->is_over)
        view_json(reply.answer.body.data, reply.answer.body.len);
    reply_done(&reply);
    return code;
}

static void pause_for(int64_t *pause_ms)
{
    struct timespec time = {*pause_ms / 1000, *pause_ms % 1000 * 1000000};

    nanosleep(&time, NULL);
    *pause_ms = *pause_ms * 3 / 2 < PAUSE_MAX_MS ? *pause_ms * 3 / 2 : PAUSE_MAX_MS;
}

// The first that was not delivered, of those that are over or of those that are not.
static const char *first_of(const struct watch *watch, bool is_over)
{
    for (size_t i = 0; i < watch->count; i++) {
        if (watch->list[i].is_over == is_over && !watch->list[i].is_delivered)
            return watch->list[i].id;
    }
    return "DELIVERY";
}

static int say_end(const struct watch *watch, size_t over)
{
    size_t delivered = 0;

    if (over < watch->count) {
        int code = say_failed(EXIT_FAILED, "%zu of %zu deliveries have not ended yet",
                              watch->count - over, watch->count);

        say_hint("posthorn delivery show %s says when the next attempt is; --wait-max "
                 "waits longer",
                 first_of(watch, false));
        return code;
    }
    for (size_t i = 0; i < watch->count; i++)
        delivered += watch->list[i].is_delivered;
    if (delivered == watch->count)
        return 0;
    say("%zu of %zu were not delivered", watch->count - delivered, watch->count);
    say_hint("posthorn delivery attempts %s --json shows what was sent and what came back; "
             "posthorn delivery retry tries again",
             first_of(watch, true));
    return EXIT_NOT_DELIVERED;
}

static int watch_all(struct watch *watch)
{
    int64_t pause_ms = PAUSE_FIRST_MS;

    for (;;) {
        size_t over = 0;

        for (size_t i = 0; i < watch->count; i++) {
            int code = watch->list[i].is_over ? 0 : look(watch, &watch->list[i]);

            if (code != 0)
                return code;
            over += watch->list[i].is_over;
        }
        if (over == watch->count || clock_now().mono_ms >= watch->deadline_ms) {
            clear_progress(watch);
            return say_end(watch, over);
        }
        show_progress(watch, over);
        pause_for(&pause_ms);
    }
}

int watch_time(const struct args *args, int64_t *ret_ms)
{
    const char *most = args_value(args, FLAG_WAIT_MAX);
    struct error error;

    *ret_ms = WAIT_DEFAULT_MS;
    if (most && given_duration("wait-max", most, ret_ms, &error) != ERR_OK)
        return say_failed(EXIT_USAGE, "%s", error.text);
    return 0;
}

int watch_deliveries(struct session *session, struct watched *list, size_t count,
                     int64_t most_ms)
{
    struct watch watch = {.session = session, .list = list, .count = count};

    watch.deadline_ms = clock_now().mono_ms + most_ms;
    return watch_all(&watch);
}
