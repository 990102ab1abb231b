#include "hook/sense.h"

#include "base/text.h"
#include "hook/decimal.h"
#include "hook/intake.h"
#include "hook/plan.h"
#include "hook/pointer.h"
#include "hook/profile.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MOST = 1000 }; // longer is held to no length

// Is it one of the schema's "enum" of texts, where there is one?
static bool is_listed(const json_t *property, const struct json_span *value)
{
    const json_t *list = json_object_get(property, "enum"), *item;
    char text[TEXT_MOST + 1];
    size_t at, len;

    if (!list)
        return true;
    if (value->kind != JSON_TEXT || !json_text(value, text, sizeof text, &len))
        return false;
    json_array_foreach(list, at, item)
    {
        if (json_is_string(item) && !strcmp(json_string_value(item), text))
            return true;
    }
    return false;
}

// Is it of the kind, and no longer than, the schema says?
static bool is_described(const json_t *property, const struct json_span *value)
{
    const char *kind = json_string_value(json_object_get(property, "type"));
    json_int_t most = json_integer_value(json_object_get(property, "maxLength"));
    char text[4 * TEXT_MOST + 1];
    size_t len;

    if (!kind)
        return true;
    if (!strcmp(kind, "number") || !strcmp(kind, "integer"))
        return value->kind == JSON_NUMBER;
    if (strcmp(kind, "string"))
        return true;
    if (value->kind != JSON_TEXT || value->len == 2)
        return false;
    return most <= 0 || most > TEXT_MOST ||
           (json_text(value, text, sizeof text, &len) &&
            text_utf8_count(text, len) <= (size_t)most);
}

// Only what stands at the top of the type's schema is looked at.
static bool is_as_said(const struct event_type *type, const char *pointer,
                       const struct json_span *value)
{
    const json_t *properties = json_object_get(type->schema, "properties");
    const json_t *property = json_object_get(properties, pointer + 1);

    return is_described(property, value) && is_listed(property, value);
}

enum error_code sense_require(const struct event_type *type, const struct json_span *payload,
                              struct error *error)
{
    for (size_t i = 0; type && type->require && type->require[i]; i++) {
        const char *pointer = type->require[i];
        struct json_span value;
        char field[ERROR_FIELD_MAX];
        bool is_there = pointer_find(payload, pointer, &value) &&
                        value.kind != JSON_NULL_VALUE &&
                        !(value.kind == JSON_TEXT && value.len == 2);
        if (is_there && is_as_said(type, pointer, &value))
            continue;
        (void)snprintf(field, sizeof field, "/payload%s", pointer);
        return error_at(error, ERR_INVALID_FIELD, field,
                        is_there ? "is not what events of type %s have there; see the schema"
                                 : "is required for events of type %s",
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
