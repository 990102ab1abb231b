// Who asks: keys are held to their hash, the allowance of a key, and strangers by address.

#include "api/auth.h"

#include "api/door.h"
#include "api/door_parts.h"
#include "api/key_text.h"
#include "hook/seal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct keyring *some_keyring(char first)
{
    char master[] = "k1 ADEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n";
    struct keyring *keyring = NULL;
    struct error error = {0};

    master[3] = first;
    if (keyring_parse(master, strlen(master), &keyring, &error) != ERR_OK) {
        fail_msg("%s", error.text);
    }
    return keyring;
}

// The first key's text opens with its own row, and with nothing else.
static void test_a_key_holds(void **state)
{
    static const unsigned char dice[64] =
        "some dice, thrown by a hand that knows no fairness";
    struct keyring *keyring = some_keyring('A'), *other = some_keyring('B');
    struct pepper *pepper = pepper_new(keyring), *another = pepper_new(other);
    char text[128], lookup[16], hint[8];
    struct key_row row;
    struct key_parts parts;

    (void)state;
    door_make_key(keyring, "ph_live_", dice, text, &row, lookup, hint);
    assert_true(key_text_parse(text, strlen(text), &parts));
    assert_string_equal(parts.lookup, row.lookup);
    assert_memory_equal(row.hint, parts.secret + KEY_SECRET_LEN - KEY_HINT_LEN, KEY_HINT_LEN);

    struct known_key known = {.id = 1};
    memcpy(known.hash, row.hash, sizeof known.hash);
    assert_true(auth_holds(pepper, &parts, &known, 1000));
    assert_true(auth_holds(pepper, &parts, &known, 1000)); // the context is used again
    assert_false(auth_holds(another, &parts, &known, 1000));
    assert_false(auth_holds(pepper, &parts, NULL, 1000));
    known.expires_ms = 1001;
    assert_true(auth_holds(pepper, &parts, &known, 1000));
    assert_false(auth_holds(pepper, &parts, &known, 1001));
    known.expires_ms = 0;
    known.revoked_ms = 1;
    assert_false(auth_holds(pepper, &parts, &known, 1000));
    known.revoked_ms = 0;
    for (size_t i = 0; i < sizeof known.hash; i++) {
        known.hash[i] ^= 1;
        assert_false(auth_holds(pepper, &parts, &known, 1000));
        known.hash[i] ^= 1;
    }
    pepper_free(pepper);
    pepper_free(another);
    keyring_free(keyring);
    keyring_free(other);
}

static int allowed_at(struct known_key *key, int64_t ms, int tries)
{
    int allowed = 0;
    int64_t wait_s;

    for (int i = 0; i < tries; i++) {
        allowed += auth_allow(key, ms, &wait_s);
    }
    return allowed;
}

static void test_allowance(void **state)
{
    struct known_key key = {.app_id = 1}, operators = {.app_id = 0};
    int64_t wait_s = 0;

    (void)state;
    assert_int_equal(allowed_at(&key, 5000, 3000), 2000); // a burst
    assert_false(auth_allow(&key, 5000, &wait_s));
    assert_int_equal(wait_s, 1);
    assert_int_equal(allowed_at(&key, 5100, 3000), 100); // then 1,000 a second
    assert_int_equal(allowed_at(&key, 4000, 3000), 0);   // a clock that jumps back gives none
    assert_int_equal(allowed_at(&key, 1000000, 3000),
                     2000); // long silence: one burst, no more
    assert_int_equal(allowed_at(&operators, 5000, 10000), 10000);
}

static void test_strangers(void **state)
{
    struct strangers *strangers = strangers_new();
    struct address one, other;

    (void)state;
    assert_true(address_parse("192.0.2.1:1000", &one));
    assert_true(address_parse("192.0.2.2:1000", &other));
    for (int i = 0; i < 30; i++) {
        assert_int_equal(strangers_note(strangers, &one, 0), i < 20);
    }
    assert_true(address_parse("192.0.2.1:2000", &one)); // another port is the same one
    assert_false(strangers_note(strangers, &one, 59999));
    assert_true(strangers_note(strangers, &one, 60000));
    strangers_free(strangers);

    strangers = strangers_new();
    for (int i = 0; i < 20; i++) {
        assert_true(strangers_note(strangers, &other, 0));
    }
    assert_false(strangers_note(strangers, &other, 0));
    strangers_free(strangers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_key_holds),
        cmocka_unit_test(test_allowance),
        cmocka_unit_test(test_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
