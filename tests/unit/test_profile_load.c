#include "hook/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// A file that is right; each row below spoils one line of it.
static const char *const lines[] = {
    "{ \"format\": 1, \"name\": \"good\", \"title\": \"Good\",",
    "  \"body\": {\"form\": \"members\", \"members\": [[\"d\", \"$payload\"]]},",
    ("  \"proofs\": "
     "[{\"id\":\"m\",\"by\":\"hmac-sha256\",\"signs\":\"{body}\",\"as\":\"{hex}\"}],"),
    "  \"headers\": [[\"X-A\", \"{attempt.unix}\"], [\"X-B\", \"{m}\"]],",
    "  \"received\": [\"2xx\"], \"waits\": [\"5s\"],",
    "  \"open\": true,",
    "  \"register\": {\"secret\": {\"from\": \"given\", \"show\": \"once\"}} }",
};
enum { LINES = sizeof lines / sizeof *lines };

static enum error_code load(int line, const char *instead, struct error *error)
{
    char text[4096] = "";
    size_t len = 0;
    for (int i = 0; i < LINES; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s\n",
                                i + 1 == line ? instead : lines[i]);
    struct profile *profile = NULL;
    enum error_code code = profile_load("good.json", text, len, &profile, error);
    profile_free(profile);
    return code;
}

static void the_right_file_is_taken(void **state)
{
    (void)state;
    struct error error = {0};
    if (load(0, NULL, &error))
        fail_msg("%s", error.text);
}

