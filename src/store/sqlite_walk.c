#include "store/sqlite_walk.h"

#include "base/memory.h"
#include "store/sqlite_read.h"
#include "store/sqlite_walk_failed.h"

#include <stdlib.h>

// What holds a piece of the trail, with the newest entry of it that was not yet walked over.
struct source {
    bool has_head;
    struct trail_entry head;
    sqlite3_stmt *rows; // of the tail, or of the late ones; NULL: a run's
    int64_t run;
    struct trail_entry key; // the leaf's
    struct trail_entry entries[TRAIL_LEAF_MOST];
    size_t at; // the head's place among them
};

struct walk_run {
    int64_t number, last;
};

struct walk {
    struct store_reader *reader;
    struct walk_query query;
    int64_t owner;
    struct failed_walk *failed; // then it is all of it
    struct source **sources;
    size_t source_count, source_cap;
    struct walk_run *runs; // the newest first
    size_t run_count, run_cap, opened;
};

// ?1: the last event in a run, ?2: the cursor's event, ?3: the id, ?4: the type.
#define LATE "trail_late l CROSS JOIN "
static const char *const tails[] = {
    [WALK_EVENTS] = "SELECT id, 0 FROM event WHERE id > ?1 AND id <= ?2 AND app = ?3"
                    " ORDER BY id DESC",
    [WALK_TYPE] = "SELECT id, 0 FROM event WHERE id > ?1 AND id <= ?2 AND app = ?3"
                  " AND type = ?4 ORDER BY id DESC",
    [WALK_DELIVERIES] = "SELECT event, n FROM delivery WHERE event > ?1 AND event <= ?2"
                        " AND webhook = ?3 ORDER BY event DESC, n DESC",
};
static const char *const lates[] = {
    [WALK_EVENTS] = "SELECT e.id, 0 FROM " LATE "event e ON e.id = l.event"
                    " WHERE l.event <= ?2 AND e.app = ?3 ORDER BY l.event DESC",
    [WALK_TYPE] = "SELECT e.id, 0 FROM " LATE "event e ON e.id = l.event"
                  " WHERE l.event <= ?2 AND e.app = ?3 AND e.type = ?4"
                  " ORDER BY l.event DESC",
    [WALK_DELIVERIES] = "SELECT d.event, d.n FROM " LATE "delivery d ON d.event = l.event"
                        " WHERE l.event <= ?2 AND d.webhook = ?3"
                        " ORDER BY l.event DESC, d.n DESC",
};

static struct trail_entry cursor_of(const struct walk *walk)
{
    return (struct trail_entry){walk->owner, walk->query.before_event, walk->query.before_n};
}

static struct source *add_source(struct walk *walk)
{
    struct source *source = NULL;

    for (size_t i = 0; i < walk->source_count && !source; i++)
        if (!walk->sources[i]->has_head) // its place is free
            source = walk->sources[i];
    if (source) {
        *source = (struct source){0};
        return source;
    }
    if (walk->source_count == walk->source_cap) {
        walk->source_cap = walk->source_cap ? walk->source_cap * 2 : 4;
        walk->sources =
            memory_resize(walk->sources, walk->source_cap * sizeof *walk->sources);
    }
    source = NEW(struct source);
    walk->sources[walk->source_count++] = source;
    return source;
}

// --- rows ---

static void step_rows(struct walk *walk, struct source *source)
{
    const struct trail_entry cursor = cursor_of(walk);

    source->has_head = false;
    while (!source->has_head && reader_step(walk->reader, source->rows)) {
        source->head =
            (struct trail_entry){walk->owner, sqlite3_column_int64(source->rows, 0),
                                 sqlite3_column_int(source->rows, 1)};
        source->has_head = trail_compare(&source->head, &cursor) < 0;
    }
}

static void open_rows(struct walk *walk, const char *text, int64_t last)
{
    struct source *source = add_source(walk);

    source->rows = reader_statement(walk->reader, text);
    sqlite3_bind_int64(source->rows, 1, last);
    sqlite3_bind_int64(source->rows, 2, walk->query.before_event);
    sqlite3_bind_int64(source->rows, 3, walk->query.id);
    if (walk->query.kind == WALK_TYPE)
        sqlite3_bind_text(source->rows, 4, walk->query.type, -1, SQLITE_STATIC);
    step_rows(walk, source);
}

// --- leaves ---

// The last leaf that begins below that, unpacked; answers how many entries. 0: none.
static size_t read_leaf(struct walk *walk, struct source *source,
                        const struct trail_entry *below)
{
    sqlite3_stmt *get = reader_statement(
        walk->reader, "SELECT owner, event, n, entries FROM trail WHERE run = ?1"
                      " AND (owner, event, n) < (?2, ?3, ?4)"
                      " ORDER BY owner DESC, event DESC, n DESC LIMIT 1");
    size_t count = 0;

    sqlite3_bind_int64(get, 1, source->run);
    sqlite3_bind_int64(get, 2, below->owner);
    sqlite3_bind_int64(get, 3, below->event_id);
    sqlite3_bind_int(get, 4, below->n);
    if (reader_step(walk->reader, get)) {
        source->key =
            (struct trail_entry){sqlite3_column_int64(get, 0), sqlite3_column_int64(get, 1),
                                 sqlite3_column_int(get, 2)};
        count = trail_unpack(&source->key, sqlite3_column_blob(get, 3),
                             (size_t)sqlite3_column_bytes(get, 3), source->entries);
        if (count == 0)
            reader_damaged(walk->reader);
    }
    sqlite3_reset(get);
    return count;
}

