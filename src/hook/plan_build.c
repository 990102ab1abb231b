#include "hook/plan_build.h"

#include "base/buf.h"
#include "base/text.h"
#include "hook/profile.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUILD_BYTES_MAX = 65536, BUILD_PIECES_MAX = PLAN_SLICES_MAX, MEMBERS_MAX = 32 };

struct build { // a text while it is compiled
    struct plan *plan;
    struct buf bytes; // literal, not yet a piece
    struct piece pieces[BUILD_PIECES_MAX];
    size_t count;
    size_t payloads;
    uint32_t vars;
    unsigned where;
};

static const struct {
    const char *text;
    unsigned where;
    bool is_number;
} vars[PLAN_VARS_COUNT] = {
#define X(name, text, where, is_number) [VAR_##name] = {text, where, is_number},
    PLAN_VARS(X)
#undef X
};

static void begin(struct build *build, const struct place *at, unsigned where)
{
    memset(build, 0, sizeof *build);
    build->plan = at->reading->profile->plan;
    build->where = where;
    buf_init(&build->bytes, BUILD_BYTES_MAX);
}

static void add_piece(struct build *build, const struct piece *piece)
{
    if (build->count < BUILD_PIECES_MAX)
        build->pieces[build->count] = *piece;
    build->count++;
}

static void end_bytes(struct build *build)
{
    if (build->bytes.len == 0)
        return;
    struct piece piece = {.kind = PIECE_BYTES};
    piece.bytes.at = arena_copy(&build->plan->arena, build->bytes.data, build->bytes.len);
    piece.bytes.len = build->bytes.len;
    add_piece(build, &piece);
    buf_clear(&build->bytes);
}

static void add_var(struct build *build, enum plan_var var)
{
    struct piece piece = {.kind = PIECE_VAR, .var = var};
    end_bytes(build);
    add_piece(build, &piece);
    build->vars |= 1u << var;
}

static enum error_code finish(struct build *build, const struct place *at,
                              struct plan_text *ret)
{
    end_bytes(build);
    bool is_small = buf_ok(&build->bytes) && build->count <= BUILD_PIECES_MAX;
    buf_done(&build->bytes);
    if (!is_small)
        return place_wrong(at, "is too long");
    ret->pieces = arena_take(&build->plan->arena, build->count * sizeof *ret->pieces + 1);
    memcpy(ret->pieces, build->pieces, build->count * sizeof *ret->pieces);
    ret->count = build->count;
    ret->vars = build->vars;
    return ERR_OK;
}

static bool find_var(const char *name, size_t len, unsigned where, enum plan_var *ret)
{
    for (int i = 0; i < PLAN_VARS_COUNT; i++) {
        if ((vars[i].where & where) && text_equal(name, len, vars[i].text)) {
            *ret = (enum plan_var)i;
            return true;
        }
    }
    return false;
}

static bool find_proof(const struct plan *plan, const char *id, size_t len, size_t *ret)
{
    for (size_t i = 0; i < plan->proof_count; i++) {
        if (text_equal(id, len, plan->proofs[i].id)) {
            *ret = i;
            return true;
        }
    }
    return false;
}

// "list ' ' v1 v1a": what stands between the apostrophes, then proofs.
static enum error_code add_list(struct build *build, const struct place *at, const char *text,
                                size_t len)
{
    struct piece piece = {.kind = PIECE_LIST};
    const char *end = text + len;
    const char *open = memchr(text, '\'', len);
    const char *close = open ? memchr(open + 1, '\'', (size_t)(end - open - 1)) : NULL;
    if (!close)
        return place_wrong(at, "{list} needs a separator in apostrophes");
    piece.bytes.len = (size_t)(close - open - 1);
    piece.bytes.at = arena_copy(&build->plan->arena, open + 1, piece.bytes.len);
    for (const char *word = close + 1; word < end;) {
        size_t word_len = 0;
        while (word + word_len < end && word[word_len] != ' ')
            word_len++;
        if (word_len > 0) {
            if (piece.proof_count == PLAN_LIST_MAX ||
                !find_proof(build->plan, word, word_len, &piece.proofs[piece.proof_count]))
                return place_wrong(at, "no such proof: %.*s", (int)word_len, word);
            piece.proof_count++;
        }
        word += word_len + 1;
    }
    if (piece.proof_count == 0)
        return place_wrong(at, "{list} names no proof");
    end_bytes(build);
    add_piece(build, &piece);
    return ERR_OK;
}

