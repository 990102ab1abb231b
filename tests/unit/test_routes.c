// The table of routes: no row stands twice or behind another, each is found by a path of its
// form, and a path with another method says which it has.

#include "api/routes.h"

#include "api/openapi.h"
#include "hook/scope.h"

#include <ctype.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

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

// Whatever changes something names its action, so that it stands in the audit log. An event
// is data. Of what only reads, the one that shows a secret does, too.
static void test_every_change_is_audited(void **state)
{
    (void)state;
    for (size_t i = 0; i < route_count; i++) {
        const struct route *route = &routes[i];
        bool changes = strcmp(route->method, "GET") != 0 && route->op != OP_ACCEPT;
        bool shows = strstr(route->pattern, "secret") != NULL;
        if ((route->action != NULL) != (changes || shows)) {
            fail_msg("%s %s: the action is %s", route->method, route->pattern,
                     route->action != NULL ? route->action : "missing");
        }
        if (route->action != NULL) { // and it has an op to be committed with
            assert_true(route->op != OP_KINDS && !op_is_read(route->op));
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
        assert_true(!is_get || route->op == OP_KINDS || route->op == OP_AUDIT ||
                    op_is_read(route->op));
        // Whatever a POST makes it makes once for one Idempotency-Key; a test is sent at
        // once, each time that it is asked for.
        bool sends = (route->flags & ROUTE_SENDS) != 0;
        bool logs_in = (route->flags & ROUTE_OPEN) != 0; // by a link, which works once
        bool makes = strcmp(route->method, "POST") == 0 && has_body && !sends && !logs_in;
        assert_int_equal((route->flags & ROUTE_ONCE) != 0, makes);
    }
}

// --- openapi.yaml ---

static bool has_parameter(const json_t *operation, const char *reference)
{
    size_t at;
    const json_t *parameter;

    json_array_foreach(json_object_get(operation, "parameters"), at, parameter)
    {
        const char *ref = json_string_value(json_object_get(parameter, "$ref"));
        if (ref != NULL && strcmp(ref, reference) == 0) {
            return true;
        }
    }
    return false;
}

// A scope stands in the description, in back quotes.
static bool says_scope(const json_t *operation, uint32_t scope)
{
    const char *text = json_string_value(json_object_get(operation, "description"));
    char quoted[40];

    snprintf(quoted, sizeof quoted, "`%s`", scope_text((enum scope)scope));
    return text != NULL && strstr(text, quoted) != NULL;
}

// What is wrong with what the document says of the route; NULL: nothing.
static const char *fault_of(const struct route *route, const json_t *operation)
{
    bool has_body = (route->flags & (ROUTE_BODY | ROUTE_RAW)) != 0;
    bool is_once = (route->flags & ROUTE_ONCE) != 0;
    bool is_open = (route->flags & ROUTE_OPEN) != 0;
    const json_t *security = json_object_get(operation, "security");

    if (operation == NULL) {
        return "is not described";
    }
    if (has_body != (json_object_get(operation, "requestBody") != NULL)) {
        return has_body ? "lacks a requestBody" : "has a requestBody";
    }
    if (is_once != has_parameter(operation, "#/components/parameters/once")) {
        return is_once ? "lacks the Idempotency-Key" : "has an Idempotency-Key";
    }
    if (is_open && security == NULL) {
        return "lacks its security: it needs no key";
    }
    if (!is_open && route->scope != 0 && route->scope != SCOPE_OPERATOR &&
        !says_scope(operation, route->scope)) {
        return "does not name its scope";
    }
    return NULL;
}

static size_t count_operations(json_t *paths)
{
    static const char *const methods[] = {"get", "post", "put", "patch", "delete"};
    const char *path;
    json_t *item;
    size_t count = 0;

    json_object_foreach(paths, path, item)
    {
        for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
            count += json_object_get(item, methods[i]) != NULL;
        }
    }
    return count;
}

// openapi.yaml has each row, says what a client must know of it, and has nothing else.
static void test_openapi_says_the_same(void **state)
{
    json_t *document = json_loadb(openapi_json, openapi_json_len, 0, NULL);
    json_t *paths = json_object_get(document, "paths");

    (void)state;
    assert_non_null(paths);
    for (size_t i = 0; i < route_count; i++) {
        char method[20] = "";
        for (size_t at = 0; routes[i].method[at] != '\0'; at++) {
            method[at] = (char)tolower((unsigned char)routes[i].method[at]);
        }
        const json_t *item = json_object_get(paths, routes[i].pattern);
        const char *fault = fault_of(&routes[i], json_object_get(item, method));
        if (fault != NULL) {
            fail_msg("openapi.yaml: %s %s %s", routes[i].method, routes[i].pattern, fault);
        }
    }
    assert_int_equal(count_operations(paths), route_count);
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_is_found),
        cmocka_unit_test(test_every_change_is_audited),
        cmocka_unit_test(test_another_method),
        cmocka_unit_test(test_no_such_path),
        cmocka_unit_test(test_rows_make_sense),
        cmocka_unit_test(test_openapi_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
