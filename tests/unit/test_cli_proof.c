// Headers read backwards by a profile, and the mistakes that explain why an HMAC does not
// hold. The proofs are made here with OpenSSL alone.

#include "cli/proof_read.h"

#include "base/buf.h"
#include "base/text.h"
#include "cli/header_lines.h"
#include "cli/proof_doubt.h"
#include "hook/profile.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PROFILE(proofs, headers)                                                  \
    "{\"format\":1,\"name\":\"p\",\"open\":true,\"body\":{\"form\":\"payload\"}," \
    "\"proofs\":[" proofs "],\"headers\":[" headers "],\"received\":[\"2xx\"],"   \
    "\"waits\":[],\"register\":{\"secret\":{\"from\":\"given\",\"show\":\"never\"}}}"
#define MAC                                                                  \
    "{\"id\":\"v1\",\"by\":\"hmac-sha256\",\"key\":\"after whsec_ base64\"," \
    "\"signs\":\"{attempt.unix}.{body}\",\"as\":\"v1,{base64}\"}"
#define STRIPE                                                                          \
    PROFILE("{\"id\":\"m\",\"by\":\"hmac-sha256\",\"signs\":\"{attempt.unix}.{body}\"," \
            "\"as\":\"{hex}\"}",                                                        \
            "[\"S\",\"t={attempt.unix},v1={m}\"]")
#define WEBHOOKS PROFILE(MAC, "[\"T\",\"{attempt.unix}\"],[\"S\",\"{list ' ' v1}\"]")

static struct profile *load(const char *text)
{
    struct profile *profile = NULL;
    struct error error;

    if (profile_load("p.json", text, strlen(text), &profile, &error) != ERR_OK)
        fail_msg("%s", error.text);
    return profile;
}

static void add_line(struct header_lines *lines, const char *name, const char *value)
{
    lines->lines[lines->count].name = name;
    lines->lines[lines->count++].value = value;
}

static const struct {
    const char *profile;
    const char *lines[6]; // name, value, …
    const char *says;     // NULL: it is read
    const char *time;
    const char *proofs; // with | between them
} rows[] = {
    {STRIPE, {"s", "t=12,v1=ab"}, NULL, "12", "ab|"},
    {STRIPE, {"S", "t=12;v1=ab"}, "not of the profile's form", NULL, NULL},
    {STRIPE, {"S", "t=12"}, "not of the profile's form", NULL, NULL},
    {STRIPE, {"X", "y"}, "S, which holds the signature, is missing", NULL, NULL},
    {STRIPE, {"S", "t=1,v1=a", "s", "t=1,v1=a"}, "stands 2 times", NULL, NULL},
    {WEBHOOKS, {"T", "12", "S", "v1,A v1,B"}, NULL, "12", "v1,A|v1,B|"},
    {WEBHOOKS, {"T", "12", "S", "v0,A v1,B"}, NULL, "12", "v1,B|"},
    {WEBHOOKS, {"T", "12", "S", "v0,A"}, "no header holds a signature", NULL, NULL},
    {WEBHOOKS, {"S", "v1,A"}, "T, which is part of what is signed, is missing", NULL, NULL},
};

static void headers_are_read_backwards(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct profile *profile = load(rows[i].profile);
        struct header_lines lines = {0};
        struct proof_reading reading;
        struct error error = {0};
        char proofs[200] = "";
        enum error_code code;

        for (size_t k = 0; k < 6 && rows[i].lines[k]; k += 2)
            add_line(&lines, rows[i].lines[k], rows[i].lines[k + 1]);
        code = proof_read(profile->plan, &lines, &reading, &error);
        if ((code == ERR_OK) != !rows[i].says ||
            (rows[i].says && !strstr(error.text, rows[i].says)))
            fail_msg("%zu: %s", i, error.text);
        if (code == ERR_OK) {
            const struct slice *time = &reading.values.of[VAR_ATTEMPT_UNIX];

            assert_true(text_equal(time->at, time->len, rows[i].time));
            for (size_t k = 0; k < reading.count; k++)
                snprintf(proofs + strlen(proofs), sizeof proofs - strlen(proofs), "%.*s|",
                         (int)reading.said[k].text.len, reading.said[k].text.at);
            assert_string_equal(proofs, rows[i].proofs);
            assert_null(proof_lacks(&profile->plan->proofs[0], &reading.values));
        }
        profile_free(profile);
    }
}

