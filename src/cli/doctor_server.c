// What can be seen of a server from outside: that it answers, how, and to whom.

#include "cli/doctor.h"

#include "base/clock.h"
#include "base/json_span.h"
#include "cli/session.h"
#include "cli/view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SKEW_WARN_MS = 5000, SKEW_FAIL_MS = 60000, WORDS_MAX = 4096 };

static bool ask(struct session *session, const char *path, struct client_answer *ret,
                struct error *error)
{
    const struct question question = {.method = "GET", .path = path};

    return client_ask(session->client, &question, ret, error) == ERR_OK;
}

// The text of a member of the answer; "" where there is none. To be released.
static struct buf words_of(const struct client_answer *answer, const char *member)
{
    struct json_span json = {.kind = JSON_NONE}, value;
    struct error error;
    struct buf words;

    buf_init(&words, WORDS_MAX);
    buf_add_str(&words, "");
    if (answer->body.len > 0 &&
        json_check(answer->body.data, answer->body.len, &json, &error) == ERR_OK) {
        value = view_member(&json, member);
        view_value(&words, &value);
    }
    return words;
}

static const char *why_unreachable(const char *text)
{
    if (strstr(text, "certificate") || strstr(text, "SSL") || strstr(text, "TLS"))
        return "its certificate must name that host, and come from an authority that this "
               "machine knows, or --ca-file names";
    if (strstr(text, "resolve"))
        return "is the name right? --server or POSTHORN_URL say where the server is";
    return "is it started (posthorn serve)? --server or POSTHORN_URL say where it is";
}

static bool check_reach(struct doctor *doctor, struct session *session)
{
    struct client_answer answer;
    struct error error = {0};
    bool is_there = ask(session, "/healthz", &answer, &error);

    if (!is_there)
        doctor_say(doctor, VERDICT_FAIL, "server", why_unreachable(error.text), "%s",
                   error.text);
    else if (answer.status != 200)
        doctor_say(doctor, VERDICT_FAIL, "server", "is that a posthorn?",
                   "%s answers /healthz with status %d", client_url(session->client),
                   answer.status);
    else
        doctor_say(doctor, VERDICT_OK, "server", NULL, "%s answers",
                   client_url(session->client));
    is_there = is_there && answer.status == 200;
    client_answer_done(&answer);
    return is_there;
}

static void check_tls(struct doctor *doctor, const struct session *session)
{
    if (client_is_encrypted(session->client))
        doctor_say(doctor, VERDICT_OK, "tls", NULL, "the certificate holds");
    else if (client_is_local(session->client))
        doctor_say(doctor, VERDICT_OK, "tls", NULL, "none, and none needed on this machine");
    else
        doctor_say(doctor, VERDICT_WARN, "tls",
                   "serve with --tls-cert and --tls-key, or behind a proxy that has them",
                   "keys and payloads travel unencrypted");
}

static void check_ready(struct doctor *doctor, struct session *session)
{
    struct client_answer answer;
    struct error error;
    struct buf why;

    if (!ask(session, "/readyz", &answer, &error) || answer.status != 200) {
        why = words_of(&answer, "detail");
        doctor_say(doctor, VERDICT_FAIL, "ready",
                   "look at the server's log, and at its disk; a restart loses nothing",
                   "no events are taken: %s", why.data);
        buf_done(&why);
    } else {
        doctor_say(doctor, VERDICT_OK, "ready", NULL, "events are taken and delivered");
    }
    client_answer_done(&answer);
}

static void check_version(struct doctor *doctor, struct session *session)
{
    struct client_answer answer;
    struct error error;
    struct buf version;

    if (ask(session, "/openapi.json", &answer, &error) && answer.status == 200) {
        version = words_of(&answer, "info.version");
        if (strcmp(version.data, POSTHORN_VERSION) == 0)
            doctor_say(doctor, VERDICT_OK, "version", NULL, "both are " POSTHORN_VERSION);
        else
            doctor_say(doctor, VERDICT_WARN, "version", "use the server's own executable",
                       "the server is %s, this is " POSTHORN_VERSION, version.data);
        buf_done(&version);
    }
    client_answer_done(&answer);
}

