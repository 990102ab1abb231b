#include "cli/option.h"

#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "base/text.h"
#include "cli/option_value.h"
#include "serve/serve.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum option_kind {
    TAKES_TEXT,
    TAKES_COUNT,
    TAKES_HTTP,
    TAKES_FORMAT,
    TAKES_LEVEL,
    TAKES_ALLOW
};

static const struct option_row {
    const char *name; // --name, POSTHORN_NAME, name=
    const char *value;
    const char *says;
    enum option_kind kind;
    size_t at; // in struct serve_options
    int least, greatest;
} option_rows[] = {
#define AT(field) offsetof(struct serve_options, field)
    {"listen", "ADDRESS:PORT", "where the API is served (127.0.0.1:8080)", TAKES_TEXT,
     AT(listen), 0, 0},
    {"data-dir", "FOLDER", "keys, lock and database (./posthorn-data)", TAKES_TEXT,
     AT(data_dir), 0, 0},
    {"store", "URL", "sqlite:PATH (posthorn.db in the data folder)", TAKES_TEXT, AT(store), 0,
     0},
    {"master-key-file", "FILE", "the key that seals secrets (master.key in the data folder)",
     TAKES_TEXT, AT(master_key_file), 0, 0},
    {"profiles", "FOLDER", "profiles of your own, beside the built-in ones", TAKES_TEXT,
     AT(profiles), 0, 0},
    {"allow-private", "CIDR[,PORT]", "let endpoints be there; may be given again",
     TAKES_ALLOW, 0, 0, 0},
    {"http", "off|private|on",
     "endpoints without TLS: never, where allowed as private, or anywhere (private)",
     TAKES_HTTP, AT(http), 0, 0},
    {"tls-cert", "FILE", "serve the API over TLS: the certificate chain", TAKES_TEXT,
     AT(tls_cert), 0, 0},
    {"tls-key", "FILE", "… and its key", TAKES_TEXT, AT(tls_key), 0, 0},
    {"ca-file", "FILE",
     "authorities that endpoints' certificates are checked against (the system's)",
     TAKES_TEXT, AT(ca_file), 0, 0},
    {"smtp-url", "URL",
     "smtp://[USER@]HOST[:PORT][?tls=required] or smtps://…: where e-mails go", TAKES_TEXT,
     AT(smtp_url), 0, 0},
    {"smtp-password-file", "FILE",
     "USER's password; or the variable POSTHORN_SMTP_PASSWORD holds it", TAKES_TEXT,
     AT(smtp_password_file), 0, 0},
    {"mail-from", "ADDRESS", "the sender of e-mails", TAKES_TEXT, AT(mail_from), 0, 0},
    {"public-url", "URL",
     "how people reach the server: https://hooks.example (where it listens on loopback)",
     TAKES_TEXT, AT(public_url), 0, 0},
    {"user", "NAME", "started as root: become this user (the owner of the data folder)",
     TAKES_TEXT, AT(user), 0, 0},
    {"workers", "COUNT", "event loops (cores - 1, at most 4)", TAKES_COUNT, AT(workers), 1,
     64},
    {"time-scale", "FACTOR", "every wait passes this many times faster; loopback only (1)",
     TAKES_COUNT, AT(time_scale), 1, 100000},
    {"log-format", "text|json", "(text)", TAKES_FORMAT, AT(log_format), 0, 0},
    {"log-level", "debug|info|warning|error", "(info)", TAKES_LEVEL, AT(log_level), 0, 0},
#undef AT
};

enum { OPTIONS = sizeof option_rows / sizeof option_rows[0] };

// Where a value came from, so that one source's twice-given setting is seen, and a stronger
// source is not overruled by a weaker one.
struct reading {
    struct serve_options *options;
    bool was_set[OPTIONS + LIMITS_COUNT]; // by a stronger source
    bool is_set_here[OPTIONS + LIMITS_COUNT];
    struct error *error;
};

static const struct option_row *row_find(const char *name, size_t len)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        if (text_equal(name, len, option_rows[i].name))
            return &option_rows[i];
    }
    return NULL;
}

static int limit_find(const char *name, size_t len)
{
    for (int i = 0; i < LIMITS_COUNT; i++) {
        const struct limit_row *row = limit_row((enum limit)i);

        if (row->option[0] != '-' && text_equal(name, len, row->option))
            return i;
    }
    return -1;
}

