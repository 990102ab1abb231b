#include "hook/pointer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// The document of RFC 6901, section 5, and what is not in it.
static const char document[] =
    "{\"foo\": [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"c%d\": 2,"
    "\"m~n\": 8, \"deep\": [[{\"x\": null}]]}";

static const struct {
    const char *pointer, *value; // NULL: none
} rows[] = {
    {"/foo", "[\"bar\", \"baz\"]"},
    {"/foo/0", "\"bar\""},
    {"/foo/1", "\"baz\""},
    {"/foo/2", NULL},
    {"/foo/01", NULL},
    {"/foo/-", NULL},
    {"/foo/bar", NULL},
    {"/", "0"},
    {"/a~1b", "1"},
    {"/c%d", "2"},
    {"/m~0n", "8"},
    {"/m~n", "8"},
    {"/deep/0/0/x", "null"},
    {"/deep/0/0/x/y", NULL},
    {"/none", NULL},
    {"foo", NULL},
};

static void pointers_find_what_they_name(void **state)
{
    (void)state;
    struct json_span root, found;
    assert_int_equal(json_check(document, strlen(document), &root, NULL), ERR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool is_there = pointer_find(&root, rows[i].pointer, &found);
        if (is_there != (rows[i].value != NULL))
            fail_msg("%s", rows[i].pointer);
        if (is_there) {
            assert_int_equal(found.len, strlen(rows[i].value));
            assert_memory_equal(found.at, rows[i].value, found.len);
        }
    }
    assert_true(pointer_find(&root, "", &found));
    assert_ptr_equal(found.at, root.at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pointers_find_what_they_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
