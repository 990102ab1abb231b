#include "hook/intake.h"

#include "base/limits.h"
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

#define U16 \
    "\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fcuuuuuuuu" // characters, not bytes
#define U128 U16 U16 U16 U16 U16 U16 U16 U16

#define MILESTON_PAYLOAD                                                                  \
    "{\"paymentLinkId\":\"6a1c\",\"payer\":\"0x2a\",\"recipientWalletAddress\":\"0x4b\"," \
    "\"amount\":\"1\",\"userUUID\":\"u-1\",\"transactionSignature\":\"0xc1\","            \
    "\"feeSignature\":\"0x1f\",\"chain\":\"pol\",\"env\":\"test\",\"status\":\"paid\","   \
    "\"createdAt\":\"2025-05-16T20:38:25.343Z\"}"

#define YOCO_PAYLOAD                                                                        \
    "{\"id\":\"p_1\",\"type\":\"payment\",\"createdDate\":\"2024-06-15T15:51:55.260284Z\"," \
    "\"amount\":900,\"currency\":\"ZAR\",\"paymentMethodDetails\":{\"type\":\"card\","      \
    "\"card\":{\"expiryMonth\":2,\"expiryYear\":30,\"maskedCard\":\"************1111\","    \
    "\"scheme\":\"visa\"}},\"status\":\"succeeded\",\"mode\":\"live\","                     \
    "\"metadata\":{\"checkoutId\":\"ch_1\"}}"

#define MESILAT_PAYLOAD(metadata, trigger)                                             \
    "{\"uuid\":\"b9c3e992\",\"amount\":500,\"total_amount\":460,\"currency\":\"RUB\"," \
    "\"commission\":40,\"exchange_rate\":1,\"created_at\":1759919382,"                 \
    "\"metadata\":" metadata ",\"additional_fields\":{\"hidden_0\":{\"text\":"         \
    "\"platform_product_id=115123584\",\"type\":\"hidden\",\"value\":null}},"          \
    "\"customer_phone\":\"+35796612353\",\"customer_name\":\"Emma S.\","               \
    "\"product_id\":141,\"product_type\":\"CustomService\"" trigger "}"

