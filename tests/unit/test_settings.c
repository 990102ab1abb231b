#include "hook/settings.h"

#include "hook_kit.h"

static struct kit kit;

static int set_up(void **state)
{
    (void)state;
    kit_init(&kit);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    kit_done(&kit);
    return 0;
}

static enum error_code set(struct settings *settings, const char *profile, const char *name,
                           const char *json, struct error *error)
{
    json_t *value = json_loads(json, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (!value)
        fail_msg("not JSON: %s", json);
    enum error_code code =
        settings_set(settings, kit_profile(&kit, profile), name, value, error);
    json_decref(value);
    return code;
}

static const struct {
    const char *profile, *name, *json;
    enum error_code code;
} rows[] = {
    {"standard", "events", "[\"a\",\"b\"]", ERR_OK},
    {"standard", "events", "[]", ERR_OK},
    {"standard", "events", "\"a\"", ERR_INVALID_FIELD},
    {"standard", "events", "[\"a\",\"a\"]", ERR_INVALID_FIELD},
    {"standard", "events", "[5]", ERR_INVALID_FIELD},
    {"standard", "events", "[\"a b\"]", ERR_UNKNOWN_EVENT_TYPE},
    {"standard", "events", "[\"a\\u0000b\"]", ERR_UNKNOWN_EVENT_TYPE},
    {"mileston", "events", "[\"invoice-paid\"]", ERR_OK},
    {"mileston", "events", "[\"invoice\"]", ERR_UNKNOWN_EVENT_TYPE},
    {"yoco", "events", "[\"payment.succeeded\"]", ERR_INVALID_FIELD},
    {"yoco", "events", "[]", ERR_OK},
    {"stablemint", "events", "[\"InwardPaymentFailed\"]", ERR_OK},
    {"stablemint", "events", "[]", ERR_INVALID_FIELD},
    {"stablemint", "events", "null", ERR_INVALID_FIELD},
    {"mileston", "events", "null", ERR_OK},
    {"stablemint", "events", "[\"InwardPaymentFailed\",\"OutwardPaymentSent\"]",
     ERR_INVALID_FIELD},
    {"standard", "headers", "{\"Authorization\":\"Bearer x\"}", ERR_OK},
    {"standard", "headers", "{\"X-Tenant\":\"\"}", ERR_OK},
    {"standard", "headers", "[]", ERR_INVALID_FIELD},
    {"standard", "headers", "{\"X-A\\r\\nEvil\":\"1\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\"\":\"1\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\":path\":\"1\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\"X A\":\"1\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\"X-\xc3\xa9\":\"1\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\"host\":\"1\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\"Content-Length\":\"1\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\"TRANSFER-ENCODING\":\"1\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\"connection\":\"1\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\"webhook-id\":\"1\"}", ERR_HEADER_NOT_ALLOWED},
    {"mileston", "headers", "{\"Webhook-Signature\":\"1\"}", ERR_HEADER_NOT_ALLOWED},
    {"mileston", "headers", "{\"x-webhook-signature\":\"1\"}", ERR_HEADER_NOT_ALLOWED},
    {"mesilat", "headers", "{\"x-webhook-signature\":\"1\"}", ERR_OK},
    {"standard", "headers", "{\"X-A\":5}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\"X-A\":\"a\\r\\nb\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\"X-A\":\"a\\u0000b\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\"X-A\":\"a\\u007fb\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\"X-A\":\"\xc3\xa9\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\"X-A\":\" a\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "headers", "{\"X-A\":\"1\",\"x-a\":\"2\"}", ERR_HEADER_NOT_ALLOWED},
    {"standard", "waits", "[]", ERR_OK},
    {"standard", "waits", "[1,604800]", ERR_OK},
    {"standard", "waits", "[0]", ERR_INVALID_FIELD},
    {"standard", "waits", "[604801]", ERR_INVALID_FIELD},
    {"standard", "waits", "[1.0]", ERR_INVALID_FIELD},
    {"standard", "waits", "[\"5s\"]", ERR_INVALID_FIELD},
    {"standard", "waits", "5", ERR_INVALID_FIELD},
    {"standard", "waits", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", ERR_OK},
    {"standard", "waits", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
     ERR_INVALID_FIELD},
    {"standard", "timeout_s", "1", ERR_OK},
    {"standard", "timeout_s", "30", ERR_OK},
    {"standard", "timeout_s", "0", ERR_INVALID_FIELD},
    {"standard", "timeout_s", "31", ERR_INVALID_FIELD},
    {"standard", "timeout_s", "\"5\"", ERR_INVALID_FIELD},
    {"standard", "timeout_s", "true", ERR_INVALID_FIELD},
    {"standard", "in_flight_max", "1024", ERR_OK},
    {"standard", "in_flight_max", "1025", ERR_INVALID_FIELD},
    {"standard", "in_flight_max", "0", ERR_INVALID_FIELD},
    {"standard", "per_second_max", "10000", ERR_OK},
    {"standard", "per_second_max", "10001", ERR_INVALID_FIELD},
    {"standard", "per_second_max", "0", ERR_INVALID_FIELD},
    {"standard", "per_second_max", "1.5", ERR_INVALID_FIELD},
    {"standard", "encrypted", "true", ERR_OK},
    {"standard", "encrypted", "1", ERR_INVALID_FIELD},
    {"yoco", "encrypted", "true", ERR_INVALID_FIELD},
    {"yoco", "encrypted", "false", ERR_OK},
    {"standard", "alert_email", "\"a@shop.example\"", ERR_OK},
    {"standard", "alert_email", "\"a@shop.example\\r\\nBcc: b@c.example\"",
     ERR_INVALID_FIELD},
    {"standard", "alert_email", "\"\\\"a b\\\"@c.example\"", ERR_INVALID_FIELD},
    {"standard", "alert_email", "7", ERR_INVALID_FIELD},
    {"standard", "disable_after_days", "5", ERR_OK},
    {"standard", "disable_after_days", "-1", ERR_INVALID_FIELD},
    {"standard", "metadata", "\"{\\\"a\\\":[1,{}]}\"", ERR_OK},
    {"standard", "metadata", "{\"a\":[1,{}]}", ERR_INVALID_FIELD},
    {"standard", "disable_after_days", "366", ERR_INVALID_FIELD},
    {"mesilat", "disable_after_days", "5", ERR_INVALID_FIELD},
    {"mesilat", "disable_after_days", "0", ERR_OK},
    {"standard", "metadata", "[]", ERR_INVALID_FIELD},
    {"standard", "colour", "1", ERR_UNKNOWN_FIELD},
    {"standard", "secret", "\"x\"", ERR_UNKNOWN_FIELD},
};

static void each_setting_has_its_rules(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct settings settings;
        struct error error = {0};
        settings_init(&settings);
        enum error_code code =
            set(&settings, rows[i].profile, rows[i].name, rows[i].json, &error);
        if (code != rows[i].code)
            fail_msg("%s %s: %s %s", rows[i].name, rows[i].json, error_slug(code),
                     error.text);
        if (code)
            assert_string_equal(error.field, rows[i].name);
        settings_done(&settings);
    }
}

static void a_refusal_changes_nothing(void **state)
{
    (void)state;
    struct settings settings;
    settings_init(&settings);
    assert_int_equal(set(&settings, "standard", "waits", "[7]", NULL), ERR_OK);
    assert_int_equal(set(&settings, "standard", "waits", "[8,0]", NULL), ERR_INVALID_FIELD);
    assert_int_equal(settings.wait_count, 1);
    assert_int_equal(settings.waits_ms[0], 7000);
    assert_int_equal(set(&settings, "standard", "waits", "null", NULL), ERR_OK);
    assert_int_equal(settings.wait_count, -1);
    settings_done(&settings);
}

static void counts_end_where_they_should(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int count;
        bool is_good;
    } sizes[] = {{"headers", 64, true},
                 {"headers", 65, false},
                 {"events", 256, true},
                 {"events", 257, false}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct settings settings;
        bool is_map = sizes[i].name[0] == 'h';
        json_t *value = is_map ? json_object() : json_array();
        settings_init(&settings);
        for (int k = 0; k < sizes[i].count; k++) {
            char name[16];
            snprintf(name, sizeof name, "x-%d", k);
            if (is_map)
                json_object_set_new(value, name, json_string("v"));
            else
                json_array_append_new(value, json_string(name));
        }
        assert_int_equal(settings_set(&settings, kit_profile(&kit, "standard"), sizes[i].name,
                                      value, NULL) == ERR_OK,
                         sizes[i].is_good);
        json_decref(value);
        settings_done(&settings);
    }
}

static void a_header_value_has_at_most_4096_bytes(void **state)
{
    (void)state;
    for (size_t len = 4095; len <= 4097; len++) {
        struct settings settings;
        char text[4100];
        memset(text, 'a', sizeof text);
        json_t *value = json_pack("{s:s%}", "X-A", text, len);
        settings_init(&settings);
        assert_int_equal(settings_set(&settings, kit_profile(&kit, "standard"), "headers",
                                      value, NULL) == ERR_OK,
                         len <= 4096);
        json_decref(value);
        settings_done(&settings);
    }
}

static void headers_have_at_most_65536_bytes_together(void **state)
{
    (void)state;
    for (size_t last = 4031; last <= 4033; last++) { // 15 × (4 + 4096) + 4 + 4032 = 65536
        struct settings settings;
        char text[4097];
        memset(text, 'a', sizeof text);
        json_t *value = json_object();
        settings_init(&settings);
        for (int i = 0; i < 16; i++) {
            char name[16];
            snprintf(name, sizeof name, "x-%02d", i);
            json_object_set_new(value, name, json_stringn(text, i < 15 ? 4096 : last));
        }
        assert_int_equal(settings_set(&settings, kit_profile(&kit, "standard"), "headers",
                                      value, NULL) == ERR_OK,
                         last <= 4032);
        json_decref(value);
        settings_done(&settings);
    }
}

static void what_is_stored_comes_back(void **state)
{
    (void)state;
    static const char stored[] =
        "{\"disable_after_days\":3,\"encrypted\":true,\"events\":[\"a\"],"
        "\"filter\":\"[{\\\"path\\\":\\\"a\\\",\\\"eq\\\":1.10}]\","
        "\"in_flight_max\":9,\"metadata\":\"{\\\"k\\\":[1.50]}\","
        "\"timeout_s\":7,\"waits\":[1,2]}";
    static const char headers[] = "{\"Authorization\":\"Bearer x\"}";
    struct settings settings;
    assert_int_equal(
        settings_from_store(&settings, kit_profile(&kit, "standard"), stored, headers, NULL),
        ERR_OK);
    json_t *json = settings_to_store(&settings), *own = settings_headers(&settings);
    json_t *api = settings_to_api(&settings);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, stored);
    free(text);
    text = json_dumps(own, JSON_COMPACT);
    assert_string_equal(text, headers);
    free(text);
    text = json_dumps(api, JSON_COMPACT);
    assert_null(strstr(text, "Bearer"));
    assert_non_null(strstr(text, "\"headers\":{\"Authorization\":\"***\"}"));
    free(text);
    json_decref(json);
    json_decref(own);
    json_decref(api);
    settings_done(&settings);
}

