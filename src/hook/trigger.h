// Why an attempt is made. Stored: append only.

#ifndef HOOK_TRIGGER_H
#define HOOK_TRIGGER_H

enum trigger { TRIGGER_SCHEDULED, TRIGGER_MANUAL, TRIGGER_TEST, TRIGGER_REPLAY, TRIGGERS };

const char *trigger_name(enum trigger trigger);

#endif
