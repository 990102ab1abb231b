#include "store/runs.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 64 };

void runs_init(struct runs *runs, size_t rows_max)
{
    *runs = (struct runs){.rows_max = rows_max, .number = 1};
}

static void table_done(struct run_table *table)
{
    free(table->rows);
    free(table->slots);
    *table = (struct run_table){0};
}

void runs_done(struct runs *runs)
{
    table_done(&runs->newest);
    table_done(&runs->frozen);
    bloom_done(&runs->frozen_bloom);
    while (runs->complete_count)
        bloom_done(&runs->complete[--runs->complete_count].bloom);
    free(runs->complete);
    runs->complete = NULL;
}

// The key is a keyed hash's output, so any of its bits serve.
static size_t home(const struct run_table *table, const unsigned char key[16])
{
    uint64_t bits;

    memcpy(&bits, key, sizeof bits);
    return (size_t)(bits ^ bits >> 32) & (table->slot_cap - 1);
}

static bool is_of(const struct run_row *row, int64_t app_id, int kind,
                  const unsigned char key[16])
{
    return row->app_id == app_id && row->kind == kind &&
           memcmp(row->key, key, sizeof row->key) == 0;
}

static const struct run_row *table_find(const struct run_table *table, int64_t app_id,
                                        int kind, const unsigned char key[16])
{
    if (table->count == 0)
        return NULL;
    for (size_t at = home(table, key); table->slots[at];
         at = (at + 1) & (table->slot_cap - 1)) {
        const struct run_row *row = &table->rows[table->slots[at] - 1];
        if (is_of(row, app_id, kind, key))
            return row;
    }
    return NULL;
}

static void table_place(struct run_table *table, size_t place)
{
    size_t at = home(table, table->rows[place].key);

    while (table->slots[at])
        at = (at + 1) & (table->slot_cap - 1);
    table->slots[at] = (uint32_t)place + 1;
}

static void table_index(struct run_table *table)
{
    memset(table->slots, 0, table->slot_cap * sizeof *table->slots);
    for (size_t place = 0; place < table->count; place++)
        table_place(table, place);
}

// Rows and slots grow together; half of the slots stay free.
static void table_add(struct run_table *table, const struct run_row *row)
{
    if (table->count == table->cap) {
        table->cap = table->cap ? table->cap * 2 : FIRST_CAP;
        table->rows = memory_resize(table->rows, table->cap * sizeof *table->rows);
        table->slot_cap = table->cap * 2;
        free(table->slots);
        table->slots = NEW_ARRAY(uint32_t, table->slot_cap);
        table_index(table);
    }
    table->rows[table->count] = *row;
    table_place(table, table->count++);
}

void runs_add(struct runs *runs, const struct run_row *row)
{
    table_add(&runs->newest, row);
}

const struct run_row *runs_find(const struct runs *runs, int64_t app_id, int kind,
                                const unsigned char key[16])
{
    const struct run_row *row = table_find(&runs->newest, app_id, kind, key);

    return row ? row : table_find(&runs->frozen, app_id, kind, key);
}

static int by_key(const void *a, const void *b)
{
    const struct run_row *x = a;
    const struct run_row *y = b;
    int order = memcmp(x->key, y->key, sizeof x->key);

    if (order)
        return order;
    if (x->app_id != y->app_id)
        return x->app_id < y->app_id ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

static void freeze(struct runs *runs)
{
    table_done(&runs->frozen);
    runs->frozen = runs->newest;
    runs->newest = (struct run_table){0};
    qsort(runs->frozen.rows, runs->frozen.count, sizeof *runs->frozen.rows, by_key);
    table_index(&runs->frozen);
    bloom_init(&runs->frozen_bloom, runs->frozen.count);
    for (size_t i = 0; i < runs->frozen.count; i++)
        bloom_add(&runs->frozen_bloom, runs->frozen.rows[i].key);
    runs->written = 0;
}

void runs_mark(struct runs *runs)
{
    runs->mark_count = runs->newest.count;
    runs->mark_written = runs->written;
}

void runs_commit(struct runs *runs)
{
    if (runs->is_ended) {
        int64_t at_ms;
        int64_t last = runs_last(runs, NULL, &at_ms);

        runs_add_complete(runs, runs->number, last, at_ms, runs->frozen_bloom);
        runs->frozen_bloom = (struct bloom){0};
        table_done(&runs->frozen);
        runs->written = 0;
        runs->is_ended = false;
    }
    if (runs->frozen.count == 0 && runs->newest.count >= runs->rows_max)
        freeze(runs);
}

void runs_rollback(struct runs *runs)
{
    runs->is_ended = false;
    runs->written = runs->mark_written;
    if (runs->newest.count == runs->mark_count)
        return;
    runs->newest.count = runs->mark_count;
    table_index(&runs->newest);
}

const struct run_row *runs_next(const struct runs *runs)
{
    return runs->written < runs->frozen.count ? &runs->frozen.rows[runs->written] : NULL;
}

void runs_wrote(struct runs *runs)
{
    assert(runs->written < runs->frozen.count);
    runs->written++;
}

bool runs_is_full(const struct runs *runs)
{
    return runs->frozen.count && runs->written == runs->frozen.count && !runs->is_ended;
}

void runs_end(struct runs *runs)
{
    runs->is_ended = true;
}

int64_t runs_last(const struct runs *runs, int64_t *ret_first, int64_t *ret_at_ms)
{
    int64_t first = INT64_MAX;
    int64_t last = 0;
    int64_t at_ms = 0;

    for (size_t i = 0; i < runs->frozen.count; i++) {
        const struct run_row *row = &runs->frozen.rows[i];
        first = row->log_id < first ? row->log_id : first;
        last = row->log_id > last ? row->log_id : last;
        at_ms = row->at_ms > at_ms ? row->at_ms : at_ms;
    }
    if (ret_first)
        *ret_first = first;
    if (ret_at_ms)
        *ret_at_ms = at_ms;
    return last;
}

// Past the ceiling a run has no filter in memory, and is always looked into.
void runs_add_complete(struct runs *runs, int64_t number, int64_t last, int64_t at_ms,
                       struct bloom bloom)
{
    if (runs->bloom_bytes + bloom.len > RUN_BLOOMS_MAX)
        bloom_done(&bloom);
    runs->bloom_bytes += bloom.len;
    if (runs->complete_count == runs->complete_cap) {
        runs->complete_cap = runs->complete_cap ? runs->complete_cap * 2 : FIRST_CAP;
        runs->complete =
            memory_resize(runs->complete, runs->complete_cap * sizeof *runs->complete);
    }
    runs->complete[runs->complete_count++] = (struct run){number, last, at_ms, bloom};
    runs->number = number + 1;
}

void runs_drop_oldest(struct runs *runs)
{
    assert(runs->complete_count);
    runs->bloom_bytes -= runs->complete[0].bloom.len;
    bloom_done(&runs->complete[0].bloom);
    runs->complete_count--;
    memmove(runs->complete, runs->complete + 1,
            runs->complete_count * sizeof *runs->complete);
}