// A filter's numbers keep their digits. What cannot be one is refused, however it came.
static void filters_are_kept_as_text(void **state)
{
    (void)state;
    static const char *const wrong[] = {"[]]", "{}", "[{\"path\":\"a\"}]"};
    const struct profile *profile = kit_profile(&kit, "standard");
    struct settings settings;
    settings_init(&settings);
    json_t *text = json_string("[{\"path\":\"a\",\"lt\":0.30}]");
    assert_int_equal(settings_set(&settings, profile, "filter", text, NULL), ERR_OK);
    assert_string_equal(settings.filter, json_string_value(text));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_t *value = json_string(wrong[i]);
        assert_int_not_equal(settings_set(&settings, profile, "filter", value, NULL), ERR_OK);
        assert_string_equal(settings.filter, json_string_value(text));
        json_decref(value);
    }
    assert_int_equal(settings_set(&settings, profile, "filter", json_null(), NULL), ERR_OK);
    assert_null(settings.filter);
    json_decref(text);
    settings_done(&settings);
}

// Types that the app has added are chosen like its profile's; of a stored webhook a type may
// be gone.
static void own_types_may_be_chosen(void **state)
{
    (void)state;
    static char own[] = "own.type";
    char *const types[] = {own, NULL};
    const struct profile *profile = kit_profile(&kit, "mileston");
    struct settings settings;
    json_t *chosen = json_pack("[ss]", "own.type", "invoice-paid");
    settings_init(&settings);
    assert_int_equal(settings_set(&settings, profile, "events", chosen, NULL),
                     ERR_UNKNOWN_EVENT_TYPE);
    settings.own_types = types;
    assert_int_equal(settings_set(&settings, profile, "events", chosen, NULL), ERR_OK);
    settings_done(&settings);
    assert_int_equal(
        settings_from_store(&settings, profile, "{\"events\":[\"gone\"]}", NULL, NULL),
        ERR_OK);
    settings_done(&settings);
    assert_int_equal(
        settings_from_store(&settings, profile, "{\"events\":[\"g ne\"]}", NULL, NULL),
        ERR_DAMAGED);
    json_decref(chosen);
}

