// Who may do what, asked of every row of the table of routes: with a key of each scope; and
// with things of another app, unknown ones, and ones that were deleted, which all answer the
// same 404. A route that is added is asked too.

#include "api/routes.h"
#include "hook/id.h"
#include "hook/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/door_world.h"
#include "support/portal_client.h"

// What paths name, and what each is called by.
enum { APP, WEBHOOK, KEY, EVENT, DELIVERY, JOB, SESSION, NAMES };
static const struct {
    const char *name;
    enum id_kind kind;
} names[NAMES] = {
    [APP] = {"app", ID_APP},
    [WEBHOOK] = {"webhook", ID_WEBHOOK},
    [KEY] = {"key", ID_KEY},
    [EVENT] = {"event", ID_EVENT},
    [JOB] = {"job", ID_JOB},
    [DELIVERY] = {"delivery", ID_DELIVERY},
    [SESSION] = {"session", ID_SESSION},
};

struct things {
    char ids[NAMES][160];
    char key[160]; // of the app, with all scopes
};

static bool is_native(const struct route *route)
{
    return strncmp(route->pattern, "/v1/", 4) == 0;
}

static bool names_an_app(const struct route *route)
{
    return strstr(route->pattern, "{app}") != NULL;
}

static const char *body_of(const struct route *route)
{
    return (route->flags & (ROUTE_BODY | ROUTE_RAW)) != 0 ? "{}" : NULL;
}

// The pattern's path, names that are not in the table standing for themselves.
static void path_of(const struct route *route, const struct things *things, char ret[600])
{
    size_t len = 0;

    for (const char *at = route->pattern; *at != '\0';) {
        if (*at != '{') {
            ret[len++] = *at++;
            continue;
        }
        size_t name_len = strcspn(at, "}") - 1;
        int added = snprintf(ret + len, 600 - len, "%.*s", (int)name_len, at + 1);
        for (size_t i = 0; i < NAMES; i++) {
            if (strlen(names[i].name) == name_len &&
                strncmp(at + 1, names[i].name, name_len) == 0) {
                added = snprintf(ret + len, 600 - len, "%s", things->ids[i]);
            }
        }
        len += (size_t)added;
        at += name_len + 2;
    }
    ret[len] = '\0';
}

// Does the path name a thing of the app that may be missing?
static bool names_a_thing(const struct route *route)
{
    char braces[40];

    for (size_t i = 1; i < NAMES; i++) {
        snprintf(braces, sizeof braces, "{%s}", names[i].name);
        if (strstr(route->pattern, braces) != NULL) {
            return true;
        }
    }
    return false;
}

// --- making things ---

static void note(struct reply *reply, int status, const char *id, char ret[160])
{
    if (reply->status != status || id == NULL) {
        fail_msg("%d %s", reply->status, reply_text(reply, "detail"));
    }
    snprintf(ret, 160, "%s", id);
    reply_done(reply);
}

static void open_shop(struct world *world, struct things *ret)
{
    char path[400];

    world_app(world, "standard", ret->ids[APP]);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks", ret->ids[APP]);
    world_make(world, path, "{" URL "}", NULL, ret->ids[WEBHOOK]);
    snprintf(path, sizeof path, "/v1/apps/%s/keys", ret->ids[APP]);
    world_make(world, path, "{\"name\":\"Other\"}", NULL, ret->ids[KEY]);
    world_make(world, path, "{\"name\":\"Till\"}", "key", ret->key);

    struct reply sent = world_app_ask(world, "POST", ret->ids[APP], "/events",
                                      "{\"type\":\"a\",\"payload\":1}");
    const json_t *delivery = json_array_get(json_object_get(sent.json, "deliveries"), 0);
    snprintf(ret->ids[DELIVERY], sizeof ret->ids[DELIVERY], "%s",
             json_string_value(json_object_get(delivery, "id")));
    note(&sent, 202, reply_text(&sent, "id"), ret->ids[EVENT]);

    snprintf(path, sizeof path, "/webhooks/%s/recover", ret->ids[WEBHOOK]);
    struct login login;
    world_log_in(world, ret->ids[APP], NULL, &login);
    snprintf(ret->ids[SESSION], sizeof ret->ids[SESSION], "%s", login.id);

    struct reply job = world_app_ask(world, "POST", ret->ids[APP], path,
                                     "{\"since\":\"2020-01-01T00:00:00Z\"}");
    note(&job, 202, reply_text(&job, "id"), ret->ids[JOB]);
}

