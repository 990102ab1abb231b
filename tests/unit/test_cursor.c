// Cursors: one that was altered, or taken from another app or another query, is refused.

#include "api/cursor.h"

#include "hook/id.h"
#include "store/ops.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char key[CURSOR_KEY_LEN] = "a key for cursors in this test.";
static const unsigned char id_key[ID_KEY_LEN] = "0123456789abcde";

static struct list_query some_query(void)
{
    return (struct list_query){.kind = LIST_DELIVERIES,
                               .app_id = 42,
                               .limit = 50,
                               .webhook_id = 7,
                               .state = LIST_ANY,
                               .due_now = LIST_ANY,
                               .mode = LIST_ANY,
                               .type = "payment"};
}

static enum error_code parse(struct id_cipher *cipher, struct list_query *query,
                             const char *text)
{
    struct error error = {0};
    enum error_code code = cursor_parse(key, cipher, query, text, strlen(text), &error);

    assert_true(code == ERR_OK || strcmp(error.field, "?cursor") == 0);
    return code;
}

static void test_comes_back(void **state)
{
    struct id_cipher *cipher = id_cipher_new(id_key);
    struct list_query query = some_query();
    char text[CURSOR_TEXT_MAX];

    (void)state;
    cursor_text(key, cipher, &query, 123456789, 17, text);
    query.limit = 10; // a page may have another size than the one before
    assert_int_equal(parse(cipher, &query, text), ERR_OK);
    assert_int_equal(query.before_id, 123456789);
    assert_int_equal(query.before_n, 17);
    assert_null(strstr(text, "123456789"));
    id_cipher_free(cipher);
}

static void test_altered(void **state)
{
    struct id_cipher *cipher = id_cipher_new(id_key);
    struct list_query query = some_query();
    char text[CURSOR_TEXT_MAX];

    (void)state;
    cursor_text(key, cipher, &query, 99, 0, text);
    for (size_t i = 0; i < strlen(text); i++) {
        char right = text[i];
        text[i] = right == 'A' ? 'B' : 'A';
        assert_int_equal(parse(cipher, &query, text), ERR_BAD_CURSOR);
        text[i] = right;
    }
    text[strlen(text) - 1] = '\0';
    assert_int_equal(parse(cipher, &query, text), ERR_BAD_CURSOR);
    assert_int_equal(parse(cipher, &query, ""), ERR_BAD_CURSOR);
    assert_int_equal(query.before_id, 0);
    id_cipher_free(cipher);
}

static void test_another_query(void **state)
{
    struct list_query others[12];
    struct id_cipher *cipher = id_cipher_new(id_key);
    struct list_query query = some_query();
    char text[CURSOR_TEXT_MAX];
    size_t count = sizeof others / sizeof *others;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        others[i] = query;
    }
    others[0].app_id = 43;
    others[1].kind = LIST_EVENTS;
    others[2].webhook_id = 8;
    others[3].event_id = 1;
    others[4].state = DELIVERY_FAILED;
    others[5].due_now = 1;
    others[6].type = "paymen";
    others[7].type = NULL;
    others[8].mode = EVENT_TEST;
    others[9].status_class = 5;
    others[10].since_ms = 1;
    others[11].until_ms = 1;
    cursor_text(key, cipher, &query, 99, 0, text);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(parse(cipher, &others[i], text), ERR_BAD_CURSOR);
    }
    id_cipher_free(cipher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comes_back),
        cmocka_unit_test(test_altered),
        cmocka_unit_test(test_another_query),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
