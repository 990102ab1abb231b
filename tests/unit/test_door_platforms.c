// Who may do what at each door, asked of every row of the table of routes: with a key of
// every form, shown either way, in every state; and behind the platforms' own doors with a
// key of each scope. A route that is added is asked too.

#include "api/key_text.h"
#include "api/routes.h"
#include "base/clock.h"
#include "base/text.h"
#include "hook/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/places.h"

enum { HOUR_MS = 3600000, FAILURE_MS = 3001 };
// --- keys ---

struct key {
    char text[PLACE_KEY_MAX]; // as a bearer
    bool is_dead;
};

static bool opens(const struct key *key, enum way way, const struct place *place)
{
    bool is_of_form = false;

    for (size_t i = 0; i < 6 && place->forms[i] != NULL; i++) {
        size_t len = strlen(place->forms[i]);
        is_of_form = is_of_form || strncmp(key->text, place->forms[i], len) == 0;
    }
    return is_of_form && way == place->way && !key->is_dead;
}

// --- which key opens which door ---

// Of three apps, one of each form: a live key, a test key, one that was deleted, and one that
// has ended. Beside them the operator's, and one that nobody has.
static size_t make_keys(struct world *world, struct key ret[DOORS * 4 + 2])
{
    unsigned char dice[KEY_DICE] = "dice that were thrown for nobody's key at all: not a row";
    char app[160], id[160], path[400], at[TEXT_TIME_MAX], more[100];
    struct key_parts parts;
    size_t count = 0;

    text_time(at, clock_now().wall_ms + HOUR_MS, 3);
    snprintf(more, sizeof more, ",\"expires_at\":\"%s\"", at);
    for (size_t i = 0; i < DOORS; i++) {
        world_app(world, places[i].profile, app);
        place_make_key(world, app, "", NULL, ret[count++].text);
        place_make_key(world, app, ",\"mode\":\"test\"", NULL, ret[count++].text);
        place_make_key(world, app, more, NULL, ret[count].text);
        ret[count++].is_dead = true;
        place_make_key(world, app, "", id, ret[count].text);
        ret[count++].is_dead = true;
        snprintf(path, sizeof path, "/keys/%s", id);
        struct reply gone = world_app_ask(world, "DELETE", app, path, NULL);
        assert_int_equal(gone.status, 204);
        reply_done(&gone);
    }
    snprintf(ret[count++].text, PLACE_KEY_MAX, "%s", world_operator(world));
    key_text_make("sk_live_", '_', dice, ret[count].text, &parts);
    ret[count++].is_dead = true;
    world_skip_ms(world, 2 * HOUR_MS);
    return count;
}

// A stranger hears the same whatever the key is that does not open the door.
static void knock(struct world *world, const struct route *route, const struct place *place,
                  const struct key *key, enum way way, const struct reply *stranger)
{
    char lines[PLACE_LINES_MAX], what[300];

    place_show(key->text, way, lines);
    snprintf(what, sizeof what, "%s %s with %.8s…, shown the way %d%s", route->method,
             route->pattern, key->text, (int)way, key->is_dead ? ", dead" : "");
    struct reply reply = place_ask(world, route, "unknown", lines, "{}");
    json_object_del(reply.json, "instance");
    if (!opens(key, way, place)) {
        expect_same(&reply, stranger, what);
        world_skip_ms(world, FAILURE_MS);
    } else if (reply.status == 401 || reply.status == 429 || reply.status >= 500 ||
               json_equal(reply.json, stranger->json)) {
        fail_msg("%s: %d", what, reply.status);
    }
    reply_done(&reply);
}

static void test_every_key(void **state)
{
    struct world *world = world_new();
    struct key keys[DOORS * 4 + 2] = {0};
    size_t count = make_keys(world, keys);

    (void)state;
    for (size_t i = 0; i < route_count * DOORS; i++) {
        const struct route *route = &routes[i / DOORS];
        const struct place *place = &places[i % DOORS];
        if (!place_has(place, route) || (route->flags & ROUTE_OPEN) != 0) {
            continue;
        }
        struct reply stranger = place_ask(world, route, "unknown", "", "{}");
        json_object_del(stranger.json, "instance");
        assert_int_equal(stranger.status, place->stranger);
        world_skip_ms(world, FAILURE_MS);
        for (size_t n = 0; n < count * WAYS; n++) {
            knock(world, route, place, &keys[n / WAYS], (enum way)(n % WAYS), &stranger);
        }
        reply_done(&stranger);
    }
    world_free(world);
}

// --- scopes ---

static void ask_with(struct world *world, const struct route *route,
                     const struct place *place, const char *lines, uint32_t scope)
{
    struct reply reply = place_ask(world, route, "unknown", lines, "{}");
    char details[200];

    if (!scope_allows(scope, route->scope)) {
        snprintf(details, sizeof details, "the key lacks the scope %s",
                 scope_text((enum scope)route->scope));
        json_t *same = place_refusal(place, 403, "Insufficient scope", "Forbidden", details);
        assert_int_equal(reply.status, 403);
        assert_true(json_equal(reply.json, same));
        json_decref(same);
    } else if (reply.status == 401 || reply.status == 403 || reply.status >= 500) {
        fail_msg("%s %s with %s: %d", route->method, route->pattern,
                 scope_text((enum scope)scope), reply.status);
    }
    reply_done(&reply);
}

static void test_every_scope(void **state)
{
    struct world *world = world_new();

    (void)state;
    for (size_t door = DEVDRAFT; door < DOORS; door++) {
        char app[160], key[PLACE_KEY_MAX], lines[PLACE_LINES_MAX], more[100];
        world_app(world, places[door].profile, app);
        for (unsigned bit = 0; bit < 32; bit++) {
            uint32_t scope = bit == 0 ? 0 : UINT32_C(1) << bit; // bit 0, the operator's: none
            const char *text = scope_text((enum scope)scope);
            if (bit != 0 && text == NULL) {
                continue;
            }
            const char *quote = text != NULL ? "\"" : "";
            snprintf(more, sizeof more, ",\"scopes\":[%s%s%s]", quote,
                     text != NULL ? text : "", quote);
            place_make_key(world, app, more, NULL, key);
            place_show(key, places[door].way, lines);
            for (size_t i = 0; i < route_count; i++) {
                if (place_has(&places[door], &routes[i])) {
                    ask_with(world, &routes[i], &places[door], lines, scope);
                }
            }
        }
    }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key),
        cmocka_unit_test(test_every_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