// Bodies byte for byte; EVT stands for the event's id.
static const struct {
    const char *profile, *type;
    enum trigger trigger;
    const char *payload, *body;
} bodies[] = {
    {"mileston", "paymentlink-paid", TRIGGER_SCHEDULED, MILESTON_PAYLOAD,
     "{\"event\":\"paymentlink-paid\",\"payload\":" MILESTON_PAYLOAD "}"},
    {"devdraft", "payment.completed", TRIGGER_SCHEDULED, "{\"amount\": 1.10}",
     "{\"id\":\"EVT\",\"event_type\":\"payment.completed\","
     "\"created_at\":\"2024-06-15T15:51:55.260Z\",\"data\":{\"amount\": 1.10}}"},
    {"yoco", "payment.succeeded", TRIGGER_SCHEDULED,
     "{\"id\":\"p_1\",\"type\":\"payment\",\"amount\":900,\"mode\":\"live\"}",
     "{\"id\":\"EVT\",\"type\":\"payment.succeeded\","
     "\"createdDate\":\"2024-06-15T15:51:55.260000Z\",\"payload\":"
     "{\"id\":\"p_1\",\"type\":\"payment\",\"amount\":900,\"mode\":\"live\"}}"},
    {"standard", "any.type_at-all", TRIGGER_SCHEDULED, "[1.10]",
     "{\"type\":\"any.type_at-all\",\"timestamp\":\"2024-06-15T15:51:55.260Z\","
     "\"data\":[1.10]}"},
    {"yoco", "payment.succeeded", TRIGGER_SCHEDULED, YOCO_PAYLOAD,
     "{\"id\":\"EVT\",\"type\":\"payment.succeeded\","
     "\"createdDate\":\"2024-06-15T15:51:55.260000Z\",\"payload\":" YOCO_PAYLOAD "}"},
    {"mesilat", "payment", TRIGGER_SCHEDULED,
     MESILAT_PAYLOAD("[]", ",\"trigger_type\":\"auto\""),
     MESILAT_PAYLOAD("[]", ",\"trigger_type\":\"auto\"")},
    {"mesilat", "payment", TRIGGER_TEST, MESILAT_PAYLOAD("{}", ""),
     MESILAT_PAYLOAD("[]", ",\"trigger_type\":\"manual\"")},
    // flat: absent is inserted last, equal stays
    {"stablemint", "InwardPaymentFailed", TRIGGER_SCHEDULED, "{\"a\":1}",
     "{\"a\":1,\"notificationType\":\"InwardPaymentFailed\"}"},
    {"stablemint", "InwardPaymentFailed", TRIGGER_SCHEDULED, "{}",
     "{\"notificationType\":\"InwardPaymentFailed\"}"},
    {"stablemint", "InwardPaymentFailed", TRIGGER_SCHEDULED,
     "{\"notificationType\": \"InwardPayment\\u0046ailed\", \"a\":1}",
     "{\"notificationType\": \"InwardPayment\\u0046ailed\", \"a\":1}"},
    {"stablemint", "InwardPaymentFailed", TRIGGER_SCHEDULED,
     "{\"a\":{\"notificationType\":\"x\",\"notificationType\":2}}",
     "{\"a\":{\"notificationType\":\"x\",\"notificationType\":2},"
     "\"notificationType\":\"InwardPaymentFailed\"}"},
    // mesilat: empties become [], what is absent comes last in this order
    {"mesilat", "payment", TRIGGER_SCHEDULED,
     "{\"uuid\":\"b9\",\"amount\":500,\"currency\":\"RUB\"}",
     "{\"uuid\":\"b9\",\"amount\":500,\"currency\":\"RUB\",\"metadata\":[],"
     "\"additional_fields\":[],\"trigger_type\":\"auto\"}"},
    {"mesilat", "payment", TRIGGER_TEST,
     "{\"uuid\":\"b9\",\"metadata\": { },\"amount\":500,\"additional_fields\":null,"
     "\"currency\":\"RUB\"}",
     "{\"uuid\":\"b9\",\"metadata\": [],\"amount\":500,\"additional_fields\":[],"
     "\"currency\":\"RUB\",\"trigger_type\":\"manual\"}"},
    {"mesilat", "payment", TRIGGER_SCHEDULED,
     "{\"additional_fields\":{},\"metadata\":{\"a\":{}},\"uuid\":\"b9\",\"amount\":5.00,"
     "\"currency\":\"RUB\",\"trigger_type\":\"auto\"}",
     "{\"additional_fields\":[],\"metadata\":{\"a\":{}},\"uuid\":\"b9\",\"amount\":5.00,"
     "\"currency\":\"RUB\",\"trigger_type\":\"auto\"}"},
    {"mesilat", "payment", TRIGGER_SCHEDULED,
     "{\"metadata\":[],\"additional_fields\":[ ],\"uuid\":\"b9\",\"amount\":5,"
     "\"currency\":\"RUB\" }",
     "{\"metadata\":[],\"additional_fields\":[ ],\"uuid\":\"b9\",\"amount\":5,"
     "\"currency\":\"RUB\" ,\"trigger_type\":\"auto\"}"},
};

