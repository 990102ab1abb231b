// Every failure of the sender has its word in the domain, spelled the same.

#include "serve/to_sender.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void each_failure_keeps_its_name(void **state)
{
    (void)state;
    assert_int_equal(to_sender_error(CALL_ANSWERED), OUTCOME_NONE);
    for (int i = CALL_ANSWERED + 1; i < CALL_RESULTS_COUNT; i++) {
        enum outcome_error error = to_sender_error((enum call_result)i);

        assert_int_not_equal(error, OUTCOME_NONE);
        assert_string_equal(outcome_error_slug(error), call_result_slug((enum call_result)i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_failure_keeps_its_name)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
