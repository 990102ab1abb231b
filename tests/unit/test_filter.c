// Filters: what they let pass, and which are refused.

#include "hook/filter.h"

#include "base/json_span.h"
#include "base/memory.h"
#include "hook/paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static enum error_code make(const char *text, struct filter **ret, struct error *error)
{
    struct json_span list;
    if (json_check(text, strlen(text), &list, error))
        fail_msg("not JSON: %s", text);
    return filter_new(&list, ret, error);
}

static bool lets_pass(const char *text, const char *payload)
{
    struct filter *filter = NULL;
    struct error error = {0};
    struct json_span span, *found;
    struct paths *paths = paths_new();
    if (make(text, &filter, &error))
        fail_msg("%s: %s", text, error.text);
    if (json_check(payload, strlen(payload), &span, NULL))
        fail_msg("not JSON: %s", payload);
    filter_add_paths(filter, paths);
    paths_settle(paths);
    filter_bind(filter, paths);
    found = NEW_ARRAY(struct json_span, paths_count(paths) + 1);
    paths_find(paths, &span, found);
    bool holds = filter_holds(filter, found);
    free(found);
    paths_free(paths);
    filter_free(filter);
    return holds;
}

#define ONE(path, condition) "[{\"path\":\"" path "\"," condition "}]"

