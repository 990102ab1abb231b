#include "cli/refusal.h"

#include "base/buf.h"
#include "base/json_span.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/say.h"
#include "cli/view.h"
#include "hook/scope.h"

#include <inttypes.h>
#include <string.h>

enum { WORDS_MAX = 4096 };

static const struct {
    int status;
    int code;
} exits[] = {
    {401, EXIT_NOT_ALLOWED}, {403, EXIT_NOT_ALLOWED}, {404, EXIT_NOT_FOUND},
    {410, EXIT_NOT_FOUND},   {408, EXIT_UNREACHABLE}, {429, EXIT_RATE_LIMITED},
};

// What helps, by the problem's code and how its detail begins. To add one: a row.
static const struct {
    const char *code;
    const char *begins;
    const char *hint;
} hints[] = {
    {"invalid_url", "address_denied",
     "the server calls private addresses only where its --allow-private names them: posthorn "
     "serve --allow-private 127.0.0.0/8"},
    {"invalid_url", "name_denied",
     "the server calls this machine or its network only where its --allow-private names "
     "addresses of it: posthorn serve --allow-private 127.0.0.0/8"},
    {"invalid_url", "the URL must begin", "write it whole: https://shop.example/hooks"},
    {"invalid_url", "https_required",
     "plain http is for addresses that the server's --allow-private names; or for all: "
     "--http on"},
    {"idempotency_mismatch", "",
     "another request was sent with this --idempotency-key; use a new one"},
    {"invalid_field", "there is no profile", "posthorn profile list shows those there are"},
    {"conflict", "its webhook is disabled", "posthorn webhook enable WEBHOOK, and try again"},
    {"conflict", "under this profile a secret is shown only once",
     "posthorn webhook rotate WEBHOOK makes another, and shows it"},
    {"conflict", "a backup is being made", "posthorn backup list shows how far it is"},
    {"unknown_event_type", "", "posthorn type list shows those of the app"},
    {"quota_exceeded", "", "delete one that is no longer needed"},
    {"in_progress", "", "the same request is still running; try again shortly"},
    {"too_large", "", "the server's --max-body says how much it takes"},
    {"overloaded", "", "try again shortly"},
    {"disk_full", "", "make room on the server's disk"},
};

int refusal_exit(int status)
{
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++) {
        if (exits[i].status == status)
            return exits[i].code;
    }
    return status >= 400 && status < 500 ? EXIT_REFUSED : EXIT_FAILED;
}

static void add_member(struct buf *ret, const char *before, const struct json_span *object,
                       const char *path)
{
    struct json_span value = view_member(object, path);

    if (value.kind != JSON_TEXT)
        return;
    buf_add_str(ret, before);
    view_value(ret, &value);
}

// "/url: ", or nothing.
static void add_place(struct buf *ret, const struct json_span *problem)
{
    struct json_span errors = view_member(problem, "errors"), first;
    struct json_walk walk;
    size_t before = ret->len;

    if (errors.kind != JSON_LIST)
        return;
    json_walk_init(&walk, &errors);
    if (!json_next_item(&walk, &first))
        return;
    add_member(ret, "", &first, "pointer");
    add_member(ret, "the parameter ", &first, "parameter");
    add_member(ret, "the header ", &first, "header");
    if (ret->len > before)
        buf_add_str(ret, ": ");
}

// No row begins with what JSON would escape.
static bool begins(const struct json_span *text, const char *start)
{
    size_t len = strlen(start);

    return len == 0 || (text->kind == JSON_TEXT && text->len > len &&
                        text_equal(text->at + 1, len, start));
}

// The detail's last word is the scope that the key lacks.
static void hint_scope(const struct json_span *problem)
{
    struct json_span detail = view_member(problem, "detail");
    char text[WORDS_MAX];
    const char *word;
    uint32_t scope;
    size_t len;

    if (detail.kind != JSON_TEXT || !json_text(&detail, text, sizeof text, &len))
        return;
    word = strrchr(text, ' ');
    if (!word || !scope_find(word + 1, &scope))
        return;
    if (scope == SCOPE_OPERATOR)
        say_hint(
            "only the operator's key may; the server made operator.key in its data folder");
    else
        say_hint("make a key that has it: posthorn key add NAME --scopes %s", word + 1);
}

static void hint_key(bool has_key)
{
    if (has_key)
        say_hint("the key that was given opens nothing here: is it of another server, was it "
                 "revoked, has it expired? the operator's is operator.key in the server's "
                 "data folder");
    else
        say_hint(
            "name a key's file with --api-key-file or POSTHORN_API_KEY_FILE, or put the "
            "key into POSTHORN_API_KEY; the server made operator.key in its data folder");
}

static void give_hint(const struct json_span *problem, const struct client_answer *answer,
                      const struct refused *refused)
{
    struct json_span code = view_member(problem, "code");
    struct json_span detail = view_member(problem, "detail");

    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
        if (code.kind == JSON_TEXT && json_text_equal(&code, hints[i].code) &&
            begins(&detail, hints[i].begins))
            say_hint("%s", hints[i].hint);
    }
    if (answer->status == 401)
        hint_key(refused->has_key);
    if (answer->status == 403)
        hint_scope(problem);
    if (answer->status == 404)
        say_hint("posthorn %s list shows what there is", refused->noun);
    if (answer->retry_after_s >= 0)
        say_hint("try again in %" PRId64 " s", answer->retry_after_s);
}

int refusal_say(const struct client_answer *answer, const struct refused *refused)
{
    struct json_span problem = {.kind = JSON_NONE};
    struct error error;
    struct buf words;
    bool is_problem =
        answer->body.len > 0 &&
        json_check(answer->body.data, answer->body.len, &problem, &error) == ERR_OK &&
        problem.kind == JSON_MAP;

    buf_init(&words, WORDS_MAX);
    if (is_problem)
        add_place(&words, &problem);
    if (is_problem)
        add_member(&words, "", &problem, "detail");
    if (words.len > 0)
        say("%s", words.data);
    else
        say("the server answered with status %d", answer->status);
    if (is_problem)
        give_hint(&problem, answer, refused);
    buf_done(&words);
    return refusal_exit(answer->status);
}