// By the Date of an answer, which counts whole seconds.
static void check_clock(struct doctor *doctor, struct session *session)
{
    static const char hint[] = "set the clock of the machine that is wrong (timedatectl): "
                               "receivers refuse signatures whose time is far off";
    struct client_answer answer;
    struct error error;

    if (ask(session, "/healthz", &answer, &error) && answer.date_ms >= 0) {
        int64_t skew_ms = llabs(answer.date_ms + 500 - clock_now().wall_ms);

        if (skew_ms < SKEW_WARN_MS)
            doctor_say(doctor, VERDICT_OK, "clocks", NULL,
                       "the server's and this machine's agree");
        else
            doctor_say(doctor, skew_ms < SKEW_FAIL_MS ? VERDICT_WARN : VERDICT_FAIL, "clocks",
                       hint, "the server's is %" PRId64 " s from this machine's",
                       skew_ms / 1000);
    }
    client_answer_done(&answer);
}

// Whose it is, and what it may do, as the server says it.
static void say_whose(struct doctor *doctor, const struct client_answer *answer, bool is_ours)
{
    struct buf app = words_of(answer, "app.id"), scopes = words_of(answer, "key.scopes");
    struct buf until = words_of(answer, "key.expires_at");

    if (is_ours)
        doctor_say(doctor, VERDICT_OK, "key", NULL, "it is the operator's, and may do all");
    else
        doctor_say(doctor, VERDICT_OK, "key", NULL, "it is of app %s, and may %s", app.data,
                   scopes.data);
    if (until.len > 0)
        doctor_say(doctor, VERDICT_WARN, "key", "posthorn key add makes another in time",
                   "it opens nothing after %s", until.data);
    buf_done(&app);
    buf_done(&scopes);
    buf_done(&until);
}

// True: it is the operator's.
static bool check_key(struct doctor *doctor, struct session *session)
{
    struct client_answer answer;
    struct error error;
    bool is_operators = false;

    if (!ask(session, "/v1/self", &answer, &error))
        answer.status = 0;
    if (answer.status == 401) {
        doctor_say(
            doctor, VERDICT_FAIL, "key",
            "name its file with --api-key-file or POSTHORN_API_KEY_FILE; the server made "
            "operator.key in its data folder",
            client_has_key(session->client)
                ? "the server does not know this key, or it was revoked or has expired"
                : "none is given");
    } else if (answer.status == 200) {
        struct buf app = words_of(&answer, "app.id");

        is_operators = app.len == 0;
        buf_done(&app);
        say_whose(doctor, &answer, is_operators);
    } else {
        doctor_say(doctor, VERDICT_FAIL, "key", "try again shortly; see the server's log",
                   "asked with it, the server answers with status %d", answer.status);
    }
    client_answer_done(&answer);
    return is_operators;
}

static void check_mail(struct doctor *doctor, struct session *session)
{
    struct client_answer answer;
    struct error error;

    if (ask(session, "/metrics", &answer, &error) && answer.status == 200) {
        if (strstr(answer.body.data, "\nposthorn_mail_configured 1\n"))
            doctor_say(doctor, VERDICT_OK, "mail", NULL, "a mail server is named");
        else
            doctor_say(doctor, VERDICT_WARN, "mail",
                       "--smtp-url and --mail-from of posthorn serve: docs/mail.md",
                       "no mail server is named: nobody is told when deliveries fail");
    }
    client_answer_done(&answer);
}

void doctor_server(struct doctor *doctor, struct session *session)
{
    if (!check_reach(doctor, session))
        return;
    check_tls(doctor, session);
    check_ready(doctor, session);
    check_version(doctor, session);
    check_clock(doctor, session);
    if (check_key(doctor, session)) {
        check_mail(doctor, session);
        doctor_webhooks(doctor, session);
    }
}
