// Profiles: a file is taken or refused with a place and a reason; one that is taken can plan
// an event.

#include "hook/profile.h"

#include "hook/app_card.h"
#include "hook/id.h"
#include "hook/intake.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void plan_something(struct profile *profile)
{
    static const unsigned char key[ID_KEY_LEN] = "a key of 16 byte";
    struct profile_set set = {0};
    struct app_row app = {.id = 1, .profile = profile->name};
    struct app_card *card = NULL;
    struct accept accept;
    profile_set_add(&set, profile);
    struct id_cipher *cipher = id_cipher_new(key);
    const char *type = profile->type_count > 0 ? profile->types[0].name : "x";
    struct event_request request = {.type = type, .type_len = strlen(type)};
    assert(app_card_new(&set, &app, NULL, 0, &card, NULL) == ERR_OK);
    assert(json_check("{\"a\":1}", 7, &request.payload, NULL) == ERR_OK);
    if (intake_plan(card, &request, 1, 0, cipher, &accept, NULL) == ERR_OK) {
        struct json_span body;
        assert(json_check(accept.event->body, accept.event->body_len, &body, NULL) == ERR_OK);
    }
    intake_done(&accept);
    app_card_drop(card);
    id_cipher_free(cipher);
    profile_set_done(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct profile *profile = NULL;
    struct error error = {0};
    if (profile_load("fuzz", (const char *)data, len, &profile, &error) == ERR_OK) {
        plan_something(profile);
        return 0;
    }
    assert(error.code == ERR_CONFIG && error.text[0] != '\0' && !profile);
    return 0;
}