// --- scopes ---

static void ask_with(struct world *world, const struct route *route,
                     const struct things *unknown, const char *key, uint32_t scope)
{
    char path[600];

    path_of(route, unknown, path);
    struct reply reply = world_ask(world, route->method, path, key, "", body_of(route));
    bool is_refused = reply.status == 403;
    bool may = scope_allows(scope, route->scope) || (route->flags & ROUTE_ANY_KEY) != 0;
    if (is_refused == may || reply.status == 401 || reply.status >= 500) {
        fail_msg("%s %s with %s: %d", route->method, path, scope_text((enum scope)scope),
                 reply.status);
    }
    if (is_refused) {
        assert_string_equal(reply_text(&reply, "code"), "forbidden_scope");
        const char *named = strstr(reply_text(&reply, "detail"), "the scope ");
        assert_non_null(named);
        assert_string_equal(named + 10, scope_text((enum scope)route->scope));
    }
    reply_done(&reply);
}

static void make_key(struct world *world, const char *app, uint32_t scope, char ret[160])
{
    char path[400], body[200];
    const char *text = scope != 0 ? scope_text((enum scope)scope) : NULL;

    snprintf(path, sizeof path, "/v1/apps/%s/keys", app);
    snprintf(body, sizeof body, "{\"name\":\"One\",\"scopes\":[%s%s%s]}",
             text != NULL ? "\"" : "", text != NULL ? text : "", text != NULL ? "\"" : "");
    world_make(world, path, body, "key", ret);
}

// Every route with a key of every scope, and of none.
static void test_every_scope(void **state)
{
    struct world *world = world_new();
    struct things things = {0};
    char key[160];

    (void)state;
    world_app(world, "standard", things.ids[APP]);
    for (size_t i = 1; i < NAMES; i++) {
        snprintf(things.ids[i], sizeof things.ids[i], "unknown");
    }
    for (unsigned bit = 0; bit < 32; bit++) {
        uint32_t scope = bit == 0 ? 0 : UINT32_C(1) << bit; // bit 0, the operator's: none
        if (bit != 0 && scope_text((enum scope)scope) == NULL) {
            continue;
        }
        make_key(world, things.ids[APP], scope, key);
        for (size_t i = 0; i < route_count; i++) {
            if (is_native(&routes[i]) && (routes[i].flags & ROUTE_OPEN) == 0) {
                ask_with(world, &routes[i], &things, key, scope);
            }
        }
    }
    world_free(world);
}

// --- what is not there, or not theirs ---

static void expect_404(struct world *world, const struct route *route, const char *key,
                       const struct things *things, const char *what)
{
    char path[600];

    path_of(route, things, path);
    struct reply reply = world_ask(world, route->method, path, key, "", body_of(route));
    json_object_del(reply.json, "instance");
    json_t *same = json_pack("{ss si ss ss ss}", "type", "about:blank", "status", 404, "code",
                             "not_found", "title", "There is no such thing", "detail",
                             "there is no such thing, or it is not the caller's");
    if (reply.status != 404 || !json_equal(reply.json, same)) {
        char *text = json_dumps(reply.json, 0);
        fail_msg("%s %s (%s): %d %s", route->method, path, what, reply.status,
                 text != NULL ? text : "");
    }
    json_decref(same);
    reply_done(&reply);
}

// Each thing of the app in turn is replaced by one that is not there.
static void ask_for(struct world *world, const struct things *things, const char *what,
                    const char *app_key)
{
    for (size_t i = 0; i < route_count; i++) {
        const struct route *route = &routes[i];
        if (!names_an_app(route) || !names_a_thing(route) || !is_native(route)) {
            continue;
        }
        if (route->scope != SCOPE_OPERATOR) { // else it is 403 to an app's key
            expect_404(world, route, app_key, things, what);
        }
        expect_404(world, route, world_operator(world), things, what);
    }
}

