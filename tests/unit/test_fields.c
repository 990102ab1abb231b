// The members of a body, by table: what each kind takes, and what is said of the rest.

#include "api/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { NAME, FLAG, COUNT, AT, LIST, FIELDS };
static const struct field fields[FIELDS] = {
    [NAME] = {"name", FIELD_TEXT, true, 8},     [FLAG] = {"flag", FIELD_FLAG, false, 0},
    [COUNT] = {"count", FIELD_WHOLE, false, 9}, [AT] = {"at", FIELD_TIME, false, 0},
    [LIST] = {"list", FIELD_TEXTS, false, 2},
};

static enum error_code read_text(const char *text, struct field_value *values,
                                 struct error *error, json_t **ret)
{
    *ret = json_loads(text, 0, NULL);
    assert_non_null(*ret);
    return fields_read(*ret, fields, FIELDS, values, NULL, NULL, error);
}

static void test_refusals(void **state)
{
    static const struct {
        const char *body;
        enum error_code code;
        const char *field;
    } rows[] = {
        {"{}", ERR_INVALID_FIELD, "name"},
        {"{\"name\":null}", ERR_INVALID_FIELD, "name"},
        {"{\"name\":\"\"}", ERR_INVALID_FIELD, "name"},
        {"{\"name\":\"123456789\"}", ERR_INVALID_FIELD, "name"},
        {"{\"name\":\"a\\nb\"}", ERR_INVALID_FIELD, "name"},
        {"{\"name\":\"a\\u007fb\"}", ERR_INVALID_FIELD, "name"},
        {"{\"name\":5}", ERR_INVALID_FIELD, "name"},
        {"{\"name\":\"a\",\"flag\":1}", ERR_INVALID_FIELD, "flag"},
        {"{\"name\":\"a\",\"flag\":\"true\"}", ERR_INVALID_FIELD, "flag"},
        {"{\"name\":\"a\",\"count\":-1}", ERR_INVALID_FIELD, "count"},
        {"{\"name\":\"a\",\"count\":10}", ERR_INVALID_FIELD, "count"},
        {"{\"name\":\"a\",\"count\":1.0}", ERR_INVALID_FIELD, "count"},
        {"{\"name\":\"a\",\"count\":\"5\"}", ERR_INVALID_FIELD, "count"},
        {"{\"name\":\"a\",\"count\":true}", ERR_INVALID_FIELD, "count"},
        {"{\"name\":\"a\",\"at\":\"yesterday\"}", ERR_INVALID_FIELD, "at"},
        {"{\"name\":\"a\",\"at\":\"2024-02-30T00:00:00Z\"}", ERR_INVALID_FIELD, "at"},
        {"{\"name\":\"a\",\"at\":\"0000-01-01T00:00:00Z\"}", ERR_INVALID_FIELD, "at"},
        {"{\"name\":\"a\",\"at\":292277026597}", ERR_INVALID_FIELD, "at"},
        {"{\"name\":\"a\",\"list\":[\"a\",5]}", ERR_INVALID_FIELD, "list"},
        {"{\"name\":\"a\",\"list\":[\"a\",\"b\",\"c\"]}", ERR_INVALID_FIELD, "list"},
        {"{\"name\":\"a\",\"list\":\"a\"}", ERR_INVALID_FIELD, "list"},
        {"{\"name\":\"a\",\"app_id\":1}", ERR_UNKNOWN_FIELD, "app_id"},
        {"{\"name\":\"a\",\"Name\":\"b\"}", ERR_UNKNOWN_FIELD, "Name"},
        {"{\"name\":\"a\",\"\":1}", ERR_UNKNOWN_FIELD, ""},
        {"{\"name\":\"a\",\"0123456789012345678901234567890123456789tail\":1}",
         ERR_UNKNOWN_FIELD, "0123456789012345678901234567890123456789"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct field_value values[FIELDS];
        struct error error = {0};
        json_t *body;
        if (read_text(rows[i].body, values, &error, &body) != rows[i].code) {
            fail_msg("%s: %d", rows[i].body, (int)error.code);
        }
        assert_string_equal(error.field, rows[i].field);
        assert_true(error.text[0] != '\0');
        json_decref(body);
    }
}

static void test_values(void **state)
{
    struct field_value values[FIELDS];
    struct error error = {0};
    json_t *body;

    (void)state;
    assert_int_equal(read_text("{\"name\":\"12345678\",\"flag\":true,\"count\":9,"
                               "\"at\":\"1970-01-01T00:00:01Z\",\"list\":[\"a\",\"b\"]}",
                               values, &error, &body),
                     ERR_OK);
    assert_string_equal(values[NAME].text, "12345678");
    assert_true(values[FLAG].flag);
    assert_int_equal(values[COUNT].whole, 9);
    assert_int_equal(values[AT].whole, 1000);
    assert_int_equal(json_array_size(values[LIST].texts), 2);
    json_decref(body);

    assert_int_equal(read_text("{\"name\":\"a\",\"count\":null}", values, &error, &body),
                     ERR_OK);
    assert_true(values[COUNT].is_given && values[COUNT].is_null);
    assert_false(values[FLAG].is_given);
    json_decref(body);
}

static enum error_code take_extra(void *owner, const char *name, const json_t *value,
                                  struct error *error)
{
    if (strcmp(name, "extra") != 0) {
        return error_at(error, ERR_UNKNOWN_FIELD, name, "not here");
    }
    *(json_int_t *)owner = json_integer_value(value);
    return ERR_OK;
}

static void test_others_go_to_the_caller(void **state)
{
    struct field_value values[FIELDS];
    struct error error = {0};
    json_int_t extra = 0;
    json_t *body = json_loads("{\"name\":\"a\",\"extra\":7}", 0, NULL);

    (void)state;
    assert_int_equal(fields_read(body, fields, FIELDS, values, take_extra, &extra, &error),
                     ERR_OK);
    assert_int_equal(extra, 7);
    json_object_set_new(body, "more", json_null());
    assert_int_equal(fields_read(body, fields, FIELDS, values, take_extra, &extra, &error),
                     ERR_UNKNOWN_FIELD);
    assert_string_equal(error.field, "more");
    json_decref(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_others_go_to_the_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
