// A filter and a payload, with a NUL between: what is taken for a filter holds or does not,
// at once and the same way twice, and what is stored of a webhook is taken again.

#include "hook/filter.h"

#include "base/json_span.h"
#include "base/memory.h"
#include "hook/paths.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void use(struct filter *filter, const char *text, size_t len)
{
    struct json_span payload;
    struct paths *paths = paths_new();
    filter_add_paths(filter, paths);
    filter_add_paths(filter, paths);
    paths_settle(paths);
    filter_bind(filter, paths);
    if (json_check(text, len, &payload, NULL) == ERR_OK) {
        struct json_span *found = NEW_ARRAY(struct json_span, paths_count(paths) + 1);
        paths_find(paths, &payload, found);
        bool holds = filter_holds(filter, found);
        assert(filter_holds(filter, found) == holds);
        free(found);
    }
    paths_free(paths);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *text = (const char *)data;
    const char *end = len > 0 ? memchr(text, 0, len) : NULL;
    struct json_span list;
    struct filter *filter = NULL;
    if (!end || json_check(text, (size_t)(end - text), &list, NULL) != ERR_OK ||
        filter_new(&list, &filter, NULL) != ERR_OK)
        return 0;
    use(filter, end + 1, len - (size_t)(end + 1 - text));
    filter_free(filter);
    return 0;
}
