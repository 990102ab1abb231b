#include "hook/plan_load.h"

#include "base/buf.h"
#include "base/text.h"
#include "hook/plan_build.h"
#include "hook/profile.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static struct plan *plan_of(const struct place *at)
{
    return at->reading->profile->plan;
}

static enum error_code text_in_arena(const struct place *at, const char **ret)
{
    const char *text = NULL;
    enum error_code code = place_text(at, &text);
    if (!code)
        *ret = arena_copy(&plan_of(at)->arena, text, strlen(text));
    return code;
}

// body

static enum error_code load_form(const struct place *at)
{
    static const char *const forms[] = {"members", "payload", NULL};
    int form = 0;
    enum error_code code = place_word(at, forms, &form);
    plan_of(at)->is_flat = form == 1;
    return code;
}

static bool is_header_text(const char *text)
{
    return *text && text_is(text, strlen(text), " -~");
}

static enum error_code load_type(const struct place *at)
{
    enum error_code code = text_in_arena(at, &plan_of(at)->content_type);
    if (!code && !is_header_text(plan_of(at)->content_type))
        return place_wrong(at, "must be the text of a header");
    return code;
}

static enum error_code load_members(const struct place *at)
{
    size_t payloads = 0;
    if (plan_of(at)->is_flat)
        return place_wrong(at, "only the form \"members\" has members");
    enum error_code code = build_members(at, IN_BODY, &plan_of(at)->body, &payloads);
    if (!code && payloads != 1)
        return place_wrong(at, "\"$payload\" must stand there once");
    return code;
}

static enum error_code load_when(const struct place *at, unsigned *ret)
{
    static const char *const words[] = {"absent", "null", "{}", "[]", NULL};
    enum error_code code = place_list(at, 4);
    for (size_t i = 0; !code && i < json_array_size(at->value); i++) {
        struct place item = place_item(at, i);
        int word = 0;
        code = place_word(&item, words, &word);
        *ret |= 1u << word;
    }
    return code ? code : *ret ? ERR_OK : place_wrong(at, "names no case");
}

static enum error_code edit_set(const struct place *at)
{
    struct plan *plan = plan_of(at);
    struct edit_plan *edit = &plan->edits[plan->edit_count];
    enum error_code code = text_in_arena(at, &edit->name);
    if (code)
        return code;
    for (size_t i = 0; i < plan->edit_count; i++)
        if (strcmp(plan->edits[i].name, edit->name) == 0)
            return place_wrong(at, "\"%s\" is set twice", edit->name);
    struct buf quoted;
    buf_init(&quoted, 1024);
    buf_add_json(&quoted, edit->name, strlen(edit->name));
    buf_add_char(&quoted, ':');
    bool is_short = buf_ok(&quoted);
    if (is_short)
        edit->quoted =
            (struct slice){arena_copy(&plan->arena, quoted.data, quoted.len), quoted.len};
    buf_done(&quoted);
    return is_short ? ERR_OK : place_wrong(at, "is too long");
}

static enum error_code edit_when(const struct place *at)
{
    struct plan *plan = plan_of(at);
    return load_when(at, &plan->edits[plan->edit_count].when);
}

static enum error_code edit_to(const struct place *at)
{
    struct plan *plan = plan_of(at);
    enum error_code code = build_value(at, IN_BODY, &plan->edits[plan->edit_count].to);
    if (code)
        return code;
    for (size_t i = 0; i < plan->edits[plan->edit_count].to.count; i++)
        if (plan->edits[plan->edit_count].to.pieces[i].kind == PIECE_PAYLOAD)
            return place_wrong(at, "\"$payload\" cannot stand in itself");
    return ERR_OK;
}

static enum error_code load_edit(const struct place *at)
{
    static const struct place_key keys[] = {
        {"set", true, edit_set}, {"when", false, edit_when}, {"to", true, edit_to}};
    struct plan *plan = plan_of(at);
    if (!plan->is_flat)
        return place_wrong(at, "only the form \"payload\" is edited");
    enum error_code code = place_list(at, PLAN_EDITS_MAX);
    for (size_t i = 0; !code && i < json_array_size(at->value); i++) {
        struct place item = place_item(at, i);
        code = place_keys(&item, keys, COUNT(keys));
        plan->edit_count += !code;
    }
    return code;
}

