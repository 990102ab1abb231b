// Key files and the data folder: made whole and private, refused when open to others.

#include "serve/files.h"

#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/test_files_XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
    char path[128];

    (void)state;
    snprintf(path, sizeof path, "%s/key", folder);
    unlink(path);
    snprintf(path, sizeof path, "%s/link", folder);
    unlink(path);
    return rmdir(folder);
}

static void a_new_file_is_private_and_whole(void **state)
{
    char path[128];
    struct error error = {0};
    struct stat stat_of;
    struct buf text;
    bool is_found;

    (void)state;
    snprintf(path, sizeof path, "%s/key", folder);
    assert_int_equal(files_write_new(path, "secret\n", 7, &error), ERR_OK);
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
    buf_init(&text, 100);
    assert_int_equal(files_read(path, true, &text, &is_found, &error), ERR_OK);
    assert_true(is_found);
    assert_string_equal(text.data, "secret\n");
    buf_done(&text);
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0666};
    char path[128];
    struct error error = {0};
    struct buf text;
    bool is_found;

    (void)state;
    snprintf(path, sizeof path, "%s/key", folder);
    assert_int_equal(files_write_new(path, "x", 1, &error), ERR_OK);
    buf_init(&text, 100);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(files_read(path, true, &text, &is_found, &error), ERR_CONFIG);
        assert_non_null(strstr(error.text, "chmod 600"));
        assert_int_equal(files_read(path, false, &text, &is_found, &error), ERR_OK);
    }
    buf_done(&text);
}

static void a_linked_key_is_refused_and_a_missing_one_is_told(void **state)
{
    char path[128], link[128];
    struct error error = {0};
    struct buf text;
    bool is_found = true;

    (void)state;
    snprintf(path, sizeof path, "%s/key", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    buf_init(&text, 100);
    assert_int_equal(files_read(path, true, &text, &is_found, &error), ERR_OK);
    assert_false(is_found);
    assert_int_equal(files_write_new(path, "x", 1, &error), ERR_OK);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(files_read(link, true, &text, &is_found, &error), ERR_CONFIG);
    assert_int_equal(files_read("/dev/null", false, &text, &is_found, &error), ERR_CONFIG);
    buf_done(&text);
}

static void a_folder_open_to_everyone_is_refused(void **state)
{
    struct error error = {0};

    (void)state;
    assert_int_equal(files_make_folder(folder, &error), ERR_OK);
    assert_int_equal(chmod(folder, 0777), 0);
    assert_int_equal(files_make_folder(folder, &error), ERR_PERMISSION);
    assert_int_equal(chmod(folder, 0700), 0);
    assert_int_equal(files_make_folder("/dev/null", &error), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_file_is_private_and_whole, make_folder,
                                        drop_folder),
        cmocka_unit_test_setup_teardown(a_key_that_others_may_read_is_refused, make_folder,
                                        drop_folder),
        cmocka_unit_test_setup_teardown(a_linked_key_is_refused_and_a_missing_one_is_told,
                                        make_folder, drop_folder),
        cmocka_unit_test_setup_teardown(a_folder_open_to_everyone_is_refused, make_folder,
                                        drop_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
