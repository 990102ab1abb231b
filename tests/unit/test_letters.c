// What e-mails and operational events say: whole, in order, and with nothing in them that a
// stranger could pass off as ours.

#include "serve/letters.h"
#include "serve/notices.h"

#include "base/buf.h"
#include "hook/event.h"
#include "hook/id.h"
#include "hook/outcome.h"
#include "hook/profile.h"
#include "hook/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const unsigned char id_key[ID_KEY_LEN] = "a key for tests";
static const struct app_row app = {.id = 5, .name = "Corner\r\nshop"};
static const struct webhook_row webhook = {.id = 7, .url = "https://shop.example/hook?a=1"};
static struct profile profile = {
    .mail_lines = {{"Product", "/product/title"}, {"Count", "/count"}, {"None", "/none"}},
    .mail_line_count = 3};

static const struct attempt_row attempts[] = {
    {.number = 1, .started_ms = 1760000000000, .status = 500, .error = OUTCOME_STATUS},
    {.number = 2,
     .trigger = TRIGGER_MANUAL,
     .started_ms = 1760000060000,
     .duration_ms = 10000,
     .error = OUTCOME_TIMEOUT},
};

struct letter_text {
    struct buf subject, text;
};

static struct letter_text write_failed(const char *payload)
{
    const struct post_row post = {.kind = POST_MAIL, .event_id = 1000, .n = 2};
    struct id_cipher *cipher = id_cipher_new(id_key);
    struct event *event = event_new(strlen(payload));
    const struct failed_delivery failed = {.post = &post,
                                           .profile = &profile,
                                           .app = &app,
                                           .webhook = &webhook,
                                           .event = event,
                                           .attempts = attempts,
                                           .attempt_count = 2};
    struct letter_text letter;

    memcpy(event->type, "payment", sizeof "payment");
    memcpy(event->body, payload, strlen(payload));
    event->payload_len = strlen(payload);
    buf_init(&letter.subject, 4096);
    buf_init(&letter.text, 65536);
    letter_of_failed(&failed, cipher, &letter.subject, &letter.text);
    event_drop(event);
    id_cipher_free(cipher);
    return letter;
}

static void drop(struct letter_text *letter)
{
    buf_done(&letter->subject);
    buf_done(&letter->text);
}

static void failed_delivery_says_it_all(void **state)
{
    static const char *const parts[] = {
        "webhook of Corner  shop.\n",
        "\nProduct:     A \xe2\x82\xac 1 book\n",
        "\nCount:       1.10\n",
        "\nURL:         https://shop.example/hook?a=1\n",
        "\nEvent type:  payment\n",
        "\n  1  2025-10-09T08:53:20.000Z  500: the endpoint answered with a status",
        "\n  2  2025-10-09T08:54:20.000Z  no answer: the endpoint did not answer in time "
        "(asked "
        "for by a person), after 10000 ms\n",
    };
    struct letter_text letter = write_failed(
        "{\"count\":1.10,\"product\":{\"title\":\"A \\u20ac 1 book\"},\"none\":null}");

    (void)state;
    assert_string_equal(letter.subject.data,
                        "Webhook not delivered after 2 attempts: A \xe2\x82\xac 1 book");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(letter.text.data, parts[i]))
            fail_msg("%s\nis not in\n%s", parts[i], letter.text.data);
    assert_null(strstr(letter.text.data, "None:"));
    drop(&letter);
}

static void payloads_stay_on_their_line(void **state)
{
    const struct {
        const char *payload, *subject, *line;
    } rows[] = {
        {"{\"product\":{\"title\":\"x\\r\\nBcc: y\"}}", ": x  Bcc: y",
         "Product:     x  Bcc: y\n"},
        {"{\"product\":{\"title\":\"a\\u0000b\\u007f\"}}", NULL, NULL},
        {"{\"product\":{\"title\":\"\"}}", "", NULL},
        {"{\"product\":{\"title\":[1]}}", "", NULL},
        {"{\"product\":[]}", "", NULL},
        {"[]", "", NULL},
        {"\"text\"", "", NULL},
        {"{\"count\":true}", ": true", "Count:       true\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static const char start[] = "Webhook not delivered after 2 attempts";
        struct letter_text letter = write_failed(rows[i].payload);

        assert_true(buf_ok(&letter.text));
        assert_memory_equal(letter.subject.data, start, strlen(start));
        if (rows[i].subject)
            assert_string_equal(letter.subject.data + strlen(start), rows[i].subject);
        if (rows[i].line)
            assert_non_null(strstr(letter.text.data, rows[i].line));
        for (const char *at = letter.text.data; *at; at++)
            assert_true((unsigned char)*at >= ' ' || *at == '\n');
        assert_null(strstr(letter.text.data, "\nBcc"));
        drop(&letter);
    }
}

static void alerts_count(void **state)
{
    const struct {
        int failed, disabled;
        const char *subject;
    } rows[] = {
        {1, 0, "1 delivery failed: Corner  shop"},
        {20, 0, "20 deliveries failed: Corner  shop"},
        {0, 1, "1 webhook disabled: Corner  shop"},
        {2, 3, "2 deliveries failed, 3 webhooks disabled: Corner  shop"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct post_row post = {
            .kind = POST_ALERT, .failed = rows[i].failed, .disabled = rows[i].disabled};
        struct letter_text letter;

        buf_init(&letter.subject, 4096);
        buf_init(&letter.text, 65536);
        letter_of_alert(&post, &app, &letter.subject, &letter.text);
        assert_string_equal(letter.subject.data, rows[i].subject);
        drop(&letter);
    }
}

// The members of each event's payload, in order; all are texts, numbers or null.
static void notices_are_json(void **state)
{
    const struct {
        struct post_row row;
        const char *type, *members;
    } rows[] = {
        {{.kind = POST_DELIVERY_FAILED, .number = 8, .status = 500, .error = OUTCOME_STATUS},
         "delivery.failed",
         "app webhook event delivery attempts last_status last_error at "},
        {{.kind = POST_DELIVERY_FAILED, .number = 8, .error = 9999},
         "delivery.failed",
         "app webhook event delivery attempts last_status last_error at "},
        {{.kind = POST_WEBHOOK_DISABLED, .note = "because \"of\"\n\xff"},
         "webhook.disabled",
         "app webhook reason at "},
        {{.kind = POST_WEBHOOK_DISABLED}, "webhook.disabled", "app webhook reason at "},
        {{.kind = POST_WEBHOOK_ENABLED}, "webhook.enabled", "app webhook at "},
        {{.kind = POST_SECRET_ROTATED}, "webhook.secret_rotated", "app webhook at "},
    };
    struct id_cipher *cipher = id_cipher_new(id_key);

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char members[200] = "";
        const char *name;
        json_t *payload, *value;
        struct buf text;

        buf_init(&text, 4096);
        notice_payload(&rows[i].row, cipher, &text);
        payload = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(payload);
        json_object_foreach(payload, name, value)
        {
            assert_false(json_is_object(value) || json_is_array(value));
            strncat(members, name, sizeof members - strlen(members) - 1);
            strncat(members, " ", sizeof members - strlen(members) - 1);
        }
        assert_string_equal(members, rows[i].members);
        assert_string_equal(notice_type(&rows[i].row), rows[i].type);
        json_decref(payload);
        buf_done(&text);
    }
    id_cipher_free(cipher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_delivery_says_it_all),
        cmocka_unit_test(payloads_stay_on_their_line),
        cmocka_unit_test(alerts_count),
        cmocka_unit_test(notices_are_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