static const struct {
    const char *filter, *payload;
    bool passes;
} rows[] = {
    {"[]", "1", true},
    {ONE("a", "\"eq\":\"x\""), "{\"a\":\"x\"}", true},
    {ONE("a", "\"eq\":\"x\""), "{\"a\":\"\\u0078\"}", true},
    {ONE("\\u0061", "\"eq\":\"\\u0078\""), "{\"a\":\"x\"}", true},
    {ONE("a", "\"eq\":\"x\""), "{\"a\":\"xy\"}", false},
    {ONE("a", "\"eq\":\"xy\""), "{\"a\":\"x\"}", false},
    {ONE("a", "\"eq\":\"\""), "{\"a\":\"\"}", true},
    {ONE("a", "\"eq\":1"), "{\"a\":\"1\"}", false},
    {ONE("a", "\"eq\":\"1\""), "{\"a\":1}", false},
    {ONE("a", "\"eq\":null"), "{\"a\":null}", true},
    {ONE("a", "\"eq\":null"), "{}", false},
    {ONE("a", "\"eq\":true"), "{\"a\":true}", true},
    {ONE("a", "\"eq\":true"), "{\"a\":false}", false},
    {ONE("a", "\"eq\":\"x\""), "{\"a\":[\"x\"]}", false},
    // numbers by value, to the last digit
    {ONE("a", "\"eq\":1"), "{\"a\":1.0}", true},
    {ONE("a", "\"eq\":10"), "{\"a\":1e1}", true},
    {ONE("a", "\"eq\":0.1"), "{\"a\":0.10}", true},
    {ONE("a", "\"eq\":0"), "{\"a\":-0.0}", true},
    {ONE("a", "\"eq\":0"), "{\"a\":0e999999999999}", true},
    {ONE("a", "\"eq\":100000000000000000"), "{\"a\":100000000000000001}", false},
    {ONE("a", "\"lt\":0.3"), "{\"a\":0.29999999999999999999999999}", true},
    {ONE("a", "\"eq\":12345678901234567890123"), "{\"a\":12345678901234567890123}", true},
    {ONE("a", "\"eq\":12345678901234567890123"), "{\"a\":12345678901234567890124}", false},
    {ONE("a", "\"gt\":1.00000000000000000000001"), "{\"a\":1.00000000000000000000002}", true},
    {ONE("a", "\"gt\":1.00000000000000000000001"), "{\"a\":1.00000000000000000000001}",
     false},
    {ONE("a", "\"lt\":1e400"), "{\"a\":9e399}", true},
    {ONE("a", "\"lt\":-1e400"), "{\"a\":-9e399}", false},
    {ONE("a", "\"gt\":9"), "{\"a\":10}", true},
    {ONE("a", "\"gt\":9"), "{\"a\":9}", false},
    {ONE("a", "\"gte\":9"), "{\"a\":9.0}", true},
    {ONE("a", "\"lt\":-1"), "{\"a\":-2}", true},
    {ONE("a", "\"lte\":-1"), "{\"a\":-1e0}", true},
    {ONE("a", "\"lte\":-1"), "{\"a\":-0.5}", false},
    {ONE("a", "\"gt\":1"), "{\"a\":1e99999999999999999999}", true},
    {ONE("a", "\"gt\":1"), "{\"a\":\"2\"}", false},
    {ONE("a", "\"gt\":1"), "{}", false},
    // texts by their bytes
    {ONE("a", "\"gte\":\"2024-06\""), "{\"a\":\"2024-06-15\"}", true},
    {ONE("a", "\"lt\":\"2024-06\""), "{\"a\":\"2024-06-15\"}", false},
    {ONE("a", "\"lte\":\"b\""), "{\"a\":\"b\"}", true},
    {ONE("a", "\"starts_with\":\"ch_\""), "{\"a\":\"ch_1\"}", true},
    {ONE("a", "\"starts_with\":\"ch_\""), "{\"a\":\"ch\"}", false},
    {ONE("a", "\"starts_with\":\"\\u00e9\""), "{\"a\":\"\\u00E9t\\u00e9\"}", true},
    {ONE("a", "\"starts_with\":\"\""), "{\"a\":\"x\"}", true},
    {ONE("a", "\"starts_with\":\"\""), "{\"a\":1}", false},
    // a NUL is in no text of ours
    {ONE("a", "\"eq\":\"x\""), "{\"a\":\"x\\u0000\"}", false},
    {ONE("a", "\"ne\":\"x\""), "{\"a\":\"x\\u0000\"}", true},
    {ONE("a", "\"starts_with\":\"x\""), "{\"a\":\"x\\u0000\"}", false},
    // sets
    {ONE("a", "\"in\":[\"x\",2,null]"), "{\"a\":2.0}", true},
    {ONE("a", "\"in\":[\"x\",2,null]"), "{\"a\":\"y\"}", false},
    {ONE("a", "\"in\":[\"x\",2,null]"), "{\"a\":null}", true},
    {ONE("a", "\"in\":[]"), "{\"a\":1}", false},
    {ONE("a", "\"nin\":[]"), "{\"a\":1}", true},
    {ONE("a", "\"nin\":[1]"), "{\"a\":1}", false},
    {ONE("a", "\"nin\":[1]"), "{}", true},
    {ONE("a", "\"ne\":1"), "{}", true},
    {ONE("a", "\"ne\":1"), "{\"a\":1.0}", false},
    // presence
    {ONE("a", "\"exists\":true"), "{\"a\":null}", true},
    {ONE("a", "\"exists\":true"), "{\"b\":1}", false},
    {ONE("a", "\"exists\":false"), "{\"b\":1}", true},
    {ONE("a", "\"exists\":false"), "{\"a\":0}", false},
    // paths
    {ONE("a.b.c", "\"eq\":1"), "{\"a\":{\"b\":{\"c\":1}}}", true},
    {ONE("a.b", "\"eq\":1"), "{\"a\":[{\"b\":1}]}", false},
    {ONE("a.0.b", "\"eq\":1"), "{\"a\":[{\"b\":1}]}", true},
    {ONE("a.10", "\"eq\":1"), "{\"a\":[0,1,2]}", false},
    {ONE("0", "\"eq\":1"), "[1]", true},
    {ONE("0", "\"eq\":1"), "{\"0\":1}", true},
    {ONE("a", "\"exists\":true"), "1", false},
    {ONE("a.b", "\"exists\":true"), "{\"a.b\":1}", false},
    {ONE("a", "\"eq\":1"), "{\"a\":1,\"a\":2}", true},
    // all must hold
    {"[{\"path\":\"a\",\"gte\":1},{\"path\":\"a\",\"lt\":5}]", "{\"a\":4}", true},
    {"[{\"path\":\"a\",\"gte\":1},{\"path\":\"a\",\"lt\":5}]", "{\"a\":5}", false},
    {"[{\"path\":\"a.b\",\"eq\":1},{\"path\":\"a\",\"exists\":true},{\"path\":\"ab\",\"eq\":"
     "2}]",
     "{\"ab\":2,\"a\":{\"b\":1}}", true},
};

static void payloads_pass_or_do_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (lets_pass(rows[i].filter, rows[i].payload) != rows[i].passes)
            fail_msg("%s on %s", rows[i].filter, rows[i].payload);
}

