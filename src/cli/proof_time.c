#include "cli/proof_time.h"

#include "base/clock.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/given.h"
#include "cli/say.h"
#include "hook/plan.h"

#include <inttypes.h>
#include <stdlib.h>

enum { USUAL_TOLERANCE_MS = 5 * 60000 };

// When the attempt was made, as a signed header says. False: none does.
static bool time_of(const struct plan_values *values, int64_t *ret_ms)
{
    const struct slice *number = &values->of[VAR_ATTEMPT_UNIX];
    const struct slice *text = &values->of[VAR_ATTEMPT_ISO];
    uint64_t seconds;

    if (number->at && text_to_uint(number->at, number->len, INT64_MAX / 1000, &seconds)) {
        *ret_ms = (int64_t)seconds * 1000;
        return true;
    }
    return text->at && text_from_time(text->at, text->len, ret_ms);
}

int proof_time_check(const struct args *args, const struct plan_values *values)
{
    const char *asked = args_value(args, FLAG_TOLERANCE);
    int64_t most_ms = USUAL_TOLERANCE_MS, time_ms, away_ms;
    struct error error;

    if (asked && given_duration("tolerance", asked, &most_ms, &error) != ERR_OK)
        return say_failed(EXIT_USAGE, "%s", error.text);
    if (!time_of(values, &time_ms)) {
        if (asked)
            return say_failed(EXIT_NOT_VERIFIED, "no header says when it was signed");
        return 0;
    }
    away_ms = clock_now().wall_ms - time_ms;
    if (llabs(away_ms) <= most_ms)
        return 0;
    say("its timestamp is %" PRId64 " s %s", (int64_t)llabs(away_ms) / 1000,
        away_ms > 0 ? "old" : "in the future");
    if (asked)
        return EXIT_NOT_VERIFIED;
    say_hint("a receiver that allows five minutes refuses it; --tolerance checks that");
    return 0;
}
