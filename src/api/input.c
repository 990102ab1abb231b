#include "api/input.h"

#include "api/requests.h"
#include "base/arena.h"
#include "base/text.h"
#include "hook/rows.h"

#include <string.h>

// The length of the entity tag that begins the text (RFC 9110 §8.8.3); 0: none does.
static size_t tag_length(const char *at, size_t len)
{
    size_t quote = len > 2 && at[0] == 'W' && at[1] == '/' ? 2 : 0;
    const char *end;

    if (len < quote + 2 || at[quote] != '"') {
        return 0;
    }
    end = memchr(at + quote + 1, '"', len - quote - 1);
    return end != NULL ? (size_t)(end - at) + 1 : 0;
}

// Is the tag in the list? A weak one never is, and a list that is none holds nothing.
static bool lists_tag(struct text_span list, const char *tag)
{
    bool is_listed = false, is_behind_tag = false;
    size_t at = 0;

    while (at < list.len) {
        size_t step = tag_length(list.at + at, list.len - at);
        if (list.at[at] == ',') {
            is_behind_tag = false;
        } else if (step != 0 && !is_behind_tag) {
            is_listed = is_listed || text_equal(list.at + at, step, tag);
            is_behind_tag = true;
        } else if (list.at[at] != ' ' && list.at[at] != '\t') {
            return false;
        }
        at += step != 0 ? step : 1;
    }
    return is_listed;
}

enum error_code input_if_match(const struct request *request, const char *tag,
                               struct error *error)
{
    struct text_span list = request->if_match;

    if (list.at == NULL) {
        return ERR_OK;
    }
    if (request->if_match_count > 1) {
        return error_at(error, ERR_PRECONDITION,
                        "If-Match:", "stands more than once; all tags may stand in one list");
    }
    return text_equal(list.at, list.len, "*") || lists_tag(list, tag)
               ? ERR_OK
               : error_at(error, ERR_PRECONDITION,
                          "If-Match:", "it has changed since it was read; read it again");
}

enum error_code input_email(const char *name, const char *text, struct error *error)
{
    if (!text_is_email(text, strlen(text))) {
        return error_at(error, ERR_INVALID_FIELD, name, "must be one e-mail address");
    }
    return ERR_OK;
}

const char *input_copy(struct arena *arena, const char *text)
{
    return text != NULL ? arena_copy(arena, text, strlen(text)) : NULL;
}

void input_copy_webhook(struct arena *arena, struct webhook_row *row)
{
    row->name = input_copy(arena, row->name);
    row->url = input_copy(arena, row->url);
    row->reason = input_copy(arena, row->reason);
    row->settings = input_copy(arena, row->settings);
}