static const struct {
    int line;
    const char *instead;
    const char *text;
} rows[] = {
    {1, "{ \"format\": 2, \"name\": \"good\",",
     "line 1: format: must be a whole number from 1 to 1"},
    {1, "{ \"name\": \"good\",", "line 1: format: is missing"},
    {1, "{ \"format\": 1, \"name\": \"Good One\",",
     "line 1: name: must be 1 to 40 small letters, digits, - or _"},
    {1, "{ \"format\": 1, \"name\": \"good\", \"colour\": 1,", "line 1: colour: unknown key"},
    {2, "  \"body\": {\"form\": \"xml\"},",
     "line 2: body.form: must be one of: members, payload"},
    {2, "  \"body\": {\"form\": \"members\"},",
     "line 2: body: the form \"members\" needs members"},
    {2, "  \"body\": {\"form\": \"members\", \"members\": [[\"d\", 1]]},",
     "line 2: body.members: \"$payload\" must stand there once"},
    {2, "  \"body\": {\"form\": \"members\", \"members\": [[\"d\"]]},",
     "line 2: body.members[0]: must be [name, value]"},
    {2,
     "  \"body\": {\"form\": \"members\", \"members\": [[\"d\", \"$payload\"],\n"
     "[\"e\", \"$event.hour\"]]},",
     "line 3: body.members[1][1]: no such variable $event.hour"},
    {2, "  \"body\": {\"form\": \"members\", \"members\": [[\"d\", \"$attempt.unix\"]]},",
     "line 2: body.members[0][1]: no such variable $attempt.unix"},
    {2, "  \"body\": {\"form\": \"payload\", \"members\": []},",
     "line 2: body.members: only the form \"members\" has members"},
    {2, "  \"body\": {\"form\": \"payload\", \"edit\": [{\"set\": \"a\"}]},",
     "line 2: body.edit[0].to: is missing"},
    {2,
     "  \"body\": {\"form\": \"payload\", \"edit\": [{\"set\": \"a\", \"when\": [\"odd\"], "
     "\"to\": 1}]},",
     "line 2: body.edit[0].when[0]: must be one of: absent, null, {}, []"},
    {2,
     "  \"body\": {\"form\": \"payload\", \"edit\": [{\"set\": \"a\", \"to\": 1}, {\"set\": "
     "\"a\", \"to\": 2}]},",
     "line 2: body.edit[1].set: \"a\" is set twice"},
    {2,
     "  \"body\": {\"form\": \"payload\", \"edit\": [{\"set\": \"a\", \"if\": 1, \"to\": "
     "1}]},",
     "line 2: body.edit[0].if: unknown key"},
    {3, "  \"proofs\": [{\"id\": \"m\", \"by\": \"md5\"}],",
     "line 3: proofs[0].by: must be one of: token, hmac-sha256, rsa-pkcs1-sha256, ed25519"},
    {3, "  \"proofs\": [{\"id\": \"m\", \"by\": \"hmac-sha256\"}],",
     "line 3: proofs[0]: needs signs and as"},
    {3,
     "  \"proofs\": [{\"id\": \"m\", \"by\": \"hmac-sha256\", \"signs\": \"{body\", "
     "\"as\": \"{hex}\"}],",
     "line 3: proofs[0].signs: a { is not closed"},
    {3,
     "  \"proofs\": [{\"id\": \"m\", \"by\": \"hmac-sha256\", \"signs\": \"{body}\", "
     "\"as\": \"x\"}],",
     "line 3: proofs[0].as: must hold {hex} or {base64}"},
    {3,
     "  \"proofs\": [{\"id\": \"m\", \"by\": \"hmac-sha256\", \"key\": \"pem\", \"signs\": "
     "\"{body}\", \"as\": \"{hex}\"}],",
     "line 3: proofs[0]: the key pem is for rsa-pkcs1-sha256, and it for that"},
    {3, "  \"proofs\": [{\"id\": \"m\", \"by\": \"token\", \"signs\": \"{body}\"}],",
     "line 3: proofs[0]: a token is sent as it is: it has no key, signs or as"},
    {3,
     "  \"proofs\": [{\"id\": \"m\", \"by\": \"token\"}, {\"id\": \"m\", \"by\": "
     "\"token\"}],",
     "line 3: proofs[1].id: the proof m stands twice"},
    {4, "  \"headers\": [[\"X-A\", \"{attempt.hour}\"]],",
     "line 4: headers[0][1]: no such variable {attempt.hour}"},
    {4, "  \"headers\": [[\"X-A\", \"{body}\"]],",
     "line 4: headers[0][1]: no such variable {body}"},
    {4, "  \"headers\": [[\"X A\", \"a\"]],",
     "line 4: headers[0][0]: is not the name of a header"},
    {4, "  \"headers\": [[\"Host\", \"a\"]],",
     "line 4: headers[0][0]: Host is set by the sender"},
    {4, "  \"headers\": [[\"X-A\", \"a\\r\\nb\"]],",
     "line 4: headers[0][1]: must be plain ASCII"},
    {4, "  \"headers\": [[\"X-A\", \"a\"],\n [\"x-a\", \"b\"]],",
     "line 5: headers[1]: the header x-a stands twice"},
    {4, "  \"headers\": [[\"X-A\", \"{list ' ' q}\"]],",
     "line 4: headers[0][1]: no such proof: q"},
    {4, "  \"headers\": [[\"X-A\", \"{list q}\"]],",
     "line 4: headers[0][1]: {list} needs a separator in apostrophes"},
    {4, "  \"headers\": [[\"X-A\", \"a\", \"q\"]],",
     "line 4: headers[0][2]: no such proof: q"},
    {5, "  \"received\": [\"302\"], \"waits\": [],",
     "line 5: received[0]: must be a status such as \"200\" or \"2xx\", and no 3xx"},
    {5, "  \"received\": [], \"waits\": [],", "line 5: received: names no status"},
    {5, "  \"received\": [\"200\"], \"waits\": [\"5\"],",
     "line 5: waits[0]: must be a duration such as \"10s\", \"5m\" or \"2h\""},
    {5, "  \"received\": [\"200\"], \"waits\": [\"0s\"],",
     "line 5: waits[0]: must be from 1 to 604800000 milliseconds"},
    {5, "  \"received\": [\"200\"],", "line 1: waits: is missing"},
    {5, "  \"received\": [\"200\"], \"waits\": [], \"timeout\": \"31s\",",
     "line 5: timeout: must be from 1000 to 30000 milliseconds"},
    {5, "  \"received\": [\"200\"], \"waits\": [], \"on\": {\"404\": \"fail\"},",
     "line 5: on.404: unknown key"},
    {6, "  \"open\": false,", "line 1: has no types, and is not open"},
    {6, "  \"open\": \"yes\",", "line 6: open: must be true or false"},
    {6, "  \"types\": [{\"name\": \"a b\"}],",
     "line 6: types[0].name: must be 1 to 128 letters, digits, _ . or -"},
    {6, "  \"types\": [{\"name\": \"a\"}, {\"name\": \"a\"}],",
     "line 6: types[1].name: the type a stands twice"},
    {6, "  \"types\": [{\"name\": \"a\", \"require\": [\"b\"]}],",
     "line 6: types[0].require[0]: must be a JSON pointer such as \"/amount\""},
    {7, "  \"register\": {} }",
     "line 1: its proofs need a secret: register.secret is missing"},
    {7, "  \"register\": {\"secret\": {\"from\": \"made\", \"show\": \"once\"}} }",
     "line 7: register.secret: make is missing"},
    {7,
     "  \"register\": {\"secret\": {\"from\": \"made\", \"show\": \"once\", \"charset\": "
     "\"0-9\", \"make\": {\"bytes\": 32, \"as\": \"base64\"}}} }",
     "line 7: register.secret: what make gives does not keep its own rules"},
    {7,
     "  \"register\": {\"secret\": {\"from\": \"given\", \"show\": \"once\", \"min\": 9, "
     "\"max\": 8}} }",
     "line 7: register.secret.max: is less than min"},
    {7,
     "  \"register\": {\"secret\": {\"from\": \"given\", \"show\": \"once\", \"overlap\": "
     "\"8d\"}} }",
     "line 7: register.secret.overlap: must be from 0 to 604800000 milliseconds"},
    {7, "  \"register\": 5 }", "line 7: register: must be an object"},
    {7, "  \"register\": {\"defaults\": [5]} }",
     "line 7: register.defaults[0]: must be a text"},
    {2, "  \"body\": {\"form\": \"members\", \"edit\": []},",
     "line 2: body.edit: only the form \"payload\" is edited"},
    {2, "  \"body\": {\"form\": \"payload\", \"type\": \"a\\nb\"},",
     "line 2: body.type: must be the text of a header"},
    {2,
     "  \"body\": {\"form\": \"payload\", \"edit\": [{\"set\": \"a\", \"to\": "
     "\"$payload\"}]},",
     "line 2: body.edit[0].to: \"$payload\" cannot stand in itself"},
    {2,
     "  \"body\": {\"form\": \"payload\", \"edit\": [{\"set\": \"a\", \"when\": [], \"to\": "
     "1}]},",
     "line 2: body.edit[0].when: names no case"},
    {2,
     "  \"body\": {\"form\": \"payload\"}, \"trigger\": {\"scheduled\": \"a b\", \"test\": "
     "\"c\"},",
     "line 2: trigger.scheduled: must be a word of letters, digits, _ . or -"},
    {2, "  \"body\": {\"form\": \"payload\"}, \"trigger\": {\"test\": \"c\"},",
     "line 2: trigger.scheduled: is missing"},
    {2, "  \"body\": {\"form\": \"payload\"}, \"user_agent\": \"\",",
     "line 2: user_agent: must be 1 to 63 printable characters"},
    {2,
     "  \"body\": {\"form\": \"payload\"}, \"check\": [{\"that\": [\"=\", \"a\", \"b\"], "
     "\"says\": \"\"}],",
     "line 2: check[0].that: must be [\"=\", total, [\"-\", plus, minus]]"},
    {2,
     "  \"body\": {\"form\": \"payload\"}, \"check\": [{\"that\": [\"<\", \"a\", [\"-\", "
     "\"b\", \"c\"]]}],",
     "line 2: check[0].that[0]: must be \"=\""},
    {3, "  \"proofs\": [{\"id\": \"M\", \"by\": \"token\"}],",
     "line 3: proofs[0].id: must be a word of small letters, digits and _"},
    {3, "  \"proofs\": [{\"id\": \"m\", \"by\": \"token\", \"key\": \"hex\"}],",
     "line 3: proofs[0].key: must be text, base64 or pem, or \"after PREFIX\" and one of "
     "these"},
    {3,
     "  \"proofs\": [{\"id\": \"m\", \"by\": \"ed25519\", \"signs\": \"{body}\", \"as\": "
     "\"{hex}\"}],",
     "line 3: proofs[0]: the key of ed25519 is base64"},
    {4, "  \"headers\": [[\"X-A\"]],",
     "line 4: headers[0]: must be [name, text] or [name, text, proof]"},
    {4, "  \"headers\": [[\"X-A\", \"{list ' ' }\"]],",
     "line 4: headers[0][1]: {list} names no proof"},
    {4, "  \"headers\": [[\"X-A\", 5]],", "line 4: headers[0][1]: must be a text"},
    {4, "  \"headers\": {},", "line 4: headers: must be a list"},
    {6, "  \"open\": true, \"jitter\": 101,",
     "line 6: jitter: must be a whole number from 0 to 100"},
    {6, "  \"open\": true, \"at_end\": [\"burn\"],",
     "line 6: at_end[0]: must be one of: fail, mail"},
    {6, "  \"open\": true, \"mail\": [[\"UUID\", \"/uuid\"]],",
     "line 6: mail: is of no use where at_end does not say mail"},
    {6, "  \"open\": true, \"at_end\": [\"mail\"], \"mail\": [[\"UUID\"]],",
     "line 6: mail[0]: must be a label and a JSON pointer into the payload"},
    {6, "  \"open\": true, \"at_end\": [\"mail\"], \"mail\": [[\"UUID\", \"uuid\"]],",
     "line 6: mail[0][1]: must be a JSON pointer such as \"/uuid\""},
    {6, "  \"open\": true, \"test\": {\"attempts\": 2},",
     "line 6: test.attempts: must be a whole number from 1 to 1"},
    {6, "  \"open\": true, \"encrypt\": {\"when\": \"always\"},",
     "line 6: encrypt.when: must be one of: webhook.encrypted"},
    {7, "  \"register\": {\"webhooks_max\": 0} }",
     "line 7: register.webhooks_max: must be a whole number from 1 to 100000"},
    {7, "  \"register\": {\"events\": \"some\"} }",
     "line 7: register.events: must be one of: chosen, all, one"},
};