static void the_api_shows_every_setting(void **state)
{
    (void)state;
    struct settings settings;
    settings_init(&settings);
    json_t *api = settings_to_api(&settings), *stored = settings_to_store(&settings);
    char *text = json_dumps(api, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(
        text, "{\"alert_email\":null,\"disable_after_days\":null,\"encrypted\":false,"
              "\"events\":null,"
              "\"headers\":{},\"in_flight_max\":null,"
              "\"per_second_max\":null,\"timeout_s\":null,\"waits\":null}");
    assert_int_equal(json_object_size(stored), 0);
    free(text);
    json_decref(api);
    json_decref(stored);
    settings_done(&settings);
}

static void damaged_rows_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "[]", "{", "{\"waits\":[0]}", "{\"colour\":1}", "{\"waits\":[1],\"waits\":[2]}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct settings settings;
        assert_int_equal(settings_from_store(&settings, kit_profile(&kit, "standard"),
                                             texts[i], NULL, NULL),
                         ERR_DAMAGED);
    }
    struct settings settings;
    assert_int_equal(settings_from_store(&settings, kit_profile(&kit, "standard"), NULL,
                                         "{\"Host\":\"x\"}", NULL),
                     ERR_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_setting_has_its_rules),
        cmocka_unit_test(a_refusal_changes_nothing),
        cmocka_unit_test(counts_end_where_they_should),
        cmocka_unit_test(a_header_value_has_at_most_4096_bytes),
        cmocka_unit_test(headers_have_at_most_65536_bytes_together),
        cmocka_unit_test(what_is_stored_comes_back),
        cmocka_unit_test(filters_are_kept_as_text),
        cmocka_unit_test(own_types_may_be_chosen),
        cmocka_unit_test(the_api_shows_every_setting),
        cmocka_unit_test(damaged_rows_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
