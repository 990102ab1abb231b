#include "hook/filter.h"

#include "base/json_span.h"
#include "base/limits.h"
#include "base/memory.h"
#include "hook/decimal.h"
#include "hook/paths.h"

#include <stdlib.h>
#include <string.h>

// A value that the filter compares with.
struct operand {
    enum json_kind kind;
    char *text; // of a text its characters, of a number its digits
    size_t len;
};

struct condition;
typedef bool holds_fn(const struct condition *condition, const struct json_span *value);

struct condition {
    char *path;
    size_t place; // among the app's paths
    holds_fn *holds;
    struct operand *values;
    size_t count;
};

struct filter {
    struct condition *conditions;
    size_t count;
};

// A text's characters: in place, or, where it has escapes, in memory that is the caller's.
// False: it holds a NUL, as no text of ours does.
struct characters {
    const char *at;
    size_t len;
    char *own;
};

static bool characters_init(struct characters *ret, const struct json_span *text)
{
    *ret = (struct characters){text->at + 1, text->len - 2, NULL};
    if (!memchr(ret->at, '\\', ret->len))
        return true;
    ret->own = memory_new(text->len);
    ret->at = ret->own;
    if (json_text(text, ret->own, text->len, &ret->len))
        return true;
    free(ret->own);
    return false;
}

// Comparing

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return order ? order : (a_len > b_len) - (a_len < b_len);
}

// False: the two are in no order.
static bool compare(const struct json_span *value, const struct operand *operand, int *ret)
{
    struct characters text;
    if (value->kind != operand->kind)
        return false;
    if (value->kind == JSON_NUMBER) {
        *ret = decimal_compare(value->at, value->len, operand->text, operand->len);
        return true;
    }
    if (value->kind != JSON_TEXT || !characters_init(&text, value))
        return false;
    *ret = compare_bytes(text.at, text.len, operand->text, operand->len);
    free(text.own);
    return true;
}

static bool is_one_of(const struct condition *condition, const struct json_span *value)
{
    for (size_t i = 0; i < condition->count; i++) {
        const struct operand *operand = &condition->values[i];
        bool has_text = value->kind == JSON_NUMBER || value->kind == JSON_TEXT;
        int order = 0;
        if (has_text ? compare(value, operand, &order) && order == 0
                     : value->kind != JSON_NONE && value->kind == operand->kind)
            return true;
    }
    return false;
}

static bool is_none_of(const struct condition *condition, const struct json_span *value)
{
    return !is_one_of(condition, value);
}

static bool is_greater(const struct condition *condition, const struct json_span *value)
{
    int order;
    return compare(value, condition->values, &order) && order > 0;
}

static bool is_no_less(const struct condition *condition, const struct json_span *value)
{
    int order;
    return compare(value, condition->values, &order) && order >= 0;
}

static bool is_less(const struct condition *condition, const struct json_span *value)
{
    int order;
    return compare(value, condition->values, &order) && order < 0;
}

static bool is_no_greater(const struct condition *condition, const struct json_span *value)
{
    int order;
    return compare(value, condition->values, &order) && order <= 0;
}

static bool starts_with(const struct condition *condition, const struct json_span *value)
{
    const struct operand *start = condition->values;
    struct characters text;
    if (value->kind != JSON_TEXT || !characters_init(&text, value))
        return false;
    bool holds = text.len >= start->len && memcmp(text.at, start->text, start->len) == 0;
    free(text.own);
    return holds;
}

static bool is_there(const struct condition *condition, const struct json_span *value)
{
    return (value->kind != JSON_NONE) == (condition->values[0].kind == JSON_TRUE_VALUE);
}

// Reading

enum operand_kinds {
    TAKES_NULL = 1 << JSON_NULL_VALUE,
    TAKES_FLAG = 1 << JSON_FALSE_VALUE | 1 << JSON_TRUE_VALUE,
    TAKES_NUMBER = 1 << JSON_NUMBER,
    TAKES_TEXT = 1 << JSON_TEXT,
    TAKES_ORDERED = TAKES_NUMBER | TAKES_TEXT,
    TAKES_ANY = TAKES_NULL | TAKES_FLAG | TAKES_ORDERED
};

