#include "hook/profile.h"

#include "base/text.h"
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

// What the contracts say of attempts, row by row.
static void attempts_are_as_the_contracts_say(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool only_200;
        int timeout_s, waits, webhooks_max;
        bool is_exclusive, needs_https, mails, disables, honours;
        enum secret_show show;
    } rows[] = {
        {"mileston", true, 10, 6, 0, false, false, false, false, false, SECRET_SHOW_ALWAYS},
        {"stablemint", false, 15, 5, 0, true, false, false, false, false, SECRET_SHOW_NEVER},
        {"devdraft", false, 10, 3, 0, false, false, false, false, false, SECRET_SHOW_ONCE},
        {"yoco", false, 15, 7, 5, false, true, false, false, false, SECRET_SHOW_ONCE},
        {"mesilat", true, 10, 9, 1, false, false, true, false, false, SECRET_SHOW_ALWAYS},
        {"standard", false, 15, 7, 0, false, false, false, true, true, SECRET_SHOW_ONCE},
    };
    assert_int_equal(kit.profiles.count, sizeof rows / sizeof *rows);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct profile *profile = kit_profile(&kit, rows[i].name);
        for (int status = 100; status < 700; status++)
            assert_int_equal(profile_received(profile, status),
                             rows[i].only_200 ? status == 200 : status / 100 == 2);
        assert_int_equal(profile->timeout_ms, rows[i].timeout_s * 1000);
        assert_int_equal(profile->wait_count, rows[i].waits);
        assert_int_equal(profile->webhooks_max, rows[i].webhooks_max);
        assert_int_equal(profile->is_exclusive, rows[i].is_exclusive);
        assert_int_equal(profile->needs_https, rows[i].needs_https);
        assert_int_equal(profile->mails_at_end, rows[i].mails);
        assert_int_equal(profile->disables_on_410, rows[i].disables);
        assert_int_equal(profile->disables_failing, rows[i].disables);
        assert_int_equal(profile->honours_retry_after, rows[i].honours);
        assert_int_equal(profile->secret_show, rows[i].show);
        assert_int_equal(profile->jitter_percent, 0);
    }
}

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

static void secrets_keep_the_contracts_rules(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        bool is_good;
    } rows[] = {
        {"mileston", "x", true},
        {"mileston", "", false},
        {"mileston", "a b", false},
        {"mileston", "tab\t", false},
        {"mileston", "\xc3\xa9", false},
        {"mileston", "!~", true},
        {"devdraft", TEN TEN TEN "-", false},
        {"devdraft", TEN TEN TEN "-_", true},
        {"devdraft", TEN TEN TEN "-+", false},
        {"devdraft", FIFTY FIFTY FIFTY FIFTY FIFTY "123456", true},
        {"devdraft", FIFTY FIFTY FIFTY FIFTY FIFTY "1234567", false},
        {"standard", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true},
        {"standard", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false},
        {"standard", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", false},
        {"standard", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLQ==", false}, // 22 bytes
        {"standard", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false},
        {"standard", "whsec_", false},
        {"mesilat", "B" TEN, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = {0};
        enum error_code code = profile_check_secret(
            kit_profile(&kit, rows[i].name), rows[i].text, strlen(rows[i].text), &error);
        if ((code == ERR_OK) != rows[i].is_good)
            fail_msg("row %zu: %s", i, error.text);
        if (code)
            assert_string_equal(error.field, "secret");
    }
}

// Whatever is wrong with one, the refusal says all that the profile asks.
static void a_refusal_says_what_a_secret_must_be(void **state)
{
    static const char *const wrong[] = {
        "", "short", "tab\t",
        FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY};
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"mileston", "must be 1 to 512 characters of visible ASCII without spaces"},
        {"devdraft", "must be 32 to 256 characters of A-Za-z0-9_-"},
        {"standard", "must begin with whsec_, followed by base64 of 24 to 64 bytes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows * 4; i++) {
        const char *text = wrong[i % 4];
        struct error error = {0};
        if (i == 1)
            continue; // is one of mileston
        assert_int_equal(profile_check_secret(kit_profile(&kit, rows[i / 4].name), text,
                                              strlen(text), &error),
                         ERR_INVALID_FIELD);
        assert_string_equal(error.text, rows[i / 4].text);
    }
}

static void a_secret_of_64_bytes_is_the_longest(void **state)
{
    (void)state;
    const struct profile *profile = kit_profile(&kit, "standard");
    for (size_t bytes = 23; bytes <= 65; bytes++) {
        char secret[128] = "whsec_";
        unsigned char key[65];
        memset(key, 7, sizeof key);
        size_t len = 6 + text_base64(secret + 6, key, bytes);
        assert_int_equal(profile_check_secret(profile, secret, len, NULL) == ERR_OK,
                         bytes >= 24 && bytes <= 64);
    }
}

static void made_secrets_have_the_contracts_form(void **state)
{
    (void)state;
    static const struct {
        const char *name, *start;
        size_t len;
    } rows[] = {{"devdraft", "6161", 64},
                {"mesilat", "6161", 64},
                {"yoco", "whsec_YWFh", 50},
                {"standard", "whsec_YWFh", 50}};
    unsigned char dice[PROFILE_SECRET_DICE];
    memset(dice, 'a', sizeof dice);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct profile *profile = kit_profile(&kit, rows[i].name);
        char made[PROFILE_SECRET_MAX];
        profile_make_secret(profile, dice, made);
        assert_int_equal(strlen(made), rows[i].len);
        assert_memory_equal(made, rows[i].start, strlen(rows[i].start));
        assert_int_equal(profile_check_secret(profile, made, strlen(made), NULL), ERR_OK);
    }
}

