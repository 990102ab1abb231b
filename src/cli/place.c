#include "cli/place.h"

#include "cli/args.h"
#include "cli/option.h"
#include "cli/option_value.h"
#include "cli/say.h"
#include "serve/privileges.h"
#include "store/lock.h"
#include "store/offline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

int place_failed(const struct error *error)
{
    say("%s%s%s", error->field, error->field[0] ? ": " : "", error->text);
    if (error->code == ERR_HELD)
        say_hint("stop that server first");
    return error->code == ERR_NOT_FOUND ? EXIT_NOT_FOUND : error_exit_code(error->code);
}

// The server's own options, of those that the command was given.
static enum error_code read_options(const struct args *args, struct serve_options *ret,
                                    struct error *error)
{
    static const enum flag flags[] = {FLAG_CONFIG, FLAG_DATA_DIR, FLAG_STORE,
                                      FLAG_MASTER_KEY_FILE};
    enum { FLAG_COUNT = sizeof flags / sizeof *flags };
    char names[FLAG_COUNT][32];
    char *argv[2 * FLAG_COUNT + 1] = {NULL};
    size_t count = 0;

    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if (!args_has(args, flags[i]))
            continue;
        snprintf(names[i], sizeof names[i], "--%s", flag_row(flags[i])->name);
        argv[count++] = names[i];
        argv[count++] = (char *)args_value(args, flags[i]);
    }
    return option_read(argv, ret, error);
}

int place_find(struct place *place, const struct args *args)
{
    struct error error = {0};
    const struct serve_options *options = &place->options;
    bool fits = true;

    *place = (struct place){.lock = -1};
    if (read_options(args, &place->options, &error) != ERR_OK)
        return place_failed(&error);
    if (options->store)
        fits = store_file(options->store, place->file, sizeof place->file);
    else
        fits =
            snprintf(place->file, PATH_MAX, "%s/posthorn.db", options->data_dir) < PATH_MAX;
    if (!fits)
        return say_failed(EXIT_USAGE, "the store is not sqlite:PATH");
    if (options->master_key_file)
        snprintf(place->master_key, PATH_MAX, "%s", options->master_key_file);
    else
        snprintf(place->master_key, PATH_MAX, "%s/master.key", options->data_dir);
    return 0;
}

void place_done(struct place *place)
{
    lock_release(place->lock);
    option_done(&place->options);
}

int place_lock(struct place *place)
{
    const char *folder = place->options.data_dir;
    struct error error = {0};
    struct stat status;

    if (stat(folder, &status) != 0) {
        int code = say_failed(EXIT_NOT_FOUND, "%s: %s", folder, strerror(errno));

        say_hint("--data-dir names the server's data folder");
        return code;
    }
    if ((status.st_uid != 0 && privileges_drop(NULL, folder, &error) != ERR_OK) ||
        lock_take(folder, &place->lock, &error) != ERR_OK)
        return place_failed(&error);
    return 0;
}
