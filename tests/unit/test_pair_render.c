// The figures of a webhook as the door with paired keys shows them.

#include "api/pair_render.h"

#include "hook/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_figures(void **state)
{
    static const struct {
        struct webhook_stats stats;
        bool is_whole;
        const char *json;
    } rows[] = {
        {{0},
         false,
         "{\"total_events\":0,\"successful_deliveries\":0,\"failed_deliveries\":0,"
         "\"last_delivery\":null}"},
        {{0},
         true,
         "{\"total_events\":0,\"successful_deliveries\":0,\"failed_deliveries\":0,"
         "\"last_delivery\":null,\"success_rate\":0,\"average_response_time\":0,"
         "\"last_24h_events\":0,\"last_24h_failures\":0}"},
        {{.accepted = 1000,
          .delivered = 988,
          .failed = 12,
          .attempts = 3,
          .duration_sum_ms = 500,
          .last_attempt_ms = 1710945000000,
          .day_accepted = 40,
          .day_failed = 2},
         true,
         "{\"total_events\":1000,\"successful_deliveries\":988,\"failed_deliveries\":12,"
         "\"last_delivery\":\"2024-03-20T14:30:00.000Z\",\"success_rate\":98.8,"
         "\"average_response_time\":167,\"last_24h_events\":40,\"last_24h_failures\":2}"},
        {{.accepted = 3, .delivered = 1, .failed = 0, .attempts = 1, .duration_sum_ms = 9},
         true,
         "{\"total_events\":3,\"successful_deliveries\":1,\"failed_deliveries\":0,"
         "\"last_delivery\":null,\"success_rate\":100,\"average_response_time\":9,"
         "\"last_24h_events\":0,\"last_24h_failures\":0}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        json_t *figures = pair_figures(&rows[i].stats, rows[i].is_whole);
        char *text = json_dumps(figures, JSON_COMPACT | JSON_REAL_PRECISION(15));
        assert_string_equal(text, rows[i].json);
        free(text);
        json_decref(figures);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_figures)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
