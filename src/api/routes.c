#include "api/routes.h"

#include "api/handlers.h"
#include "base/text.h"
#include "hook/scope.h"

#include <stdio.h>
#include <string.h>

#define NO_OP OP_KINDS
#define APP "/v1/apps/{app}"
#define OWN "/v1/webhooks"
#define PAIR "/api/v0/webhooks"
#define SK "/api/webhooks"

// The first rows are the busiest: a path is compared from the top.
const struct route routes[] = {
    {"POST", APP "/events", SCOPE_EVENT_CREATE, ROUTE_RAW | ROUTE_ONCE, NO_OP, OP_ACCEPT,
     event_create_ask, event_create_answer, NULL},
    {"GET", APP "/events", SCOPE_EVENT_READ, 0, NO_OP, OP_LIST, event_list_ask,
     event_list_answer, NULL},
    {"GET", APP "/events/{event}", SCOPE_EVENT_READ, 0, NO_OP, OP_GET_EVENT, event_get_ask,
     event_get_answer, NULL},

    {"GET", APP "/deliveries", SCOPE_DELIVERY_READ, 0, NO_OP, OP_LIST, delivery_list_ask,
     delivery_list_answer, NULL},
    {"GET", APP "/deliveries/{delivery}", SCOPE_DELIVERY_READ, 0, OP_GET_DELIVERY, NO_OP,
     NULL, delivery_get_answer, NULL},
    {"GET", APP "/deliveries/{delivery}/attempts", SCOPE_DELIVERY_READ, 0, OP_GET_DELIVERY,
     NO_OP, NULL, attempt_list_answer, NULL},
    {"POST", APP "/deliveries/{delivery}/retry", SCOPE_DELIVERY_RETRY, 0, OP_GET_DELIVERY,
     OP_RETRY, delivery_retry_ask, delivery_retry_answer, "delivery.retry"},
    {"POST", APP "/deliveries/{delivery}/cancel", SCOPE_DELIVERY_RETRY, 0, OP_GET_DELIVERY,
     OP_CANCEL, delivery_cancel_ask, delivery_cancel_answer, "delivery.cancel"},

    {"POST", APP "/webhooks", SCOPE_WEBHOOK_CREATE, ROUTE_BODY | ROUTE_ONCE, NO_OP,
     OP_WEBHOOK, webhook_create_ask, NULL, "webhook.create"},
    {"GET", APP "/stats", SCOPE_DELIVERY_READ, 0, NO_OP, OP_STATS, stats_ask, stats_answer,
     NULL},
    {"GET", APP "/webhooks", SCOPE_WEBHOOK_READ, ROUTE_FIGURES, NO_OP, OP_LIST,
     webhook_list_ask, webhook_list_answer, NULL},
    {"GET", APP "/webhooks/{webhook}", SCOPE_WEBHOOK_READ, ROUTE_FIGURES, OP_GET_WEBHOOK,
     NO_OP, NULL, webhook_get_answer, NULL},
    {"PATCH", APP "/webhooks/{webhook}", SCOPE_WEBHOOK_UPDATE, ROUTE_BODY, OP_GET_WEBHOOK,
     OP_WEBHOOK, webhook_update_ask, webhook_update_answer, "webhook.update"},
    {"DELETE", APP "/webhooks/{webhook}", SCOPE_WEBHOOK_DELETE, 0, OP_GET_WEBHOOK, OP_WEBHOOK,
     webhook_delete_ask, nothing_answer, "webhook.delete"},
    {"GET", APP "/webhooks/{webhook}/secret", SCOPE_WEBHOOK_SECRET, 0, OP_GET_WEBHOOK,
     OP_AUDIT, secret_show_ask, NULL, "secret.show"},
    {"POST", APP "/webhooks/{webhook}/secret/rotate", SCOPE_WEBHOOK_SECRET,
     ROUTE_BODY | ROUTE_ONCE, OP_GET_WEBHOOK, OP_WEBHOOK, secret_rotate_ask, NULL,
     "secret.rotate"},
    {"PUT", APP "/webhooks/{webhook}/signing-key", SCOPE_WEBHOOK_SECRET,
     ROUTE_BODY | ROUTE_MAYBE, OP_GET_WEBHOOK, OP_WEBHOOK, signing_key_ask, NULL,
     "signing_key.put"},
    {"DELETE", APP "/webhooks/{webhook}/signing-key", SCOPE_WEBHOOK_SECRET, 0, OP_GET_WEBHOOK,
     OP_WEBHOOK, signing_key_delete_ask, nothing_answer, "signing_key.delete"},
    {"POST", APP "/webhooks/{webhook}/recover", SCOPE_DELIVERY_RETRY, ROUTE_BODY | ROUTE_ONCE,
     OP_GET_WEBHOOK, OP_JOB, recover_ask, recover_answer, "webhook.recover"},
    {"GET", APP "/jobs/{job}", SCOPE_DELIVERY_RETRY, 0, OP_GET_JOB, NO_OP, NULL,
     job_get_answer, NULL},
    {"POST", APP "/jobs/{job}/cancel", SCOPE_DELIVERY_RETRY, 0, OP_GET_JOB, OP_JOB,
     job_cancel_ask, job_cancel_answer, "job.cancel"},
    {"POST", APP "/webhooks/{webhook}/test", SCOPE_WEBHOOK_TEST,
     ROUTE_RAW | ROUTE_MAYBE | ROUTE_SENDS, OP_GET_WEBHOOK, OP_RECORD, test_ask, test_answer,
     "webhook.test"},
    {"GET", APP "/event-types", SCOPE_WEBHOOK_READ, 0, OP_GET_APP, NO_OP, NULL,
     event_type_list_answer, NULL},
    {"PUT", APP "/event-types/{type}", SCOPE_WEBHOOK_UPDATE, ROUTE_BODY, OP_GET_APP, OP_APP,
     event_type_put_ask, NULL, "event_type.put"},
    {"DELETE", APP "/event-types/{type}", SCOPE_WEBHOOK_UPDATE, 0, OP_GET_APP, OP_APP,
     event_type_delete_ask, nothing_answer, "event_type.delete"},

    {"POST", APP "/keys", SCOPE_KEY_CREATE, ROUTE_BODY | ROUTE_ONCE, NO_OP, OP_KEY,
     key_create_ask, NULL, "key.create"},
    {"GET", APP "/keys", SCOPE_KEY_READ, 0, NO_OP, OP_LIST, key_list_ask, key_list_answer,
     NULL},
    {"DELETE", APP "/keys/{key}", SCOPE_KEY_DELETE, 0, NO_OP, OP_KEY, key_delete_ask,
     nothing_answer, "key.delete"},

    {"POST", APP "/portal-links", SCOPE_OPERATOR, ROUTE_BODY | ROUTE_MAYBE | ROUTE_ONCE,
     NO_OP, OP_LINK, link_create_ask, NULL, "portal_link.create"},
    {"GET", APP "/sessions", SCOPE_OPERATOR, 0, NO_OP, OP_LIST, session_list_ask,
     session_list_answer, NULL},
    {"DELETE", APP "/sessions", SCOPE_OPERATOR, 0, NO_OP, OP_SESSION, session_end_all_ask,
     nothing_answer, "session.end"},
    {"DELETE", APP "/sessions/{session}", SCOPE_OPERATOR, 0, NO_OP, OP_SESSION,
     session_end_ask, nothing_answer, "session.end"},
    {"POST", "/v1/session", 0, ROUTE_OPEN | ROUTE_BODY, NO_OP, OP_SESSION, login_ask,
     login_answer, "session.login"},
    {"GET", "/v1/session", 0, ROUTE_ANY_KEY | ROUTE_OF_KEY, NO_OP, NO_OP, login_show_ask,
     NULL, NULL},
    {"DELETE", "/v1/session", 0, ROUTE_ANY_KEY, NO_OP, OP_SESSION, logout_ask, logout_answer,
     "session.logout"},
    {"GET", "/v1/self", 0, ROUTE_ANY_KEY | ROUTE_OF_KEY, NO_OP, OP_KEY_BY_LOOKUP, self_ask,
     self_answer, NULL},

    {"POST", "/v1/keys", SCOPE_OPERATOR, ROUTE_BODY | ROUTE_ONCE, NO_OP, OP_KEY,
     operator_key_create_ask, NULL, "key.create"},
    {"GET", "/v1/keys", SCOPE_OPERATOR, 0, NO_OP, OP_LIST, key_list_ask, key_list_answer,
     NULL},
    {"DELETE", "/v1/keys/{key}", SCOPE_OPERATOR, 0, NO_OP, OP_KEY, key_delete_ask,
     nothing_answer, "key.delete"},

    {"POST", OWN, SCOPE_OPERATOR, ROUTE_OPERATORS | ROUTE_BODY | ROUTE_ONCE, NO_OP,
     OP_WEBHOOK, webhook_create_ask, NULL, "webhook.create"},
    {"GET", OWN, SCOPE_OPERATOR, ROUTE_OPERATORS | ROUTE_FIGURES, NO_OP, OP_LIST,
     webhook_list_ask, webhook_list_answer, NULL},
    {"GET", OWN "/{webhook}", SCOPE_OPERATOR, ROUTE_OPERATORS | ROUTE_FIGURES, OP_GET_WEBHOOK,
     NO_OP, NULL, webhook_get_answer, NULL},
    {"PATCH", OWN "/{webhook}", SCOPE_OPERATOR, ROUTE_OPERATORS | ROUTE_BODY, OP_GET_WEBHOOK,
     OP_WEBHOOK, webhook_update_ask, webhook_update_answer, "webhook.update"},
    {"DELETE", OWN "/{webhook}", SCOPE_OPERATOR, ROUTE_OPERATORS, OP_GET_WEBHOOK, OP_WEBHOOK,
     webhook_delete_ask, nothing_answer, "webhook.delete"},
    {"POST", OWN "/{webhook}/secret/rotate", SCOPE_OPERATOR,
     ROUTE_OPERATORS | ROUTE_BODY | ROUTE_ONCE, OP_GET_WEBHOOK, OP_WEBHOOK, secret_rotate_ask,
     NULL, "secret.rotate"},

    {"GET", "/v1/audit", SCOPE_OPERATOR, 0, NO_OP, OP_LIST, audit_list_ask, audit_list_answer,
     NULL},
    {"GET", "/v1/audit/verify", SCOPE_OPERATOR, 0, NO_OP, OP_AUDIT_CHECK, audit_verify_ask,
     audit_verify_answer, NULL},

    {"POST", "/v1/apps", SCOPE_OPERATOR, ROUTE_BODY | ROUTE_ONCE, NO_OP, OP_APP,
     app_create_ask, NULL, "app.create"},
    {"GET", "/v1/apps", SCOPE_OPERATOR, 0, NO_OP, OP_LIST, app_list_ask, app_list_answer,
     NULL},
    {"GET", APP, SCOPE_OPERATOR, 0, NO_OP, NO_OP, NULL, app_get_answer, NULL},
    {"PATCH", APP, SCOPE_OPERATOR, ROUTE_BODY, NO_OP, OP_APP, app_update_ask,
     app_update_answer, "app.update"},
    {"DELETE", APP, SCOPE_OPERATOR, 0, NO_OP, OP_APP, app_delete_ask, nothing_answer,
     "app.delete"},

    {"POST", PAIR, SCOPE_WEBHOOK_CREATE, ROUTE_BODY | ROUTE_ONCE, NO_OP, OP_WEBHOOK,
     pair_create_ask, NULL, "webhook.create"},
    {"GET", PAIR, SCOPE_WEBHOOK_READ, ROUTE_FIGURES, NO_OP, OP_LIST, pair_list_ask,
     pair_list_answer, NULL},
    {"GET", PAIR "/{webhook}", SCOPE_WEBHOOK_READ, ROUTE_FIGURES, OP_GET_WEBHOOK, OP_LIST,
     pair_get_ask, pair_get_answer, NULL},
    {"PATCH", PAIR "/{webhook}", SCOPE_WEBHOOK_UPDATE, ROUTE_BODY | ROUTE_FIGURES,
     OP_GET_WEBHOOK, OP_WEBHOOK, pair_update_ask, NULL, "webhook.update"},
    {"DELETE", PAIR "/{webhook}", SCOPE_WEBHOOK_DELETE, ROUTE_FIGURES, OP_GET_WEBHOOK,
     OP_WEBHOOK, pair_delete_ask, NULL, "webhook.delete"},

    {"POST", SK, SCOPE_WEBHOOK_CREATE, ROUTE_BODY | ROUTE_ONCE, NO_OP, OP_WEBHOOK,
     sk_create_ask, NULL, "webhook.create"},
    {"GET", SK, SCOPE_WEBHOOK_READ, 0, NO_OP, OP_LIST, sk_list_ask, sk_list_answer, NULL},
    {"DELETE", SK "/{webhook}", SCOPE_WEBHOOK_DELETE, 0, OP_GET_WEBHOOK, OP_WEBHOOK,
     sk_delete_ask, NULL, "webhook.delete"},

    {"POST", "/v1/backups", SCOPE_OPERATOR, 0, NO_OP, OP_BACKUP, backup_ask,
     backup_create_answer, "backup.create"},
    {"GET", "/v1/backups", SCOPE_OPERATOR, 0, NO_OP, OP_BACKUPS, backup_ask,
     backup_list_answer, NULL},

    {"GET", "/v1/profiles", 0, ROUTE_ANY_KEY, NO_OP, NO_OP, NULL, profile_list_answer, NULL},
    {"GET", "/v1/profiles/{profile}", 0, ROUTE_ANY_KEY, NO_OP, NO_OP, profile_get_ask, NULL,
     NULL},

    {"GET", "/openapi.json", 0, ROUTE_OPEN, NO_OP, NO_OP, NULL, openapi_answer, NULL},
    {"GET", "/healthz", 0, ROUTE_OPEN, NO_OP, NO_OP, health_ask, NULL, NULL},
    {"GET", "/readyz", 0, ROUTE_OPEN, NO_OP, NO_OP, ready_ask, NULL, NULL},
    {"GET", "/metrics", SCOPE_OPERATOR, ROUTE_OPEN, NO_OP, NO_OP, NULL, metrics_answer, NULL},
};
const size_t route_count = sizeof routes / sizeof *routes;

