#include "hook/plan.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// What the one scan of a flat payload found of a member that is to be set.
struct sight {
    size_t count;
    struct json_span value;
    bool is_cut; // the value is replaced
};

static void add(struct plan_body *body, const char *at, size_t len)
{
    assert(body->count < PLAN_SLICES_MAX);
    body->slices[body->count++] = (struct slice){at, len};
    body->len += len;
}

static void add_text(struct plan_body *body, const struct plan_text *text,
                     const struct plan_values *values, const struct json_span *payload)
{
    for (size_t i = 0; i < text->count; i++) {
        const struct piece *piece = &text->pieces[i];
        switch (piece->kind) {
        case PIECE_BYTES: add(body, piece->bytes.at, piece->bytes.len); break;
        case PIECE_VAR:
            add(body, values->of[piece->var].at, values->of[piece->var].len);
            break;
        case PIECE_PAYLOAD:
            body->payload_at = body->len;
            add(body, payload->at, payload->len);
            break;
        default: assert(false && "proofs do not stand in bodies");
        }
    }
}

static bool is_empty(const struct json_span *map_or_list)
{
    struct json_walk walk;
    struct json_member member;
    struct json_span item;
    json_walk_init(&walk, map_or_list);
    return map_or_list->kind == JSON_MAP ? !json_next_member(&walk, &member)
                                         : !json_next_item(&walk, &item);
}

static unsigned state_of(const struct sight *sight)
{
    if (sight->count == 0)
        return WHEN_ABSENT;
    if (sight->value.kind == JSON_NULL_VALUE)
        return WHEN_NULL;
    if (sight->value.kind == JSON_MAP && is_empty(&sight->value))
        return WHEN_EMPTY_MAP;
    if (sight->value.kind == JSON_LIST && is_empty(&sight->value))
        return WHEN_EMPTY_LIST;
    return 0;
}

// Is the member what the edit would write? Texts are compared with their escapes resolved,
// anything else by its bytes.
static bool is_equal(const struct json_span *value, const struct plan_text *to,
                     const struct plan_values *values)
{
    char wanted[160];
    size_t len = 0;
    for (size_t i = 0; i < to->count; i++) {
        const struct piece *piece = &to->pieces[i];
        const struct slice *slice =
            piece->kind == PIECE_VAR ? &values->of[piece->var] : &piece->bytes;
        if (slice->len >= sizeof wanted - len)
            return false;
        memcpy(wanted + len, slice->at, slice->len);
        len += slice->len;
    }
    if (value->kind != JSON_TEXT || len < 2 || wanted[0] != '"')
        return value->len == len && memcmp(value->at, wanted, len) == 0;
    wanted[len - 1] = '\0';
    return json_text_equal(value, wanted + 1);
}

static enum error_code judge(const struct edit_plan *edit, struct sight *sight,
                             const struct plan_values *values, struct error *error)
{
    char field[ERROR_FIELD_MAX];
    (void)snprintf(field, sizeof field, "/payload/%s", edit->name);
    if (sight->count > 1)
        return error_at(error, ERR_DUPLICATE_MEMBER, field, "the member stands twice");
    sight->is_cut = sight->count > 0 && (edit->when & state_of(sight)) != 0;
    if (edit->when == 0 && sight->count > 0 && !is_equal(&sight->value, &edit->to, values))
        return error_at(error, ERR_INVALID_FIELD, field,
                        "the profile sets this member, and to another value");
    return ERR_OK;
}

static bool scan(const struct plan *plan, const struct json_span *payload,
                 struct sight *sights)
{
    struct json_walk walk;
    struct json_member member;
    bool has_members = false;
    json_walk_init(&walk, payload);
    while (json_next_member(&walk, &member)) {
        has_members = true;
        for (size_t i = 0; i < plan->edit_count; i++)
            if (json_text_equal(&member.name, plan->edits[i].name) && sights[i].count++ == 0)
                sights[i].value = member.value;
    }
    return has_members;
}

// The cut that comes next behind at; NULL: none.
static const struct sight *next_cut(const struct sight *sights, size_t count, const char *at)
{
    const struct sight *next = NULL;
    for (size_t i = 0; i < count; i++)
        if (sights[i].is_cut && sights[i].value.at >= at &&
            (!next || sights[i].value.at < next->value.at))
            next = &sights[i];
    return next;
}

static void write_edited(const struct plan *plan, const struct plan_values *values,
                         const struct json_span *payload, const struct sight *sights,
                         bool has_members, struct plan_body *ret)
{
    const char *at = payload->at;
    const char *end = payload->at + payload->len - 1; // the closing brace
    const struct sight *cut;
    while ((cut = next_cut(sights, plan->edit_count, at)) != NULL) {
        add(ret, at, (size_t)(cut->value.at - at));
        add_text(ret, &plan->edits[cut - sights].to, values, payload);
        at = cut->value.at + cut->value.len;
        ret->is_edited = true;
    }
    add(ret, at, (size_t)(end - at));
    for (size_t i = 0; i < plan->edit_count; i++) {
        const struct edit_plan *edit = &plan->edits[i];
        if (sights[i].count > 0 || (edit->when != 0 && !(edit->when & WHEN_ABSENT)))
            continue;
        if (has_members)
            add(ret, ",", 1);
        add(ret, edit->quoted.at, edit->quoted.len);
        add_text(ret, &edit->to, values, payload);
        has_members = ret->is_edited = true;
    }
    add(ret, end, 1);
}

enum error_code plan_body(const struct plan *plan, const struct plan_values *values,
                          const struct json_span *payload, struct plan_body *ret,
                          struct error *error)
{
    struct sight sights[PLAN_EDITS_MAX] = {{0}};
    ret->count = ret->len = ret->payload_at = 0;
    ret->is_edited = false;
    if (!plan->is_flat) {
        add_text(ret, &plan->body, values, payload);
        return ERR_OK;
    }
    if (payload->kind != JSON_MAP)
        return error_at(error, ERR_INVALID_FIELD, "/payload",
                        "the payload of this profile must be an object");
    bool has_members = scan(plan, payload, sights);
    for (size_t i = 0; i < plan->edit_count; i++) {
        enum error_code code = judge(&plan->edits[i], &sights[i], values, error);
        if (code)
            return code;
    }
    write_edited(plan, values, payload, sights, has_members, ret);
    return ERR_OK;
}
