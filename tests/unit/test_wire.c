#include "hook/wire.h"

#include "hook_kit.h"

#include "base/text.h"
#include "hook/derive.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

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

static struct wire *make(struct hook_card *card, const char *profile, const char *type,
                         const char *payload, int64_t wall_ms)
{
    struct accept accept;
    struct error error = {0};
    struct wire *wire = NULL;
    if (kit_plan(&kit, profile, type, TRIGGER_SCHEDULED, payload, &accept, &error))
        fail_msg("%s: %s", error.field, error.text);
    struct parcel parcel = {.event = accept.event, .number = 2};
    if (wire_new(card, &parcel, kit.cipher, wall_ms, dice, &wire, &error))
        fail_msg("%s", error.text);
    intake_done(&accept);
    return wire;
}

static void hmac_hex(const char *key, const char *text, size_t len, char ret[65])
{
    unsigned char mac[32];
    unsigned int mac_len = 0;
    HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)text, len, mac,
         &mac_len);
    text_hex(ret, mac, sizeof mac);
}

#define SECRET_32 "0123456789abcdefghijklmnopqrstuv_-"
#define OLD_SECRET "old-old-old-old-old-old-old-old-old"
#define WHSEC "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

#define HEAD(body_len)                                                                 \
    "POST /hook?x=1 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: Posthorn/test\r\n" \
    "Accept: */*\r\nContent-Type: application/json\r\nContent-Length: " body_len "\r\n"

// Exactly these header lines, in this order, spelled so.
static void tokens_go_out_as_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *type, *payload, *token, *head;
    } rows[] = {
        {"mileston", "invoice-paid", "{}", "my-verification-token",
         HEAD("37") "X-Webhook-Signature: my-verification-token\r\n\r\n"},
        {"mesilat", "payment", "{\"uuid\":\"u\",\"amount\":1,\"currency\":\"EUR\"}", "abc",
         HEAD("99") "webhook-key: abc\r\n\r\n"},
        {"stablemint", "InwardPaymentFailed", "{}", NULL, HEAD("42") "\r\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct kit_secret secret = {SECRET_SIGNING, 1, 0, rows[i].token};
        struct hook_card *card =
            kit_hook(&kit, rows[i].profile, NULL, &secret, rows[i].token ? 1 : 0);
        struct wire *wire =
            make(card, rows[i].profile, rows[i].type, rows[i].payload, KIT_WALL_MS);
        assert_string_equal(wire->head, rows[i].head);
        assert_int_equal(wire->head_len, strlen(rows[i].head));
        assert_int_equal(wire->mask_count, rows[i].token ? 1 : 0);
        if (rows[i].token)
            assert_memory_equal(wire->head + wire->masks[0].at, rows[i].token,
                                wire->masks[0].len);
        wire_free(wire);
        hook_card_drop(card);
    }
}

static void devdraft_signs_the_body_in_hex(void **state)
{
    (void)state;
    const struct kit_secret secrets[] = {{SECRET_SIGNING, 1, KIT_WALL_MS + 1, OLD_SECRET},
                                         {SECRET_SIGNING, 2, 0, SECRET_32}};
    struct hook_card *card = kit_hook(&kit, "devdraft", NULL, secrets, 2);
    for (int is_over = 0; is_over <= 1; is_over++) {
        int64_t wall_ms = KIT_WALL_MS + is_over;
        struct wire *wire = make(card, "devdraft", "payment.failed", "{\"a\":1.10}", wall_ms);
        char evt[ID_TEXT_MAX], mac[65], old[65], previous[128] = "", wanted[1024];
        id_text(kit.cipher, ID_EVENT, wire->event->id, 0, evt);
        hmac_hex(SECRET_32, wire->body, wire->body_len, mac);
        hmac_hex(OLD_SECRET, wire->body, wire->body_len, old);
        if (!is_over)
            snprintf(previous, sizeof previous, "X-Webhook-Signature-Previous: %s\r\n", old);
        snprintf(wanted, sizeof wanted,
                 HEAD("%zu") "X-Webhook-Id: %s\r\nX-Webhook-Event: payment.failed\r\n"
                             "X-Webhook-Timestamp: 1718466715\r\nX-Webhook-Signature: %s\r\n"
                             "%s\r\n",
                 wire->body_len, evt, mac, previous);
        assert_string_equal(wire->head, wanted);
        wire_free(wire);
    }
    hook_card_drop(card);
}

