// From a publisher's request to what is committed: checks it against the profile, builds the
// wire body once, and lists the webhooks it goes to. Pure: the door calls it, the simulator
// too.

#ifndef HOOK_INTAKE_H
#define HOOK_INTAKE_H

#include "base/error.h"
#include "base/json_span.h"
#include "hook/event.h"
#include "hook/trigger.h"

#include <stddef.h>
#include <stdint.h>

struct app_card;
struct id_cipher;

struct event_request {
    const char *type; // not NUL-terminated
    size_t type_len;
    const char *uid; // or NULL
    size_t uid_len;
    const char *order_key; // or NULL
    size_t order_key_len;
    enum event_mode mode;
    enum trigger trigger;     // SCHEDULED, or TEST
    struct json_span payload; // already accepted by json_check()
    int64_t due_ms;           // when it is to be delivered, wall; 0: at once
};

enum { INTAKE_WARNINGS_MAX = 4 };

// Ready for the store. intake_done() drops what is left of it.
struct accept {
    struct event *event;
    int app_version;
    int64_t *webhook_ids; // targets, place n of the fan-out each
    size_t target_count;
    int64_t due_ms; // of its deliveries, wall; 0: at once
    struct {
        char pointer[64];
        char text[160];
    } warnings[INTAKE_WARNINGS_MAX]; // checks of sense that did not hold
    size_t warning_count;
};

// Errors: ERR_UNKNOWN_EVENT_TYPE, ERR_INVALID_FIELD (field is the JSON pointer, as
// "/payload/uuid"; what is required is missing, or a check does not hold and the app is
// strict), ERR_DUPLICATE_MEMBER, ERR_TOO_LARGE.
enum error_code intake_plan(const struct app_card *card, const struct event_request *request,
                            int64_t event_id, int64_t wall_ms, struct id_cipher *cipher,
                            struct accept *ret, struct error *error) MUST_CHECK;
void intake_done(struct accept *accept);

#endif