static void test_things(void **state)
{
    struct world *world = world_new();
    struct things mine = {0}, theirs = {0}, asked = {0};

    (void)state;
    open_shop(world, &mine);
    open_shop(world, &theirs);

    asked = theirs;
    memcpy(asked.ids[APP], mine.ids[APP], sizeof mine.ids[APP]);
    ask_for(world, &asked, "foreign", mine.key);
    for (size_t i = 1; i < NAMES; i++) {
        world_spell(world, (int)names[i].kind, INT64_C(0x7123456789abcdef), asked.ids[i]);
    }
    ask_for(world, &asked, "never made", mine.key);
    for (size_t i = 1; i < NAMES; i++) { // an id of another kind
        world_spell(world, ID_APP, 77, asked.ids[i]);
    }
    ask_for(world, &asked, "of another kind", mine.key);
    for (size_t i = 1; i < NAMES; i++) {
        snprintf(asked.ids[i], sizeof asked.ids[i], "unknown");
    }
    ask_for(world, &asked, "not an id", mine.key);
    world_free(world);
}

// Another app, by the key of one and by nobody's name: each route below it.
static void test_apps(void **state)
{
    struct world *world = world_new();
    struct things mine = {0}, theirs = {0}, asked;

    (void)state;
    open_shop(world, &mine);
    open_shop(world, &theirs);
    for (int turn = 0; turn < 4; turn++) {
        const char *whats[] = {"foreign", "never made", "not an id", "erased"};
        const char *key = turn == 3 ? world_operator(world) : mine.key;
        asked = theirs;
        if (turn == 1) {
            world_spell(world, ID_APP, 77, asked.ids[APP]);
        } else if (turn == 2) {
            snprintf(asked.ids[APP], sizeof asked.ids[APP], "unknown");
        } else if (turn == 3) {
            struct reply gone = world_app_ask(world, "DELETE", theirs.ids[APP], "", NULL);
            assert_int_equal(gone.status, 204);
            assert_int_equal(world_status(world, "GET", "/v1/profiles", theirs.key, NULL),
                             401); // its keys went with it
            reply_done(&gone);
        }
        for (size_t i = 0; i < route_count; i++) {
            bool is_theirs = routes[i].scope != SCOPE_OPERATOR || turn == 3;
            if (is_native(&routes[i]) && names_an_app(&routes[i]) && is_theirs) {
                expect_404(world, &routes[i], key, &asked, whats[turn]);
            }
        }
    }
    world_free(world);
}

static void test_deleted(void **state)
{
    struct world *world = world_new();
    struct things mine = {0};
    char path[400];

    (void)state;
    open_shop(world, &mine);
    snprintf(path, sizeof path, "/v1/apps/%s/webhooks/%s", mine.ids[APP], mine.ids[WEBHOOK]);
    assert_int_equal(world_status(world, "DELETE", path, mine.key, NULL), 204);
    for (size_t i = 0; i < route_count; i++) {
        if (is_native(&routes[i]) && names_an_app(&routes[i]) &&
            strstr(routes[i].pattern, "{webhook}") != NULL) {
            expect_404(world, &routes[i], mine.key, &mine, "deleted");
        }
    }
    snprintf(path, sizeof path, "/v1/apps/%s/keys/%s", mine.ids[APP], mine.ids[KEY]);
    assert_int_equal(world_status(world, "DELETE", path, mine.key, NULL), 204);
    for (size_t i = 0; i < route_count; i++) {
        if (is_native(&routes[i]) && strstr(routes[i].pattern, "{app}/keys/{key}") != NULL) {
            expect_404(world, &routes[i], mine.key, &mine, "deleted");
        }
    }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_scope),
        cmocka_unit_test(test_things),
        cmocka_unit_test(test_apps),
        cmocka_unit_test(test_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