static void bodies_are_exact(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct accept accept;
        struct error error = {0};
        char evt[ID_TEXT_MAX], wanted[2048];
        const char *mark = strstr(bodies[i].body, "EVT");
        if (kit_plan(&kit, bodies[i].profile, bodies[i].type, bodies[i].trigger,
                     bodies[i].payload, &accept, &error))
            fail_msg("row %zu: %s %s", i, error.field, error.text);
        id_text(kit.cipher, ID_EVENT, accept.event->id, 0, evt);
        snprintf(wanted, sizeof wanted, "%.*s%s%s",
                 mark ? (int)(mark - bodies[i].body) : (int)strlen(bodies[i].body),
                 bodies[i].body, mark ? evt : "", mark ? mark + 3 : "");
        assert_string_equal(accept.event->body, wanted);
        assert_int_equal(accept.event->body_len, strlen(wanted));
        size_t len = 0;
        const char *payload = event_payload(accept.event, &len);
        assert_int_equal(len, strlen(bodies[i].payload));
        assert_memory_equal(payload, bodies[i].payload, len);
        assert_int_equal(accept.app_version, 5);
        intake_done(&accept);
    }
}

// Numbers, order, escapes, inner white space and repeated members leave as they came.
static void every_profile_keeps_the_payloads_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *type, *head;
    } rows[] = {
        {"mileston", "invoice-paid", ""},
        {"devdraft", "payment.failed", ""},
        {"yoco", "refund.failed", "\"id\":\"p\",\"type\":\"refund\",\"mode\":\"test\","},
        {"standard", "x", ""},
        {"stablemint", "OutwardPaymentSent", ""},
        {"mesilat", "payment", "\"uuid\":\"u\",\"amount\":1,\"currency\":\"EUR\","},
        {"mesilat", "payment", "\"uuid\":\"" U128 "\",\"amount\":1,\"currency\":\"EUR\","},
    };
    static const char odd[] =
        "\"z\" : 1.10,\n\t\"n\":12345678901234567890, \"e\":1e400,\"m\":-0,"
        "\"s\":\"\\u00e9\\/\\n<\\u2028\xc3\xa9${x}%s\",\"d\":1,\"d\":{\"d\":[ ],\"d\":{ }}";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct accept accept;
        struct error error = {0};
        char payload[512];
        snprintf(payload, sizeof payload, "{%s%s}", rows[i].head, odd);
        if (kit_plan(&kit, rows[i].profile, rows[i].type, TRIGGER_SCHEDULED, payload, &accept,
                     &error))
            fail_msg("%s: %s %s", rows[i].profile, error.field, error.text);
        payload[strlen(payload) - 1] = '\0'; // a flat one may be longer
        assert_non_null(strstr(accept.event->body, payload));
        intake_done(&accept);
    }
}

