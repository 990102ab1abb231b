#include "store/inflight.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOTS = 100 };

static char folder[40];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/inflight-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static struct inflight *open_with(size_t slots, struct cut_off **cuts, size_t *count)
{
    struct inflight *inflight = NULL;
    struct error error;

    assert_int_equal(inflight_open(folder, slots, &inflight, cuts, count, &error), ERR_OK);
    return inflight;
}

// A process that is killed leaves its slots; a smaller start still reads them all.
static void slots_survive_a_kill(void **state)
{
    struct cut_off *cuts = NULL;
    struct inflight *inflight;
    size_t count;
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        inflight = open_with(SLOTS, &cuts, &count);
        inflight_set(inflight, 0, 11, 1, 2);
        inflight_set(inflight, 5, INT64_MAX, 65535, 65535);
        inflight_set(inflight, 6, 13, 0, 1);
        inflight_set(inflight, 99, 0, 0, 1); // event 0 is as good as any
        inflight_unset(inflight, 6);
        abort();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    inflight = open_with(4, &cuts, &count);
    assert_int_equal(count, 3);
    assert_int_equal(cuts[0].event_id, 11);
    assert_int_equal(cuts[0].n, 1);
    assert_int_equal(cuts[0].number, 2);
    assert_true(cuts[1].event_id == INT64_MAX);
    assert_int_equal(cuts[1].n, 65535);
    assert_int_equal(cuts[2].event_id, 0);
    free(cuts);
    inflight_clear(inflight);
    inflight_close(inflight);
    cuts = NULL;
    inflight = open_with(SLOTS, &cuts, &count);
    assert_int_equal(count, 0);
    free(cuts);
    inflight_close(inflight);
}

// Every byte of a slot that is changed makes it none, whatever else.
static void damaged_slots_are_left_out(void **state)
{
    struct cut_off *cuts = NULL;
    size_t count;
    struct inflight *inflight = open_with(1, &cuts, &count);
    char path[80];

    (void)state;
    inflight_set(inflight, 0, 0x0102030405060708, 9, 10);
    inflight_close(inflight);
    snprintf(path, sizeof path, "%s/posthorn.inflight", folder);
    for (off_t at = 0; at < 16; at++) {
        int fd = open(path, O_RDWR);
        unsigned char byte;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        inflight_close(open_with(1, &cuts, &count));
        assert_int_equal(count, 0);
        free(cuts);
        cuts = NULL;
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
    }
    inflight_close(open_with(1, &cuts, &count));
    assert_int_equal(count, 1);
    free(cuts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(slots_survive_a_kill, set_up),
        cmocka_unit_test_setup(damaged_slots_are_left_out, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
