#include "hook/seal.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KEY_A "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
#define KEY_B "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY="

static const unsigned char nonce[SEAL_NONCE_LEN] = "twelve bytes";
static const struct seal_place place = {"secret", "sealed", 5, 9};

static struct keyring *ring(const char *text)
{
    struct keyring *keyring = NULL;
    struct error error = {0};
    if (keyring_parse(text, strlen(text), &keyring, &error))
        fail_msg("%s", error.text);
    return keyring;
}

static void sealed_texts_open_at_their_place_only(void **state)
{
    (void)state;
    static const struct seal_place others[] = {{"secrets", "sealed", 5, 9},
                                               {"secret", "seale", 5, 9},
                                               {"secret", "sealed", 6, 9},
                                               {"secret", "sealed", 5, 8},
                                               {"secret", "sealed", 59, 0}};
    struct keyring *keyring = ring("k1 " KEY_A "\n");
    struct buf sealed, plain;
    buf_init(&sealed, 1024);
    buf_init(&plain, 1024);
    seal(keyring, &place, nonce, "geheim", 6, &sealed);
    assert_memory_equal(sealed.data, "v1.k1.dHdlbHZlIGJ5dGVz.", 23);
    assert_null(strstr(sealed.data, "geheim"));
    assert_int_equal(unseal(keyring, &place, sealed.data, &plain, NULL), ERR_OK);
    assert_string_equal(plain.data, "geheim");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(unseal(keyring, &others[i], sealed.data, &plain, NULL), ERR_DAMAGED);
    assert_int_equal(plain.len, 6);
    for (size_t i = 0; i < sealed.len; i++) { // every byte counts
        char before = sealed.data[i];
        sealed.data[i] = before == 'A' ? 'B' : 'A';
        assert_int_not_equal(unseal(keyring, &place, sealed.data, &plain, NULL), ERR_OK);
        sealed.data[i] = before;
    }
    buf_done(&sealed);
    buf_done(&plain);
    keyring_free(keyring);
}

static void texts_of_another_form_are_damaged(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "v1",
                                        "v1.",
                                        "v2.k1.a.b.c",
                                        "v1.k1",
                                        "v1.k1.a.b",
                                        "v1.k1.a.b.c.d",
                                        "v1....",
                                        "v1.k1.dHdlbHZlIGJ5dGVz..AAAA",
                                        "v1.k1.dHdlbHZlIGJ5dGVz=.AA.AAAAAAAAAAAAAAAAAAAAAA"};
    struct keyring *keyring = ring("k1 " KEY_A);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf plain;
        buf_init(&plain, 1024);
        assert_int_equal(unseal(keyring, &place, texts[i], &plain, NULL), ERR_DAMAGED);
        buf_done(&plain);
    }
    keyring_free(keyring);
}

static void old_texts_open_under_a_new_primary(void **state)
{
    (void)state;
    struct keyring *old = ring("a " KEY_A),
                   *both = ring("# keys\n\na " KEY_A "\nb " KEY_B " primary\n");
    struct keyring *fresh = ring("b " KEY_B);
    struct buf sealed, plain;
    struct error error = {0};
    buf_init(&sealed, 1024);
    buf_init(&plain, 1024);
    seal(old, &place, nonce, "", 0, &sealed);
    assert_string_equal(keyring_primary(both), "b");
    assert_int_equal(unseal(both, &place, sealed.data, &plain, &error), ERR_OK);
    assert_int_equal(unseal(fresh, &place, sealed.data, &plain, &error), ERR_CONFIG);
    assert_non_null(strstr(error.text, "'a'"));
    buf_done(&sealed);
    buf_done(&plain);
    keyring_free(old);
    keyring_free(both);
    keyring_free(fresh);
}

static void subkeys_differ_by_label_and_key(void **state)
{
    (void)state;
    struct keyring *keyring = ring("a " KEY_A "\nb " KEY_B " primary");
    unsigned char one[32], two[32];
    assert_true(keyring_subkey(keyring, NULL, "pepper/v1", one, sizeof one));
    assert_true(keyring_subkey(keyring, "b", "pepper/v1", two, sizeof two));
    assert_memory_equal(one, two, sizeof one);
    assert_true(keyring_subkey(keyring, "a", "pepper/v1", two, sizeof two));
    assert_memory_not_equal(one, two, sizeof one);
    assert_true(keyring_subkey(keyring, "b", "cursor/v1", two, sizeof two));
    assert_memory_not_equal(one, two, sizeof one);
    assert_false(keyring_subkey(keyring, "c", "pepper/v1", two, sizeof two));
    keyring_free(keyring);
}

static void a_fresh_line_is_a_keyring(void **state)
{
    (void)state;
    unsigned char key[MASTER_KEY_LEN] = {1, 2, 3};
    struct buf line;
    buf_init(&line, 256);
    keyring_line(key, &line);
    keyring_free(ring(line.data));
    buf_done(&line);
}

static void wrong_key_files_name_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "line 1: no key stands there"},
        {"# nothing\n", "line 2: no key stands there"},
        {"k1\n", "line 1: not of the form: kid base64 [primary]"},
        {"k1 " KEY_A " second", "line 1: not of the form: kid base64 [primary]"},
        {"k1 " KEY_A " primary x", "line 1: not of the form: kid base64 [primary]"},
        {"k.1 " KEY_A, "line 1: a kid is 1 to 32 letters, digits, - or _"},
        {"\nk1 MDEyMzQ=", "line 2: the key is not 32 bytes in base64"},
        {"k1 MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEy",
         "line 1: the key is not 32 bytes in base64"},
        {"k1 " KEY_A "\nk1 " KEY_B, "line 2: this kid stands twice"},
        {"a " KEY_A " primary\nb " KEY_B " primary", "line 2: a second primary key"},
        {"a " KEY_A "\nb " KEY_B "\n", "line 3: none of the keys is primary"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct keyring *keyring = NULL;
        struct error error = {0};
        assert_int_equal(keyring_parse(rows[i].text, strlen(rows[i].text), &keyring, &error),
                         ERR_CONFIG);
        assert_string_equal(error.text, rows[i].says);
        assert_null(keyring);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sealed_texts_open_at_their_place_only),
        cmocka_unit_test(texts_of_another_form_are_damaged),
        cmocka_unit_test(old_texts_open_under_a_new_primary),
        cmocka_unit_test(subkeys_differ_by_label_and_key),
        cmocka_unit_test(a_fresh_line_is_a_keyring),
        cmocka_unit_test(wrong_key_files_name_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