static const struct {
    const char *profile, *type, *payload;
    enum error_code code;
    const char *field;
} refusals[] = {
    {"mileston", "invoice-unpaid", "{}", ERR_UNKNOWN_EVENT_TYPE, "type"},
    {"devdraft", "payment", "{}", ERR_UNKNOWN_EVENT_TYPE, "type"},
    {"standard", "with space", "{}", ERR_UNKNOWN_EVENT_TYPE, "type"},
    {"standard", "", "{}", ERR_UNKNOWN_EVENT_TYPE, "type"},
    {"standard", "a\nb", "{}", ERR_UNKNOWN_EVENT_TYPE, "type"},
    {"standard", "*", "{}", ERR_UNKNOWN_EVENT_TYPE, "type"},
    {"stablemint", "InwardPaymentFailed", "[]", ERR_INVALID_FIELD, "/payload"},
    {"stablemint", "InwardPaymentFailed", "null", ERR_INVALID_FIELD, "/payload"},
    {"stablemint", "InwardPaymentFailed", "{\"notificationType\":\"InwardPaymentSent\"}",
     ERR_INVALID_FIELD, "/payload/notificationType"},
    {"stablemint", "InwardPaymentFailed", "{\"notificationType\":null}", ERR_INVALID_FIELD,
     "/payload/notificationType"},
    {"stablemint", "InwardPaymentFailed",
     "{\"notificationType\":\"InwardPaymentFailed\","
     "\"notificationTyp\\u0065\":\"InwardPaymentFailed\"}",
     ERR_DUPLICATE_MEMBER, "/payload/notificationType"},
    {"yoco", "payment.succeeded", "{\"type\":\"payment\",\"mode\":\"live\"}",
     ERR_INVALID_FIELD, "/payload/id"},
    {"yoco", "payment.succeeded", "{\"id\":\"\",\"type\":\"payment\",\"mode\":\"live\"}",
     ERR_INVALID_FIELD, "/payload/id"},
    {"yoco", "payment.succeeded", "{\"id\":\"p\",\"type\":\"payment\"}", ERR_INVALID_FIELD,
     "/payload/mode"},
    {"yoco", "payment.succeeded", "5", ERR_INVALID_FIELD, "/payload/id"},
    {"mesilat", "payment", "{\"amount\":1,\"currency\":\"EUR\"}", ERR_INVALID_FIELD,
     "/payload/uuid"},
    {"mesilat", "payment", "{\"uuid\":1,\"amount\":1,\"currency\":\"EUR\"}",
     ERR_INVALID_FIELD, "/payload/uuid"},
    {"mesilat", "payment", "{\"uuid\":{},\"amount\":1,\"currency\":\"EUR\"}",
     ERR_INVALID_FIELD, "/payload/uuid"},
    {"mesilat", "payment", "{\"uuid\":\"" U128 "u\",\"amount\":1,\"currency\":\"EUR\"}",
     ERR_INVALID_FIELD, "/payload/uuid"},
    {"mesilat", "payment", "{\"uuid\":\"u\",\"amount\":\"1\",\"currency\":\"EUR\"}",
     ERR_INVALID_FIELD, "/payload/amount"},
    {"mesilat", "payment", "{\"uuid\":\"u\",\"amount\":1,\"currency\":\"GBP\"}",
     ERR_INVALID_FIELD, "/payload/currency"},
    {"mesilat", "payment", "{\"uuid\":\"u\",\"amount\":1,\"currency\":978}",
     ERR_INVALID_FIELD, "/payload/currency"},
    {"yoco", "refund.failed", "{\"id\":\"r\",\"type\":\"refund\",\"mode\":\"prod\"}",
     ERR_INVALID_FIELD, "/payload/mode"},
    {"mesilat", "payment", "{\"uuid\":\"u\",\"amount\":1,\"currency\":null}",
     ERR_INVALID_FIELD, "/payload/currency"},
    {"mesilat", "payment",
     "{\"uuid\":\"u\",\"amount\":1,\"currency\":\"EUR\",\"trigger_type\":\"manual\"}",
     ERR_INVALID_FIELD, "/payload/trigger_type"},
    {"mesilat", "payment",
     "{\"uuid\":\"u\",\"amount\":1,\"currency\":\"EUR\",\"metadata\":{},\"metadata\":1}",
     ERR_DUPLICATE_MEMBER, "/payload/metadata"},
};

static void what_a_profile_does_not_take_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct accept accept;
        struct error error = {0};
        enum error_code code =
            kit_plan(&kit, refusals[i].profile, refusals[i].type, TRIGGER_SCHEDULED,
                     refusals[i].payload, &accept, &error);
        if (code != refusals[i].code)
            fail_msg("row %zu: %s %s", i, error_slug(code), error.text);
        assert_string_equal(error.field, refusals[i].field);
    }
}