static const struct comparison {
    const char *name;
    holds_fn *holds;
    bool takes_list;
    unsigned takes; // bits of enum json_kind
    const char *needs;
} comparisons[] = {
    {"eq", is_one_of, false, TAKES_ANY, "a text, a number, true, false or null"},
    {"ne", is_none_of, false, TAKES_ANY, "a text, a number, true, false or null"},
    {"in", is_one_of, true, TAKES_ANY, "a list of texts, numbers, true, false or null"},
    {"nin", is_none_of, true, TAKES_ANY, "a list of texts, numbers, true, false or null"},
    {"gt", is_greater, false, TAKES_ORDERED, "a number or a text"},
    {"gte", is_no_less, false, TAKES_ORDERED, "a number or a text"},
    {"lt", is_less, false, TAKES_ORDERED, "a number or a text"},
    {"lte", is_no_greater, false, TAKES_ORDERED, "a number or a text"},
    {"starts_with", starts_with, false, TAKES_TEXT, "a text"},
    {"exists", is_there, false, TAKES_FLAG, "true or false"},
};

// Where in the filter the reading stands, for what is said of a mistake.
struct reading {
    size_t number; // of the condition, from 1
    struct condition *condition;
    struct error *error;
};

static enum error_code wrong(const struct reading *reading, const char *why)
{
    return error_at(reading->error, ERR_INVALID_FIELD, "filter", "condition %zu: %s",
                    reading->number, why);
}

static enum error_code read_operand(const struct reading *reading,
                                    const struct comparison *comparison,
                                    const struct json_span *value)
{
    struct condition *condition = reading->condition;
    if (!(comparison->takes >> value->kind & 1)) {
        return error_at(reading->error, ERR_INVALID_FIELD, "filter",
                        "condition %zu: %s takes %s", reading->number, comparison->name,
                        comparison->needs);
    }
    condition->values =
        memory_resize(condition->values, (condition->count + 1) * sizeof *condition->values);
    struct operand *ret = &condition->values[condition->count++];
    ret->kind = value->kind;
    ret->len = value->len;
    ret->text = memory_copy(value->at, value->len);
    if (value->kind == JSON_TEXT && !json_text(value, ret->text, value->len, &ret->len))
        return wrong(reading, "a text holds a NUL");
    return ERR_OK;
}

static enum error_code read_operands(const struct reading *reading,
                                     const struct comparison *comparison,
                                     const struct json_span *value)
{
    struct json_walk walk;
    struct json_span item;
    enum error_code code = ERR_OK;
    size_t most = (size_t)limit(LIMIT_FILTER_VALUES);
    if (!comparison->takes_list)
        return read_operand(reading, comparison, value);
    if (value->kind != JSON_LIST) {
        return error_at(reading->error, ERR_INVALID_FIELD, "filter",
                        "condition %zu: %s takes %s", reading->number, comparison->name,
                        comparison->needs);
    }
    json_walk_init(&walk, value);
    while (!code && json_next_item(&walk, &item))
        code = reading->condition->count < most
                   ? read_operand(reading, comparison, &item)
                   : wrong(reading, "there are more than 64 values");
    return code;
}

static enum error_code read_path(const struct reading *reading, const struct json_span *value)
{
    char path[LIMIT_MOST_FILTER_PATH + 1];
    size_t len;
    if (reading->condition->path)
        return wrong(reading, "path stands there twice");
    if (value->kind != JSON_TEXT || !json_text(value, path, sizeof path, &len) ||
        !path_is_formed(path))
        return wrong(reading,
                     "path must be names with points between, at most 16 and 256 bytes");
    reading->condition->path = memory_copy(path, len);
    return ERR_OK;
}