enum error_code load_body(const struct place *at)
{
    static const struct place_key keys[] = {{"form", true, load_form},
                                            {"type", false, load_type},
                                            {"members", false, load_members},
                                            {"edit", false, load_edit}};
    enum error_code code = place_keys(at, keys, COUNT(keys));
    if (!code && !plan_of(at)->is_flat && plan_of(at)->body.count == 0)
        return place_wrong(at, "the form \"members\" needs members");
    return code;
}

// trigger

static enum error_code trigger_word(const struct place *at, enum trigger trigger)
{
    const char *word = NULL;
    enum error_code code = text_in_arena(at, &word);
    if (!code &&
        (!*word || strlen(word) > 40 || !text_is(word, strlen(word), "A-Za-z0-9_.-")))
        return place_wrong(at, "must be a word of letters, digits, _ . or -");
    if (!code)
        plan_of(at)->triggers[trigger] = word;
    return code;
}

static enum error_code trigger_scheduled(const struct place *at)
{
    return trigger_word(at, TRIGGER_SCHEDULED);
}

static enum error_code trigger_test(const struct place *at)
{
    return trigger_word(at, TRIGGER_TEST);
}

enum error_code load_trigger(const struct place *at)
{
    static const struct place_key keys[] = {{"scheduled", true, trigger_scheduled},
                                            {"test", true, trigger_test}};
    enum error_code code = place_keys(at, keys, COUNT(keys));
    const char **words = plan_of(at)->triggers;
    words[TRIGGER_MANUAL] = words[TRIGGER_REPLAY] = words[TRIGGER_SCHEDULED];
    return code;
}

// headers

// RFC 9110's token.
static bool is_header_name(const char *name)
{
    return *name && strlen(name) <= 64 &&
           text_is(name, strlen(name), "A-Za-z0-9!#$%&'*+.^_`|~-");
}

static bool is_ours(const char *name)
{
    static const char *const ours[] = {"host",       "user-agent",       "accept",
                                       "connection", "content-length",   "content-type",
                                       "expect",     "transfer-encoding"};
    for (size_t i = 0; i < COUNT(ours); i++)
        if (text_equal_nocase(name, strlen(name), ours[i]))
            return true;
    return false;
}

static enum error_code header_with(const struct place *at, struct header_plan *header)
{
    const char *id = NULL;
    enum error_code code = place_text(at, &id);
    if (code)
        return code;
    const struct plan *plan = plan_of(at);
    for (size_t i = 0; i < plan->proof_count; i++)
        if (strcmp(plan->proofs[i].id, id) == 0)
            header->with = (int)i;
    return header->with >= 0 ? ERR_OK : place_wrong(at, "no such proof: %s", id);
}

static enum error_code load_header(const struct place *at, struct header_plan *header)
{
    enum error_code code = place_list(at, 3);
    size_t count = code ? 0 : json_array_size(at->value);
    if (!code && count < 2)
        return place_wrong(at, "must be [name, text] or [name, text, proof]");
    struct place name = place_item(at, 0), value = place_item(at, 1),
                 with = place_item(at, 2);
    header->with = -1;
    if (!code)
        code = text_in_arena(&name, &header->name);
    if (!code && !is_header_name(header->name))
        return place_wrong(&name, "is not the name of a header");
    if (!code && is_ours(header->name))
        return place_wrong(&name, "%s is set by the sender", header->name);
    if (!code)
        code = build_text(&value, IN_HEADER, &header->value);
    if (!code && count == 3)
        code = header_with(&with, header);
    return code;
}

enum error_code load_headers(const struct place *at)
{
    struct plan *plan = plan_of(at);
    enum error_code code = place_list(at, PLAN_HEADERS_MAX);
    for (size_t i = 0; !code && i < json_array_size(at->value); i++) {
        struct place item = place_item(at, i);
        struct header_plan *header = &plan->headers[plan->header_count];
        code = load_header(&item, header);
        for (size_t k = 0; !code && k < plan->header_count; k++)
            if (text_equal_nocase(header->name, strlen(header->name), plan->headers[k].name))
                return place_wrong(&item, "the header %s stands twice", header->name);
        plan->attempt_vars |= header->value.vars;
        plan->header_count += !code;
    }
    return code;
}
