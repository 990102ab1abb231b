#include "hook/evidence.h"

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

static const unsigned char dice[16] = "sixteen dice 123";

static struct wire *wire_with(const char *token, const char *headers)
{
    const struct kit_secret secrets[] = {{SECRET_SIGNING, 1, 0, token},
                                         {SECRET_HEADERS, 1, 0, headers}};
    struct hook_card *card = kit_hook(&kit, "mileston", NULL, secrets, 2);
    struct accept accept;
    struct wire *wire = NULL;
    struct error error = {0};
    assert_int_equal(
        kit_plan(&kit, "mileston", "invoice-paid", TRIGGER_SCHEDULED, "{}", &accept, &error),
        ERR_OK);
    struct parcel parcel = {.event = accept.event};
    assert_int_equal(wire_new(card, &parcel, kit.cipher, KIT_WALL_MS, dice, &wire, &error),
                     ERR_OK);
    intake_done(&accept);
    hook_card_drop(card);
    return wire;
}

static const char reflected[] = "\0X-Echo: geheimes-token\r\nBearer abcdefgh\0geheimes-toke7";

static const struct outcome full = {.error = OUTCOME_STATUS,
                                    .detail = "why",
                                    .status = 500,
                                    .head = reflected,
                                    .head_len = sizeof reflected - 1,
                                    .body = reflected,
                                    .body_len = sizeof reflected - 1,
                                    .body_cut = true,
                                    .dns_us = 0,
                                    .connect_us = 127,
                                    .tls_us = -1,
                                    .first_byte_us = 300000,
                                    .total_us = 30000000,
                                    .remote = "192.0.2.1:443"};

static void secrets_are_masked_and_scrubbed(void **state)
{
    (void)state;
    static const char clean[] = "\0X-Echo: ***\r\n***\0geheimes-toke7";
    struct wire *wire =
        wire_with("geheimes-token", "{\"Authorization\":\"Bearer abcdefgh\",\"X-T\":\"7\"}");
    struct evidence evidence;
    size_t len = 0;
    unsigned char *packed = evidence_pack(wire, &full, &len);
    assert_null(memmem(packed, len, "geheimes-token", 14));
    assert_null(memmem(packed, len, "abcdefgh", 8));
    assert_true(evidence_unpack(packed, len, &evidence));
    assert_non_null(strstr(evidence.request_head, "\r\nX-Webhook-Signature: ***\r\n"
                                                  "Authorization: ***\r\nX-T: ***\r\n\r\n"));
    assert_memory_equal(evidence.request_head, "POST /hook?x=1 HTTP/1.1\r\n", 25);
    assert_null(evidence.request_body);
    assert_int_equal(evidence.response_head_len, sizeof clean - 1);
    assert_memory_equal(evidence.response_head, clean, sizeof clean - 1);
    assert_int_equal(evidence.response_body_len, sizeof clean - 1);
    assert_memory_equal(evidence.response_body, clean, sizeof clean - 1);
    assert_true(evidence.body_cut);
    assert_string_equal(evidence.detail, "why");
    assert_string_equal(evidence.remote, "192.0.2.1:443");
    assert_string_equal(evidence.url, "http://127.0.0.1:8000/hook?x=1");
    assert_int_equal(evidence.dns_us, 0);
    assert_int_equal(evidence.connect_us, 127);
    assert_int_equal(evidence.tls_us, -1);
    assert_int_equal(evidence.first_byte_us, 300000);
    assert_int_equal(evidence.total_us, 30000000);
    evidence_done(&evidence);
    free(packed);
    wire_free(wire);
}

// What went out is kept where it is not the event's own body.
static void an_encrypted_body_is_kept(void **state)
{
    (void)state;
    const struct kit_secret secret = {SECRET_SIGNING, 1, 0,
                                      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
    struct hook_card *card = kit_hook(&kit, "standard", "{\"encrypted\":true}", &secret, 1);
    struct accept accept;
    struct wire *wire = NULL;
    struct error error = {0};
    struct evidence evidence;
    size_t len = 0;
    assert_int_equal(
        kit_plan(&kit, "standard", "x", TRIGGER_SCHEDULED, "{}", &accept, &error), ERR_OK);
    struct parcel parcel = {.event = accept.event};
    assert_int_equal(wire_new(card, &parcel, kit.cipher, KIT_WALL_MS, dice, &wire, &error),
                     ERR_OK);
    unsigned char *packed = evidence_pack(wire, &full, &len);
    assert_true(evidence_unpack(packed, len, &evidence));
    assert_int_equal(evidence.request_body_len, wire->body_len);
    assert_memory_equal(evidence.request_body, wire->own_body, wire->body_len);
    evidence_done(&evidence);
    free(packed);
    wire_free(wire);
    intake_done(&accept);
    hook_card_drop(card);
}

static void a_long_answer_is_scrubbed_to_its_last_byte(void **state)
{
    (void)state;
    static const char token[] = "geheimes-token";
    struct wire *wire = wire_with(token, "{}");
    size_t room = 16384;
    char *body = memory_new(room);
    memset(body, 'g', room);
    memcpy(body, token, strlen(token));
    memcpy(body + room - strlen(token), token, strlen(token));
    struct outcome outcome = {.body = body, .body_len = room, .detail = "", .remote = ""};
    size_t len = 0;
    unsigned char *packed = evidence_pack(wire, &outcome, &len);
    assert_null(memmem(packed, len, token, strlen(token)));
    free(packed);
    free(body);
    wire_free(wire);
}

static void nothing_sent_is_kept_too(void **state)
{
    (void)state;
    struct outcome outcome = {.error = OUTCOME_DNS, .detail = "", .remote = "", .dns_us = -1};
    struct evidence evidence;
    size_t len = 0;
    unsigned char *packed = evidence_pack(NULL, &outcome, &len);
    assert_true(len < 64);
    assert_true(evidence_unpack(packed, len, &evidence));
    assert_int_equal(evidence.request_head_len, 0);
    assert_string_equal(evidence.url, "");
    evidence_done(&evidence);
    free(packed);
}

static void damaged_evidence_is_refused(void **state)
{
    (void)state;
    struct wire *wire = wire_with("geheimes-token", "{}");
    size_t len = 0;
    unsigned char *packed = evidence_pack(wire, &full, &len);
    for (size_t cut = 0; cut < len; cut++) {
        struct evidence evidence;
        assert_false(evidence_unpack(packed, cut, &evidence));
    }
    for (size_t at = 0; at < len; at++) {
        struct evidence evidence;
        packed[at] ^= 0x41;
        if (evidence_unpack(packed, len, &evidence)) {
            assert_int_equal(at, 1); // the flags alone are not summed
            evidence_done(&evidence);
        }
        packed[at] ^= 0x41;
    }
    free(packed);
    wire_free(wire);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_masked_and_scrubbed),
        cmocka_unit_test(an_encrypted_body_is_kept),
        cmocka_unit_test(a_long_answer_is_scrubbed_to_its_last_byte),
        cmocka_unit_test(nothing_sent_is_kept_too),
        cmocka_unit_test(damaged_evidence_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
