// Those who publish events, and those who change, retry and cancel.

#include "base/buf.h"
#include "base/memory.h"
#include "hook/seal.h"
#include "model.h"
#include "sim.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { BURST_MAX = 25, REPEAT_MS = 30000, TRIES_MAX = 3 };

int64_t sim_mint(struct sim *sim, int door)
{
    return minter_next(&sim->minters[door], sim_now(sim).wall_ms);
}

// Before the process runs: done at once.
static void apply_now(struct sim *sim, struct op *op)
{
    struct news news;

    news_init(&news);
    if (store_model.apply(sim->store, &op, 1, sim_now(sim).wall_ms, &news) != STORE_DONE ||
        op->result != OP_DONE)
        abort();
    news_done(&news);
    op_free(op);
}

void sim_add_app(struct sim *sim, const struct profile *profile)
{
    struct sim_app *app = &sim->apps[sim->app_count++];
    struct op *op = op_new(OP_APP, 0, NULL);

    app->id = sim_mint(sim, 0);
    app->profile = profile;
    op->as.app.verb = VERB_CREATE;
    op->as.app.row =
        (struct app_row){.id = app->id, .name = "a", .profile = app->profile->name};
    apply_now(sim, op);
}

// A signing secret as the profile makes it, or as a person would give it.
static void add_secret(struct sim *sim, const struct sim_app *app, struct op *op)
{
    struct secret_row *row = &op->as.webhook.secrets[0];
    struct seal_place place;
    unsigned char dice[PROFILE_SECRET_DICE] = {0};
    unsigned char nonce[SEAL_NONCE_LEN] = {0};
    char text[PROFILE_SECRET_MAX] = "a-token-that-a-person-gave";
    struct buf sealed;

    if (app->profile->secret_from == SECRET_FROM_NONE)
        return;
    dice[0] = (unsigned char)sim_random(sim);
    nonce[0] = dice[0];
    if (app->profile->secret_make_bytes)
        profile_make_secret(app->profile, dice, text);
    *row = (struct secret_row){.id = sim_mint(sim, 0), .kind = SECRET_SIGNING};
    place = seal_place_of_secret(row->id, app->id);
    buf_init(&sealed, 4096);
    seal(sim->keyring, &place, nonce, text, strlen(text), &sealed);
    row->sealed = arena_copy(&op->arena, sealed.data, sealed.len);
    buf_done(&sealed);
    op->as.webhook.secret_count = 1;
}

static const char *hook_settings(struct arena *arena, const struct sim_hook *hook)
{
    const char *settings = arena_format(arena, "\"in_flight_max\":%d", hook->in_flight_max);

    if (hook->disable_after_days)
        settings = arena_format(arena, "%s,\"disable_after_days\":%d", settings,
                                hook->disable_after_days);
    if (hook->per_second_max)
        settings =
            arena_format(arena, "%s,\"per_second_max\":%d", settings, hook->per_second_max);
    if (hook->type)
        settings = arena_format(arena, "%s,\"events\":[\"%s\"]", settings, hook->type);
    return arena_format(arena, "{%s}", settings);
}

void sim_add_hook(struct sim *sim, struct sim_app *app, const struct sim_hook *like)
{
    struct sim_hook *hook = &sim->hooks[sim->hook_count++];
    struct op *op = op_new(OP_WEBHOOK, 0, NULL);

    *hook = *like;
    hook->id = sim_mint(sim, 0);
    hook->app = app;
    hook->version = hook->told_version = 1;
    list_init(&hook->waiting);
    op->as.webhook.verb = VERB_CREATE;
    op->as.webhook.row =
        (struct webhook_row){.id = hook->id,
                             .app_id = app->id,
                             .name = "w",
                             .url = arena_format(&op->arena, "https://h%d.example/in",
                                                 (int)sim_between(sim, 0, 3)),
                             .settings = hook_settings(&op->arena, hook)};
    op->as.webhook.now_ms = sim_now(sim).wall_ms;
    add_secret(sim, app, op);
    apply_now(sim, op);
}

static void draw_hook(struct sim *sim, struct sim_app *app)
{
    static const int in_flight[] = {1, 2, 4, 8, 64};
    static const int per_second[] = {0, 0, 0, 1, 5, PER_SECOND_MAX};
    struct sim_hook hook = {0};

    hook.in_flight_max = in_flight[sim_between(sim, 0, 4)];
    hook.mood = (enum mood)sim_between(sim, 0, MOODS - 1);
    hook.per_second_max = per_second[sim_between(sim, 0, 5)];
    hook.disable_after_days = app->profile->disables_failing && sim_chance(sim, 7000);
    if (app->profile->events == EVENTS_ONE)
        hook.type = app->profile->types[sim_between(sim, 0, 1)].name;
    sim_add_hook(sim, app, &hook);
}

