#include "cli/option_value.h"

#include "base/buf.h"
#include "base/memory.h"
#include "base/text.h"
#include "serve/files.h"
#include "serve/serve.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_BYTES_MAX = 1 << 20 };

static const struct unit {
    const char *of;
    const char *suffix;
    int64_t factor;
} units[] = {
    {"ms", "ms", 1},           {"ms", "s", 1000},         {"ms", "m", 60000},
    {"ms", "h", 3600000},      {"ms", "d", 86400000},     {"bytes", "B", 1},
    {"bytes", "KiB", 1 << 10}, {"bytes", "MiB", 1 << 20}, {"bytes", "GiB", 1 << 30},
    {"count", "", 1},          {"days", "", 1},
};

bool option_value(const char *unit, const char *text, int64_t *ret)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t number;

    if (!text_to_uint(text, digits, INT32_MAX, &number))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(units[i].of, unit) == 0 && strcmp(units[i].suffix, text + digits) == 0) {
            *ret = (int64_t)number * units[i].factor;
            return true;
        }
    }
    return false;
}

const char *option_value_form(const char *unit)
{
    if (strcmp(unit, "ms") == 0)
        return "a time, as 250ms, 10s, 5m, 2h";
    return strcmp(unit, "bytes") == 0 ? "a size, as 64KiB, 4MiB" : "a number";
}

static enum error_code read_line(char *line, option_set_fn *set, void *owner,
                                 struct error *error)
{
    char *equals = strchr(line, '=');

    if (line[0] == '\0' || line[0] == '#')
        return ERR_OK;
    if (!equals)
        return error_set(error, ERR_CONFIG, "is not name=value");
    return set(owner, line, (size_t)(equals - line), equals + 1);
}

static enum error_code say_line(const char *path, int number, struct error *error)
{
    struct error said = *error;
    char field[ERROR_FIELD_MAX];

    snprintf(field, sizeof field, "%.60s:%d", path, number);
    return error_at(error, ERR_CONFIG, field, "%s%s%s", said.field, said.field[0] ? ": " : "",
                    said.text);
}

static enum error_code read_lines(const char *path, char *text, option_set_fn *set,
                                  void *owner, struct error *error)
{
    int number = 1;

    for (char *line = text; line; number++) {
        char *end = strchr(line, '\n');

        if (end)
            *end = '\0';
        if (read_line(line, set, owner, error) != ERR_OK)
            return say_line(path, number, error);
        line = end ? end + 1 : NULL;
    }
    return ERR_OK;
}

static bool is_plain(const struct buf *text)
{
    return !memchr(text->data, '\0', text->len) && !memchr(text->data, '\r', text->len) &&
           text_is_utf8(text->data, text->len) && strncmp(text->data, "\xEF\xBB\xBF", 3) != 0;
}

enum error_code option_file(const char *path, option_set_fn *set, void *owner,
                            char **ret_text, struct error *error)
{
    struct buf text;
    bool is_found;
    enum error_code code;

    buf_init(&text, CONFIG_BYTES_MAX);
    code = files_read(path, false, &text, &is_found, error);
    *ret_text = text.data;
    if (code != ERR_OK)
        return code;
    if (!is_found)
        return error_at(error, ERR_CONFIG, "config", "there is no file %s", path);
    if (text.len == 0)
        return ERR_OK;
    if (!is_plain(&text))
        return error_at(error, ERR_CONFIG, "config",
                        "%s is not plain UTF-8 text with line feeds (no BOM, no CR, no NUL)",
                        path);
    return read_lines(path, text.data, set, owner, error);
}

void option_default_folder(struct serve_options *options)
{
    const char *path;

    if (options->data_dir)
        return;
    options->data_dir = "./posthorn-data";
    if (options->store && strncmp(options->store, "sqlite:", 7) == 0) {
        path = options->store + 7;
        options->texts[1] = memory_copy(path, strlen(path));
        options->data_dir = dirname(options->texts[1]);
    }
}

void option_done(struct serve_options *options)
{
    for (size_t i = 0; i < sizeof options->texts / sizeof options->texts[0]; i++)
        free(options->texts[i]);
}
