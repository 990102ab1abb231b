#include "engine_world.h"

#include "base/buf.h"
#include "base/error.h"
#include "base/memory.h"
#include "hook/card.h"
#include "hook/event.h"
#include "hook/id.h"
#include "hook/seal.h"
#include "hook/wire.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char plain[] =
    "{\"format\":1,\"name\":\"plain\",\"body\":{\"form\":\"payload\"},\"headers\":[],"
    "\"received\":[\"2xx\"],\"timeout\":\"10s\",\"waits\":[\"5s\",\"10s\"],\"open\":true,"
    "\"on\":{\"410\":\"disable\"},\"retry_after\":true,"
    "\"register\":{\"secret\":{\"from\":\"none\",\"show\":\"never\"}}}";

static void on_settle(void *world, struct settle *settle)
{
    struct world *w = world;

    assert(w->settle_count < WORLD_NOTES);
    w->settles[w->settle_count++] = settle;
}

static void on_park(void *world, struct parcel *first)
{
    struct world *w = world;

    for (struct parcel *parcel = first; parcel; parcel = parcel->next)
        w->parked[w->parked_count++] = parcel->event_id;
    parcel_free_all(first);
}

static void on_claim(void *world, const struct claim *claim)
{
    struct world *w = world;

    assert(w->claim_count < WORLD_NOTES);
    w->claims[w->claim_count++] = *claim;
}

static void on_behind(void *world, int64_t webhook_id)
{
    (void)webhook_id;
    ((struct world *)world)->behind_count++;
}

static void on_card(void *world, int64_t app_id, int64_t webhook_id)
{
    (void)app_id, (void)webhook_id;
    ((struct world *)world)->card_count++;
}

static void on_send(void *world, uint64_t exchange, const struct wire *wire, int64_t event_id,
                    uint16_t n, uint16_t number)
{
    struct world *w = world;

    (void)n;
    assert(w->send_count < WORLD_NOTES);
    w->sends[w->send_count++] = (struct world_send){exchange, wire, event_id, number};
}

static void on_sent(void *world, uint64_t exchange)
{
    (void)exchange;
    ((struct world *)world)->sent_count++;
}

static void on_abort(void *world, uint64_t exchange)
{
    (void)exchange;
    ((struct world *)world)->abort_count++;
}

static void on_wake_at(void *world, int64_t mono_ms)
{
    ((struct world *)world)->wake_at_ms = mono_ms;
}

static uint64_t on_dice(void *world)
{
    (void)world;
    return 4;
}

void world_profile(struct world *world, const char *text, size_t len)
{
    struct profile *profile;
    struct error error;

    if (profile_load("profile", text, len, &profile, &error) != ERR_OK) {
        (void)fprintf(stderr, "%s: %s\n", error.field, error.text);
        abort();
    }
    profile_set_add(&world->profiles, profile);
    world->profile = profile->name;
}

// A signing secret as the profile would make it, sealed; 0: it has none.
static size_t make_secret(const struct world *world, int64_t app_id, struct secret_row *ret,
                          struct buf *sealed)
{
    const struct profile *profile = profile_set_find(&world->profiles, world->profile);
    const unsigned char dice[PROFILE_SECRET_DICE] = {1};
    const unsigned char nonce[SEAL_NONCE_LEN] = {1};
    struct seal_place place = seal_place_of_secret(99, app_id);
    char text[PROFILE_SECRET_MAX] = "a-token-that-a-person-gave";

    if (profile->secret_from == SECRET_FROM_NONE)
        return 0;
    if (profile->secret_make_bytes)
        profile_make_secret(profile, dice, text);
    seal(world->keyring, &place, nonce, text, strlen(text), sealed);
    *ret = (struct secret_row){.id = 99,
                               .app_id = app_id,
                               .kind = SECRET_SIGNING,
                               .version = 1,
                               .sealed = sealed->data};
    return 1;
}

struct world *world_new(const struct engine_limits *limits)
{
    static const struct engine_limits roomy = {.in_flight_max = 1024,
                                               .lane_memory = 1024,
                                               .blob_budget = 16 << 20,
                                               .park_ms = 60000,
                                               .time_scale = 1};
    static const unsigned char key[ID_KEY_LEN] = {1};
    struct world *world = NEW(struct world);
    struct engine_ports ports = {world,   on_settle, on_park,  on_claim,   on_behind, on_card,
                                 on_send, on_sent,   on_abort, on_wake_at, on_dice};
    static const char line[] = "k1 MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= primary\n";

    if (keyring_parse(line, strlen(line), &world->keyring, NULL) != ERR_OK)
        abort();
    world_profile(world, plain, strlen(plain));
    world->cipher = id_cipher_new(key);
    world->now = (struct moment){1000, 1700000000000};
    world->wake_at_ms = INT64_MAX;
    world->engine = engine_new(&ports, limits ? limits : &roomy, world->cipher);
    return world;
}

