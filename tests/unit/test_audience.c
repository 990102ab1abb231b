// Who gets an event: the index must say what a look at every webhook would have said.

#include "hook/audience.h"

#include "hook_kit.h"
#include "seeded.h"

#include "hook/filter.h"

enum { WEBHOOKS = 200, TYPES = 12 };

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

static struct app_card *card_of(const char *profile, const char *const *settings,
                                size_t count, const char *types)
{
    struct app_row app = {.id = 3, .name = "shop", .profile = profile, .types = types};
    struct webhook_row rows[WEBHOOKS] = {{0}};
    struct app_card *card = NULL;
    struct error error = {0};
    for (size_t i = 0; i < count; i++)
        rows[i] =
            (struct webhook_row){.id = (int64_t)i + 1, .app_id = 3, .settings = settings[i]};
    if (app_card_new(&kit.profiles, &app, rows, count, &card, &error))
        fail_msg("%s", error.text);
    return card;
}

// The ids that get it, as "1 2 5".
static void ask(const struct app_card *card, const char *type, const char *payload,
                char ret[2000])
{
    struct json_span span;
    size_t count, len = 0;
    assert_int_equal(json_check(payload, strlen(payload), &span, NULL), ERR_OK);
    int64_t *ids = audience_of(card->audience, type, &span, &count);
    ret[0] = '\0';
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(ret + len, 2000 - len, "%s%d", i > 0 ? " " : "", (int)ids[i]);
    free(ids);
}

static void choices_and_filters_select(void **state)
{
    (void)state;
    static const char *const settings[] = {
        NULL,
        "{\"events\":[\"b\",\"a\"]}",
        "{\"events\":[\"a\"],\"filter\":\"[{\\\"path\\\":\\\"n\\\",\\\"gt\\\":1}]\"}",
        "{\"filter\":\"[{\\\"path\\\":\\\"m.k\\\",\\\"in\\\":[\\\"x\\\",\\\"y\\\"]}]\"}",
        "{\"events\":[\"a\"]}",
    };
    static const struct {
        const char *type, *payload, *ids;
    } rows[] = {
        {"a", "{}", "1 2 5"},
        {"a", "{\"n\":2}", "1 2 3 5"},
        {"a", "{\"n\":2,\"m\":{\"k\":\"y\"}}", "1 2 3 4 5"},
        {"b", "{\"n\":2}", "1 2"},
        {"c", "{\"m\":{\"k\":\"x\"}}", "1 4"},
        {"c", "null", "1"},
        {"", "[]", "1"},
    };
    struct app_card *card = card_of("standard", settings, 5, NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char ids[2000];
        ask(card, rows[i].type, rows[i].payload, ids);
        assert_string_equal(ids, rows[i].ids);
    }
    app_card_drop(card);
}

static bool gets(const struct app_card_webhook *webhook, const char *type)
{
    char **event = webhook->events;
    while (event && *event && strcmp(*event, type) != 0)
        event++;
    return webhook->is_enabled && (!event || *event);
}

// Many webhooks with choices by chance, against a plain scan.
static void the_index_agrees_with_a_scan(void **state)
{
    (void)state;
    static char texts[WEBHOOKS][200];
    const char *settings[WEBHOOKS];
    uint64_t seed = 7;
    for (size_t i = 0; i < WEBHOOKS; i++) {
        unsigned first = (unsigned)seeded_next(&seed) % TYPES;
        unsigned second = (first + 1 + (unsigned)seeded_next(&seed) % (TYPES - 1)) % TYPES;
        (void)snprintf(texts[i], sizeof texts[i], "{\"events\":[\"t%u\",\"t%u\"]}", first,
                       second);
        settings[i] = i % 10 == 0 ? NULL : texts[i];
    }
    struct app_card *card = card_of("standard", settings, WEBHOOKS, NULL);
    for (unsigned t = 0; t <= TYPES; t++) {
        char type[8], wanted[2000] = "", ids[2000];
        size_t len = 0;
        (void)snprintf(type, sizeof type, "t%u", t);
        for (size_t i = 0; i < WEBHOOKS; i++)
            if (gets(&card->webhooks[i], type))
                len += (size_t)snprintf(wanted + len, sizeof wanted - len, "%s%d",
                                        len > 0 ? " " : "", (int)card->webhooks[i].id);
        ask(card, type, "1", ids);
        assert_string_equal(ids, wanted);
    }
    app_card_drop(card);
}

static void a_disabled_webhook_gets_nothing(void **state)
{
    (void)state;
    struct app_row app = {.id = 3, .profile = "standard"};
    struct webhook_row row = {.id = 1, .state = WEBHOOK_DISABLED};
    struct app_card *card = NULL;
    char ids[2000];
    assert_int_equal(app_card_new(&kit.profiles, &app, &row, 1, &card, NULL), ERR_OK);
    ask(card, "a", "1", ids);
    assert_string_equal(ids, "");
    app_card_drop(card);
}

// An app's own types stand beside its profile's, and a stored choice of one that is gone is
// no damage.
static void own_types_count(void **state)
{
    (void)state;
    static const char *const settings[] = {"{\"events\":[\"own.type\",\"gone.type\"]}"};
    struct app_card *card =
        card_of("mileston", settings, 1, "{\"own.type\":{\"schema\":{}},\"other\":{}}");
    char ids[2000];
    assert_true(app_card_has_type(card, "own.type"));
    assert_true(app_card_has_type(card, "other"));
    assert_true(app_card_has_type(card, "invoice-paid"));
    assert_false(app_card_has_type(card, "gone.type"));
    ask(card, "own.type", "{}", ids);
    assert_string_equal(ids, "1");
    ask(card, "invoice-paid", "{}", ids);
    assert_string_equal(ids, "");
    app_card_drop(card);
}

static void damaged_own_types_make_no_card(void **state)
{
    (void)state;
    static const char *const texts[] = {"[]", "{", "1", ""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct app_row app = {.id = 3, .profile = "standard", .types = texts[i]};
        struct app_card *card = NULL;
        assert_int_equal(app_card_new(&kit.profiles, &app, NULL, 0, &card, NULL),
                         ERR_DAMAGED);
        assert_null(card);
    }
}

static void damaged_filters_make_no_card(void **state)
{
    (void)state;
    static const char *const texts[] = {"{\"filter\":\"[1]\"}", "{\"filter\":\"[\"}",
                                        "{\"filter\":[]}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct app_row app = {.id = 3, .profile = "standard"};
        struct webhook_row row = {.id = 1, .settings = texts[i]};
        struct app_card *card = NULL;
        assert_int_equal(app_card_new(&kit.profiles, &app, &row, 1, &card, NULL),
                         ERR_DAMAGED);
        assert_null(card);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_and_filters_select),
        cmocka_unit_test(the_index_agrees_with_a_scan),
        cmocka_unit_test(a_disabled_webhook_gets_nothing),
        cmocka_unit_test(own_types_count),
        cmocka_unit_test(damaged_own_types_make_no_card),
        cmocka_unit_test(damaged_filters_make_no_card),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
