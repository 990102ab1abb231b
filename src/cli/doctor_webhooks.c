// How the webhooks of all apps are: disabled, giving deliveries up, waiting for long.

#include "cli/doctor.h"

#include "base/clock.h"
#include "base/json_span.h"
#include "base/text.h"
#include "cli/session.h"
#include "cli/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES_MAX = 512, WORDS_MAX = 4096, APPS_MAX = 100, OLD_MS = 3600000 };

struct tally {
    size_t apps, webhooks, disabled, failing;
    int64_t oldest_ms; // of what waits; 0: nothing
    char oldest_app[80];
};

static bool ask(struct session *session, const char *path, struct client_answer *ret,
                struct json_span *json)
{
    const struct question question = {.method = "GET", .path = path};
    struct error error;

    return client_ask(session->client, &question, ret, &error) == ERR_OK &&
           ret->status == 200 && ret->body.len > 0 &&
           json_check(ret->body.data, ret->body.len, json, &error) == ERR_OK;
}

// What people read of a member, cut to fit.
static void text_of(const struct json_span *object, const char *member, char *ret,
                    size_t room)
{
    struct json_span value = view_member(object, member);
    struct buf words;

    buf_init(&words, WORDS_MAX);
    view_value(&words, &value);
    snprintf(ret, room, "%s", words.data ? words.data : "");
    buf_done(&words);
}

static void look_at_webhook(struct doctor *doctor, const char *app,
                            const struct json_span *webhook, struct tally *tally)
{
    char id[80], name[120], reason[200], failures[24], hint[300];
    struct json_span enabled = view_member(webhook, "enabled");

    text_of(webhook, "id", id, sizeof id);
    text_of(webhook, "name", name, sizeof name);
    text_of(webhook, "disabled_reason", reason, sizeof reason);
    text_of(webhook, "stats.last_24h_failures", failures, sizeof failures);
    tally->webhooks++;
    if (enabled.kind == JSON_FALSE_VALUE) {
        tally->disabled++;
        snprintf(hint, sizeof hint, "posthorn webhook enable %s --app %s", id, app);
        doctor_say(doctor, VERDICT_WARN, "webhook", hint, "%s (%s) is disabled%s%s", name, id,
                   reason[0] ? ": " : "", reason);
    } else if (failures[0] && strcmp(failures, "0") != 0) {
        tally->failing++;
        snprintf(hint, sizeof hint,
                 "why: posthorn delivery list --app %s --webhook %s --state failed", app, id);
        doctor_say(doctor, VERDICT_WARN, "webhook", hint,
                   "%s (%s): deliveries given up in 24 hours: %s", name, id, failures);
    }
}

static void look_at_webhooks(struct doctor *doctor, struct session *session, const char *app,
                             struct tally *tally)
{
    char path[PATH_BYTES_MAX];
    struct client_answer answer;
    struct json_span json, list, webhook;
    struct json_walk walk;

    snprintf(path, sizeof path, "/v1/apps/%s/webhooks?limit=250", app);
    if (ask(session, path, &answer, &json) &&
        (list = view_member(&json, "data")).kind == JSON_LIST) {
        for (json_walk_init(&walk, &list); json_next_item(&walk, &webhook);)
            look_at_webhook(doctor, app, &webhook, tally);
    }
    client_answer_done(&answer);
}

static void look_at_waiting(struct session *session, const char *app, struct tally *tally)
{
    char path[PATH_BYTES_MAX], since[64];
    struct client_answer answer;
    struct json_span json;
    int64_t at_ms;

    snprintf(path, sizeof path, "/v1/apps/%s/stats", app);
    if (ask(session, path, &answer, &json)) {
        text_of(&json, "oldest_waiting_at", since, sizeof since);
        if (text_from_time(since, strlen(since), &at_ms) &&
            (tally->oldest_ms == 0 || at_ms < tally->oldest_ms)) {
            tally->oldest_ms = at_ms;
            snprintf(tally->oldest_app, sizeof tally->oldest_app, "%s", app);
        }
    }
    client_answer_done(&answer);
}

static void say_waiting(struct doctor *doctor, const struct tally *tally)
{
    int64_t age_ms = clock_now().wall_ms - tally->oldest_ms;
    char hint[300];

    snprintf(hint, sizeof hint, "posthorn delivery list --app %s --state waiting",
             tally->oldest_app);
    if (tally->oldest_ms == 0)
        doctor_say(doctor, VERDICT_OK, "waiting", NULL, "nothing waits for another attempt");
    else if (age_ms < OLD_MS)
        doctor_say(doctor, VERDICT_OK, "waiting", NULL,
                   "the oldest delivery that is due next is %" PRId64 " s old",
                   age_ms / 1000);
    else
        doctor_say(doctor, VERDICT_WARN, "waiting", hint,
                   "the oldest delivery that is due next is %" PRId64 " h old",
                   age_ms / 3600000);
}

static void look_at_apps(struct doctor *doctor, struct session *session,
                         const struct json_span *list, struct tally *tally)
{
    struct json_walk walk;
    struct json_span app;

    for (json_walk_init(&walk, list); json_next_item(&walk, &app);) {
        char id[80];

        text_of(&app, "id", id, sizeof id);
        tally->apps++;
        look_at_webhooks(doctor, session, id, tally);
        look_at_waiting(session, id, tally);
    }
}

void doctor_webhooks(struct doctor *doctor, struct session *session)
{
    char path[PATH_BYTES_MAX];
    struct client_answer answer;
    struct json_span json, list;
    struct tally tally = {0};

    snprintf(path, sizeof path, "/v1/apps?limit=%d", APPS_MAX);
    if (ask(session, path, &answer, &json) &&
        (list = view_member(&json, "data")).kind == JSON_LIST) {
        look_at_apps(doctor, session, &list, &tally);
        if (tally.disabled + tally.failing == 0)
            doctor_say(doctor, VERDICT_OK, "webhooks", NULL,
                       "enabled: %zu, apps looked at: %s%zu; none has given up in 24 hours",
                       tally.webhooks,
                       view_member(&json, "next_cursor").kind == JSON_TEXT ? "the newest "
                                                                           : "",
                       tally.apps);
        say_waiting(doctor, &tally);
    }
    client_answer_done(&answer);
}