static void sums_that_do_not_hold_are_warned_of(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        size_t warnings;
    } rows[] = {
        {"\"total_amount\":460,\"commission\":40,\"exchange_rate\":1", 0},
        {"\"total_amount\":459.99,\"commission\":40.010", 0},
        {"\"total_amount\":459.99,\"commission\":40", 1},
        {"\"total_amount\":4.6e2,\"commission\":40,\"exchange_rate\":1.0", 0},
        {"\"total_amount\":1,\"commission\":40,\"exchange_rate\":1", 1},
        {"\"total_amount\":1,\"commission\":40,\"exchange_rate\":90.5", 0},
        {"\"total_amount\":1", 0},
        {"\"total_amount\":\"1\",\"commission\":40", 0},
        {"\"total_amount\":123456789012345678901234567890,\"commission\":40", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct accept accept;
        struct error error = {0};
        char payload[256];
        snprintf(payload, sizeof payload,
                 "{\"uuid\":\"u\",\"amount\":500,\"currency\":\"EUR\",%s}", rows[i].members);
        assert_int_equal(
            kit_plan(&kit, "mesilat", "payment", TRIGGER_SCHEDULED, payload, &accept, &error),
            ERR_OK);
        if (accept.warning_count != rows[i].warnings)
            fail_msg("row %zu: %zu warnings", i, accept.warning_count);
        if (rows[i].warnings > 0)
            assert_string_equal(accept.warnings[0].pointer, "/payload/total_amount");
        intake_done(&accept);
    }
}

// What is a warning else.
static void a_strict_app_refuses_them(void **state)
{
    (void)state;
    static const struct {
        const char *payload;
        enum error_code code;
    } rows[] = {
        {"{\"uuid\":\"u\",\"amount\":5,\"currency\":\"EUR\",\"total_amount\":4,"
         "\"commission\":2}",
         ERR_INVALID_FIELD},
        {"{\"uuid\":\"u\",\"amount\":5,\"currency\":\"EUR\",\"total_amount\":3.0,"
         "\"commission\":2}",
         ERR_OK},
    };
    struct app_row app = {.id = 3, .profile = "mesilat", .is_strict = true};
    struct app_card *card = NULL;
    assert_int_equal(app_card_new(&kit.profiles, &app, NULL, 0, &card, NULL), ERR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct event_request request = {.type = "payment", .type_len = 7, .due_ms = 17};
        struct accept accept;
        struct error error = {0};
        assert_int_equal(
            json_check(rows[i].payload, strlen(rows[i].payload), &request.payload, NULL),
            ERR_OK);
        assert_int_equal(intake_plan(card, &request, 1, 1, kit.cipher, &accept, &error),
                         rows[i].code);
        if (rows[i].code)
            assert_string_equal(error.field, "/payload/total_amount");
        else
            assert_int_equal(accept.due_ms, 17);
        intake_done(&accept);
    }
    app_card_drop(card);
}

static void events_go_to_those_who_want_them(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *settings, *type;
        size_t targets;
    } rows[] = {
        {"standard", NULL, "any", 1},
        {"standard", "{\"events\":[\"a\",\"b\"]}", "b", 1},
        {"standard", "{\"events\":[\"a\",\"b\"]}", "c", 0},
        {"mileston", NULL, "invoice-paid", 1},
        {"mileston", "{\"events\":[\"recurring-paid\"]}", "invoice-paid", 0},
        {"devdraft", NULL, "payment.failed", 1},
        {"stablemint", "{\"events\":[\"InwardPaymentFailed\"]}", "InwardPaymentFailed", 1},
        {"stablemint", "{\"events\":[\"InwardPaymentFailed\"]}", "OutwardPaymentSent", 0},
        {"stablemint", NULL, "OutwardPaymentSent", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct app_card *card = kit_app(&kit, rows[i].profile, rows[i].settings);
        struct event_request request = {.type = rows[i].type,
                                        .type_len = strlen(rows[i].type)};
        struct accept accept;
        struct error error = {0};
        assert_int_equal(json_check("{}", 2, &request.payload, &error), ERR_OK);
        assert_int_equal(
            intake_plan(card, &request, 77, KIT_WALL_MS, kit.cipher, &accept, &error),
            ERR_OK);
        if (accept.target_count != rows[i].targets)
            fail_msg("row %zu: %zu targets", i, accept.target_count);
        if (rows[i].targets > 0)
            assert_int_equal(accept.webhook_ids[0], 7);
        intake_done(&accept);
        app_card_drop(card);
    }
}

