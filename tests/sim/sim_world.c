#include "base/memory.h"
#include "engine/engine.h"
#include "hook/parcel.h"
#include "hook/seal.h"
#include "model.h"
#include "seeded.h"
#include "sim.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { HOUR_MS = 3600000, SAFETY_MS = 2 * HOUR_MS, STEPS_MAX = 400000, CHECK_EVERY = 1 };

uint64_t sim_random(struct sim *sim)
{
    return seeded_next(&sim->random);
}

int64_t sim_between(struct sim *sim, int64_t least, int64_t most)
{
    return least + (int64_t)(sim_random(sim) % (uint64_t)(most - least + 1));
}

bool sim_chance(struct sim *sim, int of_10000)
{
    return sim_between(sim, 0, 9999) < of_10000;
}

struct moment sim_now(const struct sim *sim)
{
    return (struct moment){sim->mono_ms, sim->mono_ms + sim->offset_ms};
}

int sim_worker_of(const struct sim *sim, int64_t webhook_id)
{
    return (int)(partition_of(webhook_id) % (uint32_t)sim->worker_count);
}

void sim_fail(struct sim *sim, const char *format, ...)
{
    va_list arguments;

    if (sim->has_failed)
        return;
    sim->has_failed = true;
    va_start(arguments, format);
    (void)vsnprintf(sim->why, sizeof sim->why, format, arguments);
    va_end(arguments);
}

void sim_trace(const struct sim *sim, const char *format, ...)
{
    va_list arguments;

    if (!sim->is_traced)
        return;
    printf("%12.3f ", (double)sim->mono_ms / 1000);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
}

struct message *sim_say(struct sim *sim, enum message_kind kind, int64_t at_ms)
{
    struct message *message = NEW(struct message);

    message->kind = kind;
    message->life = sim->life;
    heap_add(&sim->heap, &message->item, at_ms);
    return message;
}

static void message_free(struct message *message)
{
    if (message->kind == MESSAGE_OP || message->kind == MESSAGE_CARD)
        op_free(message->op);
    sim_news_free(message->news);
    hook_card_drop(message->card);
    free(message);
}

void sim_see_wall(struct sim *sim)
{
    if (sim_now(sim).wall_ms > sim->latest_wall_ms)
        sim->latest_wall_ms = sim_now(sim).wall_ms;
}

void sim_jump(struct sim *sim)
{
    int64_t by = sim_between(sim, -sim->faults.jump_max_ms, sim->faults.jump_max_ms);

    sim_see_wall(sim);
    if (by > 0)
        sim->jumped_ahead_ms += by;
    else
        sim->jumped_back_ms -= by;
    sim->offset_ms += by;
    sim_trace(sim, "the wall clock jumps by %lld ms", (long long)by);
}

static void fault(struct sim *sim)
{
    if (sim->is_calm)
        return;
    sim_say(sim, MESSAGE_FAULT, sim->mono_ms + sim_between(sim, 1000, 600000))->life = -1;
    if (!sim->is_up)
        return;
    if (sim_chance(sim, sim->faults.crash))
        sim_crash(sim);
    else if (sim_chance(sim, sim->faults.crash / 2))
        sim_stop(sim);
    else if (sim_chance(sim, sim->faults.jump))
        sim_jump(sim);
}

static void people(struct sim *sim)
{
    if (sim->is_calm)
        return;
    sim_say(sim, MESSAGE_PEOPLE, sim->mono_ms + sim_between(sim, 1000, 400000))->life = -1;
    if (sim->is_up && !sim->is_stopping && sim_chance(sim, sim->faults.people))
        sim_meddle(sim);
}

// From here on nothing goes wrong but receivers, some of which never answer well.
static void calm_down(struct sim *sim)
{
    sim->is_calm = true;
    sim->faults = (struct sim_faults){0};
    for (int i = 0; i < sim->hook_count; i++)
        sim->hooks[i].mood = sim_chance(sim, 5000) ? MOOD_FINE : MOOD_BROKEN;
    sim_trace(sim, "calm");
}

static void act(struct sim *sim, struct message *message)
{
    switch (message->kind) {
    case MESSAGE_PUBLISH: sim_publish(sim, (int)message->a); break;
    case MESSAGE_PEOPLE: people(sim); break;
    case MESSAGE_FAULT: fault(sim); break;
    case MESSAGE_GROUP: sim_group(sim); break;
    case MESSAGE_COMMITTED: sim_committed(sim); break;
    case MESSAGE_OP: sim_on_op(sim, message); break;
    case MESSAGE_NEWS: sim_on_news(sim, message->worker, message->news); break;
    case MESSAGE_CARD: sim_on_card(sim, message); break;
    case MESSAGE_OUTCOME: sim_on_outcome(sim, message); break;
    case MESSAGE_WAKE: sim_on_wake(sim, message); break;
    case MESSAGE_OUTAGE: sim_go_out(sim); break;
    case MESSAGE_WORK: sim_work(sim); break;
    case MESSAGE_START: sim_start(sim); break;
    case MESSAGE_STOP: sim_stop(sim); break;
    case MESSAGE_CALM: calm_down(sim); break;
    }
}

