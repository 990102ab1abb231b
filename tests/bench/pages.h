// How long pages of lists take in a full database: of busy and quiet webhooks and apps, at
// several places of their history.

#ifndef BENCH_PAGES_H
#define BENCH_PAGES_H

#include <stdint.h>

struct store_backend;

// One event in so many is of that type.
enum { PAGES_RARE = 20000 };
#define PAGES_RARE_TYPE "refund.created"

// What was filled in: webhooks with ids from first_hook on, the busiest first; webhook i is
// of app first_app + id % apps.
struct pages {
    int64_t first_app, apps, first_hook, hooks;
};
void pages_time(struct store_backend *backend, const struct pages *pages);

#endif