static void a_disabled_webhook_gets_nothing(void **state)
{
    (void)state;
    struct app_row app = {.id = 3, .profile = "standard", .version = 1};
    struct webhook_row rows[] = {{.id = 1, .state = WEBHOOK_DISABLED}, {.id = 2}, {.id = 9}};
    struct app_card *card = NULL;
    struct accept accept;
    struct event_request request = {.type = "x", .type_len = 1, .uid = "u-1", .uid_len = 3};
    assert_int_equal(app_card_new(&kit.profiles, &app, rows, 3, &card, NULL), ERR_OK);
    assert_int_equal(json_check("1", 1, &request.payload, NULL), ERR_OK);
    assert_int_equal(intake_plan(card, &request, 77, KIT_WALL_MS, kit.cipher, &accept, NULL),
                     ERR_OK);
    assert_int_equal(accept.target_count, 2);
    assert_int_equal(accept.webhook_ids[0], 2);
    assert_int_equal(accept.webhook_ids[1], 9);
    assert_string_equal(accept.event->uid, "u-1");
    intake_done(&accept);
    app_card_drop(card);
}

static void a_type_has_at_most_128_characters(void **state)
{
    (void)state;
    char type[140];
    memset(type, 'a', sizeof type);
    for (size_t len = 127; len <= 129; len++) {
        struct accept accept;
        struct error error = {0};
        type[len] = '\0';
        assert_int_equal(kit_plan(&kit, "standard", type, TRIGGER_SCHEDULED, "{}", &accept,
                                  &error) == ERR_OK,
                         len <= 128);
        intake_done(&accept);
        type[len] = 'a';
    }
}

static void a_body_that_is_too_large_is_refused(void **state)
{
    (void)state;
    size_t len = (size_t)limit(LIMIT_REQUEST_BODY) + 8192;
    char *payload = memory_new(len + 1);
    struct accept accept;
    struct error error = {0};
    memset(payload, '1', len);
    assert_int_equal(
        kit_plan(&kit, "standard", "x", TRIGGER_SCHEDULED, payload, &accept, &error),
        ERR_TOO_LARGE);
    payload[limit(LIMIT_REQUEST_BODY)] = '\0';
    assert_int_equal(
        kit_plan(&kit, "standard", "x", TRIGGER_SCHEDULED, payload, &accept, &error), ERR_OK);
    intake_done(&accept);
    free(payload);
}

// Every example of every catalogue is accepted by its own profile, without a warning.
static void examples_keep_their_own_rules(void **state)
{
    (void)state;
    size_t examples = 0;
    for (size_t i = 0; i < kit.profiles.count; i++) {
        const struct profile *profile = kit.profiles.profiles[i];
        for (size_t k = 0; k < profile->type_count; k++) {
            struct accept accept;
            struct error error = {0};
            char *text = json_dumps(profile->types[k].example, JSON_COMPACT);
            assert_non_null(text);
            if (kit_plan(&kit, profile->name, profile->types[k].name, TRIGGER_SCHEDULED, text,
                         &accept, &error))
                fail_msg("%s %s: %s", profile->name, profile->types[k].name, error.text);
            assert_int_equal(accept.warning_count, 0);
            assert_non_null(profile->types[k].says);
            intake_done(&accept);
            free(text);
            examples++;
        }
    }
    assert_int_equal(examples, 3 + 5 + 4 + 3 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_are_exact),
        cmocka_unit_test(every_profile_keeps_the_payloads_bytes),
        cmocka_unit_test(what_a_profile_does_not_take_is_refused),
        cmocka_unit_test(sums_that_do_not_hold_are_warned_of),
        cmocka_unit_test(a_strict_app_refuses_them),
        cmocka_unit_test(events_go_to_those_who_want_them),
        cmocka_unit_test(a_disabled_webhook_gets_nothing),
        cmocka_unit_test(a_type_has_at_most_128_characters),
        cmocka_unit_test(a_body_that_is_too_large_is_refused),
        cmocka_unit_test(examples_keep_their_own_rules),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
