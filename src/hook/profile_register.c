#include "hook/profile_load.h"

#include "base/memory.h"
#include "base/text.h"
#include "hook/profile.h"
#include "hook/profile_read.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum {
    TYPES_MAX = 256,
    REQUIRE_MAX = 32,
    WEBHOOKS_MAX = 100000,
    OVERLAP_MAX_MS = 7 * 86400000
};

static struct profile *profile_of(const struct place *at)
{
    return at->reading->profile;
}

// A list of texts, NULL-terminated, malloc'd.
static enum error_code load_texts(const struct place *at, size_t max, char ***ret)
{
    enum error_code code = place_list(at, max);
    if (code)
        return code;
    char **texts = *ret = NEW_ARRAY(char *, json_array_size(at->value) + 1);
    for (size_t i = 0; !code && i < json_array_size(at->value); i++) {
        struct place item = place_item(at, i);
        code = place_copy(&item, &texts[i]);
    }
    return code;
}

// types

static struct event_type *type_of(const struct place *at)
{
    struct profile *profile = profile_of(at);
    return &profile->types[profile->type_count - 1]; // the one being read
}

static enum error_code type_name(const struct place *at)
{
    struct profile *profile = profile_of(at);
    struct event_type *type = type_of(at);
    enum error_code code = place_copy(at, &type->name);
    if (code)
        return code;
    if (!profile_type_is_formed(type->name))
        return place_wrong(at, "must be 1 to 128 letters, digits, _ . or -");
    for (size_t i = 0; i + 1 < profile->type_count; i++)
        if (strcmp(profile->types[i].name, type->name) == 0)
            return place_wrong(at, "the type %s stands twice", type->name);
    return ERR_OK;
}

static enum error_code type_says(const struct place *at)
{
    return place_copy(at, &type_of(at)->says);
}

static enum error_code type_schema(const struct place *at)
{
    if (!json_is_object(at->value))
        return place_wrong(at, "must be an object");
    type_of(at)->schema = json_incref((json_t *)(uintptr_t)at->value);
    return ERR_OK;
}

static enum error_code type_example(const struct place *at)
{
    type_of(at)->example = json_incref((json_t *)(uintptr_t)at->value);
    return ERR_OK;
}

static enum error_code type_require(const struct place *at)
{
    struct event_type *type = type_of(at);
    enum error_code code = load_texts(at, REQUIRE_MAX, &type->require);
    for (size_t i = 0; !code && type->require[i]; i++) {
        struct place item = place_item(at, i);
        if (type->require[i][0] != '/')
            return place_wrong(&item, "must be a JSON pointer such as \"/amount\"");
    }
    return code;
}

enum error_code load_types(const struct place *at)
{
    static const struct place_key keys[] = {{"name", true, type_name},
                                            {"says", false, type_says},
                                            {"schema", false, type_schema},
                                            {"example", false, type_example},
                                            {"require", false, type_require}};
    struct profile *profile = profile_of(at);
    enum error_code code = place_list(at, TYPES_MAX);
    if (code)
        return code;
    profile->types = NEW_ARRAY(struct event_type, json_array_size(at->value) + 1);
    for (size_t i = 0; !code && i < json_array_size(at->value); i++) {
        struct place item = place_item(at, i);
        profile->type_count++;
        code = place_keys(&item, keys, COUNT(keys));
    }
    return code;
}

// register.secret

static enum error_code secret_from(const struct place *at)
{
    static const char *const words[] = {"none", "made", "given", "either", NULL};
    int word = 0;
    enum error_code code = place_word(at, words, &word);
    profile_of(at)->secret_from = (enum secret_from)word;
    return code;
}

static enum error_code secret_show(const struct place *at)
{
    static const char *const words[] = {"never", "once", "always", NULL};
    int word = 0;
    enum error_code code = place_word(at, words, &word);
    profile_of(at)->secret_show = (enum secret_show)word;
    return code;
}

static enum error_code secret_charset(const struct place *at)
{
    return place_copy(at, &profile_of(at)->secret_charset);
}

static enum error_code secret_size(const struct place *at, size_t *ret)
{
    int64_t size = 0;
    enum error_code code = place_number(at, 1, 512, &size);
    *ret = (size_t)size;
    return code;
}

static enum error_code secret_min(const struct place *at)
{
    return secret_size(at, &profile_of(at)->secret_min);
}

static enum error_code secret_max(const struct place *at)
{
    enum error_code code = secret_size(at, &profile_of(at)->secret_max);
    if (!code && profile_of(at)->secret_max < profile_of(at)->secret_min)
        return place_wrong(at, "is less than min");
    return code;
}

static enum error_code secret_prefix(const struct place *at)
{
    char **prefix = &profile_of(at)->secret_prefix;
    free(*prefix);
    *prefix = NULL;
    enum error_code code = place_copy(at, prefix);
    if (!code && (strlen(*prefix) > 16 || !text_is(*prefix, strlen(*prefix), "A-Za-z0-9_")))
        return place_wrong(at, "must be up to 16 letters, digits or _");
    return code;
}