void world_free(struct world *world)
{
    world_check(world);
    engine_free(world->engine);
    for (size_t i = 0; i < world->settle_count; i++)
        settle_free(world->settles[i]);
    profile_set_done(&world->profiles);
    id_cipher_free(world->cipher);
    keyring_free(world->keyring);
    free(world);
}

void world_check(struct world *world)
{
    engine_check(world->engine);
}

struct parcel *world_parcel(int64_t event_id, int64_t webhook_id, int64_t app_id)
{
    struct parcel *parcel = NEW(struct parcel);
    struct event *event = event_new(2);

    event->id = event_id;
    event->app_id = app_id;
    memcpy(event->body, "{}", 2);
    event->payload_len = 2;
    parcel->event_id = event_id;
    parcel->webhook_id = webhook_id;
    parcel->app_id = app_id;
    parcel->event = event;
    return parcel;
}

void world_arrive(struct world *world, struct parcel *parcel)
{
    if (!parcel->due_wall_ms)
        parcel->due_wall_ms = world->now.wall_ms;
    engine_on_arrivals(world->engine, world->now, parcel);
    world_check(world);
}

void world_card(struct world *world, int64_t webhook_id, int64_t app_id, const char *host,
                int in_flight_max)
{
    char url[64];
    char settings[64];
    struct webhook_row row = {.id = webhook_id,
                              .app_id = app_id,
                              .url = url,
                              .settings = settings,
                              .version = 1,
                              .state = WEBHOOK_ENABLED};
    struct secret_row secret;
    struct buf sealed;
    size_t secret_count;
    struct hook_card *card;
    struct error error;

    buf_init(&sealed, 4096);
    secret_count = make_secret(world, app_id, &secret, &sealed);
    (void)snprintf(url, sizeof url, "https://%s/", host);
    (void)snprintf(settings, sizeof settings,
                   world->per_second_max ? "{\"in_flight_max\":%d,\"per_second_max\":%d}"
                                         : "{\"in_flight_max\":%d}",
                   in_flight_max, world->per_second_max);
    if (hook_card_new(&world->profiles, world->keyring, "test", world->profile, &row, &secret,
                      secret_count, &card, &error) != ERR_OK) {
        (void)fprintf(stderr, "%s: %s\n", error.field, error.text);
        abort();
    }
    buf_done(&sealed);
    engine_on_card(world->engine, world->now, webhook_id, card);
    world_check(world);
}

static void end(struct world *world, size_t send, enum outcome_error error, int status)
{
    struct outcome outcome = {.error = error,
                              .status = status,
                              .detail = "",
                              .head = "",
                              .body = "",
                              .remote = "",
                              .retry_after_ms = -1};

    engine_on_outcome(world->engine, world->now, world->sends[send].exchange, &outcome);
    world_check(world);
}

void world_answer(struct world *world, size_t send, int status)
{
    end(world, send, OUTCOME_NONE, status);
}

void world_fail(struct world *world, size_t send, enum outcome_error error)
{
    end(world, send, error, 0);
}

void world_settle(struct world *world, size_t settle, enum settle_result result)
{
    struct settle *given = world->settles[settle];

    world->settles[settle] = NULL;
    engine_on_settled(world->engine, world->now, given, result);
    world_check(world);
}

void world_wait(struct world *world, int64_t ms)
{
    world->now.mono_ms += ms;
    world->now.wall_ms += ms;
    engine_on_timer(world->engine, world->now);
    world_check(world);
}

struct claimed world_claimed(int64_t webhook_id, int64_t first_event, size_t count,
                             int64_t due_wall_ms, int64_t wait_ms)
{
    struct claimed claimed = {.webhook_id = webhook_id,
                              .count = count,
                              .reached_end = true,
                              .next_due_wall_ms = INT64_MAX};

    for (size_t i = count; i-- > 0;) {
        struct parcel *parcel = world_parcel(first_event + (int64_t)i, webhook_id, 3);
        parcel->is_parked = true;
        parcel->due_wall_ms = due_wall_ms;
        parcel->wait_ms = wait_ms;
        parcel->next = claimed.parcels;
        claimed.parcels = parcel;
    }
    if (count)
        claimed.last = (struct lane_place){due_wall_ms, first_event + (int64_t)count - 1, 0};
    return claimed;
}

void world_on_claimed(struct world *world, struct claimed claimed)
{
    engine_on_claimed(world->engine, world->now, &claimed);
    world_check(world);
}

void world_note(struct world *world, int64_t webhook_id, int64_t due_in_ms)
{
    struct lane_due due = {webhook_id, 3, world->now.wall_ms + due_in_ms};

    engine_on_lanes(world->engine, world->now, &due, 1);
    world_check(world);
}
