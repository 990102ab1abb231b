// Settings from flags, environment and file: which wins, what is refused, and in which words.

#include "cli/option.h"
#include "cli/option_value.h"

#include "base/limits.h"
#include "serve/serve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct {
    const char *flags[5];
    enum error_code code;
    const char *field;
    const char *text; // a part of it
} rows[] = {
    {{"--listen", "127.0.0.1:1"}, ERR_OK, "", ""},
    {{"--listen=127.0.0.1:1", "--workers=2"}, ERR_OK, "", ""},
    {{"--allow-private=10.0.0.0/8", "--allow-private=10.1.0.0/16"}, ERR_OK, "", ""},
    {{"--idle-timeout=5s", "--max-body=64KiB"}, ERR_OK, "", ""},
    {{"listen"}, ERR_BAD_REQUEST, "", "is not an option"},
    {{"--listne=x"}, ERR_BAD_REQUEST, "", "no option --listne"},
    {{"--listen"}, ERR_BAD_REQUEST, "", "needs a value"},
    {{"--listen="}, ERR_CONFIG, "listen", "is empty"},
    {{"--workers=0"}, ERR_CONFIG, "workers", "from 1 to 64"},
    {{"--workers=65"}, ERR_CONFIG, "workers", "from 1 to 64"},
    {{"--workers=2x"}, ERR_CONFIG, "workers", "not a number"},
    {{"--workers=2", "--workers=3"}, ERR_CONFIG, "workers", "twice"},
    {{"--time-scale=-1"}, ERR_CONFIG, "time-scale", "from 1 to 100000"},
    {{"--http=maybe"}, ERR_CONFIG, "http", "maybe"},
    {{"--idle-timeout=10"}, ERR_CONFIG, "idle-timeout", "as 250ms"},
    {{"--idle-timeout=1ms"}, ERR_CONFIG, "idle-timeout", "from"},
    {{"--max-body=-5B"}, ERR_CONFIG, "max-body", "a size"},
};

static void flags_are_read_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *argv[6] = {0};
        struct serve_options options;
        struct error error = {0};

        memcpy(argv, rows[i].flags, sizeof rows[i].flags); // read only
        assert_int_equal(option_read(argv, &options, &error), rows[i].code);
        assert_string_equal(error.field, rows[i].field);
        assert_non_null(strstr(error.text, rows[i].text));
        option_done(&options);
    }
}

static void write_config(const char *path, const char *text, size_t len)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}

static void flags_win_over_environment_over_file(void **state)
{
    char path[] = "/tmp/test_option_XXXXXX", config[64];
    char *argv[] = {config, "--listen=127.0.0.1:1", NULL};
    static const char text[] = "# all three\nlisten=127.0.0.1:3\nworkers=3\ntime-scale=3\n";
    struct serve_options options;
    struct error error = {0};

    (void)state;
    close(mkstemp(path));
    write_config(path, text, sizeof text - 1);
    snprintf(config, sizeof config, "--config=%s", path);
    setenv("POSTHORN_LISTEN", "127.0.0.1:2", 1);
    setenv("POSTHORN_WORKERS", "2", 1);
    assert_int_equal(option_read(argv, &options, &error), ERR_OK);
    unsetenv("POSTHORN_LISTEN");
    unsetenv("POSTHORN_WORKERS");
    unlink(path);
    assert_string_equal(options.listen, "127.0.0.1:1");
    assert_int_equal(options.workers, 2);
    assert_int_equal(options.time_scale, 3);
    option_done(&options);
}

static const struct {
    const char *text;
    size_t len;
    const char *field_end; // the field ends so
    const char *words;
} files[] = {
#define FILE_ROW(text, field, words)         \
    {                                        \
        text, sizeof(text) - 1, field, words \
    }
    FILE_ROW("listen=127.0.0.1:1\nlistne=x\n", ":2", "no setting listne"),
    FILE_ROW("workers=2\nworkers=2\n", ":2", "twice"),
    FILE_ROW("workers\n", ":1", "name=value"),
    FILE_ROW("workers=many\n", ":1", "workers: many"),
    FILE_ROW("workers=2\r\n", "config", "no BOM"),
    FILE_ROW("workers=2\0\n", "config", "no BOM"),
    FILE_ROW("\xEF\xBB\xBFworkers=2\n", "config", "no BOM"),
#undef FILE_ROW
};

static void wrong_files_name_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[] = "/tmp/test_option_XXXXXX", config[64];
        char *argv[] = {config, NULL};
        struct serve_options options;
        struct error error = {0};
        const char *end;

        close(mkstemp(path));
        write_config(path, files[i].text, files[i].len);
        snprintf(config, sizeof config, "--config=%s", path);
        assert_int_equal(option_read(argv, &options, &error), ERR_CONFIG);
        unlink(path);
        assert_true(strlen(error.field) >= strlen(files[i].field_end));
        end = error.field + strlen(error.field) - strlen(files[i].field_end);
        assert_string_equal(end, files[i].field_end);
        assert_non_null(strstr(error.text, files[i].words));
        option_done(&options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_are_read_or_refused),
        cmocka_unit_test(flags_win_over_environment_over_file),
        cmocka_unit_test(wrong_files_name_their_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