// The id and the timestamp are in the signed text; two secrets sign, newest first.
static void standard_webhooks_are_signed(void **state)
{
    (void)state;
    static const char key_old[] = "a key of twenty-four byt";
    char whsec_old[64] = "whsec_";
    text_base64(whsec_old + 6, key_old, 24);
    whsec_old[6 + 32] = '\0';
    const struct kit_secret secrets[] = {{SECRET_SIGNING, 3, 0, WHSEC},
                                         {SECRET_SIGNING, 2, KIT_WALL_MS + 1000, whsec_old}};
    struct hook_card *card = kit_hook(&kit, "yoco", NULL, secrets, 2);
    for (int turn = 0; turn < 3; turn++) { // the same contexts, again and again
        struct wire *wire =
            make(card, "yoco", "payment.succeeded",
                 "{\"id\":\"p\",\"type\":\"payment\",\"mode\":\"live\"}", KIT_WALL_MS);
        char msg[ID_TEXT_MAX], text[1024], wanted[1024];
        unsigned char key[64], mac[2][32];
        char spelled[2][TEXT_BASE64_LEN(32) + 1];
        const char *keys[] = {WHSEC, whsec_old};
        id_text_padded(kit.cipher, ID_EVENT, wire->event->id, "msg_", 27, msg);
        int len = snprintf(text, sizeof text, "%s.1718466715.%s", msg, wire->body);
        for (int i = 0; i < 2; i++) {
            size_t key_len = sizeof key;
            unsigned int mac_len = 0;
            assert_true(text_from_base64(keys[i] + 6, strlen(keys[i]) - 6, key, &key_len));
            HMAC(EVP_sha256(), key, (int)key_len, (unsigned char *)text, (size_t)len, mac[i],
                 &mac_len);
            spelled[i][text_base64(spelled[i], mac[i], 32)] = '\0';
        }
        snprintf(wanted, sizeof wanted,
                 HEAD("%zu") "webhook-id: %s\r\nwebhook-timestamp: 1718466715\r\n"
                             "webhook-signature: v1,%s v1,%s\r\n\r\n",
                 wire->body_len, msg, spelled[0], spelled[1]);
        assert_string_equal(wire->head, wanted);
        wire_free(wire);
    }
    hook_card_drop(card);
}

static void two_kinds_of_signature_stand_side_by_side(void **state)
{
    (void)state;
    const struct kit_secret secrets[] = {
        {SECRET_SIGNING, 1, 0, WHSEC},
        {SECRET_ED25519, 1, 0, "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbc="}};
    struct hook_card *card = kit_hook(&kit, "standard", NULL, secrets, 2);
    struct wire *wire = make(card, "standard", "x", "{}", KIT_WALL_MS);
    const char *at = strstr(wire->head, "\r\nwebhook-signature: v1,");
    assert_non_null(at);
    assert_int_equal(strcspn(at + 2, "\r"),
                     strlen("webhook-signature: v1,") + 44 + strlen(" v1a,") + 88);
    assert_memory_equal(at + 2 + strlen("webhook-signature: v1,") + 44, " v1a,", 5);
    wire_free(wire);
    hook_card_drop(card);
}

static void own_headers_come_last_and_are_masked(void **state)
{
    (void)state;
    const struct kit_secret secrets[] = {
        {SECRET_SIGNING, 1, 0, "token"},
        {SECRET_HEADERS, 1, 0, "{\"Authorization\":\"Bearer abcdefgh\",\"X-Tenant\":\"7\"}"}};
    struct hook_card *card = kit_hook(&kit, "mileston", NULL, secrets, 2);
    struct wire *wire = make(card, "mileston", "invoice-paid", "{}", KIT_WALL_MS);
    assert_string_equal(wire->head,
                        HEAD("37") "X-Webhook-Signature: token\r\n"
                                   "Authorization: Bearer abcdefgh\r\nX-Tenant: 7\r\n\r\n");
    assert_int_equal(wire->mask_count, 3);
    wire_free(wire);
    hook_card_drop(card);
}

static void open_body(const struct wire *wire, const char *aad, const char *secret,
                      const char *wanted)
{
    json_error_t error;
    json_t *map = json_loadb(wire->body, wire->body_len, 0, &error);
    unsigned char iv[12], tag[16], sealed[512], plain[512], key[32];
    size_t iv_len = sizeof iv, tag_len = sizeof tag, len = sizeof sealed;
    int done = 0, more = 0;
    const char *text = json_string_value(json_object_get(map, "iv"));
    assert_true(text_from_base64(text, strlen(text), iv, &iv_len));
    text = json_string_value(json_object_get(map, "tag"));
    assert_true(text_from_base64(text, strlen(text), tag, &tag_len));
    text = json_string_value(json_object_get(map, "data"));
    assert_true(text_from_base64(text, strlen(text), sealed, &len));
    assert_memory_equal(iv, dice, sizeof iv);
    assert_true(derive_key(secret, strlen(secret), "webhook-payload-encryption", key, 32));
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, iv), 1);
    EVP_DecryptUpdate(context, NULL, &done, (const unsigned char *)aad, (int)strlen(aad));
    EVP_DecryptUpdate(context, plain, &done, sealed, (int)len);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, 16, tag);
    assert_int_equal(EVP_DecryptFinal_ex(context, plain + done, &more), 1);
    assert_int_equal(done, strlen(wanted));
    assert_memory_equal(plain, wanted, (size_t)done);
    EVP_CIPHER_CTX_free(context);
    json_decref(map);
}

