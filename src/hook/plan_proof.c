// The keys of a profile's file that say how an attempt proves its origin, how its body is
// encrypted, and what is checked for sense.

#include "hook/plan_load.h"

#include "base/text.h"
#include "hook/plan_build.h"
#include "hook/profile.h"

#include <stdio.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static struct plan *plan_of(const struct place *at)
{
    return at->reading->profile->plan;
}

static struct proof_plan *proof_of(const struct place *at)
{
    struct plan *plan = plan_of(at);
    return &plan->proofs[plan->proof_count];
}

static enum error_code text_in_arena(const struct place *at, const char **ret)
{
    const char *text = NULL;
    enum error_code code = place_text(at, &text);
    if (!code)
        *ret = arena_copy(&plan_of(at)->arena, text, strlen(text));
    return code;
}

static enum error_code proof_id(const struct place *at)
{
    struct plan *plan = plan_of(at);
    struct proof_plan *proof = proof_of(at);
    enum error_code code = text_in_arena(at, &proof->id);
    if (!code && (!*proof->id || !text_is(proof->id, strlen(proof->id), "a-z0-9_")))
        return place_wrong(at, "must be a word of small letters, digits and _");
    for (size_t i = 0; !code && i < plan->proof_count; i++)
        if (strcmp(plan->proofs[i].id, proof->id) == 0)
            return place_wrong(at, "the proof %s stands twice", proof->id);
    return code;
}

static enum error_code proof_by(const struct place *at)
{
    static const char *const words[] = {"token", "hmac-sha256", "rsa-pkcs1-sha256", "ed25519",
                                        NULL};
    int by = 0;
    enum error_code code = place_word(at, words, &by);
    proof_of(at)->by = (enum proof_by)by;
    return code;
}

// "text", "base64", "pem", or "after PREFIX …".
static enum error_code key_form(const struct place *at, struct key_form *ret)
{
    static const char *const words[] = {"text", "base64", "pem"};
    const char *text = NULL;
    enum error_code code = place_text(at, &text);
    if (code)
        return code;
    ret->prefix = "";
    if (strncmp(text, "after ", 6) == 0) {
        size_t len = strcspn(text + 6, " ");
        ret->prefix = arena_copy(&plan_of(at)->arena, text + 6, len);
        text += 6 + len + (text[6 + len] == ' ');
    }
    for (size_t i = 0; i < COUNT(words); i++) {
        if (strcmp(text, words[i]) == 0) {
            ret->as = (int)i == 0 ? KEY_AS_TEXT : (int)i == 1 ? KEY_AS_BASE64 : KEY_AS_PEM;
            return ERR_OK;
        }
    }
    return place_wrong(at,
                       "must be text, base64 or pem, or \"after PREFIX\" and one of these");
}

static enum error_code proof_key(const struct place *at)
{
    return key_form(at, &proof_of(at)->key);
}

static enum error_code proof_signs(const struct place *at)
{
    return build_text(at, IN_SIGNED, &proof_of(at)->signs);
}

static enum error_code proof_as(const struct place *at)
{
    struct plan_text *spelled = &proof_of(at)->spelled;
    enum error_code code = build_text(at, IN_SPELLING, spelled);
    if (!code && spelled->vars != 1u << VAR_HEX && spelled->vars != 1u << VAR_BASE64)
        return place_wrong(at, "must hold {hex} or {base64}");
    return code;
}

static enum error_code check_proof(const struct place *at)
{
    const struct proof_plan *proof = proof_of(at);
    bool signs = proof->signs.count > 0, is_spelled = proof->spelled.count > 0;
    if (proof->by == PROOF_TOKEN && (signs || is_spelled || proof->key.as != KEY_AS_TEXT))
        return place_wrong(at, "a token is sent as it is: it has no key, signs or as");
    if (proof->by == PROOF_TOKEN)
        return ERR_OK;
    if (!signs || !is_spelled)
        return place_wrong(at, "needs signs and as");
    if ((proof->by == PROOF_RSA_PKCS1_SHA256) != (proof->key.as == KEY_AS_PEM))
        return place_wrong(at, "the key pem is for rsa-pkcs1-sha256, and it for that");
    if (proof->by == PROOF_ED25519 && proof->key.as != KEY_AS_BASE64)
        return place_wrong(at, "the key of ed25519 is base64");
    return ERR_OK;
}

enum error_code load_proofs(const struct place *at)
{
    static const struct place_key keys[] = {{"id", true, proof_id},
                                            {"by", true, proof_by},
                                            {"key", false, proof_key},
                                            {"signs", false, proof_signs},
                                            {"as", false, proof_as}};
    struct plan *plan = plan_of(at);
    enum error_code code = place_list(at, PLAN_PROOFS_MAX);
    for (size_t i = 0; !code && i < json_array_size(at->value); i++) {
        struct place item = place_item(at, i);
        proof_of(at)->key = (struct key_form){KEY_AS_TEXT, ""};
        code = place_keys(&item, keys, COUNT(keys));
        if (!code)
            code = check_proof(&item);
        plan->attempt_vars |= proof_of(at)->signs.vars;
        plan->proof_count += !code;
    }
    return code;
}