static void catalogues_are_closed_or_open(void **state)
{
    (void)state;
    static const struct {
        const char *name, *type;
        bool has;
    } rows[] = {
        {"mileston", "invoice-paid", true},
        {"mileston", "invoice", false},
        {"stablemint", "OutwardPaymentSent", true},
        {"devdraft", "payment.refunded", true},
        {"yoco", "refund.failed", true},
        {"yoco", "refund.pending", false},
        {"mesilat", "payment", true},
        {"mesilat", "Payment", false},
        {"standard", "anything.at_all-1", true},
        {"standard", "", false},
        {"standard", "a/b", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(profile_has_type(kit_profile(&kit, rows[i].name), rows[i].type),
                         rows[i].has);
    assert_null(profile_type(kit_profile(&kit, "standard"), "anything"));
    assert_null(profile_set_find(&kit.profiles, "nobody"));
}

static void a_later_profile_replaces_one_of_its_name(void **state)
{
    (void)state;
    static const char text[] =
        "{\"format\":1,\"name\":\"a\",\"open\":true,\"body\":{\"form\":\"payload\"},"
        "\"headers\":[],\"received\":[\"204\"],\"waits\":[],\"jitter\":%d}";
    struct profile_set set = {0};
    for (int i = 1; i <= 3; i++) {
        struct profile *profile = NULL;
        char own[256];
        int len = snprintf(own, sizeof own, text, i);
        assert_int_equal(profile_load("a", own, (size_t)len, &profile, NULL), ERR_OK);
        profile_set_add(&set, profile);
    }
    assert_int_equal(set.count, 1);
    assert_int_equal(profile_set_find(&set, "a")->jitter_percent, 3);
    profile_set_done(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attempts_are_as_the_contracts_say),
        cmocka_unit_test(secrets_keep_the_contracts_rules),
        cmocka_unit_test(a_refusal_says_what_a_secret_must_be),
        cmocka_unit_test(a_secret_of_64_bytes_is_the_longest),
        cmocka_unit_test(made_secrets_have_the_contracts_form),
        cmocka_unit_test(catalogues_are_closed_or_open),
        cmocka_unit_test(a_later_profile_replaces_one_of_its_name),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
