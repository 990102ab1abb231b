#include "store/conformance.h"

#include "store/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASES_MAX = 200 };

static const struct conformance_case *const families[] = {
    accept_cases, settle_cases, failing_cases, claim_cases, place_cases, config_cases,
    key_cases,    read_cases,   record_cases,  stats_cases, post_cases,  job_cases,
    order_cases,  clock_cases,  portal_cases,  trail_cases, audit_cases};

struct setting {
    const struct store_backend_table *table;
    const char *url;
    const struct conformance_case *entry;
};

static void run_case(void **state)
{
    const struct setting *setting = *state;
    const char *star = strchr(setting->url, '*');
    int before = star ? (int)(star - setting->url) : (int)strlen(setting->url);
    struct world world = {.table = setting->table, .now_ms = NOW};

    snprintf(world.url, sizeof world.url, "%.*s%s%s", before, setting->url,
             star ? setting->entry->name : "", star ? star + 1 : "");
    world_open(&world);
    assert_true(setting->table->is_new(world.backend));
    setting->entry->run(&world);
    world_close(&world);
}

int run_conformance(const struct store_backend_table *table, const char *url)
{
    static struct setting settings[CASES_MAX];
    static struct CMUnitTest tests[CASES_MAX];
    size_t count = 0;

    memset(tests, 0, sizeof tests);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (const struct conformance_case *entry = families[i]; entry->name; entry++) {
            if (count == CASES_MAX)
                abort();
            settings[count] = (struct setting){table, url, entry};
            tests[count] = (struct CMUnitTest){.name = entry->name,
                                               .test_func = run_case,
                                               .initial_state = &settings[count]};
            count++;
        }
    return _cmocka_run_group_tests("conformance", tests, count, NULL, NULL);
}
