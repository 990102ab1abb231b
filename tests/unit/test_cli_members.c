// Flags become the JSON of a request, or its query.

#include "cli/members.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct member members[] = {
    {ARG_FIRST, "url", MEMBER_TEXT},
    {FLAG_EVENTS, "events", MEMBER_TEXTS},
    {FLAG_WAITS, "waits", MEMBER_SECONDS_LIST},
    {FLAG_TIMEOUT, "timeout_s", MEMBER_SECONDS},
    {FLAG_IN_FLIGHT, "in_flight_max", MEMBER_NUMBER},
    {FLAG_ENCRYPTED, "encrypted", MEMBER_YES},
    {FLAG_DISABLED, "enabled", MEMBER_NO},
    {FLAG_METADATA, "metadata", MEMBER_JSON},
    {FLAG_SINCE, "since", MEMBER_TIME},
};
enum { MEMBERS_COUNT = sizeof members / sizeof *members };

static const struct {
    enum flag flag;
    const char *value;
    const char *json; // NULL: refused
} rows[] = {
    {ARG_FIRST, "https://x/\"\\", "{\"url\":\"https://x/\\\"\\\\\"}"},
    {FLAG_EVENTS, "a,b.c", "{\"events\":[\"a\",\"b.c\"]}"},
    {FLAG_EVENTS, "a", "{\"events\":[\"a\"]}"},
    {FLAG_EVENTS, "", "{\"events\":null}"},
    {FLAG_EVENTS, "a,,b", NULL},
    {FLAG_EVENTS, "a,", NULL},
    {FLAG_WAITS, "5s,2m,1h", "{\"waits\":[5,120,3600]}"},
    {FLAG_WAITS, "5", NULL},
    {FLAG_WAITS, "500ms", NULL},
    {FLAG_TIMEOUT, "10s", "{\"timeout_s\":10}"},
    {FLAG_TIMEOUT, "", "{\"timeout_s\":null}"},
    {FLAG_TIMEOUT, "ten", NULL},
    {FLAG_IN_FLIGHT, "64", "{\"in_flight_max\":64}"},
    {FLAG_IN_FLIGHT, "-1", NULL},
    {FLAG_IN_FLIGHT, "99999999999", NULL},
    {FLAG_ENCRYPTED, "yes", "{\"encrypted\":true}"},
    {FLAG_ENCRYPTED, "no", "{\"encrypted\":false}"},
    {FLAG_ENCRYPTED, "true", NULL},
    {FLAG_DISABLED, "disabled", "{\"enabled\":false}"},
    {FLAG_METADATA, " {\"a\": 1.10} ", "{\"metadata\":{\"a\": 1.10}}"},
    {FLAG_METADATA, "1,\"x\":2", NULL},
    {FLAG_METADATA, "@/nowhere", NULL},
    {FLAG_SINCE, "2026-01-31T12:00:00Z", "{\"since\":\"2026-01-31T12:00:00.000Z\"}"},
    {FLAG_SINCE, "yesterday", NULL},
};

static void flags_become_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char value[64], *rest[] = {value, NULL};
        struct args args = {.rest = rest};
        struct error error = {0};
        struct buf buf;
        enum error_code code;

        strncpy(value, rows[i].value, sizeof value - 1);
        value[sizeof value - 1] = '\0';
        if (rows[i].flag == ARG_FIRST)
            args.count = 1;
        else
            args.values[rows[i].flag] = value;
        buf_init(&buf, 10000);
        code = members_write(members, MEMBERS_COUNT, &args, &buf, &error);
        if ((code == ERR_OK) != (rows[i].json != NULL))
            fail_msg("%zu: %s", i, error.text);
        if (rows[i].json)
            assert_string_equal(buf.data, rows[i].json);
        else
            assert_true(error.text[0] != '\0');
        buf_done(&buf);
    }
}

static void none_is_an_empty_object(void **state)
{
    struct args args = {0};
    struct error error;
    struct buf buf;

    (void)state;
    buf_init(&buf, 100);
    assert_int_equal(members_write(members, MEMBERS_COUNT, &args, &buf, &error), ERR_OK);
    assert_string_equal(buf.data, "{}");
    buf_done(&buf);
}

static void queries_are_escaped(void **state)
{
    static const struct member query[] = {{FLAG_TYPE, "type", MEMBER_TEXT},
                                          {FLAG_SINCE, "since", MEMBER_TIME}};
    struct args args = {0};
    struct error error;
    struct buf buf;

    (void)state;
    args.values[FLAG_TYPE] = "a&b=c";
    args.values[FLAG_SINCE] = "2026-01-31T12:00:00+02:00";
    buf_init(&buf, 1000);
    assert_int_equal(members_query(query, 2, &args, &buf, &error), ERR_OK);
    assert_string_equal(buf.data, "?type=a%26b%3Dc&since=2026-01-31T10%3A00%3A00.000Z");
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_become_json),
        cmocka_unit_test(none_is_an_empty_object),
        cmocka_unit_test(queries_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
