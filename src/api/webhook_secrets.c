#include "api/webhook_secrets.h"

#include "api/door_parts.h"
#include "api/input.h"
#include "base/memory.h"
#include "base/random.h"
#include "hook/seal.h"
#include "hook/settings.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS_JSON_MAX = 512 * 1024, SEALED_MAX = 1024 * 1024 };

static void make_secret(const struct profile *profile, char ret[PROFILE_SECRET_MAX])
{
    unsigned char dice[PROFILE_SECRET_DICE];

    random_fill(dice, sizeof dice);
    profile_make_secret(profile, dice, ret);
    memory_wipe(dice, sizeof dice);
}

enum error_code webhook_secret_choose(const struct profile *profile, const char *given,
                                      char ret[PROFILE_SECRET_MAX], struct error *error)
{
    enum secret_from from = profile->secret_from;

    ret[0] = '\0';
    if (given != NULL) {
        if (from == SECRET_FROM_NONE || from == SECRET_FROM_MADE) {
            return error_at(error, ERR_INVALID_FIELD, "secret",
                            from == SECRET_FROM_NONE
                                ? "a webhook of this profile has no secret"
                                : "the secret is made by the server under this profile");
        }
        enum error_code code = profile_check_secret(profile, given, strlen(given), error);
        if (code != ERR_OK) {
            return code;
        }
        assert(strlen(given) < PROFILE_SECRET_MAX);
        memcpy(ret, given, strlen(given) + 1);
        return ERR_OK;
    }
    if (from == SECRET_FROM_GIVEN) {
        return error_at(error, ERR_INVALID_FIELD, "secret",
                        "is required: under this profile the webhook's owner chooses it");
    }
    if (from != SECRET_FROM_NONE) {
        make_secret(profile, ret);
    }
    return ERR_OK;
}

bool webhook_secret_shows(const struct profile *profile)
{
    return profile->secret_from != SECRET_FROM_NONE &&
           profile->secret_show != SECRET_SHOW_NEVER;
}

void webhook_put_unchanged(struct request *request, struct op *op)
{
    struct webhook_row *row = &op->as.webhook.row;

    op->as.webhook.verb = VERB_UPDATE;
    op->as.webhook.now_ms = door_now(request->door).wall_ms;
    *row = request->found->as.hook_card.row;
    op->as.webhook.if_version = row->version;
    input_copy_webhook(&op->arena, row);
    row->updated_ms = op->as.webhook.now_ms;
}

void webhook_secret_add(struct request *request, struct op *op, enum secret_kind kind,
                        const char *plain, size_t len)
{
    struct door *door = request->door;
    struct secret_row *row = &op->as.webhook.secrets[op->as.webhook.secret_count++];
    int64_t now_ms = door_now(door).wall_ms;
    unsigned char nonce[SEAL_NONCE_LEN];
    struct buf sealed;

    *row = (struct secret_row){.id = minter_next(&door->minter, now_ms),
                               .webhook_id = op->as.webhook.row.id,
                               .app_id = request->app_id,
                               .kind = kind,
                               .since_ms = now_ms};
    struct seal_place place = seal_place_of_secret(row->id, row->app_id);
    random_fill(nonce, sizeof nonce);
    buf_init(&sealed, SEALED_MAX);
    seal(door->options.keyring, &place, nonce, plain, len, &sealed);
    assert(buf_ok(&sealed));
    row->sealed = arena_copy(&op->arena, sealed.data, sealed.len);
    buf_done(&sealed);
}

void webhook_headers_add(struct request *request, struct op *op,
                         const struct settings *settings)
{
    op->as.webhook.replaces_headers = true;
    if (settings->header_names == NULL || settings->header_names[0] == NULL) {
        return;
    }
    struct buf plain;
    buf_init(&plain, HEADERS_JSON_MAX);
    json_write(&plain, settings_headers(settings));
    assert(buf_ok(&plain));
    webhook_secret_add(request, op, SECRET_HEADERS, plain.data, plain.len);
    memory_wipe(plain.data, plain.len);
    buf_done(&plain);
}

const struct secret_row *webhook_secret_find(const struct op *found, enum secret_kind kind)
{
    for (size_t i = 0; i < found->as.hook_card.secret_count; i++) {
        if (found->as.hook_card.secrets[i].kind == kind) {
            return &found->as.hook_card.secrets[i]; // they come newest first
        }
    }
    return NULL;
}

enum error_code webhook_secret_open(const struct request *request,
                                    const struct secret_row *row, struct buf *ret,
                                    struct error *error)
{
    struct seal_place place = seal_place_of_secret(row->id, request->app_id);

    return unseal(request->door->options.keyring, &place, row->sealed, ret, error);
}

enum error_code webhook_settings_found(const struct request *request, struct settings *ret,
                                       struct error *error)
{
    const struct webhook_row *row = &request->found->as.hook_card.row;
    const struct secret_row *headers = webhook_secret_find(request->found, SECRET_HEADERS);
    enum error_code code = ERR_OK;
    struct buf plain;

    buf_init(&plain, HEADERS_JSON_MAX);
    if (headers != NULL) {
        code = webhook_secret_open(request, headers, &plain, error);
    }
    if (code == ERR_OK) {
        code = settings_from_store(ret, request->profile, row->settings, plain.data, error);
    }
    if (plain.data != NULL) {
        memory_wipe(plain.data, plain.len);
    }
    buf_done(&plain);
    return code;
}
