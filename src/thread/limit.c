#include "thread/limit.h"

#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

// An owner's place is one of the first so many from where its number falls: one cache line
// or two.
enum { PROBES = 8 };
static const int64_t moving = -1; // instead of a time: the place is changing hands
static const int64_t end_of_time_ms = INT64_MAX / 2000000; // in nanoseconds it still fits

struct place {
    atomic_uint_fast64_t owner; // 0: nobody yet
    _Atomic int64_t due_ns;
};

struct limit_table {
    uint64_t seed;
    size_t mask;
    pthread_mutex_t newcomers;
    struct place places[];
};

struct limit_table *limit_table_new(size_t places, uint64_t seed)
{
    size_t count = PROBES;

    while (count < places)
        count *= 2;
    struct limit_table *table = memory_new(sizeof *table + count * sizeof table->places[0]);
    table->seed = seed;
    table->mask = count - 1;
    int failed = pthread_mutex_init(&table->newcomers, NULL);
    assert(!failed);
    return table;
}

void limit_table_free(struct limit_table *table)
{
    if (!table)
        return;
    pthread_mutex_destroy(&table->newcomers);
    free(table);
}

// One to one, so that two owners never become one; spread by the seed.
static uint64_t mix(uint64_t bits)
{
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111ebu;
    return bits ^ bits >> 31;
}

static struct place *place_at(struct limit_table *table, uint64_t owner, size_t probe)
{
    return &table->places[(owner + probe) & table->mask];
}

static struct place *find(struct limit_table *table, uint64_t owner)
{
    for (size_t i = 0; i < PROBES; i++) {
        struct place *place = place_at(table, owner, i);
        if (atomic_load(&place->owner) == owner)
            return place;
    }
    return NULL;
}

// Takes the place from an owner whose allowance is whole again. Takers that still look at it
// fail: the word is another one from now on, because it grows.
static bool hand_over(struct place *place, uint64_t owner, int64_t now_ns)
{
    int64_t due_ns = atomic_load(&place->due_ns);
    bool was_used = atomic_load(&place->owner) != 0;

    if ((was_used && due_ns >= now_ns) ||
        !atomic_compare_exchange_strong(&place->due_ns, &due_ns, moving))
        return false;
    atomic_store(&place->owner, owner);
    atomic_store(&place->due_ns, due_ns + was_used);
    return true;
}

// NULL: every place that the owner may have is held.
static struct place *settle_in(struct limit_table *table, uint64_t owner, int64_t now_ns)
{
    pthread_mutex_lock(&table->newcomers);
    struct place *place = find(table, owner); // another thread may have been faster
    for (size_t i = 0; i < PROBES && !place; i++) {
        struct place *other = place_at(table, owner, i);
        if (hand_over(other, owner, now_ns))
            place = other;
    }
    pthread_mutex_unlock(&table->newcomers);
    return place;
}

// What is left when the next request is so early.
static void describe(const struct rate *rate, int64_t early_ns, struct taken *ret)
{
    const int64_t second_ns = 1000000000;
    int64_t whole_ns = rate->interval_ns * rate->burst;

    *ret = (struct taken){
        .burst = rate->burst,
        .window_s = (whole_ns + second_ns - 1) / second_ns,
        .left = early_ns < whole_ns ? (whole_ns - early_ns) / rate->interval_ns : 0,
        .wait_s = (early_ns + second_ns - 1) / second_ns,
    };
}

enum verdict { TAKEN, REFUSED, PLACE_LOST };

// owner 0: whoever's the place is. The time is read before the owner: had the place changed
// hands after that, the exchange would fail.
static enum verdict take(struct place *place, uint64_t owner, const struct rate *rate,
                         int64_t now_ns, struct taken *ret)
{
    int64_t due_ns = atomic_load(&place->due_ns);

    if (due_ns == moving || (owner && atomic_load(&place->owner) != owner))
        return PLACE_LOST;
    int64_t next_ns = due_ns > now_ns ? due_ns : now_ns;
    int64_t late_ns = next_ns - now_ns - (rate->burst - 1) * rate->interval_ns;
    if (late_ns > 0) {
        describe(rate, rate->burst * rate->interval_ns, ret);
        ret->wait_s = (late_ns + 999999999) / 1000000000;
        return REFUSED;
    }
    if (!atomic_compare_exchange_strong(&place->due_ns, &due_ns, next_ns + rate->interval_ns))
        return PLACE_LOST;
    describe(rate, next_ns + rate->interval_ns - now_ns, ret);
    return TAKEN;
}

bool limit_take(struct limit_table *table, uint64_t who, const struct rate *rate,
                int64_t mono_ms, struct taken *ret)
{
    uint64_t owner = mix(who ^ table->seed);
    int64_t now_ns = (mono_ms < end_of_time_ms ? mono_ms : end_of_time_ms) * 1000000;
    enum verdict verdict;

    assert(rate->interval_ns > 0 && rate->burst > 0);
    owner += owner == 0; // 0 is nobody
    do {
        struct place *place = find(table, owner);
        if (!place)
            place = settle_in(table, owner, now_ns);
        verdict = place ? take(place, owner, rate, now_ns, ret)
                        : take(place_at(table, owner, 0), 0, rate, now_ns, ret);
    } while (verdict == PLACE_LOST);
    return verdict == TAKEN;
}