static const struct comparison *find_comparison(const struct json_span *name)
{
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (json_text_equal(name, comparisons[i].name))
            return &comparisons[i];
    return NULL;
}

static enum error_code read_member(const struct reading *reading,
                                   const struct json_member *member)
{
    if (json_text_equal(&member->name, "path"))
        return read_path(reading, &member->value);
    const struct comparison *comparison = find_comparison(&member->name);
    if (!comparison)
        return wrong(reading, "it has path and one of eq, ne, in, nin, gt, gte, lt, lte, "
                              "starts_with, exists, and nothing else");
    if (reading->condition->holds)
        return wrong(reading, "it has more than one operator: make two conditions of it");
    reading->condition->holds = comparison->holds;
    return read_operands(reading, comparison, &member->value);
}

static enum error_code read_condition(const struct reading *reading,
                                      const struct json_span *value)
{
    struct json_walk walk;
    struct json_member member;
    enum error_code code = ERR_OK;
    if (value->kind != JSON_MAP)
        return wrong(reading, "it is not an object");
    json_walk_init(&walk, value);
    while (!code && json_next_member(&walk, &member))
        code = read_member(reading, &member);
    if (!code && !reading->condition->path)
        code = wrong(reading, "path is missing");
    if (!code && !reading->condition->holds)
        code = wrong(reading, "the operator is missing");
    return code;
}

enum error_code filter_new(const struct json_span *list, struct filter **ret,
                           struct error *error)
{
    size_t most = (size_t)limit(LIMIT_FILTER_CONDITIONS);
    struct json_walk walk;
    struct json_span item;
    enum error_code code = ERR_OK;
    if (list->kind != JSON_LIST || list->len > (size_t)limit(LIMIT_FILTER_BYTES))
        return error_at(error, ERR_INVALID_FIELD, "filter",
                        "must be a list of conditions, at most %zu bytes",
                        (size_t)limit(LIMIT_FILTER_BYTES));
    struct filter *filter = NEW(struct filter);
    filter->conditions = NEW_ARRAY(struct condition, most + 1);
    json_walk_init(&walk, list);
    while (!code && json_next_item(&walk, &item)) {
        struct reading reading = {filter->count + 1, &filter->conditions[filter->count],
                                  error};
        if (filter->count == most) {
            code = error_at(error, ERR_INVALID_FIELD, "filter",
                            "there are more than %zu conditions", most);
            break;
        }
        filter->count++;
        code = read_condition(&reading, &item);
    }
    if (code)
        filter_free(filter);
    else
        *ret = filter;
    return code;
}

void filter_free(struct filter *filter)
{
    if (!filter)
        return;
    for (size_t i = 0; i < filter->count; i++) {
        struct condition *condition = &filter->conditions[i];
        for (size_t k = 0; k < condition->count; k++)
            free(condition->values[k].text);
        free(condition->values);
        free(condition->path);
    }
    free(filter->conditions);
    free(filter);
}

enum error_code filter_check(const char *text, size_t len, struct error *error)
{
    struct json_span list;
    struct filter *filter = NULL;
    enum error_code code = json_check(text, len, &list, error);
    if (!code)
        code = filter_new(&list, &filter, error);
    filter_free(filter);
    return code;
}

// Using

void filter_add_paths(const struct filter *filter, struct paths *paths)
{
    for (size_t i = 0; i < filter->count; i++)
        paths_add(paths, filter->conditions[i].path);
}

void filter_bind(struct filter *filter, const struct paths *paths)
{
    for (size_t i = 0; i < filter->count; i++)
        filter->conditions[i].place = paths_place(paths, filter->conditions[i].path);
}

bool filter_holds(const struct filter *filter, const struct json_span *found)
{
    for (size_t i = 0; i < filter->count; i++) {
        const struct condition *condition = &filter->conditions[i];
        if (!condition->holds(condition, &found[condition->place]))
            return false;
    }
    return true;
}