// Sealed with the old secret while both count, then signed as it goes out.
static void encrypted_bodies_can_be_read(void **state)
{
    (void)state;
    const struct kit_secret secrets[] = {{SECRET_SIGNING, 4, KIT_WALL_MS + 1, OLD_SECRET},
                                         {SECRET_SIGNING, 5, 0, SECRET_32}};
    struct hook_card *card = kit_hook(&kit, "devdraft", "{\"encrypted\":true}", secrets, 2);
    for (int is_over = 0; is_over <= 1; is_over++) {
        struct wire *wire =
            make(card, "devdraft", "payment.failed", "{\"a\":1.10}", KIT_WALL_MS + is_over);
        char evt[ID_TEXT_MAX], mac[65], start[128];
        id_text(kit.cipher, ID_EVENT, wire->event->id, 0, evt);
        snprintf(start, sizeof start,
                 "{\"encrypted\":true,\"alg\":\"A256GCM\",\"key_version\":%d,\"iv\":\"",
                 4 + is_over);
        assert_memory_equal(wire->body, start, strlen(start));
        assert_ptr_equal(wire->body, wire->own_body);
        open_body(wire, evt, is_over ? SECRET_32 : OLD_SECRET, wire->event->body);
        hmac_hex(SECRET_32, wire->body, wire->body_len, mac);
        assert_non_null(strstr(wire->head, mac));
        wire_free(wire);
    }
    hook_card_drop(card);
    struct kit_secret secret = {SECRET_SIGNING, 1, 0, WHSEC};
    card = kit_hook(&kit, "standard", "{\"encrypted\":true}", &secret, 1);
    struct wire *wire = make(card, "standard", "x", "{}", KIT_WALL_MS);
    char msg[ID_TEXT_MAX];
    id_text_padded(kit.cipher, ID_EVENT, wire->event->id, "msg_", 27, msg);
    open_body(wire, msg, WHSEC, wire->event->body);
    wire_free(wire);
    hook_card_drop(card);
}

static char *fresh_rsa_pem(EVP_PKEY **ret_key)
{
    char *data = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    *ret_key = EVP_RSA_gen(2048);
    assert_int_equal(PEM_write_bio_PrivateKey(bio, *ret_key, NULL, NULL, 0, NULL, NULL), 1);
    size_t len = (size_t)BIO_get_mem_data(bio, &data);
    char *pem = memory_copy(data, len);
    BIO_free(bio);
    return pem;
}

static void a_key_signs_timestamp_and_body(void **state)
{
    (void)state;
    EVP_PKEY *key = NULL;
    char *pem = fresh_rsa_pem(&key);
    struct kit_secret secret = {SECRET_RSA, 1, 0, pem};
    struct hook_card *card = kit_hook(&kit, "stablemint", NULL, &secret, 1);
    assert_true(card->is_usable);
    struct wire *wire = make(card, "stablemint", "InwardPaymentFailed", "{}", KIT_WALL_MS);
    static const char names[] =
        "StableMint-Timestamp: 2024-06-15T15:51:55.260Z\r\nStableMint-Signature: ";
    const char *at = strstr(wire->head, names);
    assert_non_null(at);
    at += strlen(names);
    unsigned char mac[256];
    size_t mac_len = sizeof mac;
    assert_true(text_from_base64(at, strcspn(at, "\r"), mac, &mac_len));
    char signed_text[256];
    int len =
        snprintf(signed_text, sizeof signed_text, "2024-06-15T15:51:55.260Z,%s", wire->body);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(
        EVP_DigestVerify(context, mac, mac_len, (unsigned char *)signed_text, (size_t)len),
        1);
    EVP_MD_CTX_free(context);
    wire_free(wire);
    hook_card_drop(card);
    EVP_PKEY_free(key);
    free(pem);
}

