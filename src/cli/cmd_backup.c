// posthorn backup create and list: asked of a running server.

#include "base/text.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/remote.h"
#include "cli/say.h"
#include "cli/sheet.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BACKUPS "/v1/backups"

enum { NAME_MAX_LEN = 100, PAUSE_MS = 200, BAR = 30 };

static const struct column columns[] = {
    {"NAME", "name", false},     {"STATE", "state", false},   {"BYTES", "bytes", false},
    {"MADE", "ended_at", false}, {"SHA-256", "sha256", true}, {"FILE", "file", false},
    {"WHY", "error", false},
};

static bool is_state(const struct json_span *backup, const char *word)
{
    struct json_span state = view_member(backup, "state");

    return state.kind == JSON_TEXT && json_text_equal(&state, word);
}

static void show_progress(const struct json_span *backup)
{
    struct json_span percent = view_member(backup, "percent");
    uint64_t done = 0;

    if (!isatty(STDERR_FILENO) || percent.kind != JSON_NUMBER ||
        !text_to_uint(percent.at, percent.len, 100, &done))
        return;
    fputs("\r[", stderr);
    for (uint64_t i = 0; i < BAR; i++)
        putc(i * 100 < done * BAR ? '#' : ' ', stderr);
    fprintf(stderr, "] %d %%", (int)done);
}

static void clear_progress(void)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%*s\r", BAR + 10, "");
}

// The one of that name in the list.
static bool find(const struct reply *reply, const char *name, struct json_span *ret)
{
    struct json_span list = view_member(&reply->json, "data");
    struct json_walk walk;

    if (list.kind != JSON_LIST)
        return false;
    for (json_walk_init(&walk, &list); json_next_item(&walk, ret);) {
        struct json_span own = view_member(ret, "name");

        if (own.kind == JSON_TEXT && json_text_equal(&own, name))
            return true;
    }
    return false;
}

static void show(const struct args *args, const struct json_span *backup)
{
    if (args_has(args, FLAG_JSON))
        view_json(backup->at, backup->len);
    else
        view_show(&VIEW(columns), backup);
}

static int end(const struct args *args, const struct json_span *backup)
{
    struct json_span why = view_member(backup, "error");
    struct buf words;

    clear_progress();
    show(args, backup);
    if (is_state(backup, "done"))
        return 0;
    buf_init(&words, 4096);
    view_value(&words, &why);
    say("the backup failed: %s", words.data ? words.data : "");
    buf_done(&words);
    return EXIT_FAILED;
}

// *ret_code −1: it is still being made.
static int look(struct session *session, const char *name, int *ret_code)
{
    const struct question question = {.method = "GET", .path = BACKUPS};
    struct json_span backup;
    struct reply reply;
    int code = session_ask(session, &question, &reply);

    if (code != 0)
        return code;
    *ret_code = -1;
    if (!find(&reply, name, &backup))
        *ret_code = say_failed(EXIT_FAILED, "the backup is gone: was the server restarted?");
    else if (is_state(&backup, "running"))
        show_progress(&backup);
    else
        *ret_code = end(session->args, &backup);
    reply_done(&reply);
    return 0;
}

static int wait_for(struct session *session, const char *name)
{
    const struct timespec pause = {0, PAUSE_MS * 1000000L};
    int code = 0, done = -1;

    while (code == 0 && done < 0) {
        nanosleep(&pause, NULL);
        code = look(session, name, &done);
    }
    return code == 0 ? done : code;
}

int backup_create(const struct args *args)
{
    const struct remote_call call = {.method = "POST", .pattern = BACKUPS};
    struct session session = {0};
    char name[NAME_MAX_LEN] = "";
    struct json_span own;
    struct reply reply;
    size_t len;
    int code = session_open(&session, args);

    if (code == 0)
        code = remote_ask(&session, &call, &reply);
    if (code == 0) {
        own = view_member(&reply.json, "name");
        if (own.kind != JSON_TEXT || !json_text(&own, name, sizeof name, &len))
            code = say_failed(EXIT_FAILED, "the answer is not a backup");
        else if (!args_has(args, FLAG_WAIT))
            show(args, &reply.json);
        reply_done(&reply);
    }
    if (code == 0 && args_has(args, FLAG_WAIT))
        code = wait_for(&session, name);
    session_close(&session);
    return code;
}

int backup_list(const struct args *args)
{
    const struct remote_call call = {.method = "GET", .pattern = BACKUPS, .is_whole = true};

    return remote_list(args, &call, &VIEW(columns));
}