static enum error_code add_allow(struct reading *reading, const char *value)
{
    if (reading->options->allow_count == SERVE_ALLOW_MAX)
        return error_at(reading->error, ERR_CONFIG, "allow-private",
                        "at most %d may be given", SERVE_ALLOW_MAX);
    reading->options->allow_private[reading->options->allow_count++] = value;
    return ERR_OK;
}

static enum error_code choose(struct reading *reading, const char *name,
                              const char *const *words, const char *value, unsigned *ret)
{
    for (unsigned i = 0; words[i]; i++) {
        if (strcmp(words[i], value) == 0) {
            *ret = i;
            return ERR_OK;
        }
    }
    return error_at(reading->error, ERR_CONFIG, name, "%s is not a value it has", value);
}

static enum error_code set_row(struct reading *reading, const struct option_row *row,
                               const char *value)
{
    static const char *const https[] = {"off", "private", "on", NULL};
    static const char *const formats[] = {"text", "json", NULL};
    static const char *const levels[] = {"debug", "info", "warning", "error", NULL};
    char *place = (char *)reading->options + row->at;
    uint64_t number;

    switch (row->kind) {
    case TAKES_TEXT:
        if (!value[0])
            return error_at(reading->error, ERR_CONFIG, row->name, "is empty");
        *(const char **)(void *)place = value;
        return ERR_OK;
    case TAKES_COUNT:
        if (!text_to_uint(value, strlen(value), (uint64_t)row->greatest, &number) ||
            number < (uint64_t)row->least)
            return error_at(reading->error, ERR_CONFIG, row->name,
                            "%s is not a number from %d to %d", value, row->least,
                            row->greatest);
        *(int *)(void *)place = (int)number;
        return ERR_OK;
    case TAKES_HTTP:
        return choose(reading, row->name, https, value, (unsigned *)(void *)place);
    case TAKES_FORMAT:
        return choose(reading, row->name, formats, value, (unsigned *)(void *)place);
    case TAKES_LEVEL:
        return choose(reading, row->name, levels, value, (unsigned *)(void *)place);
    case TAKES_ALLOW: return add_allow(reading, value);
    }
    return ERR_OK;
}

static enum error_code set_limit(struct reading *reading, int which, const char *value)
{
    const struct limit_row *row = limit_row((enum limit)which);
    int64_t number;

    if (!option_value(row->unit, value, &number))
        return error_at(reading->error, ERR_CONFIG, row->option, "%s is not %s", value,
                        option_value_form(row->unit));
    if (!limit_set((enum limit)which, number))
        return error_at(reading->error, ERR_CONFIG, row->option, "is from %lld to %lld %s",
                        (long long)row->least, (long long)row->greatest, row->unit);
    return ERR_OK;
}

// One setting of one source.
static enum error_code set(struct reading *reading, const char *name, size_t name_len,
                           const char *value)
{
    const struct option_row *row = row_find(name, name_len);
    int which = row ? -1 : limit_find(name, name_len);
    size_t place = row ? (size_t)(row - option_rows) : OPTIONS + (size_t)which;

    if (!row && which < 0)
        return error_set(reading->error, ERR_CONFIG, "there is no setting %.*s",
                         (int)name_len, name);
    if (reading->is_set_here[place] && !(row && row->kind == TAKES_ALLOW))
        return error_at(reading->error, ERR_CONFIG,
                        row ? row->name : limit_row((enum limit)which)->option,
                        "is given twice");
    reading->is_set_here[place] = true;
    if (reading->was_set[place])
        return ERR_OK;
    return row ? set_row(reading, row, value) : set_limit(reading, which, value);
}

static void next_source(struct reading *reading)
{
    for (size_t i = 0; i < OPTIONS + LIMITS_COUNT; i++) {
        reading->was_set[i] |= reading->is_set_here[i];
        reading->is_set_here[i] = false;
    }
}

