// posthorn backup restore: puts a backup in the place of the database, with no server there.
// Everything is proved on a copy beside it before the place is touched.

#include "base/buf.h"
#include "base/clock.h"
#include "base/folder.h"
#include "cli/command.h"
#include "cli/place.h"
#include "cli/say.h"
#include "serve/keys.h"
#include "store/offline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 1 << 16 };

static const char *const parts[] = {"", "-wal", "-shm"};

struct backup {
    const char *path;
    int fd;                        // −1: it cannot be read …
    int why;                       // … errno
    char digest[STORE_DIGEST_MAX]; // "": none stands beside it
};

// Before root gives itself up: a backup may be root's alone, with what stands beside it.
static struct backup open_backup(const char *path)
{
    struct backup backup = {.path = path, .fd = open(path, O_RDONLY | O_CLOEXEC)};

    backup.why = errno;
    store_digest_said(path, backup.digest);
    return backup;
}

static enum error_code copy_bytes(int from, int to, const char *path, struct error *error)
{
    char piece[PIECE];
    ssize_t got, put = 0;

    while ((got = read(from, piece, PIECE)) > 0) {
        for (ssize_t at = 0; at < got; at += put) {
            put = write(to, piece + at, (size_t)(got - at));
            if (put < 0)
                break;
        }
        if (put < 0)
            break;
    }
    if (got < 0 || put < 0 || fsync(to) != 0)
        return error_set(error, errno == ENOSPC ? ERR_DISK_FULL : ERR_IO, "%s: %s", path,
                         strerror(errno));
    return ERR_OK;
}

static enum error_code make_copy(int from, const char *path, struct error *error)
{
    enum error_code code;
    int to;

    unlink(path); // of a restore that was cut off
    to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0)
        return error_set(error, ERR_IO, "%s: %s", path, strerror(errno));
    code = copy_bytes(from, to, path, error);
    if (close(to) != 0 && code == ERR_OK)
        code = error_set(error, ERR_IO, "%s: %s", path, strerror(errno));
    return code;
}

static enum error_code check_key(const struct place *place, const char *copy,
                                 struct error *error)
{
    struct buf sealed;
    enum error_code code;

    buf_init(&sealed, 4096);
    if (!store_peek(copy, "id_key", &sealed))
        code = error_set(error, ERR_DAMAGED, "the backup is of a server that never started");
    else
        code = keys_fit(place->master_key, sealed.data, error);
    buf_done(&sealed);
    return code;
}

// The copy is what was written, of this schema, whole, and its master key is there.
static enum error_code prove(const struct place *place, const struct backup *backup,
                             const char *copy, struct error *error)
{
    struct store_look look;
    uint32_t from;
    enum error_code code = ERR_OK;

    if (backup->digest[0])
        code = store_digest_check(copy, backup->digest, error);
    if (code == ERR_OK)
        code = store_look(copy, &look, error);
    if (code == ERR_OK && look.version < look.known_version)
        code = store_migrate(copy, clock_now().wall_ms, &from, error);
    if (code == ERR_OK)
        code = store_check(copy, error);
    return code == ERR_OK ? check_key(place, copy, error) : code;
}

static bool is_there(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0;
}

// Does any part of a database stand under that name?
static bool is_taken(const char *name)
{
    char path[PATH_MAX + 64];
    bool is_any = false;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(path, sizeof path, "%s%s", name, parts[i]);
        is_any |= is_there(path);
    }
    return is_any;
}

// The database with its log, under names that still belong together and that nothing has yet.
// A log goes even where its database is gone: SQLite would play it over the one that comes.
static enum error_code move_aside(const char *file, struct error *error)
{
    char name[PATH_MAX + 32], from[PATH_MAX + 8], to[PATH_MAX + 64];
    long long at = clock_now().wall_ms / 1000;

    do
        snprintf(name, sizeof name, "%s.before-%lld", file, at++);
    while (is_taken(name));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(from, sizeof from, "%s%s", file, parts[i]);
        snprintf(to, sizeof to, "%s%s", name, parts[i]);
        if (!is_there(from))
            continue;
        if (rename(from, to) != 0)
            return error_set(error, ERR_IO, "%s: %s", from, strerror(errno));
        if (i == 0)
            say("the database that was there is %s now", to);
    }
    return ERR_OK;
}

// What was going out when another server ended says nothing of this database.
static void forget_in_flight(const struct place *place)
{
    char path[PATH_MAX + 32];

    snprintf(path, sizeof path, "%s/posthorn.inflight", place->options.data_dir);
    unlink(path);
}

static enum error_code put_in_place(const struct place *place, const char *copy,
                                    struct error *error)
{
    enum error_code code = move_aside(place->file, error);

    if (code != ERR_OK)
        return code;
    forget_in_flight(place);
    if (rename(copy, place->file) != 0 || !folder_sync_of(place->file))
        return error_set(error, ERR_IO, "%s: %s", place->file, strerror(errno));
    return ERR_OK;
}

static void say_what_follows(const struct place *place, const char *backup)
{
    say("%s is in place as %s", backup, place->file);
    say_hint("what was accepted after the backup's moment is not in it; what was delivered "
             "after it goes out again, and receivers know it by its id");
    say_hint("keys, webhooks and secrets are as they were then; start it: posthorn serve "
             "--data-dir %s",
             place->options.data_dir);
}

static int restore(const struct place *place, const struct backup *backup)
{
    char copy[PATH_MAX + 16];
    struct error error = {0};
    enum error_code code;
    int exit_code;

    snprintf(copy, sizeof copy, "%s.restore", place->file);
    code = make_copy(backup->fd, copy, &error);
    if (code == ERR_OK)
        code = prove(place, backup, copy, &error);
    if (code == ERR_OK)
        code = put_in_place(place, copy, &error);
    if (code == ERR_OK) {
        say_what_follows(place, backup->path);
        return 0;
    }
    unlink(copy);
    exit_code = place_failed(&error);
    if (error.code == ERR_DAMAGED)
        say_hint("that is the copy of %s: it is no whole backup; take another", backup->path);
    return exit_code;
}

static int refuse_to_replace(const struct place *place)
{
    int code = say_failed(EXIT_REFUSED, "there is a database already: %s", place->file);

    say_hint("--replace moves it aside and keeps it");
    return code;
}

int backup_restore(const struct args *args)
{
    struct backup backup = open_backup(args->rest[0]);
    struct place place;
    int code = place_find(&place, args);

    if (code == 0 && backup.fd < 0)
        code = say_failed(EXIT_USAGE, "%s: %s", backup.path, strerror(backup.why));
    if (code == 0)
        code = place_lock(&place);
    if (code == 0 && is_there(place.file) && !args_has(args, FLAG_REPLACE))
        code = refuse_to_replace(&place);
    else if (code == 0)
        code = restore(&place, &backup);
    place_done(&place);
    if (backup.fd >= 0)
        close(backup.fd);
    return code;
}
