#include "hook/audience.h"

#include "base/json_span.h"
#include "base/memory.h"
#include "hook/app_card.h"
#include "hook/filter.h"
#include "hook/paths.h"

#include <stdlib.h>
#include <string.h>

// One webhook's choice of one type.
struct choice {
    const char *type;
    size_t place; // of the webhook
};

struct audience {
    const struct app_card_webhook *webhooks;
    struct choice *choices; // by type, then by place
    size_t choice_count;
    size_t *all; // places of the webhooks that get every type
    size_t all_count;
    struct paths *paths; // of all filters; NULL: there is none
};

static int compare(const void *left, const void *right)
{
    const struct choice *a = left, *b = right;
    int order = strcmp(a->type, b->type);
    return order ? order : (a->place > b->place) - (a->place < b->place);
}

static size_t count_choices(const struct app_card_webhook *webhooks, size_t count)
{
    size_t choices = 0;
    for (size_t i = 0; i < count; i++)
        for (char **event = webhooks[i].events; event && *event; event++)
            choices++;
    return choices;
}

static void add_choices(struct audience *audience, size_t place)
{
    char **event = audience->webhooks[place].events;
    if (!event)
        audience->all[audience->all_count++] = place;
    for (; event && *event; event++)
        audience->choices[audience->choice_count++] = (struct choice){*event, place};
}

static struct paths *settle_paths(struct app_card_webhook *webhooks, size_t count)
{
    struct paths *paths = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!webhooks[i].filter)
            continue;
        if (!paths)
            paths = paths_new();
        filter_add_paths(webhooks[i].filter, paths);
    }
    if (paths)
        paths_settle(paths);
    for (size_t i = 0; paths && i < count; i++)
        if (webhooks[i].filter)
            filter_bind(webhooks[i].filter, paths);
    return paths;
}

struct audience *audience_new(struct app_card_webhook *webhooks, size_t count)
{
    struct audience *audience = NEW(struct audience);
    audience->webhooks = webhooks;
    audience->choices = NEW_ARRAY(struct choice, count_choices(webhooks, count) + 1);
    audience->all = NEW_ARRAY(size_t, count + 1);
    for (size_t i = 0; i < count; i++)
        if (webhooks[i].is_enabled)
            add_choices(audience, i);
    qsort(audience->choices, audience->choice_count, sizeof *audience->choices, compare);
    audience->paths = settle_paths(webhooks, count);
    return audience;
}

void audience_free(struct audience *audience)
{
    if (!audience)
        return;
    paths_free(audience->paths);
    free(audience->choices);
    free(audience->all);
    free(audience);
}

// The first choice that does not stand before (type, place).
static size_t bound(const struct audience *audience, const char *type, size_t place)
{
    const struct choice wanted = {type, place};
    size_t low = 0, high = audience->choice_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare(&audience->choices[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// The payload is looked at once, and only if a webhook that may get the event has a filter.
struct search {
    const struct audience *audience;
    const struct json_span *payload;
    struct json_span *found; // NULL: not yet looked
};

static bool passes(struct search *search, const struct filter *filter)
{
    if (!filter)
        return true;
    if (!search->found) {
        const struct paths *paths = search->audience->paths;
        search->found = NEW_ARRAY(struct json_span, paths_count(paths) + 1);
        paths_find(paths, search->payload, search->found);
    }
    return filter_holds(filter, search->found);
}

// Two ordered lists become one: those that chose the type, and those that get all.
int64_t *audience_of(const struct audience *audience, const char *type,
                     const struct json_span *payload, size_t *ret_count)
{
    struct search search = {audience, payload, NULL};
    size_t at = bound(audience, type, 0);
    size_t end = bound(audience, type, SIZE_MAX);
    int64_t *ids = NEW_ARRAY(int64_t, end - at + audience->all_count + 1);
    size_t all = 0, count = 0;
    while (at < end || all < audience->all_count) {
        bool is_chosen = at < end && (all == audience->all_count ||
                                      audience->choices[at].place < audience->all[all]);
        size_t place = is_chosen ? audience->choices[at++].place : audience->all[all++];
        if (passes(&search, audience->webhooks[place].filter))
            ids[count++] = audience->webhooks[place].id;
    }
    free(search.found);
    *ret_count = count;
    return ids;
}