// The newest of the owner's entries below that one: it is in the leaf that begins last
// below it.
static void step_leaf(struct walk *walk, struct source *source, struct trail_entry below)
{
    size_t count = read_leaf(walk, source, &below);

    while (count > 0 && trail_compare(&source->entries[count - 1], &below) >= 0)
        count--;
    source->has_head = count > 0 && source->entries[count - 1].owner == walk->owner;
    if (!source->has_head)
        return;
    source->at = count - 1;
    source->head = source->entries[source->at];
}

static void step_run(struct walk *walk, struct source *source)
{
    if (source->at > 0 && source->entries[source->at - 1].owner == walk->owner)
        source->head = source->entries[--source->at];
    else if (source->key.owner == walk->owner)
        step_leaf(walk, source, source->key);
    else
        source->has_head = false;
}

static void open_run(struct walk *walk)
{
    struct source *source = add_source(walk);

    source->run = walk->runs[walk->opened++].number;
    step_leaf(walk, source, cursor_of(walk));
}

// --- all of it ---

static void read_runs(struct walk *walk)
{
    sqlite3_stmt *list = reader_statement(
        walk->reader, "SELECT run, last FROM trail_run WHERE first <= ?1 ORDER BY last DESC");

    sqlite3_bind_int64(list, 1, walk->query.before_event);
    while (reader_step(walk->reader, list)) {
        if (walk->run_count == walk->run_cap) {
            walk->run_cap = walk->run_cap ? walk->run_cap * 2 : 64;
            walk->runs = memory_resize(walk->runs, walk->run_cap * sizeof *walk->runs);
        }
        walk->runs[walk->run_count++] =
            (struct walk_run){sqlite3_column_int64(list, 0), sqlite3_column_int64(list, 1)};
    }
    sqlite3_reset(list);
}

static int64_t last_in_runs(struct walk *walk)
{
    sqlite3_stmt *get =
        reader_statement(walk->reader, "SELECT coalesce(max(last), 0) FROM trail_run");
    int64_t last = 0;

    if (reader_step(walk->reader, get))
        last = sqlite3_column_int64(get, 0);
    sqlite3_reset(get);
    return last;
}

static int64_t owner_of_trail(const struct walk_query *query)
{
    return query->kind == WALK_DELIVERIES
               ? query->id
               : trail_owner(query->id, query->kind == WALK_TYPE ? query->type : NULL);
}

static void open_trail(struct walk *walk)
{
    int64_t last;

    walk->owner = owner_of_trail(&walk->query);
    read_runs(walk);
    last = last_in_runs(walk);
    open_rows(walk, tails[walk->query.kind], last);
    open_rows(walk, lates[walk->query.kind], last);
}

struct walk *walk_new(struct store_reader *reader, const struct walk_query *query)
{
    struct walk *walk = NEW(struct walk);

    walk->reader = reader;
    walk->query = *query;
    if (query->kind == WALK_FAILED) {
        const struct trail_entry cursor = cursor_of(walk);
        walk->failed = failed_walk_new(reader, query->id, &cursor);
        walk->query.kind = walk->failed ? WALK_FAILED : WALK_EVENTS;
    }
    if (!walk->failed)
        open_trail(walk);
    return walk;
}

void walk_free(struct walk *walk)
{
    if (!walk)
        return;
    for (size_t i = 0; i < walk->source_count; i++) {
        if (walk->sources[i]->rows)
            sqlite3_reset(walk->sources[i]->rows);
        free(walk->sources[i]);
    }
    failed_walk_free(walk->failed);
    free(walk->sources);
    free(walk->runs);
    free(walk);
}

static struct source *newest_of(const struct walk *walk)
{
    struct source *newest = NULL;

    for (size_t i = 0; i < walk->source_count; i++)
        if (walk->sources[i]->has_head &&
            (!newest || trail_compare(&walk->sources[i]->head, &newest->head) > 0))
            newest = walk->sources[i];
    return newest;
}

bool walk_is_of_events(const struct walk *walk)
{
    return walk->query.kind == WALK_EVENTS || walk->query.kind == WALK_TYPE;
}

bool walk_next(struct walk *walk, struct trail_entry *ret)
{
    struct source *newest = newest_of(walk);

    if (walk->failed)
        return failed_walk_next(walk->failed, ret);
    while (walk->opened < walk->run_count &&
           (!newest || walk->runs[walk->opened].last >= newest->head.event_id)) {
        open_run(walk);
        newest = newest_of(walk);
    }
    if (!newest)
        return false;
    *ret = newest->head;
    if (newest->rows)
        step_rows(walk, newest);
    else
        step_run(walk, newest);
    return true;
}
