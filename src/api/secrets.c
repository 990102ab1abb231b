// A webhook's signing secret: shown again where the platform does so, and rotated.

#include "api/door_parts.h"
#include "api/fields.h"
#include "api/handlers.h"
#include "api/render.h"
#include "api/webhook_secrets.h"
#include "base/memory.h"
#include "hook/profile.h"

#include <string.h>

enum { SECRET, OVERLAP_S, FIELDS };
enum { OVERLAP_MAX_S = 7 * 86400 };

static const struct field fields[FIELDS] = {
    [SECRET] = {"secret", FIELD_SECRET, false, 0},
    [OVERLAP_S] = {"overlap_s", FIELD_WHOLE, false, OVERLAP_MAX_S},
};

enum error_code secret_show_ask(struct request *request, struct op *op, struct error *error)
{
    const struct secret_row *row = webhook_secret_find(request->found, SECRET_SIGNING);
    struct buf plain;

    (void)op;
    if (request->profile->secret_show != SECRET_SHOW_ALWAYS || row == NULL) {
        return error_set(error, ERR_CONFLICT,
                         row == NULL ? "the webhook has no secret"
                                     : "under this profile a secret is shown only once");
    }
    buf_init(&plain, PROFILE_SECRET_MAX);
    enum error_code code = webhook_secret_open(request, row, &plain, error);
    if (code == ERR_OK) {
        request->status = 200;
        json_write(&request->answer,
                   json_pack("{so}", "secret", json_stringn(plain.data, plain.len)));
    }
    if (plain.data != NULL) {
        memory_wipe(plain.data, plain.len);
    }
    buf_done(&plain);
    return code;
}

// A proof that cannot be doubled has no overlap: the new secret counts from the next attempt.
static enum error_code read_overlap(const struct profile *profile,
                                    const struct field_value *value, int64_t *ret_ms,
                                    struct error *error)
{
    *ret_ms = profile->secret_overlap_ms;
    if (!value->is_given || value->is_null) {
        return ERR_OK;
    }
    if (profile->secret_overlap_ms == 0 && value->whole > 0) {
        return error_at(error, ERR_INVALID_FIELD, "overlap_s",
                        "must be 0: under this profile two secrets cannot both count");
    }
    *ret_ms = value->whole * 1000;
    return ERR_OK;
}

static void put_rotation(struct request *request, struct op *op, const char *chosen)
{
    webhook_put_unchanged(request, op);
    webhook_secret_add(request, op, SECRET_SIGNING, chosen, strlen(chosen));
}

enum error_code secret_rotate_ask(struct request *request, struct op *op, struct error *error)
{
    const struct profile *profile = request->profile;
    struct field_value values[FIELDS];
    char chosen[PROFILE_SECRET_MAX];
    enum error_code code =
        fields_read(request->json, fields, FIELDS, values, NULL, NULL, error);

    if (code == ERR_OK) {
        code = read_overlap(profile, &values[OVERLAP_S], &op->as.webhook.overlap_ms, error);
    }
    if (code == ERR_OK) {
        code = webhook_secret_choose(profile, values[SECRET].text, chosen, error);
    }
    if (code != ERR_OK) {
        return code;
    }
    if (chosen[0] == '\0') {
        return error_set(error, ERR_CONFLICT, "a webhook of this profile has no secret");
    }
    put_rotation(request, op, chosen);
    json_t *answer =
        json_pack("{so}", "overlap_until",
                  op->as.webhook.overlap_ms > 0
                      ? render_time(op->as.webhook.now_ms + op->as.webhook.overlap_ms)
                      : json_null());
    if (webhook_secret_shows(profile)) {
        json_object_set_new(answer, "secret", json_string(chosen));
    }
    request->status = 200;
    json_write(&request->answer, answer);
    memory_wipe(chosen, sizeof chosen);
    return ERR_OK;
}
