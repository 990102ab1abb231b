// posthorn-sim --seeds FROM COUNT | --seed N [--trace]: plays seeds; ends with 1 at the first
// violation and names its seed. --outage COUNT: a long outage with so many events.

#include "base/buf.h"
#include "base/limits.h"
#include "sim.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct profile_set sim_profiles;

static void load(const char *name)
{
    char path[300];
    struct buf text;
    struct profile *profile;
    struct error error;
    FILE *file;

    (void)snprintf(path, sizeof path, SOURCE_DIR "/profiles/%s.json", name);
    buf_init(&text, 1 << 20);
    file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(2);
    }
    for (int c; (c = fgetc(file)) != EOF;)
        buf_add_char(&text, (char)c);
    (void)fclose(file);
    if (profile_load(path, text.data, text.len, &profile, &error) != ERR_OK) {
        (void)fprintf(stderr, "%s: %s\n", error.field, error.text);
        exit(2);
    }
    profile_set_add(&sim_profiles, profile);
    buf_done(&text);
}

// An assertion of an engine says what is wrong; this says whose it was.
static volatile uint64_t seed_played;

static void on_abort(int number)
{
    (void)number;
    printf("seed %llu: an engine contradicts itself\n", (unsigned long long)seed_played);
    (void)fflush(stdout);
    _exit(1);
}

static int run(uint64_t from, uint64_t count, bool is_traced)
{
    static struct sim sim;
    uint64_t attempts = 0, steps = 0, hash = 0;

    for (uint64_t seed = from; seed < from + count; seed++) {
        bool is_well;
        seed_played = seed;
        is_well = sim_run(&sim, seed, is_traced);
        attempts += sim.attempts;
        steps += sim.steps;
        hash = (hash ^ sim.hash) * UINT64_C(0x100000001b3);
        if (!is_well) {
            printf("seed %llu: at %.3f s: %s\n", (unsigned long long)seed,
                   (double)sim.mono_ms / 1000, sim.why);
            printf("%llu seeds, %llu attempts, 1 violation\n",
                   (unsigned long long)(seed - from + 1), (unsigned long long)attempts);
            sim_done(&sim);
            return 1;
        }
        sim_done(&sim);
    }
    printf("%llu seeds, %llu attempts, 0 violations (%llu steps, hash %016llx)\n",
           (unsigned long long)count, (unsigned long long)attempts, (unsigned long long)steps,
           (unsigned long long)hash);
    return 0;
}

static int outage(int count, bool is_traced)
{
    static struct sim sim;
    bool is_well = sim_outage(&sim, count, is_traced);

    if (!is_well)
        printf("at %.3f s: %s\n", (double)sim.mono_ms / 1000, sim.why);
    sim_done(&sim);
    return !is_well;
}

int main(int count, char **words)
{
    static const char *const names[] = {"standard", "mileston", "stablemint",
                                        "devdraft", "yoco",     "mesilat"};
    bool is_traced = count > 3 && !strcmp(words[3], "--trace");
    int code = 2;

    (void)signal(SIGABRT, on_abort);
    if (!limit_set(LIMIT_RETENTION_DAYS, 1)) // so that a run is long enough for it
        return 2;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        load(names[i]);
    if (count >= 4 && !strcmp(words[1], "--seeds"))
        code = run(strtoull(words[2], NULL, 10), strtoull(words[3], NULL, 10), false);
    else if (count >= 3 && !strcmp(words[1], "--seed"))
        code = run(strtoull(words[2], NULL, 10), 1, is_traced);
    else if (count >= 3 && !strcmp(words[1], "--outage"))
        code = outage((int)strtol(words[2], NULL, 10), is_traced);
    else
        (void)fprintf(stderr, "usage: posthorn-sim --seeds FROM COUNT | --seed N [--trace] |"
                              " --outage COUNT [--trace]\n");
    profile_set_done(&sim_profiles);
    return code;
}