static enum error_code secret_base64(const struct place *at)
{
    return place_flag(at, &profile_of(at)->secret_is_base64);
}

static enum error_code make_bytes(const struct place *at)
{
    int64_t bytes = 0;
    enum error_code code = place_number(at, 16, PROFILE_SECRET_DICE, &bytes);
    profile_of(at)->secret_make_bytes = (size_t)bytes;
    return code;
}

static enum error_code make_as(const struct place *at)
{
    static const char *const words[] = {"hex", "base64", "base64url", NULL};
    int word = 0;
    enum error_code code = place_word(at, words, &word);
    profile_of(at)->secret_make_as = word == 0   ? SECRET_AS_HEX
                                     : word == 1 ? SECRET_AS_BASE64
                                                 : SECRET_AS_BASE64URL;
    return code;
}

static enum error_code secret_make(const struct place *at)
{
    static const struct place_key keys[] = {{"bytes", true, make_bytes},
                                            {"as", true, make_as}};
    return place_keys(at, keys, COUNT(keys));
}

static enum error_code secret_overlap(const struct place *at)
{
    return place_duration(at, 0, OVERLAP_MAX_MS, &profile_of(at)->secret_overlap_ms);
}

// A secret that is made must be one that could have been given.
static enum error_code check_made(const struct place *at)
{
    static const unsigned char dice[PROFILE_SECRET_DICE] = {1};
    const struct profile *profile = profile_of(at);
    char made[PROFILE_SECRET_MAX];
    bool makes = profile->secret_from == SECRET_FROM_MADE ||
                 profile->secret_from == SECRET_FROM_EITHER;
    if (makes && profile->secret_make_bytes == 0)
        return place_wrong(at, "make is missing");
    if (!makes)
        return ERR_OK;
    profile_make_secret(profile, dice, made);
    if (profile_check_secret(profile, made, strlen(made), NULL))
        return place_wrong(at, "what make gives does not keep its own rules");
    return ERR_OK;
}

static enum error_code register_secret(const struct place *at)
{
    static const struct place_key keys[] = {
        {"from", true, secret_from},        {"show", true, secret_show},
        {"charset", false, secret_charset}, {"min", false, secret_min},
        {"max", false, secret_max},         {"prefix", false, secret_prefix},
        {"base64", false, secret_base64},   {"make", false, secret_make},
        {"overlap", false, secret_overlap}};
    enum error_code code = place_keys(at, keys, COUNT(keys));
    return code ? code : check_made(at);
}

// register

static enum error_code register_events(const struct place *at)
{
    static const char *const words[] = {"chosen", "all", "one", NULL};
    int word = 0;
    enum error_code code = place_word(at, words, &word);
    profile_of(at)->events = (enum events_rule)word;
    return code;
}

static enum error_code register_defaults(const struct place *at)
{
    struct profile *profile = profile_of(at);
    enum error_code code = load_texts(at, TYPES_MAX, &profile->default_events);
    for (size_t i = 0; !code && profile->default_events[i]; i++) {
        struct place item = place_item(at, i);
        if (!profile_has_type(profile, profile->default_events[i]))
            return place_wrong(&item, "no such event type: %s", profile->default_events[i]);
    }
    return code;
}

static enum error_code register_webhooks_max(const struct place *at)
{
    int64_t count = 0;
    enum error_code code =
        json_is_null(at->value) ? ERR_OK : place_number(at, 1, WEBHOOKS_MAX, &count);
    profile_of(at)->webhooks_max = (int)count;
    return code;
}

static enum error_code register_exclusive(const struct place *at)
{
    return place_flag(at, &profile_of(at)->is_exclusive);
}

static enum error_code register_https(const struct place *at)
{
    return place_flag(at, &profile_of(at)->needs_https);
}

static enum error_code register_name(const struct place *at)
{
    return place_flag(at, &profile_of(at)->needs_name);
}

static enum error_code register_keys(const struct place *at)
{
    static const char *const words[] = {"native", "pair", "sk", NULL};
    int word = 0;
    enum error_code code = place_word(at, words, &word);
    profile_of(at)->key_form = word == 0   ? KEY_FORM_NATIVE
                               : word == 1 ? KEY_FORM_PAIR
                                           : KEY_FORM_SK;
    return code;
}

enum error_code load_register(const struct place *at)
{
    static const struct place_key keys[] = {{"events", false, register_events},
                                            {"defaults", false, register_defaults},
                                            {"webhooks_max", false, register_webhooks_max},
                                            {"exclusive", false, register_exclusive},
                                            {"https", false, register_https},
                                            {"name", false, register_name},
                                            {"keys", false, register_keys},
                                            {"secret", false, register_secret}};
    return place_keys(at, keys, COUNT(keys));
}
