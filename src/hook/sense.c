#include "hook/sense.h"

#include "base/json_span.h"
#include "hook/decimal.h"
#include "hook/intake.h"
#include "hook/plan.h"
#include "hook/pointer.h"
#include "hook/profile.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum error_code sense_require(const struct event_type *type, const struct json_span *payload,
                              struct error *error)
{
    for (size_t i = 0; type && type->require && type->require[i]; i++) {
        struct json_span value;
        char field[ERROR_FIELD_MAX];
        if (pointer_find(payload, type->require[i], &value) &&
            value.kind != JSON_NULL_VALUE && !(value.kind == JSON_TEXT && value.len == 2))
            continue;
        (void)snprintf(field, sizeof field, "/payload%s", type->require[i]);
        return error_at(error, ERR_INVALID_FIELD, field, "is required for events of type %s",
                        type->name);
    }
    return ERR_OK;
}

static bool number_of(const struct json_span *payload, const char *member,
                      struct decimal *ret)
{
    struct json_span value;
    return json_find(payload, member, &value) == 1 && value.kind == JSON_NUMBER &&
           decimal_read(value.at, value.len, ret);
}

// A check that cannot be made (a member is not there, or not a number of usual size) holds.
static bool holds(const struct check_plan *check, const struct json_span *payload)
{
    struct decimal total, plus, minus, where, wanted;
    struct json_span value;
    if (check->where && json_find(payload, check->where, &value) > 0 &&
        !(number_of(payload, check->where, &where) &&
          decimal_read(check->where_number, strlen(check->where_number), &wanted) &&
          decimal_is_equal(where, wanted)))
        return true;
    return !number_of(payload, check->total, &total) ||
           !number_of(payload, check->plus, &plus) ||
           !number_of(payload, check->minus, &minus) ||
           decimal_is_difference(total, plus, minus);
}

void sense_check(const struct plan *plan, const struct json_span *payload, struct accept *ret)
{
    for (size_t i = 0; i < plan->check_count && payload->kind == JSON_MAP; i++) {
        const struct check_plan *check = &plan->checks[i];
        if (holds(check, payload))
            continue;
        assert(ret->warning_count < INTAKE_WARNINGS_MAX);
        (void)snprintf(ret->warnings[ret->warning_count].pointer,
                       sizeof ret->warnings[0].pointer, "/payload/%s", check->total);
        (void)snprintf(ret->warnings[ret->warning_count].text, sizeof ret->warnings[0].text,
                       "%s", check->says);
        ret->warning_count++;
    }
}
