#include "cli/session.h"

#include "base/memory.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/escape.h"
#include "cli/given.h"
#include "cli/refusal.h"
#include "cli/say.h"
#include "cli/view.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OF_APP "/v1/apps/{app}"

enum { KEY_BYTES_MAX = 4096, PATH_BYTES_MAX = 1 << 22 };

static void on_interrupt(int signal)
{
    (void)signal;
    _exit(EXIT_INTERRUPTED);
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value && value[0] ? value : NULL;
}

// The key's file wins over the key itself only where the command line names it. *ret stays
// empty where there is no key; the server then says that it wants one.
static enum error_code read_key(const struct args *args, struct buf *ret, struct error *error)
{
    const char *path = args_value(args, FLAG_API_KEY_FILE);
    const char *key = environment("POSTHORN_API_KEY");

    if (!path && key) {
        buf_add_str(ret, key);
        return ERR_OK;
    }
    if (!path)
        path = environment("POSTHORN_API_KEY_FILE");
    return path ? given_secret(path, ret, error) : ERR_OK;
}

int session_open(struct session *session, const struct args *args)
{
    const char *url = args_value(args, FLAG_URL);
    struct error error;
    struct buf key;
    enum error_code code;

    *session = (struct session){.args = args};
    signal(SIGINT, on_interrupt);
    if (!url)
        url = environment("POSTHORN_URL");
    buf_init(&key, KEY_BYTES_MAX);
    code = read_key(args, &key, &error);
    if (code == ERR_OK)
        code = client_new(url ? url : "http://127.0.0.1:8080", key.data,
                          args_value(args, FLAG_CA_FILE), &session->client, &error);
    session->has_key = key.len > 0;
    if (key.data)
        memory_wipe(key.data, key.cap);
    buf_done(&key);
    return code == ERR_OK ? 0 : say_failed(EXIT_USAGE, "%s", error.text);
}

void session_close(struct session *session)
{
    client_free(session->client);
    free(session->app);
    *session = (struct session){0};
}

static int several_apps(void)
{
    int code = say_failed(EXIT_USAGE, "there are several apps");

    say_hint("say which with --app or POSTHORN_APP; posthorn app list shows them");
    return code;
}

static int no_app(void)
{
    int code = say_failed(EXIT_NOT_FOUND, "there is no app yet");

    say_hint("make one: posthorn app add NAME --profile standard");
    return code;
}

static void take_app(struct session *session, const struct json_span *app)
{
    struct json_span id = view_member(app, "id");
    struct buf text;

    buf_init(&text, KEY_BYTES_MAX);
    view_value(&text, &id);
    session->app = memory_copy(text.data ? text.data : "", text.len);
    buf_done(&text);
}

// One app alone need not be named.
static int find_only_app(struct session *session)
{
    const struct question question = {.method = "GET", .path = "/v1/apps?limit=2"};
    struct json_span list, app, second;
    struct json_walk walk;
    struct reply reply;
    int code = session_ask(session, &question, &reply);

    if (code != 0)
        return code;
    list = view_member(&reply.json, "data");
    json_walk_init(&walk, &list);
    if (list.kind != JSON_LIST || !json_next_item(&walk, &app))
        code = no_app();
    else if (json_next_item(&walk, &second))
        code = several_apps();
    else
        take_app(session, &app);
    reply_done(&reply);
    return code;
}

// An app's key says whose it is; the operator's is of none.
static int find_app(struct session *session)
{
    const struct question question = {.method = "GET", .path = "/v1/self"};
    struct reply reply;
    struct json_span app;
    int code = session_ask(session, &question, &reply);

    if (code != 0)
        return code;
    app = view_member(&reply.json, "app");
    if (app.kind == JSON_MAP)
        take_app(session, &app);
    reply_done(&reply);
    return app.kind == JSON_MAP ? 0 : find_only_app(session);
}

int session_app(struct session *session, const char **ret)
{
    const char *named = args_value(session->args, FLAG_APP);
    int code = 0;

    if (!session->app) {
        if (!named)
            named = environment("POSTHORN_APP");
        if (named && !named[0])
            return say_failed(EXIT_USAGE, "--app is empty");
        if (named)
            session->app = memory_copy(named, strlen(named));
        else
            code = find_app(session);
    }
    *ret = session->app;
    return code;
}

int session_path(struct session *session, const char *pattern, struct buf *ret)
{
    const char *brace;

    if (args_has(session->args, FLAG_OPERATOR) &&
        strncmp(pattern, OF_APP, strlen(OF_APP)) == 0) {
        buf_add_str(ret, "/v1");
        pattern += strlen(OF_APP);
    }
    for (; (brace = strchr(pattern, '{')) != NULL; pattern = strchr(brace, '}') + 1) {
        const char *value;

        buf_add(ret, pattern, (size_t)(brace - pattern));
        if (brace[1] == 'a') {
            int code = session_app(session, &value);

            if (code != 0)
                return code;
        } else {
            value = session->args->rest[brace[1] - '1'];
        }
        escape_url(ret, value, strlen(value));
    }
    buf_add_str(ret, pattern);
    return 0;
}

static int unreachable(const struct error *error)
{
    int code = say_failed(EXIT_UNREACHABLE, "%s", error->text);

    if (strstr(error->text, "wrong version number"))
        say_hint("no TLS is spoken there: http:// instead of https://?");
    say_hint(
        "is the server there? --server or POSTHORN_URL say where; posthorn serve starts one, "
        "posthorn doctor looks closer");
    return code;
}

// Every answer of the API is an object, but for those without a body.
static int read_json(struct reply *reply)
{
    const struct buf *body = &reply->answer.body;
    struct error error = {.text = "it is not an object"};
    int code;

    if (reply->answer.status == 204)
        return 0;
    if (body->len > 0 && json_check(body->data, body->len, &reply->json, &error) == ERR_OK &&
        reply->json.kind == JSON_MAP)
        return 0;
    code = say_failed(EXIT_FAILED, "the answer cannot be read: %s", error.text);
    say_hint("is POSTHORN_URL that of a posthorn?");
    return code;
}

// A path that ends with what an app has many of can only lack the app.
static bool is_of_app(const char *path)
{
    static const char apps[] = "/v1/apps/";
    const char *slash;

    if (strncmp(path, apps, strlen(apps)) != 0)
        return false;
    slash = strchr(path + strlen(apps), '/');
    return slash && !strchr(slash + 1, '/');
}

static int refuse(const struct session *session, const struct question *question,
                  const struct client_answer *answer)
{
    const struct refused refused = {
        .noun = is_of_app(question->path) ? "app" : session->args->command->noun,
        .has_key = session->has_key,
    };

    return refusal_say(answer, &refused);
}

int session_ask(struct session *session, const struct question *question, struct reply *ret)
{
    struct error error;
    enum error_code code;
    int exit_code;

    ret->json = (struct json_span){.kind = JSON_NONE};
    code = client_ask(session->client, question, &ret->answer, &error);
    if (code == ERR_CONFIG)
        exit_code = say_failed(EXIT_USAGE, "%s", error.text);
    else if (code != ERR_OK)
        exit_code = unreachable(&error);
    else if (ret->answer.status < 200 || ret->answer.status > 299)
        exit_code = refuse(session, question, &ret->answer);
    else
        exit_code = read_json(ret);
    if (exit_code != 0)
        reply_done(ret);
    return exit_code;
}

void reply_done(struct reply *reply)
{
    client_answer_done(&reply->answer);
}
