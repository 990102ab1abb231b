// posthorn migrate: brings the database to this version's schema, as the server does when it
// starts; or only says what that would be.

#include "base/clock.h"
#include "cli/args.h"
#include "cli/command.h"
#include "cli/place.h"
#include "cli/say.h"
#include "store/offline.h"

#include <inttypes.h>
#include <stdio.h>

enum { EXIT_STEPS_DUE = 1 };

static void show_steps(uint32_t from, uint32_t to)
{
    for (uint32_t version = from + 1; version <= to; version++)
        printf("%" PRIu32 "\t%s\n", version, store_step_says(version));
}

static int check(const struct place *place)
{
    struct store_look look;
    struct error error = {0};

    if (store_look(place->file, &look, &error) != ERR_OK)
        return place_failed(&error);
    if (look.version == look.known_version) {
        say("%s has schema %" PRIu32 ", as this version wants", place->file, look.version);
        return 0;
    }
    show_steps(look.version, look.known_version);
    say("%s has schema %" PRIu32 "; these steps lead to %" PRIu32, place->file, look.version,
        look.known_version);
    return EXIT_STEPS_DUE;
}

static int migrate(struct place *place)
{
    struct store_look look;
    struct error error = {0};
    uint32_t from = 0;
    int code = place_lock(place);

    if (code != 0)
        return code;
    if (store_migrate(place->file, clock_now().wall_ms, &from, &error) != ERR_OK ||
        store_look(place->file, &look, &error) != ERR_OK)
        return place_failed(&error);
    show_steps(from, look.version);
    if (from == look.version)
        say("nothing to do: %s has schema %" PRIu32, place->file, from);
    else
        say("%s is of schema %" PRIu32 " now, from %" PRIu32, place->file, look.version,
            from);
    return 0;
}

int cmd_migrate(const struct args *args)
{
    struct place place;
    int code = place_find(&place, args);

    if (code == 0)
        code = args_has(args, FLAG_CHECK) ? check(&place) : migrate(&place);
    place_done(&place);
    return code;
}