// encrypt

static enum error_code encrypt_when(const struct place *at)
{
    static const char *const words[] = {"webhook.encrypted", NULL};
    int word = 0;
    return place_word(at, words, &word);
}

static enum error_code encrypt_by(const struct place *at)
{
    static const char *const words[] = {"aes-256-gcm", NULL};
    int word = 0;
    return place_word(at, words, &word);
}

static enum error_code encrypt_hkdf(const struct place *at)
{
    enum error_code code = key_form(at, &plan_of(at)->seal.key);
    if (!code && plan_of(at)->seal.key.as == KEY_AS_PEM)
        return place_wrong(at, "must be text or base64");
    return code;
}

static enum error_code encrypt_info(const struct place *at)
{
    return text_in_arena(at, &plan_of(at)->seal.info);
}

static enum error_code encrypt_key(const struct place *at)
{
    static const struct place_key keys[] = {{"hkdf_sha256", true, encrypt_hkdf},
                                            {"info", true, encrypt_info}};
    return place_keys(at, keys, COUNT(keys));
}

static enum error_code encrypt_aad(const struct place *at)
{
    enum error_code code = build_text(at, IN_SEALED, &plan_of(at)->seal.aad);
    uint32_t late =
        1u << VAR_SECRET_VERSION | 1u << VAR_IV | 1u << VAR_TAG | 1u << VAR_SEALED;
    if (!code && (plan_of(at)->seal.aad.vars & late))
        return place_wrong(at, "may hold variables of the event only");
    return code;
}

static enum error_code encrypt_members(const struct place *at)
{
    size_t payloads = 0;
    uint32_t needed = 1u << VAR_IV | 1u << VAR_TAG | 1u << VAR_SEALED;
    enum error_code code = build_members(at, IN_SEALED, &plan_of(at)->seal.body, &payloads);
    if (!code && (plan_of(at)->seal.body.vars & needed) != needed)
        return place_wrong(at, "must hold $iv|base64, $tag|base64 and $sealed|base64");
    return code;
}

enum error_code load_encrypt(const struct place *at)
{
    static const struct place_key keys[] = {{"when", true, encrypt_when},
                                            {"by", true, encrypt_by},
                                            {"key", true, encrypt_key},
                                            {"aad", true, encrypt_aad},
                                            {"members", true, encrypt_members}};
    struct seal_plan *seal = &plan_of(at)->seal;
    enum error_code code = place_keys(at, keys, COUNT(keys));
    seal->is_there = !code;
    plan_of(at)->attempt_vars |= seal->aad.vars | seal->body.vars;
    return code;
}

// check

static struct check_plan *check_of(const struct place *at)
{
    struct plan *plan = plan_of(at);
    return &plan->checks[plan->check_count];
}

static enum error_code expect_word(const struct place *list, size_t index, const char *word)
{
    struct place at = place_item(list, index);
    const char *text = NULL;
    enum error_code code = place_text(&at, &text);
    return code || strcmp(text, word) == 0 ? code : place_wrong(&at, "must be \"%s\"", word);
}

static enum error_code text_at(const struct place *list, size_t index, const char **ret)
{
    struct place at = place_item(list, index);
    return text_in_arena(&at, ret);
}

// ["=", total, ["-", plus, minus]]
static enum error_code check_that(const struct place *at)
{
    struct check_plan *check = check_of(at);
    struct place minus = place_item(at, 2);
    if (json_array_size(at->value) != 3 || json_array_size(minus.value) != 3)
        return place_wrong(at, "must be [\"=\", total, [\"-\", plus, minus]]");
    enum error_code code = expect_word(at, 0, "=");
    if (!code)
        code = text_at(at, 1, &check->total);
    if (!code)
        code = expect_word(&minus, 0, "-");
    if (!code)
        code = text_at(&minus, 1, &check->plus);
    if (!code)
        code = text_at(&minus, 2, &check->minus);
    return code;
}

// ["=", member, number]
static enum error_code check_where(const struct place *at)
{
    struct check_plan *check = check_of(at);
    struct place number = place_item(at, 2);
    if (json_array_size(at->value) != 3 || !json_is_number(number.value))
        return place_wrong(at, "must be [\"=\", member, number]");
    struct json_span span = place_span(&number);
    check->where_number = arena_copy(&plan_of(at)->arena, span.at, span.len);
    enum error_code code = expect_word(at, 0, "=");
    return code ? code : text_at(at, 1, &check->where);
}

static enum error_code check_says(const struct place *at)
{
    return text_in_arena(at, &check_of(at)->says);
}

enum error_code load_check(const struct place *at)
{
    static const struct place_key keys[] = {{"that", true, check_that},
                                            {"where", false, check_where},
                                            {"says", true, check_says}};
    struct plan *plan = plan_of(at);
    enum error_code code = place_list(at, PLAN_CHECKS_MAX);
    for (size_t i = 0; !code && i < json_array_size(at->value); i++) {
        struct place item = place_item(at, i);
        code = place_keys(&item, keys, COUNT(keys));
        plan->check_count += !code;
    }
    return code;
}