static enum error_code add_braced(struct build *build, const struct place *at,
                                  const char *text, size_t len)
{
    static const char previous[] = ".previous";
    enum { PREVIOUS_LEN = sizeof previous - 1 };
    enum plan_var var;
    struct piece piece = {.kind = PIECE_PROOF, .proof_count = 1};
    if (find_var(text, len, build->where, &var)) {
        add_var(build, var);
        return ERR_OK;
    }
    if (build->where == IN_HEADER && len > 5 && memcmp(text, "list ", 5) == 0)
        return add_list(build, at, text, len);
    if (len > PREVIOUS_LEN && text_equal(text + len - PREVIOUS_LEN, PREVIOUS_LEN, previous)) {
        piece.kind = PIECE_PREVIOUS;
        len -= PREVIOUS_LEN;
    }
    if (build->where != IN_HEADER || !find_proof(build->plan, text, len, &piece.proofs[0]))
        return place_wrong(at, "no such variable {%.*s}", (int)len, text);
    end_bytes(build);
    add_piece(build, &piece);
    return ERR_OK;
}

// Headers and signed texts are ASCII without control characters, so that one text has one
// form on the wire.
static bool is_plain(const char *text)
{
    for (const char *c = text; *c; c++)
        if (*c < ' ' || *c > '~')
            return false;
    return true;
}

enum error_code build_text(const struct place *at, unsigned where, struct plan_text *ret)
{
    struct build build;
    const char *text = NULL;
    enum error_code code = place_text(at, &text);
    if (code)
        return code;
    if (!is_plain(text))
        return place_wrong(at, "must be plain ASCII");
    begin(&build, at, where);
    while (!code && *text) {
        size_t literal = strcspn(text, "{");
        buf_add(&build.bytes, text, literal);
        text += literal;
        if (!*text)
            break;
        const char *close = strchr(text, '}');
        if (!close)
            code = place_wrong(at, "a { is not closed");
        else
            code = add_braced(&build, at, text + 1, (size_t)(close - text - 1));
        text = close ? close + 1 : text;
    }
    if (!code)
        return finish(&build, at, ret);
    buf_done(&build.bytes);
    return code;
}

static enum error_code add_variable(struct build *build, const struct place *at,
                                    const char *name)
{
    enum plan_var var;
    struct piece payload = {.kind = PIECE_PAYLOAD};
    if (strcmp(name, "payload") == 0 && build->where == IN_BODY) {
        end_bytes(build);
        add_piece(build, &payload);
        build->payloads++;
        return ERR_OK;
    }
    if (!find_var(name, strlen(name), build->where, &var))
        return place_wrong(at, "no such variable $%s", name);
    if (!vars[var].is_number)
        buf_add_char(&build->bytes, '"');
    add_var(build, var);
    if (!vars[var].is_number)
        buf_add_char(&build->bytes, '"');
    return ERR_OK;
}

static enum error_code add_value(struct build *build, const struct place *at)
{
    if (json_is_string(at->value) && json_string_value(at->value)[0] == '$')
        return add_variable(build, at, json_string_value(at->value) + 1);
    if (json_is_real(at->value)) { // as it is spelled in the file
        struct json_span span = place_span(at);
        buf_add(&build->bytes, span.at, span.len);
        return ERR_OK;
    }
    char *text = json_dumps(at->value, JSON_COMPACT | JSON_ENCODE_ANY);
    assert(text);
    buf_add_str(&build->bytes, text);
    free(text);
    return ERR_OK;
}

enum error_code build_value(const struct place *at, unsigned where, struct plan_text *ret)
{
    struct build build;
    begin(&build, at, where);
    enum error_code code = add_value(&build, at);
    if (!code)
        return finish(&build, at, ret);
    buf_done(&build.bytes);
    return code;
}

static enum error_code add_member(struct build *build, const struct place *member)
{
    const char *name = NULL;
    enum error_code code = place_list(member, 2);
    if (code)
        return code;
    if (json_array_size(member->value) != 2)
        return place_wrong(member, "must be [name, value]");
    struct place name_at = place_item(member, 0), value_at = place_item(member, 1);
    code = place_text(&name_at, &name);
    if (code)
        return code;
    buf_add_json(&build->bytes, name, strlen(name));
    buf_add_char(&build->bytes, ':');
    return add_value(build, &value_at);
}

enum error_code build_members(const struct place *at, unsigned where, struct plan_text *ret,
                              size_t *ret_payloads)
{
    struct build build;
    enum error_code code = place_list(at, MEMBERS_MAX);
    if (code)
        return code;
    begin(&build, at, where);
    buf_add_char(&build.bytes, '{');
    for (size_t i = 0; !code && i < json_array_size(at->value); i++) {
        struct place member = place_item(at, i);
        if (i > 0)
            buf_add_char(&build.bytes, ',');
        code = add_member(&build, &member);
    }
    buf_add_char(&build.bytes, '}');
    *ret_payloads = build.payloads;
    if (!code)
        return finish(&build, at, ret);
    buf_done(&build.bytes);
    return code;
}
