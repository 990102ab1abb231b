// Deliveries as they were last seen, so that a change is noticed. Each look at a page
// replaces what was known by that page alone, so it holds no more than a page.

#ifndef CLI_SIGHTINGS_H
#define CLI_SIGHTINGS_H

#include "base/map.h"

#include <stdbool.h>

struct json_span;

enum sighting { SIGHTING_SAME, SIGHTING_NEW, SIGHTING_CHANGED };

struct sightings {
    struct map before; // id → state and attempts
    struct map now;
};

void sightings_init(struct sightings *sightings);
void sightings_done(struct sightings *sightings);

// Notes the delivery for this look, and compares it with the look before.
enum sighting sightings_note(struct sightings *sightings, const struct json_span *delivery);
void sightings_end(struct sightings *sightings); // of a look

#endif
