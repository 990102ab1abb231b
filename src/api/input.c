#include "api/input.h"

#include "api/requests.h"
#include "base/arena.h"
#include "base/text.h"
#include "hook/rows.h"

#include <limits.h>
#include <string.h>

enum error_code input_if_match(struct request *request, int *ret_version, struct error *error)
{
    struct text_span tag = request->if_match;
    uint64_t version;

    *ret_version = -1;
    if (tag.at == NULL || text_equal(tag.at, tag.len, "*")) {
        return ERR_OK;
    }
    if (tag.len < 3 || tag.at[0] != '"' || tag.at[tag.len - 1] != '"' ||
        !text_to_uint(tag.at + 1, tag.len - 2, INT_MAX, &version)) {
        return error_at(error, ERR_PRECONDITION,
                        "If-Match:", "it is not at the version that If-Match names");
    }
    *ret_version = (int)version;
    request->is_pinned = true;
    return ERR_OK;
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
