#include "base/text.h"

#include "seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static void fill(unsigned char *bytes, size_t len, uint64_t *random)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)seeded_next(random);
}

static void hex_goes_both_ways(void **state)
{
    (void)state;
    uint64_t random = 1;

    for (size_t len = 0; len < 70; len++) {
        unsigned char bytes[70];
        unsigned char back[70];
        char text[141];
        fill(bytes, len, &random);
        text_hex(text, bytes, len);
        assert_int_equal(strlen(text), 2 * len);
        assert_true(text_from_hex(text, 2 * len, back, len));
        assert_memory_equal(back, bytes, len);
    }
}

static void hex_has_one_spelling(void **state)
{
    (void)state;
    static const char *const bad[] = {"0", "0g", "0A", "000", " 00", "0000", "", "g0", "0:"};
    unsigned char byte;

    assert_true(text_from_hex("a9", 2, &byte, 1));
    assert_int_equal(byte, 0xa9);
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(text_from_hex(bad[i], strlen(bad[i]), &byte, 1));
}

static void base64_has_the_vectors_of_the_rfc(void **state)
{
    (void)state;
    static const struct {
        const char *plain;
        const char *coded;
        const char *url;
    } rows[] = {
        {"", "", ""}, // RFC 4648, section 10
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff\xfe", "+//+", "-__-"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[20];
        char back[20];
        size_t len = sizeof back;
        assert_int_equal(text_base64(text, rows[i].plain, strlen(rows[i].plain)),
                         strlen(rows[i].coded));
        assert_string_equal(text, rows[i].coded);
        assert_true(text_from_base64(text, strlen(text), back, &len));
        assert_int_equal(len, strlen(rows[i].plain));
        assert_memory_equal(back, rows[i].plain, len);
        assert_int_equal(text_base64url(text, rows[i].plain, strlen(rows[i].plain)),
                         strlen(rows[i].url));
        assert_string_equal(text, rows[i].url);
    }
}

static void base64_has_one_spelling(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "Z",    "Zg",   "Zg=",      "=",    "==",       "===",      "====",
        "Z===", "A===", "AAAAA===", "Zh==", "Zm9=",     "Zg==Zg==", "Zm8=Zm8=",
        "Z=g=", "-__-", "Zm9\n",    "Zm 9", "Zm9v\r\n", "Zg=a",
    };

    for (size_t i = 0; i < COUNT(bad); i++) {
        char back[20];
        size_t len = sizeof back;
        if (text_from_base64(bad[i], strlen(bad[i]), back, &len))
            fail_msg("%s", bad[i]);
    }
}

static void base64_minds_the_room(void **state)
{
    (void)state;
    for (size_t room = 0; room < 5; room++) {
        char back[5] = {0};
        size_t len = room;
        assert_int_equal(text_from_base64("Zm9vYg==", 8, back, &len), room >= 4);
        if (room >= 4)
            assert_int_equal(len, 4);
        assert_int_equal(back[4], 0);
    }
}

static void base62_goes_both_ways(void **state)
{
    (void)state;
    uint64_t random = 2;

    for (size_t width = 22; width < 44; width++)
        for (int round = 0; round < 100; round++) {
            unsigned char bytes[16];
            unsigned char back[16];
            char text[44];
            fill(bytes, 16, &random);
            text_base62(text, width, bytes);
            assert_true(text_is(text, width, "0-9A-Za-z"));
            assert_true(text_from_base62(text, width, back));
            assert_memory_equal(back, bytes, 16);
        }
}

static void base62_knows_its_ends(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        unsigned char last; // the last byte's value
    } rows[] = {
        {"0000000000000000000000", true, 0},
        {"000000000000000000000z", true, 61},
        {"0000000000000000000010", true, 62},
        {"7n42DGM5Tflk9n8mt7Fhc7", true, 255}, // 2^128 - 1
        {"7n42DGM5Tflk9n8mt7Fhc8", false, 0},  // 2^128
        {"zzzzzzzzzzzzzzzzzzzzzz", false, 0},
        {"00007n42DGM5Tflk9n8mt7Fhc7", true, 255},
        {"", false, 0},
        {"000000000000000000000-", false, 0},
        {"000000000000000000000\xc3", false, 0},
        {"00000000000000000000 1", false, 0},
    };
    const unsigned char ones[16] = {255, 255, 255, 255, 255, 255, 255, 255,
                                    255, 255, 255, 255, 255, 255, 255, 255};
    char text[23] = "";

    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned char back[16];
        assert_int_equal(text_from_base62(rows[i].text, strlen(rows[i].text), back),
                         rows[i].good);
        if (rows[i].good)
            assert_int_equal(back[15], rows[i].last);
    }
    text_base62(text, 22, ones);
    assert_string_equal(text, "7n42DGM5Tflk9n8mt7Fhc7");
}

// Ids made of a time and a number sort by it as text, too.
static void base62_keeps_the_order(void **state)
{
    (void)state;
    unsigned char bytes[16] = {0};
    char last[23] = "0000000000000000000000";

    for (int i = 1; i < 128; i++) {
        char text[23] = "";
        bytes[(127 - i) / 8] = (unsigned char)(bytes[(127 - i) / 8] << 1 | 1);
        text_base62(text, 22, bytes);
        assert_true(strcmp(text, last) > 0);
        memcpy(last, text, sizeof last);
    }
}

static void crc32_matches_the_check_value(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t sum;
    } rows[] = {
        {"", 0},
        {"123456789", 0xcbf43926},
        {"The quick brown fox jumps over the lazy dog", 0x414fa339},
        {"\xff\xff\xff\xff", 0xffffffff},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(text_crc32(rows[i].text, strlen(rows[i].text)), rows[i].sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(hex_has_one_spelling),
        cmocka_unit_test(base64_has_the_vectors_of_the_rfc),
        cmocka_unit_test(base64_has_one_spelling),
        cmocka_unit_test(base64_minds_the_room),
        cmocka_unit_test(base62_goes_both_ways),
        cmocka_unit_test(base62_knows_its_ends),
        cmocka_unit_test(base62_keeps_the_order),
        cmocka_unit_test(crc32_matches_the_check_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
