#include "hook/outcome.h"

#include <assert.h>

static const struct {
    const char *slug;
    const char *sentence;
} rows[] = {
#define X(name, number, slug, sentence) [number] = {slug, sentence},
    OUTCOME_ERRORS(X)
#undef X
};

const char *outcome_error_slug(enum outcome_error error)
{
    assert((size_t)error < sizeof rows / sizeof *rows);
    return rows[error].slug;
}

const char *outcome_error_sentence(enum outcome_error error)
{
    assert((size_t)error < sizeof rows / sizeof *rows);
    return rows[error].sentence;
}

bool outcome_is_receivers(enum outcome_error error)
{
    return error != OUTCOME_LOCAL && error != OUTCOME_INTERRUPTED &&
           error != OUTCOME_KEY_UNAVAILABLE;
}

struct outcome outcome_of_none(enum outcome_error error)
{
    return (struct outcome){.error = error,
                            .detail = "",
                            .head = "",
                            .body = "",
                            .remote = "",
                            .retry_after_ms = -1,
                            .dns_us = -1,
                            .connect_us = -1,
                            .tls_us = -1,
                            .first_byte_us = -1,
                            .total_us = -1};
}