static void add_requests(struct sim *sim)
{
    int bursts = (int)sim_between(sim, 1, 6);

    sim->requests = NEW_ARRAY(struct sim_request, (size_t)bursts * BURST_MAX);
    for (int b = 0; b < bursts; b++) {
        int64_t at = sim_between(sim, 0, 5400000);
        int count = (int)sim_between(sim, 1, sim_chance(sim, 5000) ? 3 : BURST_MAX);
        struct sim_app *app = &sim->apps[sim_between(sim, 0, sim->app_count - 1)];
        for (int i = 0; i < count; i++) {
            struct message *message =
                sim_say(sim, MESSAGE_PUBLISH, at + sim_between(sim, 0, 20) * i);
            message->life = -1;
            message->a = sim->request_count;
            sim->requests[sim->request_count++].app = app;
        }
    }
}

void sim_settle_in(struct sim *sim)
{
    int apps = (int)sim_between(sim, 1, APPS_MAX);

    sim->worker_count = (int)sim_between(sim, 1, WORKERS_MAX);
    for (int a = 0; a < apps; a++) {
        int hooks = (int)sim_between(sim, 1, 3);
        sim_add_app(
            sim, sim_profiles.profiles[sim_between(sim, 0, (int64_t)sim_profiles.count - 1)]);
        for (int h = 0; h < hooks && sim->hook_count < HOOKS_MAX; h++)
            draw_hook(sim, &sim->apps[a]);
    }
    add_requests(sim);
}

// publishing

static struct app_card *read_app_card(struct sim *sim, int64_t app_id)
{
    struct op *op = op_new(OP_APP_CARD, 0, NULL);
    struct app_card *card = NULL;

    op->as.app_card.id = app_id;
    store_model.read(sim->reader, op);
    if (op->result != OP_DONE ||
        app_card_new(&sim_profiles, &op->as.app_card.row, op->as.app_card.webhooks,
                     op->as.app_card.webhook_count, &card, NULL) != ERR_OK)
        abort();
    op_free(op);
    return card;
}

// The catalogue's own example is a payload that its profile takes.
static char *payload_of(struct sim *sim, struct sim_request *request)
{
    const struct profile *profile = request->app->profile;

    if (profile->type_count == 0)
        return memory_copy("{\"a\":1}", 7);
    if (!request->type && profile->events == EVENTS_ONE)
        request->type = &profile->types[sim_between(sim, 0, 1)];
    else if (!request->type)
        request->type =
            &profile->types[sim_between(sim, 0, (int64_t)profile->type_count - 1)];
    return json_dumps(request->type->example, JSON_COMPACT | JSON_ENCODE_ANY);
}

static struct op *plan(struct sim *sim, struct sim_request *request, const char *payload,
                       int door)
{
    struct op *op = op_new(OP_ACCEPT, door, request);
    const char *type = request->type ? request->type->name : "invoice.paid";
    struct event_request wanted = {
        .type = type, .type_len = strlen(type), .trigger = TRIGGER_SCHEDULED};
    ptrdiff_t number = request - sim->requests;
    struct error error;

    if (sim->seed % 4 == 0 && number % 2) { // half of all events have one of two keys
        wanted.order_key = number % 4 == 1 ? "a" : "b";
        wanted.order_key_len = 1;
    }

    if (json_check(payload, strlen(payload), &wanted.payload, &error) != ERR_OK ||
        intake_plan(request->app->doors[door], &wanted, sim_mint(sim, door),
                    sim_now(sim).wall_ms, sim->cipher, &op->as.accept.accept,
                    &error) != ERR_OK) {
        sim_fail(sim, "%s: the example was refused: %s: %s", request->app->profile->name,
                 error.field, error.text);
        op_free(op);
        return NULL;
    }
    if (!sim->outage_count) // the model looks through all keys
        op->as.accept.dedupe[0].kind = DEDUPE_HEADER;
    memcpy(op->as.accept.dedupe[0].key, &number, sizeof number);
    op->as.accept.now_ms = sim_now(sim).wall_ms;
    return op;
}

static void post(struct sim *sim, struct sim_request *request)
{
    int door = (int)sim_between(sim, 0, sim->worker_count - 1);
    char *payload = payload_of(sim, request);
    struct op *op;

    if (!request->app->doors[door])
        request->app->doors[door] = read_app_card(sim, request->app->id);
    op = plan(sim, request, payload, door);
    free(payload);
    if (op)
        sim_submit(sim, op);
}

