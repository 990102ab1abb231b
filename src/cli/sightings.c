#include "cli/sightings.h"

#include "base/json_span.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_DIGITS = 22, NUMBER_MAX = 24, SIGHT_MAX = 64 };

// What is compared: a delivery has changed when one of these has.
struct sight {
    char text[SIGHT_MAX];
};

static void forget(struct map *seen)
{
    struct map_key key;
    void *sight;

    for (size_t at = 0; map_next(seen, &at, &key, &sight);)
        free(sight);
    map_done(seen);
    map_init(seen, 0);
}

void sightings_init(struct sightings *sightings)
{
    map_init(&sightings->before, 0);
    map_init(&sightings->now, 0);
}

void sightings_done(struct sightings *sightings)
{
    forget(&sightings->before);
    forget(&sightings->now);
}

// The 128 bits behind the id's prefix. False: it is not of that form.
static bool key_of(const struct json_span *delivery, struct map_key *ret)
{
    struct json_span id = view_member(delivery, "id");
    unsigned char bits[16];
    char text[64];
    const char *digits;
    size_t len;

    if (id.kind != JSON_TEXT || !json_text(&id, text, sizeof text, &len))
        return false;
    digits = strchr(text, '_');
    if (!digits || strlen(digits + 1) != ID_DIGITS ||
        !text_from_base62(digits + 1, ID_DIGITS, bits))
        return false;
    memcpy(&ret->high, bits, 8);
    memcpy(&ret->low, bits + 8, 8);
    return true;
}

static void add(char *text, const struct json_span *delivery, const char *member)
{
    struct json_span value = view_member(delivery, member);
    size_t len = strlen(text), most = value.len < NUMBER_MAX ? value.len : NUMBER_MAX;

    if (value.kind != JSON_NONE)
        snprintf(text + len, SIGHT_MAX - len, " %.*s", (int)most, value.at);
}

enum sighting sightings_note(struct sightings *sightings, const struct json_span *delivery)
{
    struct sight *now, *before;
    struct map_key key;
    bool is_same;

    if (!key_of(delivery, &key))
        return SIGHTING_SAME;
    now = NEW(struct sight);
    add(now->text, delivery, "state");
    add(now->text, delivery, "attempts");
    free(map_put(&sightings->now, key, now));
    before = map_find(&sightings->before, key);
    if (!before)
        return SIGHTING_NEW;
    is_same = strcmp(before->text, now->text) == 0;
    return is_same ? SIGHTING_SAME : SIGHTING_CHANGED;
}

void sightings_end(struct sightings *sightings)
{
    forget(&sightings->before);
    sightings->before = sightings->now;
    map_init(&sightings->now, 0);
}
