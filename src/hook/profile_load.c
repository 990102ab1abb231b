#include "hook/profile_load.h"

#include "base/limits.h"
#include "base/text.h"
#include "hook/plan.h"
#include "hook/plan_load.h"
#include "hook/profile.h"
#include "hook/profile_read.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

enum { FORMAT = 1, WAIT_MAX_MS = 7 * 86400000, FILE_MAX = 1 << 20 };

static enum error_code load_format(const struct place *at)
{
    int64_t format = 0;
    return place_number(at, FORMAT, FORMAT, &format);
}

static enum error_code load_name(const struct place *at)
{
    char **name = &at->reading->profile->name;
    enum error_code code = place_copy(at, name);
    if (!code &&
        (!**name || strlen(*name) > 40 || !text_is(*name, strlen(*name), "a-z0-9_-")))
        return place_wrong(at, "must be 1 to 40 small letters, digits, - or _");
    return code ? code : place_copy(at, &at->reading->profile->title); // unless it has one
}

static enum error_code load_title(const struct place *at)
{
    free(at->reading->profile->title);
    at->reading->profile->title = NULL;
    return place_copy(at, &at->reading->profile->title);
}

static enum error_code load_user_agent(const struct place *at)
{
    const char *text = NULL;
    struct plan *plan = at->reading->profile->plan;
    enum error_code code = place_text(at, &text);
    if (!code && (!*text || strlen(text) >= 64 || !text_is(text, strlen(text), " -~")))
        return place_wrong(at, "must be 1 to 63 printable characters");
    if (!code)
        plan->user_agent = arena_copy(&plan->arena, text, strlen(text));
    return code;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// "200", "2xx" or "200-204".
static bool read_statuses(const char *text, int16_t *ret_first, int16_t *ret_last)
{
    enum { LEAST = 200, GREATEST = 599 };
    uint64_t first = 0, last = 0;
    if (is_digit(text[0]) && strcmp(text + 1, "xx") == 0) {
        first = (uint64_t)(text[0] - '0') * 100;
        last = first + 99;
    } else {
        size_t len = strcspn(text, "-");
        const char *end = text[len] ? text + len + 1 : text;
        if (!text_to_uint(text, len, GREATEST, &first) ||
            !text_to_uint(end, text[len] ? strlen(end) : len, GREATEST, &last))
            return false;
    }
    *ret_first = (int16_t)first;
    *ret_last = (int16_t)last;
    // A redirect is never followed, so it is never received either.
    return first >= LEAST && first <= last && last <= GREATEST && (last < 300 || first > 399);
}

static enum error_code load_received(const struct place *at)
{
    struct profile *profile = at->reading->profile;
    enum error_code code = place_list(at, COUNT(profile->received));
    for (size_t i = 0; !code && i < json_array_size(at->value); i++) {
        struct place item = place_item(at, i);
        const char *text = NULL;
        code = place_text(&item, &text);
        if (!code &&
            !read_statuses(text, &profile->received[i].first, &profile->received[i].last))
            return place_wrong(&item,
                               "must be a status such as \"200\" or \"2xx\", and no 3xx");
        profile->received_count += !code;
    }
    if (!code && profile->received_count == 0)
        return place_wrong(at, "names no status");
    return code;
}

static enum error_code load_timeout(const struct place *at)
{
    return place_duration(at, 1000, limit(LIMIT_ATTEMPT_MS),
                          &at->reading->profile->timeout_ms);
}

static enum error_code load_waits(const struct place *at)
{
    struct profile *profile = at->reading->profile;
    enum error_code code = place_list(at, PROFILE_WAITS_MAX);
    for (size_t i = 0; !code && i < json_array_size(at->value); i++) {
        struct place item = place_item(at, i);
        code = place_duration(&item, 1, WAIT_MAX_MS, &profile->waits_ms[i]);
        profile->wait_count += !code;
    }
    return code;
}

static enum error_code load_jitter(const struct place *at)
{
    int64_t percent = 0;
    enum error_code code = place_number(at, 0, 100, &percent);
    at->reading->profile->jitter_percent = (int)percent;
    return code;
}

static enum error_code load_retry_after(const struct place *at)
{
    return place_flag(at, &at->reading->profile->honours_retry_after);
}

static enum error_code load_at_end(const struct place *at)
{
    static const char *const words[] = {"fail", "mail", NULL};
    enum error_code code = place_list(at, 2);
    for (size_t i = 0; !code && i < json_array_size(at->value); i++) {
        struct place item = place_item(at, i);
        int word = 0;
        code = place_word(&item, words, &word);
        if (word == 1)
            at->reading->profile->mails_at_end = true;
    }
    return code;
}

// ["Product", "/product_title"]: a line of the e-mail at the end.
static enum error_code load_mail_line(const struct place *line)
{
    struct profile *profile = line->reading->profile;
    size_t at = profile->mail_line_count;
    struct place label = place_item(line, 0), pointer = place_item(line, 1);
    enum error_code code = place_list(line, 2);
    if (!code && json_array_size(line->value) != 2)
        return place_wrong(line, "must be a label and a JSON pointer into the payload");
    profile->mail_line_count += !code;
    if (!code)
        code = place_copy(&label, &profile->mail_lines[at].label);
    if (!code)
        code = place_copy(&pointer, &profile->mail_lines[at].pointer);
    if (!code && profile->mail_lines[at].pointer[0] != '/')
        return place_wrong(&pointer, "must be a JSON pointer such as \"/uuid\"");
    return code;
}

static enum error_code load_mail(const struct place *at)
{
    enum error_code code = place_list(at, PROFILE_MAIL_LINES_MAX);
    if (!code && !at->reading->profile->mails_at_end)
        return place_wrong(at, "is of no use where at_end does not say mail");
    for (size_t i = 0; !code && i < json_array_size(at->value); i++) {
        struct place line = place_item(at, i);
        code = load_mail_line(&line);
    }
    return code;
}

static enum error_code read_disables(const struct place *at, bool *ret)
{
    static const char *const words[] = {"fail", "disable", NULL};
    int word = 0;
    enum error_code code = place_word(at, words, &word);
    *ret = word == 1;
    return code;
}

static enum error_code on_410(const struct place *at)
{
    return read_disables(at, &at->reading->profile->disables_on_410);
}

static enum error_code on_failing(const struct place *at)
{
    return read_disables(at, &at->reading->profile->disables_failing);
}

static enum error_code load_on(const struct place *at)
{
    static const struct place_key keys[] = {{"410", false, on_410},
                                            {"failing", false, on_failing}};
    return place_keys(at, keys, COUNT(keys));
}

static enum error_code test_attempts(const struct place *at)
{
    int64_t attempts = 0;
    return place_number(at, 1, 1, &attempts);
}

static enum error_code load_test(const struct place *at)
{
    static const struct place_key keys[] = {{"attempts", true, test_attempts}};
    return place_keys(at, keys, COUNT(keys));
}

static enum error_code load_open(const struct place *at)
{
    return place_flag(at, &at->reading->profile->is_open);
}

// In this order: what stands later may use what stands before.
static const struct place_key profile_keys[] = {
    {"format", true, load_format},
    {"name", true, load_name},
    {"title", false, load_title},
    {"user_agent", false, load_user_agent},
    {"body", true, load_body},
    {"trigger", false, load_trigger},
    {"proofs", false, load_proofs},
    {"headers", true, load_headers},
    {"encrypt", false, load_encrypt},
    {"check", false, load_check},
    {"received", true, load_received},
    {"timeout", false, load_timeout},
    {"waits", true, load_waits},
    {"jitter", false, load_jitter},
    {"retry_after", false, load_retry_after},
    {"at_end", false, load_at_end},
    {"mail", false, load_mail},
    {"on", false, load_on},
    {"test", false, load_test},
    {"open", false, load_open},
    {"types", false, load_types},
    {"register", false, load_register},
};

// What only the whole can say.
static enum error_code check_whole(const struct place *root)
{
    struct profile *profile = root->reading->profile;
    if (!profile->is_open && profile->type_count == 0)
        return place_wrong(root, "has no types, and is not open");
    bool needs_secret = profile->plan->seal.is_there;
    for (size_t i = 0; i < profile->plan->proof_count; i++) {
        enum proof_by by = profile->plan->proofs[i].by;
        needs_secret |= by == PROOF_TOKEN || by == PROOF_HMAC_SHA256;
        if (by == PROOF_TOKEN && profile->secret_overlap_ms > 0)
            return place_wrong(root, "a token cannot be doubled: register.secret.overlap "
                                     "must not be set");
    }
    if (needs_secret && profile->secret_from == SECRET_FROM_NONE)
        return place_wrong(root, "its proofs need a secret: register.secret is missing");
    return ERR_OK;
}

enum error_code profile_load(const char *file, const char *text, size_t len,
                             struct profile **ret, struct error *error)
{
    struct reading reading = {.file = file, .text = text, .error = error};
    json_error_t wrong;
    if (len > FILE_MAX)
        return error_at(error, ERR_CONFIG, file, "the file is too large");
    json_t *source = json_loadb(text, len, JSON_REJECT_DUPLICATES, &wrong);
    if (!source)
        return error_at(error, ERR_CONFIG, file, "line %d: %s", wrong.line, wrong.text);
    if (json_check(text, len, &reading.root, NULL) != ERR_OK) {
        json_decref(source);
        return error_at(error, ERR_CONFIG, file, "is not JSON");
    }
    struct profile *profile = reading.profile = profile_new(source);
    struct place root = {&reading, NULL, NULL, 0, source};
    enum error_code code = place_keys(&root, profile_keys, COUNT(profile_keys));
    if (!code)
        code = check_whole(&root);
    if (code)
        profile_free(profile);
    else
        *ret = profile;
    return code;
}
