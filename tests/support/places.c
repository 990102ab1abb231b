#include "api/key_text.h"
#include "api/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/places.h"

const struct place places[DOORS] = {
    [NATIVE] = {"/v1/",
                "standard",
                {"ph_live_", "ph_test_", "ck_live_", "ck_test_", "sk_live_", "sk_test_"},
                BEARER,
                401},
    [DEVDRAFT] = {"/api/v0/", "devdraft", {"ck_live_", "ck_test_"}, PAIR_OF_HEADERS, 401},
    [YOCO] = {"/api/webhooks", "yoco", {"sk_live_", "sk_test_"}, BEARER, 403},
};

bool place_has(const struct place *place, const struct route *route)
{
    return strncmp(route->pattern, place->prefix, strlen(place->prefix)) == 0;
}

bool names_a_webhook(const struct route *route)
{
    return strstr(route->pattern, "{webhook}") != NULL;
}

// The route's path with that webhook; other names stand for themselves.
static void path_of(const struct route *route, const char *webhook, char ret[600])
{
    const char *at = strstr(route->pattern, "{webhook}");

    if (at == NULL) {
        snprintf(ret, 600, "%s", route->pattern);
    } else {
        snprintf(ret, 600, "%.*s%s%s", (int)(at - route->pattern), route->pattern, webhook,
                 at + strlen("{webhook}"));
    }
}

// What follows a key's look-up part: the separator, the secret and the CRC.
static const char *half_of(const char *text)
{
    return text + strlen(text) - KEY_SECRET_LEN - KEY_CRC_LEN - 1;
}

void place_show(const char *key, enum way way, char ret[PLACE_LINES_MAX])
{
    const char *half = half_of(key);

    if (way == BEARER) {
        snprintf(ret, PLACE_LINES_MAX, "Authorization: Bearer %s\r\n", key);
    } else {
        snprintf(ret, PLACE_LINES_MAX, "x-client-key: %.*s\r\nx-client-secret: %s\r\n",
                 (int)(half - key), key, half + 1);
    }
}

void place_make_key(struct world *world, const char *app, const char *more, char ret_id[160],
                    char ret[PLACE_KEY_MAX])
{
    char body[300];

    snprintf(body, sizeof body, "{\"name\":\"Till\"%s}", more);
    struct reply made = world_app_ask(world, "POST", app, "/keys", body);
    assert_int_equal(made.status, 201);
    bool is_whole = reply_text(&made, "key")[0] != '\0';
    snprintf(ret, PLACE_KEY_MAX, "%s%s%s", reply_text(&made, is_whole ? "key" : "client_key"),
             is_whole ? "" : ".", reply_text(&made, "client_secret"));
    if (ret_id != NULL) {
        snprintf(ret_id, 160, "%s", reply_text(&made, "id"));
    }
    reply_done(&made);
}

// Without what differs from one answer to the next: what is left of a limit, and the clock.
static void write_head(const struct reply *reply, char ret[4096])
{
    static const char *const others[] = {"Date:", "RateLimit", "X-RateLimit-"};
    size_t len = 0;

    for (const char *at = reply->head; *at != '\0';) {
        size_t line = strcspn(at, "\n") + 1;
        bool is_other = false;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            is_other = is_other || strncmp(at, others[i], strlen(others[i])) == 0;
        }
        if (!is_other) {
            memcpy(ret + len, at, line);
            len += line;
        }
        at += line;
    }
    ret[len] = '\0';
}

void expect_same(const struct reply *reply, const struct reply *as, const char *what)
{
    char head[2][4096];

    write_head(reply, head[0]);
    write_head(as, head[1]);
    if (strcmp(head[0], head[1]) != 0 || !json_equal(reply->json, as->json)) {
        char *text = json_dumps(reply->json, 0);
        fail_msg("%s: %s%s, not %s", what, head[0], text != NULL ? text : "", head[1]);
    }
}

json_t *place_refusal(const struct place *place, int status, const char *message,
                      const char *error, const char *details)
{
    if (place == &places[YOCO]) {
        return json_pack("{ss}", "message", details);
    }
    return json_pack("{si ss ss ss}", "statusCode", status, "message", message, "error",
                     error, "details", details);
}

struct reply place_ask(struct world *world, const struct route *route, const char *webhook,
                       const char *lines, const char *body)
{
    char path[600];
    bool reads = (route->flags & (ROUTE_BODY | ROUTE_RAW)) != 0;

    path_of(route, webhook, path);
    return world_ask(world, route->method, path, NULL, lines, reads ? body : NULL);
}