const struct route route_nowhere = {"",    "",          0,    ROUTE_ANY_KEY, NO_OP,
                                    NO_OP, nowhere_ask, NULL, NULL};

static const struct {
    const char *text;
    enum id_kind kind;
} path_names[PATH_NAMES] = {
    [PATH_APP] = {"app", ID_APP},
    [PATH_KEY] = {"key", ID_KEY},
    [PATH_WEBHOOK] = {"webhook", ID_WEBHOOK},
    [PATH_EVENT] = {"event", ID_EVENT},
    [PATH_DELIVERY] = {"delivery", ID_DELIVERY},
    [PATH_PROFILE] = {"profile", ID_NONE},
    [PATH_JOB] = {"job", ID_JOB},
    [PATH_SESSION] = {"session", ID_SESSION},
    [PATH_TYPE] = {"type", ID_NONE},
};

const char *path_name_text(enum path_name name)
{
    return path_names[name].text;
}

enum id_kind path_name_kind(enum path_name name)
{
    return path_names[name].kind;
}

static enum path_name name_of(const char *text, size_t len)
{
    enum path_name name = 0;

    while (name < PATH_NAMES && !text_equal(text, len, path_names[name].text)) {
        name++;
    }
    return name;
}

// Pattern and path are compared byte by byte; a name takes what stands up to the next slash.
static bool matches(const char *pattern, struct text_span path,
                    struct text_span names[PATH_NAMES])
{
    const char *at = path.at, *end = path.at + path.len;