static void nothing_is_sent_without_a_usable_secret(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *type, *settings, *payload;
        struct kit_secret secrets[1];
        size_t count;
    } rows[] = {
        {"devdraft", "payment.failed", NULL, "{}", {{SECRET_SIGNING, 1, 1000, SECRET_32}}, 1},
        {"devdraft", "payment.failed", "{\"encrypted\":true}", "{}", {{0, 0, 0, NULL}}, 0},
        {"mileston", "invoice-paid", NULL, "{}", {{0, 0, 0, NULL}}, 0},
        {"standard", "x", NULL, "{}", {{SECRET_SIGNING, 1, 0, "whsec_not base64"}}, 1},
        {"standard",
         "x",
         NULL,
         "{}",
         {{SECRET_SIGNING, 1, 0, "MfKQ9r8GKYqrTwjUPD8ILA=="}},
         1},
        {"stablemint", "InwardPaymentFailed", NULL, "{}", {{SECRET_RSA, 1, 0, "no pem"}}, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hook_card *card =
            kit_hook(&kit, rows[i].profile, rows[i].settings, rows[i].secrets, rows[i].count);
        struct accept accept;
        struct wire *wire = NULL;
        struct error error = {0};
        assert_int_equal(kit_plan(&kit, rows[i].profile, rows[i].type, TRIGGER_SCHEDULED,
                                  rows[i].payload, &accept, &error),
                         ERR_OK);
        struct parcel parcel = {.event = accept.event};
        if (wire_new(card, &parcel, kit.cipher, KIT_WALL_MS, dice, &wire, &error) !=
            ERR_UNAVAILABLE)
            fail_msg("row %zu was sent", i);
        assert_null(wire);
        intake_done(&accept);
        hook_card_drop(card);
    }
}

// What no contract of ours uses, but a profile may.
static void a_profile_of_ones_own_is_sent_as_it_says(void **state)
{
    (void)state;
    static const char text[] =
        "{\"format\":1,\"name\":\"own\",\"open\":true,\"user_agent\":\"Own/1\","
        "\"body\":{\"form\":\"members\",\"type\":\"application/x.own+json\",\"members\":"
        "[[\"v\",1.50],[\"at\",\"$event.created|unix\"],[\"why\",\"$trigger\"],"
        "[\"mode\",\"$event.mode\"],[\"l\",[null,true,{\"\\u00e9\":\"\\n\"}]],"
        "[\"d\",\"$payload\"]]},"
        "\"proofs\":[{\"id\":\"m\",\"by\":\"hmac-sha256\",\"signs\":\"{attempt.unix}."
        "{body}\",\"as\":\"v1={hex}\"}],"
        "\"headers\":[[\"Own-Signature\",\"t={attempt.unix},{list ',' m}\"],"
        "[\"Own-Attempt\",\"{attempt.number} of {event.type}\"]],"
        "\"received\":[\"200-201\"],\"waits\":[],"
        "\"register\":{\"secret\":{\"from\":\"given\",\"show\":\"once\"}}}";
    static const char body[] = "{\"v\":1.50,\"at\":1718466715,\"why\":\"scheduled\","
                               "\"mode\":\"test\",\"l\":[null,true,{\"\xc3\xa9\":\"\\n\"}],"
                               "\"d\":null}";
    struct profile *profile = NULL;
    assert_int_equal(profile_load("own", text, strlen(text), &profile, NULL), ERR_OK);
    assert_true(profile_received(profile, 201) && !profile_received(profile, 202));
    profile_set_add(&kit.profiles, profile);
    struct kit_secret secret = {SECRET_SIGNING, 1, 0, "key"};
    struct hook_card *card = kit_hook(&kit, "own", NULL, &secret, 1);
    struct wire *wire = make(card, "own", "x.y", "null", KIT_WALL_MS);
    char signed_text[512], mac[65], wanted[1024];
    assert_string_equal(wire->body, body);
    int len = snprintf(signed_text, sizeof signed_text, "1718466715.%s", body);
    hmac_hex("key", signed_text, (size_t)len, mac);
    snprintf(wanted, sizeof wanted,
             "POST /hook?x=1 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nUser-Agent: Own/1\r\n"
             "Accept: */*\r\nContent-Type: application/x.own+json\r\nContent-Length: %zu\r\n"
             "Own-Signature: t=1718466715,v1=%s\r\nOwn-Attempt: 3 of x.y\r\n\r\n",
             strlen(body), mac);
    assert_string_equal(wire->head, wanted);
    wire_free(wire);
    hook_card_drop(card);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_go_out_as_they_are),
        cmocka_unit_test(devdraft_signs_the_body_in_hex),
        cmocka_unit_test(standard_webhooks_are_signed),
        cmocka_unit_test(two_kinds_of_signature_stand_side_by_side),
        cmocka_unit_test(own_headers_come_last_and_are_masked),
        cmocka_unit_test(encrypted_bodies_can_be_read),
        cmocka_unit_test(a_key_signs_timestamp_and_body),
        cmocka_unit_test(a_profile_of_ones_own_is_sent_as_it_says),
        cmocka_unit_test(nothing_is_sent_without_a_usable_secret),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
