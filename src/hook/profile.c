#include "hook/profile.h"

#include "base/memory.h"
#include "base/text.h"
#include "hook/plan.h"
#include "hook/profile_load.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VISIBLE "!-~"

enum { TYPE_MAX_LEN = 128, DECODED_MAX = 512 };

struct profile *profile_new(json_t *source)
{
    enum { TIMEOUT_MS = 15000, SECRET_MAX = 512 };
    struct profile *profile = NEW(struct profile);
    profile->source = source;
    profile->plan = plan_new();
    profile->timeout_ms = TIMEOUT_MS;
    profile->secret_min = 1;
    profile->secret_max = SECRET_MAX;
    profile->secret_prefix = memory_copy("", 0);
    return profile;
}

static void free_texts(char **texts)
{
    for (size_t i = 0; texts && texts[i]; i++)
        free(texts[i]);
    free(texts);
}

static void type_done(struct event_type *type)
{
    free(type->name);
    free(type->says);
    json_decref(type->schema);
    json_decref(type->example);
    free_texts(type->require);
}

void profile_free(struct profile *profile)
{
    if (!profile)
        return;
    for (size_t i = 0; i < profile->type_count; i++)
        type_done(&profile->types[i]);
    free(profile->types);
    free_texts(profile->default_events);
    for (size_t i = 0; i < profile->mail_line_count; i++) {
        free(profile->mail_lines[i].label);
        free(profile->mail_lines[i].pointer);
    }
    free(profile->secret_charset);
    free(profile->secret_prefix);
    plan_free(profile->plan);
    json_decref(profile->source);
    free(profile->name);
    free(profile->title);
    free(profile);
}

bool profile_received(const struct profile *profile, int status)
{
    for (size_t i = 0; i < profile->received_count; i++)
        if (status >= profile->received[i].first && status <= profile->received[i].last)
            return true;
    return false;
}

const struct event_type *profile_type(const struct profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->type_count; i++)
        if (strcmp(profile->types[i].name, name) == 0)
            return &profile->types[i];
    return NULL;
}

bool profile_type_is_formed(const char *name)
{
    size_t len = strlen(name);
    return len >= 1 && len <= TYPE_MAX_LEN && text_is(name, len, "A-Za-z0-9_.-");
}

bool profile_has_type(const struct profile *profile, const char *name)
{
    return profile_type_is_formed(name) && (profile->is_open || profile_type(profile, name));
}

// Whatever is wrong with its form: all that the profile asks of it.
static enum error_code secret_wrong(const struct profile *profile, struct error *error)
{
    const char *prefix = profile->secret_prefix;
    const char *charset = profile->secret_charset;
    char begin[64] = "must be", of[80] = "of visible ASCII without spaces";

    if (*prefix)
        snprintf(begin, sizeof begin, "must begin with %s, followed by", prefix);
    if (profile->secret_is_base64)
        return error_at(error, ERR_INVALID_FIELD, "secret", "%s base64 of %zu to %zu bytes",
                        begin, profile->secret_min, profile->secret_max);
    if (charset && strcmp(charset, VISIBLE))
        snprintf(of, sizeof of, "of %s", charset);
    return error_at(error, ERR_INVALID_FIELD, "secret", "%s %zu to %zu characters %s", begin,
                    profile->secret_min, profile->secret_max, of);
}

static enum error_code check_base64(const struct profile *profile, const char *text,
                                    size_t len, struct error *error)
{
    unsigned char bytes[DECODED_MAX];
    size_t bytes_len = sizeof bytes;
    if (!text_from_base64(text, len, bytes, &bytes_len))
        return secret_wrong(profile, error);
    unsigned char any = 0;
    for (size_t i = 0; i < bytes_len; i++)
        any |= bytes[i];
    memory_wipe(bytes, sizeof bytes);
    if (bytes_len < profile->secret_min || bytes_len > profile->secret_max)
        return secret_wrong(profile, error);
    if (!any)
        return error_at(error, ERR_INVALID_FIELD, "secret", "must not be all zeros");
    return ERR_OK;
}

enum error_code profile_check_secret(const struct profile *profile, const char *text,
                                     size_t len, struct error *error)
{
    size_t prefix_len = strlen(profile->secret_prefix);
    if (len >= PROFILE_SECRET_MAX || len < prefix_len ||
        !text_equal(text, prefix_len, profile->secret_prefix))
        return secret_wrong(profile, error);
    text += prefix_len;
    len -= prefix_len;
    if (profile->secret_is_base64)
        return check_base64(profile, text, len, error);
    // Whatever the profile allows, a secret may travel in a header.
    if (len < profile->secret_min || len > profile->secret_max ||
        !text_is(text, len, profile->secret_charset ? profile->secret_charset : VISIBLE) ||
        !text_is(text, len, VISIBLE))
        return secret_wrong(profile, error);
    return ERR_OK;
}

void profile_make_secret(const struct profile *profile,
                         const unsigned char dice[PROFILE_SECRET_DICE],
                         char ret[PROFILE_SECRET_MAX])
{
    size_t prefix_len = strlen(profile->secret_prefix);
    size_t bytes = profile->secret_make_bytes;
    assert(bytes > 0 && bytes <= PROFILE_SECRET_DICE);
    memcpy(ret, profile->secret_prefix, prefix_len);
    char *at = ret + prefix_len;
    switch (profile->secret_make_as) {
    case SECRET_AS_HEX: text_hex(at, dice, bytes); break;
    case SECRET_AS_BASE64: at[text_base64(at, dice, bytes)] = '\0'; break;
    case SECRET_AS_BASE64URL: at[text_base64url(at, dice, bytes)] = '\0'; break;
    }
}

const struct profile *profile_set_find(const struct profile_set *set, const char *name)
{
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->profiles[i]->name, name) == 0)
            return set->profiles[i];
    return NULL;
}

void profile_set_add(struct profile_set *set, struct profile *profile)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->profiles[i]->name, profile->name) == 0) {
            profile_free(set->profiles[i]);
            set->profiles[i] = profile;
            return;
        }
    }
    set->profiles = memory_resize(set->profiles, (set->count + 1) * sizeof *set->profiles);
    set->profiles[set->count++] = profile;
}

void profile_set_done(struct profile_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        profile_free(set->profiles[i]);
    free(set->profiles);
    set->profiles = NULL;
    set->count = 0;
}
