// Numbers that jansson cannot hold do not stand in the way of what else the text says.

#include "api/json_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HUNDREDS(digits) H(digits) H(digits) H(digits) H(digits) H(digits)
#define H(digits) T(digits) T(digits) T(digits) T(digits) T(digits)
#define T(digits) U(digits) U(digits)
#define U(digits) digits digits digits digits digits digits digits digits

static void test_numbers(void **state)
{
    static const struct {
        const char *text, *tree;
    } rows[] = {
        {"9223372036854775807", "9223372036854775807"},
        {"9223372036854775808", "9223372036854775807"},
        {"-9223372036854775808", "-9223372036854775808"},
        {"-9223372036854775809", "-9223372036854775807"},
        {"[12345678901234567890123]", "[9223372036854775807]"},
        {"[1e308,1e309,-1e309,1E+309,1.0e999]", "[1e308,1e308,-1e308,1e308,1e308]"},
        {"[1e999,1e-999,5,-0,0.5]", "[1e308,0.0,5,0,0.5]"},
        {HUNDREDS("1"), "9223372036854775807"},
        {HUNDREDS("1") ".5", "1e308"},
        {"{\"a\":1e999,\"b\":\"1e999\",\"1e999\":\"\\\"1e999\",\"c\":\"\\\\\"}",
         "{\"a\":1e308,\"b\":\"1e999\",\"1e999\":\"\\\"1e999\",\"c\":\"\\\\\"}"},
        {"[1e999,true,{\"e\":null}]", "[1e308,true,{\"e\":null}]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = strlen(rows[i].text);
        char *bytes = malloc(len); // so that a read behind it is seen
        json_error_t why;
        assert_non_null(bytes);
        memcpy(bytes, rows[i].text, len);
        json_t *tree = json_tree(bytes, len, JSON_DECODE_ANY, &why);
        json_t *same = json_loads(rows[i].tree, JSON_DECODE_ANY, NULL);
        assert_non_null(same);
        if (!json_equal(tree, same)) {
            fail_msg("%s: %s", rows[i].text, why.text);
        }
        json_decref(tree);
        json_decref(same);
        free(bytes);
    }
}

// What is wrong otherwise stays wrong.
static void test_other_mistakes(void **state)
{
    static const char text[] = "{\"a\":1e999,\"a\":1}";
    json_error_t why;

    (void)state;
    assert_null(json_tree(text, sizeof text - 1, JSON_REJECT_DUPLICATES, &why));
    assert_int_equal(json_error_code(&why), json_error_duplicate_key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_other_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