static enum error_code read_flags(struct reading *reading, char **argv,
                                  const char **ret_config)
{
    for (; *argv; argv++) {
        const char *name = *argv + 2, *equals, *value;
        size_t len;

        if (strncmp(*argv, "--", 2) != 0)
            return error_set(reading->error, ERR_BAD_REQUEST, "%s is not an option", *argv);
        equals = strchr(name, '=');
        len = equals ? (size_t)(equals - name) : strlen(name);
        value = equals ? equals + 1 : *++argv;
        if (!value)
            return error_set(reading->error, ERR_BAD_REQUEST, "--%s needs a value", name);
        if (text_equal(name, len, "config")) {
            *ret_config = value;
            continue;
        }
        if (!row_find(name, len) && limit_find(name, len) < 0)
            return error_set(reading->error, ERR_BAD_REQUEST,
                             "there is no option --%.*s; see posthorn serve --help", (int)len,
                             name);
        enum error_code code = set(reading, name, len, value);
        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static const char *environment(const char *name)
{
    char variable[64] = "POSTHORN_";
    size_t at = strlen(variable);

    for (; *name && at + 1 < sizeof variable; name++)
        variable[at++] = *name == '-' ? '_' : (char)toupper((unsigned char)*name);
    variable[at] = '\0';
    return getenv(variable);
}

static enum error_code read_environment(struct reading *reading)
{
    for (size_t i = 0; i < OPTIONS + LIMITS_COUNT; i++) {
        const char *name =
            i < OPTIONS ? option_rows[i].name : limit_row((enum limit)(i - OPTIONS))->option;
        const char *value = name[0] == '-' ? NULL : environment(name);
        enum error_code code = value ? set(reading, name, strlen(name), value) : ERR_OK;

        if (code != ERR_OK)
            return code;
    }
    return ERR_OK;
}

static enum error_code set_from_file(void *owner, const char *name, size_t name_len,
                                     const char *value)
{
    return set(owner, name, name_len, value);
}

enum error_code option_read(char **argv, struct serve_options *ret, struct error *error)
{
    struct reading reading = {.options = ret, .error = error};
    const char *config = NULL;
    enum error_code code;

    *ret = (struct serve_options){
        .listen = "127.0.0.1:8080",
        .http = GUARD_HTTP_PRIVATE,
        .log_level = LOG_INFO,
        .time_scale = 1,
    };
    code = read_flags(&reading, argv, &config);
    next_source(&reading);
    if (code == ERR_OK)
        code = read_environment(&reading);
    next_source(&reading);
    if (code == ERR_OK && config)
        code = option_file(config, set_from_file, &reading, &ret->texts[0], error);
    if (code == ERR_OK)
        option_default_folder(ret);
    return code;
}

void option_help(FILE *out)
{
    fputs("usage: posthorn serve [--config FILE] [options]\n\n"
          "Each option may also stand in the environment (--data-dir: POSTHORN_DATA_DIR) or "
          "as\n"
          "key=value in the file that --config names (data-dir=/var/lib/posthorn).\n\n",
          out);
    for (size_t i = 0; i < OPTIONS; i++)
        fprintf(out, "  --%-26s %s\n", option_rows[i].name, option_rows[i].value),
            fprintf(out, "  %28s %s\n", "", option_rows[i].says);
    fputs("\nLimits (posthorn limits shows all):\n", out);
    for (int i = 0; i < LIMITS_COUNT; i++) {
        const struct limit_row *row = limit_row((enum limit)i);

        if (row->option[0] != '-')
            fprintf(out, "  --%-26s %s, %s\n", row->option, row->text,
                    option_value_form(row->unit));
    }
}

// A limit's value is of the form that its unit has.
static const char *value_of(const struct limit_row *row)
{
    if (strcmp(row->unit, "ms") == 0)
        return "TIME";
    return strcmp(row->unit, "bytes") == 0 ? "SIZE" : "COUNT";
}

bool option_at(size_t nth, const char **ret_name, const char **ret_value,
               const char **ret_says)
{
    if (nth < OPTIONS) {
        *ret_name = option_rows[nth].name;
        *ret_value = option_rows[nth].value;
        *ret_says = option_rows[nth].says;
        return true;
    }
    nth -= OPTIONS;
    for (int i = 0; i < LIMITS_COUNT; i++) {
        const struct limit_row *row = limit_row((enum limit)i);

        if (row->option[0] == '-' || nth-- > 0)
            continue;
        *ret_name = row->option;
        *ret_value = value_of(row);
        *ret_says = row->text;
        return true;
    }
    return false;
}