static void a_wrong_file_says_where_and_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error error = {0};
        assert_int_equal(load(rows[i].line, rows[i].instead, &error), ERR_CONFIG);
        assert_string_equal(error.field, "good.json");
        assert_string_equal(error.text, rows[i].text);
    }
}

static void what_is_no_json_is_refused_with_its_line(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",    "[]", "{", "{}", "null", "{\"format\":1,\"format\":1}", "{\"format\":1}x",
        "\xff"};
    struct error error = {0};
    struct profile *profile = NULL;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(profile_load("f", texts[i], strlen(texts[i]), &profile, &error),
                         ERR_CONFIG);
        assert_memory_equal(error.text, "line ", 5);
    }
    assert_int_equal(load(3, "  \"proofs\": [,],", &error), ERR_CONFIG);
    assert_memory_equal(error.text, "line 3: ", 8);
    assert_null(profile);
}

// A file cut anywhere, or with one byte changed, is taken or refused, but never more.
static void no_bytes_do_harm(void **state)
{
    (void)state;
    char text[4096] = "", changed[4096];
    size_t len = 0;
    for (int i = 0; i < LINES; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s\n", lines[i]);
    for (size_t at = 0; at < len; at++) {
        static const char bytes[] = "{}[],:\"$ 0x";
        struct profile *profile = NULL;
        struct error error;
        (void)!profile_load("f", text, at, &profile, &error);
        profile_free(profile);
        for (size_t k = 0; k < sizeof bytes; k++) {
            memcpy(changed, text, len);
            changed[at] = bytes[k];
            profile = NULL;
            (void)!profile_load("f", changed, len, &profile, &error);
            profile_free(profile);
        }
    }
}

// The first example of the documentation is a profile.
static void the_documented_file_is_taken(void **state)
{
    (void)state;
    char text[32768];
    FILE *file = fopen(SOURCE_DIR "/docs/profiles.md", "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    assert_int_equal(fclose(file), 0);
    text[len] = '\0';
    char *from = strstr(text, "```json\n");
    assert_non_null(from);
    from += strlen("```json\n");
    char *to = strstr(from, "```");
    assert_non_null(to);
    struct profile *profile = NULL;
    struct error error = {0};
    if (profile_load("docs", from, (size_t)(to - from), &profile, &error))
        fail_msg("%s", error.text);
    assert_int_equal(profile->wait_count, 2);
    profile_free(profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_right_file_is_taken),
        cmocka_unit_test(a_wrong_file_says_where_and_why),
        cmocka_unit_test(what_is_no_json_is_refused_with_its_line),
        cmocka_unit_test(no_bytes_do_harm),
        cmocka_unit_test(the_documented_file_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
