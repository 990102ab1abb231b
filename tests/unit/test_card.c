#include "hook/card.h"

#include "hook_kit.h"

#include "base/limits.h"
#include "hook/proof.h"

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

#define TOKEN_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define TOKEN_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define TOKEN_C "cccccccccccccccccccccccccccccccc"

static void secrets_stand_newest_first(void **state)
{
    (void)state;
    const struct kit_secret secrets[] = {{SECRET_SIGNING, 2, 50, TOKEN_B},
                                         {SECRET_SIGNING, 3, 0, TOKEN_C},
                                         {SECRET_SIGNING, 1, 40, TOKEN_A}};
    struct hook_card *card = kit_hook(&kit, "devdraft", NULL, secrets, 3);
    assert_true(card->is_usable);
    assert_int_equal(card->secret_count, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(card->secrets[i].version, 3 - i);
    assert_string_equal(card->secrets[0].text, TOKEN_C);
    hook_card_drop(card);
}

static void a_card_takes_what_the_profile_leaves_open(void **state)
{
    (void)state;
    struct hook_card *card = kit_hook(&kit, "mesilat", NULL, NULL, 0);
    assert_int_equal(card->timeout_ms, 10000);
    assert_int_equal(card->in_flight_max, limit(LIMIT_IN_FLIGHT_PER_WEBHOOK));
    assert_string_equal(card->user_agent, "Posthorn/test");
    assert_string_equal(card->target.host_header, "127.0.0.1:8000");
    hook_card_drop(card);
    card = kit_hook(&kit, "mesilat", "{\"timeout_s\":3,\"in_flight_max\":2}", NULL, 0);
    assert_int_equal(card->timeout_ms, 3000);
    assert_int_equal(card->in_flight_max, 2);
    hook_card_drop(hook_card_hold(card));
    assert_int_equal(card->refs, 1);
    hook_card_drop(card);
    hook_card_drop(NULL);
    app_card_drop(NULL);
}

// A row that was moved, changed, or sealed under a key that is gone: the card is made, but
// nothing can be sent with it.
static void an_unreadable_secret_makes_it_unusable(void **state)
{
    (void)state;
    static const struct {
        int64_t id, app_id;
        bool is_usable;
    } rows[] = {{100, 3, true}, {101, 3, false}, {100, 4, false}};
    static const unsigned char nonce[SEAL_NONCE_LEN] = "nonce of 12";
    struct seal_place place = seal_place_of_secret(100, 3);
    struct buf sealed;
    buf_init(&sealed, 1024);
    seal(kit.keyring, &place, nonce, TOKEN_A, strlen(TOKEN_A), &sealed);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct webhook_row webhook = {.id = 7, .app_id = 3, .url = "https://h.example/"};
        struct secret_row secret = {.id = rows[i].id,
                                    .app_id = rows[i].app_id,
                                    .kind = SECRET_SIGNING,
                                    .version = 1,
                                    .sealed = sealed.data};
        struct hook_card *card = NULL;
        assert_int_equal(hook_card_new(&kit.profiles, kit.keyring, "a", "devdraft", &webhook,
                                       &secret, 1, &card, NULL),
                         ERR_OK);
        assert_int_equal(card->is_usable, rows[i].is_usable);
        hook_card_drop(card);
    }
    buf_done(&sealed);
}

static void damaged_rows_make_no_card(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *url, *settings;
    } rows[] = {{"nobody", "https://h.example/", NULL},
                {"standard", "https://127.1/", NULL},
                {"standard", "", NULL},
                {"standard", "https://h.example/", "{\"timeout_s\":0}"},
                {"standard", "https://h.example/", "nonsense"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct webhook_row webhook = {
            .id = 7, .url = rows[i].url, .settings = rows[i].settings};
        struct hook_card *card = NULL;
        struct error error = {0};
        assert_int_equal(hook_card_new(&kit.profiles, kit.keyring, "a", rows[i].profile,
                                       &webhook, NULL, 0, &card, &error),
                         ERR_DAMAGED);
        assert_null(card);
        assert_true(error.text[0] != '\0');
    }
    struct app_row app = {.id = 3, .profile = "standard"};
    struct webhook_row webhook = {.settings = "{\"events\":[\"a b\"]}"};
    struct app_card *card = NULL;
    assert_int_equal(app_card_new(&kit.profiles, &app, &webhook, 1, &card, NULL),
                     ERR_DAMAGED);
    app.profile = "nobody";
    assert_int_equal(app_card_new(&kit.profiles, &app, NULL, 0, &card, NULL), ERR_DAMAGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_stand_newest_first),
        cmocka_unit_test(a_card_takes_what_the_profile_leaves_open),
        cmocka_unit_test(an_unreadable_secret_makes_it_unusable),
        cmocka_unit_test(damaged_rows_make_no_card),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
