#include "hook/proof.h"

#include "base/buf.h"
#include "hook/profile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID "msg_p5jXN8AQM9LWM0D4loKWxJek"
#define SIGNS "\"{event.msg}.{attempt.unix}.{body}\""

static struct profile *load(const char *proof)
{
    struct profile *profile = NULL;
    struct error error = {0};
    char text[1024];
    int len = snprintf(text, sizeof text,
                       "{\"format\":1,\"name\":\"x\",\"open\":true,\"body\":{\"form\":"
                       "\"payload\"},\"proofs\":[%s],\"headers\":[],\"received\":[\"200\"],"
                       "\"waits\":[],\"register\":{\"secret\":{\"from\":\"given\","
                       "\"show\":\"once\"}}}",
                       proof);
    if (profile_load("x.json", text, (size_t)len, &profile, &error))
        fail_msg("%s", error.text);
    return profile;
}

// Published vectors: Standard Webhooks v1 and v1a, Stripe's and GitHub's forms.
static const struct {
    const char *proof;
    enum secret_kind kind;
    const char *key, *body, *wanted;
} rows[] = {
    {"{\"id\":\"a\",\"by\":\"hmac-sha256\",\"key\":\"after whsec_ base64\",\"signs\":" SIGNS
     ",\"as\":\"v1,{base64}\"}",
     SECRET_SIGNING, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "{\"test\": 2432232314}",
     "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
    {"{\"id\":\"a\",\"by\":\"ed25519\",\"key\":\"after whsk_ base64\",\"signs\":" SIGNS
     ",\"as\":\"v1a,{base64}\"}",
     SECRET_ED25519,
     "whsk_6Xb/dCcHpPea21PS1N9VY/"
     "NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6"
     "Kvg==",
     "{\"test\": 2432232314}",
     "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/"
     "enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="},
    {"{\"id\":\"a\",\"by\":\"hmac-sha256\",\"signs\":\"{body}\",\"as\":\"sha256={hex}\"}",
     SECRET_SIGNING, "It's a Secret to Everybody", "Hello, World!",
     "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"},
};

static void vectors_hold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct profile *profile = load(rows[i].proof);
        struct secret_use use;
        struct plan_values values = {0};
        plan_set(&values, VAR_EVENT_MSG, ID, strlen(ID));
        plan_number(&values, VAR_ATTEMPT_UNIX, 1614265330);
        plan_set(&values, VAR_BODY, rows[i].body, strlen(rows[i].body));
        assert_true(secret_use_init(&use, profile->plan, rows[i].kind, rows[i].key,
                                    strlen(rows[i].key)));
        for (int turn = 0; turn < 3; turn++) {
            struct buf ret;
            buf_init(&ret, 1024);
            assert_true(proof_write(profile->plan, 0, &use, &values, &ret));
            assert_string_equal(ret.data, rows[i].wanted);
            buf_done(&ret);
        }
        secret_use_done(&use);
        profile_free(profile);
    }
}

static void texts_that_are_no_keys_are_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {"",
                                       "whsec_",
                                       "whsec_A",
                                       "whsec_AAA",
                                       "MfKQ9r8GKYqrTwjU",
                                       "whsec_MfKQ9r8GKYqrTwj!",
                                       "whsec_MfKQ9r8GKYqrTwj_"};
    struct profile *profile = load(rows[0].proof);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct secret_use use;
        if (secret_use_init(&use, profile->plan, SECRET_SIGNING, keys[i], strlen(keys[i])))
            fail_msg("taken: %s", keys[i]);
        secret_use_done(&use);
    }
    profile_free(profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_hold),
        cmocka_unit_test(texts_that_are_no_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
