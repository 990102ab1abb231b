// Why an attempt is made. Stored: append only.

#ifndef HOOK_TRIGGER_H
#define HOOK_TRIGGER_H

#include <stdbool.h>

enum trigger { TRIGGER_SCHEDULED, TRIGGER_MANUAL, TRIGGER_TEST, TRIGGER_REPLAY, TRIGGERS };

const char *trigger_name(enum trigger trigger);
// Of a delivery's next attempt: a person asked for it; or its schedule was begun anew by a
// recover job.
enum trigger trigger_next(bool is_asked, bool is_replayed);
// Is it one of the contract's own attempts, whose failure counts towards its end?
bool trigger_is_of_schedule(enum trigger trigger);

#endif
