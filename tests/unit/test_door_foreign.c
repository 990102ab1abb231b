// Webhooks at the platforms' own doors that are another app's, were deleted or never made, or
// are spelled otherwise: each of the routes that name one gives them all the same bytes. A
// route that is added is asked too.

#include "api/routes.h"
#include "api/style.h"
#include "hook/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/places.h"

static const char somebody[] = "{\"name\":\"Till\"," URL "}";

// As a door spells an id; of whatever kind.
static void spell(const struct world *world, int door, int kind, int64_t id, char ret[160])
{
    if (door == NATIVE) {
        world_spell(world, kind, id, ret);
    } else if (door == DEVDRAFT) {
        id_text_hex(world_cipher(world), (enum id_kind)kind, id, style_pair_prefix, ret);
        ret[strlen(style_pair_prefix) + 32] = '\0';
    } else {
        id_text_padded(world_cipher(world), (enum id_kind)kind, id, style_sk_prefix,
                       STYLE_SK_WIDTH, ret);
    }
}

struct shop {
    char lines[PLACE_LINES_MAX]; // that show its key
    char webhook[160];           // as its door spells it
    int64_t webhook_id;
};

static void open_shop(struct world *world, int door, struct shop *ret)
{
    char app[160], key[PLACE_KEY_MAX], native[160];
    uint16_t n;

    world_app(world, places[door].profile, app);
    place_make_key(world, app, "", NULL, key);
    place_show(key, places[door].way, ret->lines);
    struct reply made = world_app_ask(world, "POST", app, "/webhooks", somebody);
    assert_int_equal(made.status, 201);
    snprintf(native, sizeof native, "%s", reply_text(&made, "id"));
    assert_true(id_parse(world_cipher(world), ID_WEBHOOK, native, strlen(native),
                         &ret->webhook_id, &n));
    spell(world, door, ID_WEBHOOK, ret->webhook_id, ret->webhook);
    reply_done(&made);
}

// Each of the door's routes that name a webhook; with a body, and with what is none.
static void expect_nothing(struct world *world, int door, const char *lines,
                           const char *webhook, const char *what)
{
    static const char *const bodies[] = {"{}", "{", NULL};
    static const char details[] = "there is no such thing, or it is not the caller's";
    json_t *body =
        place_refusal(&places[door], 404, "Webhook not found", "Not Found", details);
    char unknown[160], why[300];

    spell(world, door, ID_WEBHOOK, INT64_C(0x7123456789abcdef), unknown);
    for (size_t i = 0; i < route_count * 3; i++) {
        const struct route *route = &routes[i / 3];
        if (!place_has(&places[door], route) || !names_a_webhook(route)) {
            continue;
        }
        struct reply as = place_ask(world, route, unknown, lines, bodies[i % 3]);
        assert_int_equal(as.status, 404);
        assert_true(json_equal(as.json, body));
        struct reply reply = place_ask(world, route, webhook, lines, bodies[i % 3]);
        snprintf(why, sizeof why, "%s %s (%s)", route->method, route->pattern, what);
        expect_same(&reply, &as, why);
        reply_done(&reply);
        reply_done(&as);
    }
    json_decref(body);
}

static void test_foreign(void **state)
{
    struct world *world = world_new();

    (void)state;
    for (int door = DEVDRAFT; door < DOORS; door++) {
        int other = door == DEVDRAFT ? YOCO : DEVDRAFT;
        struct shop mine, theirs, others;
        open_shop(world, door, &mine);
        open_shop(world, door, &theirs);
        open_shop(world, other, &others);
        expect_nothing(world, door, mine.lines, theirs.webhook, "foreign");
        expect_nothing(world, door, mine.lines, others.webhook, "of the other platform");
        spell(world, door, ID_WEBHOOK, others.webhook_id, others.webhook);
        expect_nothing(world, door, mine.lines, others.webhook, "its, spelled as here");
    }
    world_free(world);
}

// My own webhook by names that are not this door's.
static void test_spellings(void **state)
{
    struct world *world = world_new();

    (void)state;
    for (int door = DEVDRAFT; door < DOORS; door++) {
        struct shop mine;
        char name[161];
        open_shop(world, door, &mine);
        for (int kind = ID_NONE; kind < ID_KINDS_COUNT; kind++) {
            if (kind != ID_WEBHOOK) {
                spell(world, door, kind, mine.webhook_id, name);
                expect_nothing(world, door, mine.lines, name, "of another kind");
            }
        }
        for (int other = NATIVE; other < DOORS; other++) {
            if (other != door) {
                spell(world, other, ID_WEBHOOK, mine.webhook_id, name);
                expect_nothing(world, door, mine.lines, name, "as another door spells it");
            }
        }
        for (size_t i = 0; mine.webhook[i] != '\0'; i++) { // each character in turn
            snprintf(name, sizeof name, "%s", mine.webhook);
            name[i] = name[i] == '0' ? '1' : '0';
            expect_nothing(world, door, mine.lines, name, "forged");
        }
        for (size_t len = 1; len < strlen(mine.webhook); len += 7) {
            snprintf(name, sizeof name, "%.*s", (int)len, mine.webhook);
            expect_nothing(world, door, mine.lines, name, "cut short");
        }
        snprintf(name, sizeof name, "%s0", mine.webhook);
        expect_nothing(world, door, mine.lines, name, "too long");
    }
    world_free(world);
}

// What is its own is found, by each route; once it was deleted it was never there.
static void test_deleted(void **state)
{
    struct world *world = world_new();

    (void)state;
    for (int door = DEVDRAFT; door < DOORS; door++) {
        struct shop mine;
        open_shop(world, door, &mine);
        for (size_t i = 0; i < route_count; i++) {
            const struct route *route = &routes[i];
            if (place_has(&places[door], route) && names_a_webhook(route)) {
                struct reply reply =
                    place_ask(world, route, mine.webhook, mine.lines, somebody);
                assert_int_equal(reply.status, 200);
                reply_done(&reply);
            }
        }
        expect_nothing(world, door, mine.lines, mine.webhook, "deleted");
    }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