    memset(names, 0, PATH_NAMES * sizeof *names);
    while (*pattern != '\0') {
        if (*pattern != '{') {
            if (at == end || *at++ != *pattern++) {
                return false;
            }
            continue;
        }
        const char *close = strchr(pattern, '}');
        const char *slash = memchr(at, '/', (size_t)(end - at));
        const char *stop = slash != NULL ? slash : end;
        if (stop == at) {
            return false;
        }
        names[name_of(pattern + 1, (size_t)(close - pattern - 1))] =
            (struct text_span){at, (size_t)(stop - at)};
        at = stop;
        pattern = close + 1;
    }
    return at == end;
}

enum route_match route_find(struct text_span method, struct text_span path,
                            const struct route **ret, struct text_span names[PATH_NAMES])
{
    enum route_match match = ROUTE_NO_PATH;

    for (size_t i = 0; i < route_count; i++) {
        if (!matches(routes[i].pattern, path, names)) {
            continue;
        }
        if (text_equal(method.at, method.len, routes[i].method)) {
            *ret = &routes[i];
            return ROUTE_FOUND;
        }
        match = ROUTE_OTHER_METHOD;
    }
    return match;
}

void route_allow(struct text_span path, char *ret, size_t room)
{
    struct text_span names[PATH_NAMES];
    size_t len = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < route_count && len < room; i++) {
        if (matches(routes[i].pattern, path, names)) {
            int added = snprintf(ret + len, room - len, "%s%s", len > 0 ? ", " : "",
                                 routes[i].method);
            len += added > 0 ? (size_t)added : 0;
        }
    }
}
