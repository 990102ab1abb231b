// The table of routes: no row stands twice or behind another, each is found by a path of its
// form, and a path with another method says which it has.

#include "api/routes.h"

#include "hook/scope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

static struct text_span span(const char *text)
{
    return (struct text_span){text, strlen(text)};
}

// The pattern with each {name} replaced by its own word.
static void example(const char *pattern, char *ret)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern != '{' && *pattern != '}') {
            *ret++ = *pattern;
        }
    }
    *ret = '\0';
}

static void test_every_row_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_count; i++) {
        char path[200];
        const struct route *found = NULL;
        struct text_span names[PATH_NAMES];
        example(routes[i].pattern, path);
        assert_int_equal(route_find(span(routes[i].method), span(path), &found, names),
                         ROUTE_FOUND);
        assert_ptr_equal(found, &routes[i]); // none stands twice, none hides another
        for (enum path_name name = 0; name < PATH_NAMES; name++) {
            char braces[40];
            snprintf(braces, sizeof braces, "{%s}", path_name_text(name));
            bool is_named = strstr(routes[i].pattern, braces) != NULL;
            assert_int_equal(names[name].at != NULL, is_named);
            if (is_named) {
                assert_int_equal(names[name].len, strlen(path_name_text(name)));
                assert_memory_equal(names[name].at, path_name_text(name), names[name].len);
            }
        }
    }
}

static void test_another_method(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_count; i++) {
        char path[200], allowed[80];
        const struct route *found = NULL;
        struct text_span names[PATH_NAMES];
        example(routes[i].pattern, path);
        assert_int_equal(route_find(span("OPTIONS"), span(path), &found, names),
                         ROUTE_OTHER_METHOD);
        assert_null(found);
        route_allow(span(path), allowed, sizeof allowed);
        assert_non_null(strstr(allowed, routes[i].method));
    }
}

static void test_no_such_path(void **state)
{
    static const char *const paths[] = {
        "/",
        "/v1",
        "/v1/",
        "/v1/apps/",
        "/v1/apps//",
        "/v1/apps//events",
        "//v1/apps",
        "/v1/apps/a/events/",
        "/v1/../v1/apps",
        "/v1/apps/a/b/events",
        "/v2/apps",
        "/healthz/",
        "/v1/apps/a/webhooks/w/secret/",
        "/v1/apps/a/deliveries/d/",
        "/V1/apps",
    };

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const struct route *found = NULL;
        struct text_span names[PATH_NAMES];
        assert_int_equal(route_find(span("GET"), span(paths[i]), &found, names),
                         ROUTE_NO_PATH);
    }
}

// What every row must say for the dispatcher to be right about it.
static void test_rows_make_sense(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_count; i++) {
        const struct route *route = &routes[i];
        bool is_open = (route->flags & (ROUTE_OPEN | ROUTE_ANY_KEY)) != 0;
        assert_true(is_open || scope_text((enum scope)route->scope) != NULL);
        assert_true(route->ask != NULL || route->answer != NULL);
        assert_true(route->op == OP_KINDS || route->ask != NULL);
        assert_true(route->read == OP_KINDS || op_is_read(route->read));
        bool has_body = (route->flags & (ROUTE_BODY | ROUTE_RAW)) != 0;
        bool is_get = strcmp(route->method, "GET") == 0;
        assert_false(has_body && (is_get || strcmp(route->method, "DELETE") == 0));
        assert_true(!is_get || route->op == OP_KINDS || op_is_read(route->op));
        // Whatever a POST makes it makes once for one Idempotency-Key; a test is sent at
        // once, each time that it is asked for.
        bool sends = (route->flags & ROUTE_SENDS) != 0;
        bool makes = strcmp(route->method, "POST") == 0 && has_body && !sends;
        assert_int_equal((route->flags & ROUTE_ONCE) != 0, makes);
    }
}

// openapi.yaml has each row, and nothing else: "  /path:" and below it "    method:".
static void test_openapi_says_the_same(void **state)
{
    FILE *file = fopen(SOURCE_DIR "/openapi.yaml", "r");
    char line[400], path[200] = "", method[20];
    size_t said = 0;

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL && strncmp(line, "components:", 11) != 0) {
        if (sscanf(line, "  /%198[^:]:", path + 1) == 1 && line[2] == '/') {
            path[0] = '/';
        } else if (line[4] != ' ' && sscanf(line, "    %19[a-z]:", method) == 1 &&
                   strcmp(method, "parameters") != 0 && path[0] != '\0') {
            bool is_served = false;
            for (size_t i = 0; i < route_count; i++) {
                is_served = is_served || (strcmp(routes[i].pattern, path) == 0 &&
                                          strcasecmp(routes[i].method, method) == 0);
            }
            if (!is_served) {
                fail_msg("%s %s is not served", method, path);
            }
            said++;
        }
    }
    fclose(file);
    assert_int_equal(said, route_count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_found),    cmocka_unit_test(test_another_method),
        cmocka_unit_test(test_no_such_path),          cmocka_unit_test(test_rows_make_sense),
        cmocka_unit_test(test_openapi_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