// Until it has its answer a client posts again, with the same key.
void sim_publish(struct sim *sim, int number)
{
    struct sim_request *request = &sim->requests[number];
    struct message *again;

    if (request->event_id)
        return;
    again = sim_say(sim, MESSAGE_PUBLISH, sim->mono_ms + sim_between(sim, 5000, REPEAT_MS));
    again->life = -1;
    again->a = number;
    request->tries = 0;
    if (sim->is_up && !sim->is_stopping)
        post(sim, request);
}

void sim_published(struct sim *sim, struct op *op)
{
    struct sim_request *request = op->asker;

    switch (op->result) {
    case OP_DONE:
    case OP_REPLAY:
        if (request->event_id && request->event_id != op->as.accept.event_id)
            sim_fail(sim, "one key made two events");
        request->event_id = op->as.accept.event_id;
        break;
    case OP_STALE:
        app_card_drop(request->app->doors[op->worker]);
        request->app->doors[op->worker] = NULL;
        if (++request->tries <= TRIES_MAX && !sim->is_stopping)
            post(sim, request);
        break;
    case OP_FULL: break;
    default: sim_fail(sim, "an accept came to %d", (int)op->result);
    }
}

// changing

static struct op *read_hook(struct sim *sim, enum op_kind kind, int64_t app_id,
                            int64_t webhook_id)
{
    struct op *op = op_new(kind, 0, NULL);

    op->as.hook_card.app_id = app_id;
    op->as.hook_card.id = webhook_id;
    store_model.read(sim->reader, op);
    return op;
}

struct hook_card *sim_read_card(struct sim *sim, int64_t app_id, int64_t webhook_id)
{
    struct op *op = read_hook(sim, OP_HOOK_CARD, app_id, webhook_id);
    struct hook_card *card = NULL;
    struct error error;

    if (op->result == OP_DONE &&
        hook_card_new(&sim_profiles, sim->keyring, "Posthorn", op->as.hook_card.profile,
                      &op->as.hook_card.row, op->as.hook_card.secrets,
                      op->as.hook_card.secret_count, &card, &error) != ERR_OK)
        sim_fail(sim, "no card: %s", error.text);
    op_free(op);
    return card;
}

static void change_hook(struct sim *sim)
{
    struct sim_hook *hook = &sim->hooks[sim_between(sim, 0, sim->hook_count - 1)];
    struct op *old = read_hook(sim, OP_GET_WEBHOOK, hook->app->id, hook->id);
    struct op *op = op_new(OP_WEBHOOK, 0, NULL);
    struct webhook_row *row = &op->as.webhook.row;
    int64_t what = sim_between(sim, 0, 99);

    *row = old->as.hook_card.row;
    if (old->result == OP_DONE) {
        row->name = "w";
        row->reason = NULL;
        row->url = arena_copy(&op->arena, row->url, strlen(row->url));
        row->settings = arena_copy(&op->arena, row->settings, strlen(row->settings));
    }
    op->as.webhook.verb = what < 5 ? VERB_DELETE : VERB_UPDATE;
    op->as.webhook.if_version = -1;
    op->as.webhook.now_ms = sim_now(sim).wall_ms;
    if (what < 35)
        row->state = WEBHOOK_DISABLED;
    else if (what < 75)
        row->state = WEBHOOK_ENABLED;
    else
        add_secret(sim, hook->app, op);
    op->as.webhook.overlap_ms = hook->app->profile->secret_overlap_ms;
    if (old->result == OP_DONE) {
        sim_trace(sim, "change %d of hook %lld", (int)what, (long long)hook->id);
        sim_submit(sim, op);
    } else {
        op_free(op);
    }
    op_free(old);
}

static void ask_delivery(struct sim *sim, enum op_kind kind)
{
    const struct sim_request *request;
    struct op *op;

    if (sim->request_count == 0)
        return;
    request = &sim->requests[sim_between(sim, 0, sim->request_count - 1)];
    if (!request->event_id)
        return;
    op = op_new(kind, 0, NULL);
    op->as.delivery.app_id = request->app->id;
    op->as.delivery.event_id = request->event_id;
    op->as.delivery.n = (uint16_t)sim_between(sim, 0, 2);
    op->as.delivery.now_ms = sim_now(sim).wall_ms;
    sim_submit(sim, op);
}

void sim_meddle(struct sim *sim)
{
    int64_t what = sim_between(sim, 0, 99);
    struct sim_hook *hook = &sim->hooks[sim_between(sim, 0, sim->hook_count - 1)];

    if (what < 25)
        change_hook(sim);
    else if (what < 75)
        ask_delivery(sim, OP_RETRY);
    else if (what < 83)
        ask_delivery(sim, OP_CANCEL);
    else if (what < 90)
        sim_ask_job(sim);
    else
        hook->mood = (enum mood)sim_between(sim, 0, MOODS - 1);
}
