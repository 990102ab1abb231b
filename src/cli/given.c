#include "cli/given.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/option_value.h"
#include "serve/files.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static enum error_code read_input(struct buf *ret, struct error *error)
{
    char piece[4096];
    ssize_t got;

    while ((got = read(STDIN_FILENO, piece, sizeof piece)) > 0 ||
           (got < 0 && errno == EINTR)) {
        if (got > 0)
            buf_add(ret, piece, (size_t)got);
    }
    memory_wipe(piece, sizeof piece);
    if (got < 0)
        return error_set(error, ERR_IO, "standard input: %s", strerror(errno));
    return ERR_OK;
}

enum error_code given_file(const char *path, bool is_secret, struct buf *ret,
                           struct error *error)
{
    bool is_found = true;
    enum error_code code = strcmp(path, "-") == 0
                               ? read_input(ret, error)
                               : files_read(path, is_secret, ret, &is_found, error);

    if (code == ERR_OK && !is_found)
        return error_set(error, ERR_CONFIG, "there is no file %.200s", path);
    if (code == ERR_OK && !buf_ok(ret))
        return error_set(error, ERR_TOO_LARGE, "%.200s is over %zu bytes", path, ret->max);
    return code;
}

enum error_code given_text(const char *text, struct buf *ret, struct error *error)
{
    if (text[0] == '@')
        return given_file(text + 1, false, ret, error);
    if (strcmp(text, "-") == 0)
        return given_file(text, false, ret, error);
    buf_add_str(ret, text);
    return ERR_OK;
}

static enum error_code read_whole(const char *path, bool is_secret, struct buf *ret,
                                  struct error *error)
{
    enum error_code code = given_file(path, is_secret, ret, error);

    if (code != ERR_OK)
        return code;
    while (ret->len > 0 &&
           (ret->data[ret->len - 1] == '\n' || ret->data[ret->len - 1] == '\r'))
        ret->data[--ret->len] = '\0';
    if (ret->len == 0)
        return error_set(error, ERR_CONFIG, "%.200s is empty", path);
    return ERR_OK;
}

enum error_code given_secret(const char *path, struct buf *ret, struct error *error)
{
    return read_whole(path, true, ret, error);
}

enum error_code given_open(const char *path, struct buf *ret, struct error *error)
{
    return read_whole(path, false, ret, error);
}

enum error_code given_count(const char *flag, const char *text, uint64_t most, uint64_t *ret,
                            struct error *error)
{
    if (!text_to_uint(text, strlen(text), most, ret))
        return error_set(error, ERR_BAD_REQUEST, "--%s: %.60s is not a number up to %llu",
                         flag, text, (unsigned long long)most);
    return ERR_OK;
}

enum error_code given_duration(const char *flag, const char *text, int64_t *ret_ms,
                               struct error *error)
{
    if (!option_value("ms", text, ret_ms))
        return error_set(error, ERR_BAD_REQUEST, "--%s: %.60s is not %s", flag, text,
                         option_value_form("ms"));
    return ERR_OK;
}

// A duration counts from now, that many times.
static enum error_code read_time(const char *flag, const char *text, int direction,
                                 int64_t *ret_wall_ms, struct error *error)
{
    int64_t away_ms;

    if (option_value("ms", text, &away_ms)) {
        *ret_wall_ms = clock_now().wall_ms + direction * away_ms;
        return ERR_OK;
    }
    if (!text_from_time(text, strlen(text), ret_wall_ms))
        return error_set(error, ERR_BAD_REQUEST,
                         "--%s: %.60s is not a time as 2026-01-31T12:00:00Z, nor one as 2h",
                         flag, text);
    return ERR_OK;
}

enum error_code given_time(const char *flag, const char *text, int64_t *ret_wall_ms,
                           struct error *error)
{
    return read_time(flag, text, -1, ret_wall_ms, error);
}

enum error_code given_later(const char *flag, const char *text, int64_t *ret_wall_ms,
                            struct error *error)
{
    return read_time(flag, text, 1, ret_wall_ms, error);
}