static void what_no_header_says_is_named(void **state)
{
    struct profile *profile = load(PROFILE("{\"id\":\"m\",\"by\":\"hmac-sha256\",\"signs\":"
                                           "\"{event.id}.{body}\",\"as\":\"{hex}\"}",
                                           "[\"S\",\"{m}\"]"));
    struct header_lines lines = {0};
    struct proof_reading reading;
    struct error error;

    (void)state;
    add_line(&lines, "S", "ab");
    assert_int_equal(proof_read(profile->plan, &lines, &reading, &error), ERR_OK);
    assert_string_equal(proof_lacks(&profile->plan->proofs[0], &reading.values), "event.id");
    profile_free(profile);
}

#define SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

static const struct {
    const char *key;  // "base64": decoded, else as it is
    const char *sent; // what was signed
    const char *held; // what the receiver has
    const char *says; // "": nothing explains it
} doubts[] = {
    {"base64", "{\"a\":1}", "{\"a\":1}\n", "no line feed at its end"},
    {"base64", "{\"a\":1}\n", "{\"a\":1}", "had a line feed at its end"},
    {"base64", "{\"a\":1,\"b\":2}", "{ \"a\": 1, \"b\": 2 }", "JSON without spaces"},
    {"base64", "{\"a\": 1, \"b\": 2}", "{\"a\":1,\"b\":2}", "space behind each comma"},
    {"base64", "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", "sorted"},
    {"base64", "a\nb", "a\r\nb", "without carriage returns"},
    {"base64", "{}", "\xEF\xBB\xBF{}", "byte order mark"},
    {SECRET, "{}", "{}", "taken as the text it is"},
    {SECRET, "{}", "{}\n", "undecoded, and the body had no line feed"},
    {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "{}", "{}", "without its prefix"},
    {"another", "{}", "{}", ""},
    {"base64", "{\"a\":1}", "{\"a\":2}", ""},
};

static void sign(const char *key, const char *body, char ret[64])
{
    unsigned char bytes[64], mac[32];
    size_t len = sizeof bytes;
    unsigned int mac_len = 0;
    char text[200];

    if (strcmp(key, "base64") == 0) {
        assert_true(text_from_base64(&SECRET[6], strlen(SECRET) - 6, bytes, &len));
    } else {
        len = strlen(key);
        memcpy(bytes, key, len);
    }
    snprintf(text, sizeof text, "12.%s", body);
    assert_non_null(HMAC(EVP_sha256(), bytes, (int)len, (unsigned char *)text, strlen(text),
                         mac, &mac_len));
    memcpy(ret, "v1,", 3);
    ret[3 + text_base64(ret + 3, mac, sizeof mac)] = '\0';
}

static void mistakes_explain_what_came(void **state)
{
    struct profile *profile = load(WEBHOOKS);

    (void)state;
    for (size_t i = 0; i < sizeof doubts / sizeof doubts[0]; i++) {
        struct plan_values values = {0};
        struct buf words;
        char said[64];

        sign(doubts[i].key, doubts[i].sent, said);
        plan_set(&values, VAR_ATTEMPT_UNIX, "12", 2);
        plan_set(&values, VAR_BODY, doubts[i].held, strlen(doubts[i].held));
        buf_init(&words, 1000);
        proof_doubt(&profile->plan->proofs[0], &values,
                    (struct slice){SECRET, strlen(SECRET)},
                    (struct slice){said, strlen(said)}, &words);
        if (doubts[i].says[0] ? !words.data || !strstr(words.data, doubts[i].says)
                              : words.len > 0)
            fail_msg("%zu: %s", i, words.data ? words.data : "nothing");
        buf_done(&words);
    }
    profile_free(profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_read_backwards),
        cmocka_unit_test(what_no_header_says_is_named),
        cmocka_unit_test(mistakes_explain_what_came),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
