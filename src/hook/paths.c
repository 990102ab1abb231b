#include "hook/paths.h"

#include "base/json_span.h"
#include "base/limits.h"
#include "base/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Its segments with a NUL behind each, so that strcmp() at a segment's start compares just
// that one, and what begins alike stands together once sorted.
struct path {
    char *text;
    size_t len; // with the last NUL
};

struct paths {
    struct path *rows;
    size_t count, cap;
};

// Paths that have all segments before `at` in common.
struct path_range {
    size_t first, end;
    size_t at;
};

bool path_is_formed(const char *text)
{
    size_t segments = 1;
    if (!*text || strlen(text) > (size_t)limit(LIMIT_FILTER_PATH))
        return false;
    for (const char *at = text; *at; at++) {
        bool is_point = *at == '.';
        if (is_point && (at == text || at[1] == '.' || !at[1]))
            return false;
        segments += is_point;
    }
    return segments <= PATH_SEGMENTS_MAX;
}

struct paths *paths_new(void)
{
    return NEW(struct paths);
}

void paths_free(struct paths *paths)
{
    if (!paths)
        return;
    for (size_t i = 0; i < paths->count; i++)
        free(paths->rows[i].text);
    free(paths->rows);
    free(paths);
}

static struct path path_of(const char *text)
{
    struct path path = {memory_copy(text, strlen(text)), strlen(text) + 1};
    for (char *at = path.text; *at; at++)
        if (*at == '.')
            *at = '\0';
    return path;
}

void paths_add(struct paths *paths, const char *text)
{
    assert(path_is_formed(text));
    if (paths->count == paths->cap) {
        paths->cap = paths->cap ? paths->cap * 2 : 8;
        paths->rows = memory_resize(paths->rows, paths->cap * sizeof *paths->rows);
    }
    paths->rows[paths->count++] = path_of(text);
}

static int compare(const void *left, const void *right)
{
    const struct path *a = left, *b = right;
    size_t len = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->text, b->text, len);
    return order ? order : (a->len > b->len) - (a->len < b->len);
}

void paths_settle(struct paths *paths)
{
    size_t kept = 0;
    if (paths->count > 0)
        qsort(paths->rows, paths->count, sizeof *paths->rows, compare);
    for (size_t i = 0; i < paths->count; i++) {
        if (kept > 0 && compare(&paths->rows[kept - 1], &paths->rows[i]) == 0)
            free(paths->rows[i].text);
        else
            paths->rows[kept++] = paths->rows[i];
    }
    paths->count = kept;
}

size_t paths_count(const struct paths *paths)
{
    return paths->count;
}

size_t paths_place(const struct paths *paths, const char *text)
{
    struct path wanted = path_of(text);
    const struct path *found =
        bsearch(&wanted, paths->rows, paths->count, sizeof *paths->rows, compare);
    assert(found != NULL);
    free(wanted.text);
    return (size_t)(found - paths->rows);
}

// The first of the range whose segment is not less than name (or is greater).
static size_t bound(const struct paths *paths, struct path_range range, const char *name,
                    bool is_greater)
{
    size_t low = range.first, high = range.end;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(paths->rows[middle].text + range.at, name);
        if (order < 0 || (is_greater && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void walk(const struct paths *paths, struct path_range range,
                 const struct json_span *value, struct json_span *ret);

// A value that stands at `name`: what ends here has it, what goes on is looked for in it.
static void take(const struct paths *paths, struct path_range range, const char *name,
                 const struct json_span *value, struct json_span *ret)
{
    struct path_range below = {.first = bound(paths, range, name, false)};
    below.end =
        bound(paths, (struct path_range){below.first, range.end, range.at}, name, true);
    below.at = range.at + strlen(name) + 1;
    if (below.first < below.end && paths->rows[below.first].len == below.at) {
        if (ret[below.first].kind == JSON_NONE)
            ret[below.first] = *value;
        below.first++;
    }
    if (below.first < below.end)
        walk(paths, below, value, ret);
}

static void walk_map(const struct paths *paths, struct path_range range,
                     const struct json_span *map, struct json_span *ret)
{
    char name[LIMIT_MOST_FILTER_PATH + 1];
    struct json_walk walk;
    struct json_member member;
    size_t len;
    json_walk_init(&walk, map);
    while (json_next_member(&walk, &member))
        if (json_text(&member.name, name, sizeof name, &len))
            take(paths, range, name, &member.value, ret);
}

static void walk_list(const struct paths *paths, struct path_range range,
                      const struct json_span *list, struct json_span *ret)
{
    char place[24];
    struct json_walk walk;
    struct json_span item;
    json_walk_init(&walk, list);
    for (size_t i = 0; json_next_item(&walk, &item); i++) {
        (void)snprintf(place, sizeof place, "%zu", i);
        take(paths, range, place, &item, ret);
    }
}

// As deep as a path has segments, no deeper.
static void walk(const struct paths *paths, struct path_range range,
                 const struct json_span *value, struct json_span *ret)
{
    if (value->kind == JSON_MAP)
        walk_map(paths, range, value, ret);
    else if (value->kind == JSON_LIST)
        walk_list(paths, range, value, ret);
}

void paths_find(const struct paths *paths, const struct json_span *payload,
                struct json_span *ret)
{
    memset(ret, 0, paths->count * sizeof *ret);
    if (paths->count > 0)
        walk(paths, (struct path_range){0, paths->count, 0}, payload, ret);
}
