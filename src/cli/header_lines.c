#include "cli/header_lines.h"

#include "base/memory.h"
#include "base/text.h"
#include "cli/given.h"

#include <string.h>

static bool is_request_line(const char *line)
{
    const char *version = strstr(line, " HTTP/");

    return version && strcspn(line, ":") > strcspn(line, " ");
}

static char *trim(char *text)
{
    size_t len;

    text += strspn(text, " \t");
    len = strlen(text);
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        text[--len] = '\0';
    return text;
}

static enum error_code read_line(struct header_lines *lines, char *line, int number,
                                 struct error *error)
{
    char *colon = strchr(line, ':');

    if (number == 1 && is_request_line(line))
        return ERR_OK;
    if (!colon || colon == line)
        return error_set(error, ERR_CONFIG, "line %d of the headers is not \"Name: value\"",
                         number);
    if (lines->count == HEADER_LINES_MAX)
        return error_set(error, ERR_CONFIG, "there are over %d header lines",
                         HEADER_LINES_MAX);
    *colon = '\0';
    lines->lines[lines->count].name = trim(line);
    lines->lines[lines->count++].value = trim(colon + 1);
    return ERR_OK;
}

enum error_code header_lines_read(const char *path, bool is_secret, struct header_lines *ret,
                                  struct error *error)
{
    enum error_code code;
    int number = 1;

    ret->count = 0;
    buf_init(&ret->text, GIVEN_BYTES_MAX);
    code = given_file(path, is_secret, &ret->text, error);
    if (code == ERR_OK && ret->text.len > 0 && memchr(ret->text.data, '\0', ret->text.len))
        return error_set(error, ERR_CONFIG, "%.200s holds a NUL byte", path);
    for (char *line = ret->text.data; line && code == ERR_OK; number++) {
        char *end = strchr(line, '\n');

        if (end)
            *end = '\0';
        if (end && end > line && end[-1] == '\r')
            end[-1] = '\0';
        if (!line[0])
            break;
        code = read_line(ret, line, number, error);
        line = end ? end + 1 : NULL;
    }
    return code;
}

void header_lines_done(struct header_lines *lines)
{
    if (lines->text.data)
        memory_wipe(lines->text.data, lines->text.len);
    buf_done(&lines->text);
}

const char *header_lines_find(const struct header_lines *lines, const char *name,
                              size_t *ret_count)
{
    const char *value = NULL;

    *ret_count = 0;
    for (size_t i = 0; i < lines->count; i++) {
        const char *other = lines->lines[i].name;

        if (text_equal_nocase(other, strlen(other), name) && (*ret_count)++ == 0)
            value = lines->lines[i].value;
    }
    return value;
}
