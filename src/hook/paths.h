// Many dotted paths ("metadata.checkoutId"), found in a payload in one pass, whatever their
// number: an app may have thousands of webhooks that each look at another place.
//
// A segment is a member's name, or the place of an item in a list ("items.0.sku"). Names that
// hold a point cannot be said. Of a member that stands twice the first value counts.

#ifndef HOOK_PATHS_H
#define HOOK_PATHS_H

#include <stdbool.h>
#include <stddef.h>

struct json_span;
struct paths;

enum { PATH_SEGMENTS_MAX = 16 };

bool path_is_formed(const char *text); // 1 to LIMIT_FILTER_PATH bytes, no empty segment

struct paths *paths_new(void);
void paths_free(struct paths *paths); // does nothing to NULL
void paths_add(struct paths *paths, const char *text);
// Once, when all are added: from now on each has its place.
void paths_settle(struct paths *paths);
size_t paths_count(const struct paths *paths);
size_t paths_place(const struct paths *paths, const char *text); // of one that was added

// ret: as many spans as paths; kind JSON_NONE where the payload has no such place.
void paths_find(const struct paths *paths, const struct json_span *payload,
                struct json_span *ret);

#endif