static void check(struct sim *sim)
{
    if (sim->steps % CHECK_EVERY)
        return;
    for (int i = 0; sim->is_up && i < sim->worker_count; i++)
        engine_check(sim->workers[i].engine);
}

static void fold(struct sim *sim, uint64_t value)
{
    sim->hash = (sim->hash ^ value) * UINT64_C(0x100000001b3);
}

static bool step(struct sim *sim)
{
    struct heap_item *first = heap_first(&sim->heap);
    struct message *message;

    if (!first || sim->has_failed)
        return false;
    message = container_of(first, struct message, item);
    heap_remove(&sim->heap, first);
    sim->mono_ms = first->key;
    if (message->kind != MESSAGE_WORK && !sim->is_working)
        sim->busy_ms = sim->mono_ms;
    if (message->life == -1 || message->life == sim->life) {
        fold(sim, (uint64_t)sim->mono_ms * 31 + (uint64_t)message->kind);
        act(sim, message);
        check(sim);
    }
    message_free(message);
    if ((int64_t)++sim->steps > sim->steps_max)
        sim_fail(sim, "no end after %d steps: something goes round in circles", STEPS_MAX);
    return true;
}

static void draw_faults(struct sim *sim)
{
    bool jumps = sim_chance(sim, 4000);

    sim->faults = (struct sim_faults){
        .crash = sim_chance(sim, 6000) ? (int)sim_between(sim, 0, 6000) : 0,
        .full = sim_chance(sim, 5000) ? (int)sim_between(sim, 0, 2000) : 0,
        .slow_commit = sim_chance(sim, 5000) ? (int)sim_between(sim, 0, 1000) : 0,
        .local = sim_chance(sim, 5000) ? (int)sim_between(sim, 0, 2000) : 0,
        .jump = jumps ? (int)sim_between(sim, 500, 5000) : 0,
        .jump_max_ms = sim_chance(sim, 5000) ? 60000 : 4 * HOUR_MS,
        .people = sim_chance(sim, 7000) ? (int)sim_between(sim, 500, 9000) : 0,
    };
    sim->lane_memory = sim_chance(sim, 5000) ? 1024 : sim_between(sim, 16, 24);
    sim->checks_order = !jumps && sim->lane_memory == 1024;
}

void sim_begin(struct sim *sim, uint64_t seed, bool is_traced)
{
    static const char key[] = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    static const unsigned char id_key[ID_KEY_LEN] = {7};
    char line[80];

    *sim = (struct sim){
        .seed = seed, .random = seed, .is_traced = is_traced, .steps_max = STEPS_MAX};
    sim->offset_ms = INT64_C(1750000000000);
    sim->hash = UINT64_C(0xcbf29ce484222325);
    sim->cipher = id_cipher_new(id_key);
    (void)snprintf(line, sizeof line, "k1 %s primary\n", key);
    if (keyring_parse(line, strlen(line), &sim->keyring, NULL) != ERR_OK ||
        store_model.open("model:", 0, &sim->store, NULL) != ERR_OK)
        abort();
    sim->reader = store_model.reader_new(sim->store, NULL);
    news_init(&sim->news);
}

void sim_play(struct sim *sim)
{
    model_defer(sim->store);
    sim_start(sim);
    while (step(sim)) {
    }
    if (!sim->has_failed)
        truth_check_end(sim);
    fold(sim, model_hash(sim->store));
}

bool sim_run(struct sim *sim, uint64_t seed, bool is_traced)
{
    sim_begin(sim, seed, is_traced);
    draw_faults(sim);
    sim_settle_in(sim);
    sim_say(sim, MESSAGE_FAULT, sim_between(sim, 0, 60000))->life = -1;
    sim_say(sim, MESSAGE_PEOPLE, sim_between(sim, 0, 60000))->life = -1;
    sim_say(sim, MESSAGE_CALM, SAFETY_MS)->life = -1;
    sim_play(sim);
    return !sim->has_failed;
}

static void free_all(struct map *map)
{
    struct map_key key;
    void *value;

    for (size_t at = 0; map_next(map, &at, &key, &value);)
        free(value);
    map_done(map);
}

void sim_done(struct sim *sim)
{
    struct heap_item *first;

    sim_free_engines(sim);
    while ((first = heap_first(&sim->heap))) {
        heap_remove(&sim->heap, first);
        message_free(container_of(first, struct message, item));
    }
    heap_done(&sim->heap);
    sim_drop_ops(sim, true);
    news_done(&sim->news);
    for (int i = 0; i < sim->app_count; i++)
        for (int w = 0; w < WORKERS_MAX; w++)
            app_card_drop(sim->apps[i].doors[w]);
    free_all(&sim->deliveries);
    free_all(&sim->flights);
    free(sim->requests);
    free(sim->cuts);
    store_model.reader_free(sim->reader);
    store_model.close(sim->store);
    keyring_free(sim->keyring);
    id_cipher_free(sim->cipher);
}