static const struct {
    const char *filter, *why;
} refused[] = {
    {"{}", "list of conditions"},
    {"[1]", "not an object"},
    {"[{}]", "path is missing"},
    {"[{\"path\":\"a\"}]", "operator is missing"},
    {"[{\"eq\":1}]", "path is missing"},
    {ONE("", "\"eq\":1"), "path must be"},
    {ONE(".a", "\"eq\":1"), "path must be"},
    {ONE("a.", "\"eq\":1"), "path must be"},
    {ONE("a..b", "\"eq\":1"), "path must be"},
    {ONE("a\\u0000b", "\"eq\":1"), "path must be"},
    {ONE("a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q", "\"eq\":1"), "path must be"},
    {"[{\"path\":1,\"eq\":1}]", "path must be"},
    {ONE("a", "\"path\":\"b\",\"eq\":1"), "twice"},
    {ONE("a", "\"eq\":1,\"gt\":0"), "more than one operator"},
    {ONE("a", "\"matches\":\"(a+)+$\""), "nothing else"},
    {ONE("a", "\"eq\":[1]"), "eq takes"},
    {ONE("a", "\"eq\":{}"), "eq takes"},
    {ONE("a", "\"in\":1"), "in takes a list"},
    {ONE("a", "\"in\":[[1]]"), "in takes a list"},
    {ONE("a", "\"gt\":true"), "gt takes"},
    {ONE("a", "\"starts_with\":1"), "starts_with takes"},
    {ONE("a", "\"exists\":1"), "exists takes"},
    {ONE("a", "\"eq\":\"\\u0000\""), "NUL"},
    {"[{\"path\":\"a\",\"eq\":1},{\"path\":\"a\",\"eq\":{}}]", "condition 2"},
};

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct filter *filter = NULL;
        struct error error = {0};
        if (make(refused[i].filter, &filter, &error) != ERR_INVALID_FIELD)
            fail_msg("%s was not refused", refused[i].filter);
        assert_null(filter);
        assert_string_equal(error.field, "filter");
        if (!strstr(error.text, refused[i].why))
            fail_msg("%s: %s", refused[i].filter, error.text);
    }
}

// count times the item, with commas between.
static char *repeat(const char *item, size_t count, const char *before, const char *behind)
{
    size_t room = (strlen(item) + 1) * count + strlen(before) + strlen(behind) + 1;
    char *text = memory_new(room);
    size_t len = (size_t)snprintf(text, room, "%s", before);
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, room - len, "%s%s", i > 0 ? "," : "", item);
    (void)snprintf(text + len, room - len, "%s", behind);
    return text;
}

static void sizes_have_an_end(void **state)
{
    (void)state;
    static const struct {
        const char *item, *before, *behind;
        size_t count;
        bool is_allowed;
    } sizes[] = {
        {"{\"path\":\"a\",\"eq\":1}", "[", "]", 16, true},
        {"{\"path\":\"a\",\"eq\":1}", "[", "]", 17, false},
        {"1", "[{\"path\":\"a\",\"in\":[", "]}]", 64, true},
        {"1", "[{\"path\":\"a\",\"in\":[", "]}]", 65, false},
        {" ", "[{\"path\":\"a\",\"eq\":1", "}]", 0, true},
    };
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct filter *filter = NULL;
        char *text = repeat(sizes[i].item, sizes[i].count, sizes[i].before, sizes[i].behind);
        assert_int_equal(make(text, &filter, NULL),
                         sizes[i].is_allowed ? ERR_OK : ERR_INVALID_FIELD);
        filter_free(filter);
        free(text);
    }
    for (size_t len = 8191; len <= 8193; len++) {
        static const char shape[] = "[{\"path\":\"a\",\"eq\":\"\"}]";
        struct filter *filter = NULL;
        char *text = memory_new(len + 1);
        size_t start = strlen(shape) - 4;
        memset(text, 'x', len);
        memcpy(text, shape, start + 1);
        memcpy(text + len - 3, shape + start + 1, 3);
        assert_int_equal(make(text, &filter, NULL), len <= 8192 ? ERR_OK : ERR_INVALID_FIELD);
        filter_free(filter);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payloads_pass_or_do_not),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(sizes_have_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
