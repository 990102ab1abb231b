#include "api/fields.h"

#include "api/problem.h"
#include "base/text.h"

#include <string.h>

static bool has_control(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

static enum error_code read_text(const struct field *field, const json_t *value,
                                 struct field_value *ret, struct error *error)
{
    size_t len = json_string_length(value);

    if (!json_is_string(value)) {
        return error_at(error, ERR_INVALID_FIELD, field->name, "must be a text");
    }
    ret->text = json_string_value(value);
    if (len == 0 || len > (size_t)field->most || has_control(ret->text, len)) {
        return error_at(error, ERR_INVALID_FIELD, field->name,
                        "must have 1 to %lld bytes and no control characters",
                        (long long)field->most);
    }
    return ERR_OK;
}

static enum error_code read_lines(const struct field *field, const json_t *value,
                                  struct field_value *ret, struct error *error)
{
    size_t len = json_string_length(value);

    if (!json_is_string(value) || len == 0 || len > (size_t)field->most) {
        return error_at(error, ERR_INVALID_FIELD, field->name,
                        "must be a text of 1 to %lld bytes", (long long)field->most);
    }
    ret->text = json_string_value(value);
    return ERR_OK;
}

static enum error_code read_secret(const struct field *field, const json_t *value,
                                   struct field_value *ret, struct error *error)
{
    ret->text = json_string_value(value);
    return ret->text != NULL
               ? ERR_OK
               : error_at(error, ERR_INVALID_FIELD, field->name, "must be a text");
}

static enum error_code read_flag(const struct field *field, const json_t *value,
                                 struct field_value *ret, struct error *error)
{
    if (!json_is_boolean(value)) {
        return error_at(error, ERR_INVALID_FIELD, field->name, "must be true or false");
    }
    ret->flag = json_is_true(value);
    return ERR_OK;
}

static enum error_code read_whole(const struct field *field, const json_t *value,
                                  struct field_value *ret, struct error *error)
{
    ret->whole = json_integer_value(value);
    if (!json_is_integer(value) || ret->whole < 0 || ret->whole > field->most) {
        return error_at(error, ERR_INVALID_FIELD, field->name,
                        "must be a whole number, 0 to %lld", (long long)field->most);
    }
    return ERR_OK;
}

static enum error_code read_time(const struct field *field, const json_t *value,
                                 struct field_value *ret, struct error *error)
{
    if (!json_is_string(value) ||
        !text_from_time(json_string_value(value), json_string_length(value), &ret->whole) ||
        ret->whole <= 0) { // 0 says "none" everywhere below
        return error_at(error, ERR_INVALID_FIELD, field->name,
                        "must be a time as 2030-01-31T12:00:00Z");
    }
    return ERR_OK;
}

static enum error_code read_texts(const struct field *field, const json_t *value,
                                  struct field_value *ret, struct error *error)
{
    bool is_right = json_is_array(value) && json_array_size(value) <= (size_t)field->most;

    for (size_t i = 0; is_right && i < json_array_size(value); i++) {
        is_right = json_is_string(json_array_get(value, i));
    }
    if (!is_right) {
        return error_at(error, ERR_INVALID_FIELD, field->name,
                        "must be a list of at most %lld texts", (long long)field->most);
    }
    ret->texts = value;
    return ERR_OK;
}

static enum error_code (*const readers[])(const struct field *field, const json_t *value,
                                          struct field_value *ret, struct error *error) = {
    [FIELD_TEXT] = read_text,     [FIELD_LINES] = read_lines, [FIELD_FLAG] = read_flag,
    [FIELD_WHOLE] = read_whole,   [FIELD_TIME] = read_time,   [FIELD_TEXTS] = read_texts,
    [FIELD_SECRET] = read_secret,
};

static enum error_code read_field(const struct field *field, const json_t *value,
                                  struct field_value *ret, struct error *error)
{
    ret->is_given = true;
    ret->is_null = json_is_null(value);
    if (!ret->is_null) {
        return readers[field->kind](field, value, ret, error);
    }
    return field->is_required
               ? error_at(error, ERR_INVALID_FIELD, field->name, "must not be null")
               : ERR_OK;
}

static size_t find_field(const struct field *fields, size_t count, const char *name)
{
    size_t i = 0;

    while (i < count && strcmp(fields[i].name, name) != 0) {
        i++;
    }
    return i;
}

// The name comes from a stranger: what is shown of it is cut.
static enum error_code refuse_unknown(const char *name, struct error *error)
{
    char shown[PROBLEM_SHOWN_MAX + 1] = "";
    size_t len = strlen(name), kept = 0;

    while (kept < len) {
        size_t step = text_utf8_step(name + kept, len - kept);
        if (step == 0 || kept + step > PROBLEM_SHOWN_MAX) {
            break;
        }
        kept += step;
    }
    memcpy(shown, name, kept);
    return error_at(error, ERR_UNKNOWN_FIELD, shown,
                    "there is no such field, or it is not "
                    "the caller's to set");
}

enum error_code fields_read(const json_t *body, const struct field *fields, size_t count,
                            struct field_value *ret, field_fn *other, void *owner,
                            struct error *error)
{
    const char *name;
    json_t *value;
    json_t *map = (json_t *)(uintptr_t)body; // jansson's iterators want it so

    memset(ret, 0, count * sizeof *ret);
    json_object_foreach(map, name, value)
    {
        size_t i = find_field(fields, count, name);
        enum error_code code = i < count       ? read_field(&fields[i], value, &ret[i], error)
                               : other != NULL ? other(owner, name, value, error)
                                               : ERR_UNKNOWN_FIELD;
        if (code == ERR_UNKNOWN_FIELD) {
            return refuse_unknown(name, error);
        }
        if (code != ERR_OK) {
            return code;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].is_required && !ret[i].is_given) {
            return error_at(error, ERR_INVALID_FIELD, fields[i].name, "is required");
        }
    }
    return ERR_OK;
}
