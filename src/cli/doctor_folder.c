// A data folder, looked at without a server. The database is opened only where nobody holds
// it.

#include "cli/doctor.h"

#include "cli/place.h"
#include "serve/keys.h"
#include "store/lock.h"
#include "store/offline.h"
#include "store/space.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { NFS = 0x6969, HINT_MAX = PATH_MAX + 100 };

static const char *user_name(uid_t uid, char *room, size_t len)
{
    const struct passwd *entry = getpwuid(uid);

    if (entry)
        snprintf(room, len, "%s", entry->pw_name);
    else
        snprintf(room, len, "user %u", (unsigned)uid);
    return room;
}

static bool check_owner(struct doctor *doctor, const char *folder)
{
    char owner[64], hint[HINT_MAX];
    struct stat status;

    if (stat(folder, &status) != 0 || !S_ISDIR(status.st_mode)) {
        doctor_say(doctor, VERDICT_FAIL, "folder",
                   "--data-dir names the server's data folder", "%s: %s", folder,
                   errno ? strerror(errno) : "it is not a folder");
        return false;
    }
    snprintf(hint, sizeof hint, "chmod 700 %s", folder);
    user_name(status.st_uid, owner, sizeof owner);
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        doctor_say(doctor, VERDICT_FAIL, "folder", hint, "others than %s may write to %s",
                   owner, folder);
    else if (status.st_mode & (S_IRWXG | S_IRWXO))
        doctor_say(doctor, VERDICT_WARN, "folder", hint, "others than %s may look into %s",
                   owner, folder);
    else if (geteuid() != 0 && geteuid() != status.st_uid)
        doctor_say(doctor, VERDICT_WARN, "folder", "run this as that user, or as root",
                   "%s is %s's, and you are not", folder, owner);
    else
        doctor_say(doctor, VERDICT_OK, "folder", NULL, "%s is %s's alone", folder, owner);
    return true;
}

static void check_disk(struct doctor *doctor, const char *folder)
{
    struct statfs system;
    struct space space;

    if (statfs(folder, &system) == 0 && system.f_type == NFS)
        doctor_say(doctor, VERDICT_FAIL, "disk", "use a local disk",
                   "%s is on NFS, whose locks cannot be relied on", folder);
    if (!space_look(folder, &space))
        doctor_say(doctor, VERDICT_WARN, "disk", NULL, "how much is free cannot be known: %s",
                   strerror(errno));
    else if (space.free < space.floor)
        doctor_say(doctor, VERDICT_FAIL, "disk",
                   "make room; or keep less: --retention-days, --backups-kept",
                   "%llu MiB are free: below %llu MiB events are refused",
                   (unsigned long long)(space.free >> 20),
                   (unsigned long long)(space.floor >> 20));
    else
        doctor_say(doctor, space.free < 2 * space.floor ? VERDICT_WARN : VERDICT_OK, "disk",
                   NULL, "%llu MiB are free, and events refused below %llu",
                   (unsigned long long)(space.free >> 20),
                   (unsigned long long)(space.floor >> 20));
}

static void check_key_file(struct doctor *doctor, const char *path, const char *check,
                           enum verdict missing, const char *if_missing)
{
    char hint[HINT_MAX];
    struct stat status;

    snprintf(hint, sizeof hint, "chmod 600 %s", path);
    if (lstat(path, &status) != 0)
        doctor_say(doctor, missing, check, if_missing, "%s: %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        doctor_say(doctor, VERDICT_FAIL, check, "put the file itself there",
                   "%s is not a file", path);
    else if (status.st_mode & (S_IRWXG | S_IRWXO))
        doctor_say(doctor, VERDICT_FAIL, check, hint, "others may read %s", path);
    else
        doctor_say(doctor, VERDICT_OK, check, NULL, "%s is its owner's alone", path);
}

static void check_key_files(struct doctor *doctor, const struct place *place)
{
    char path[PATH_MAX];

    check_key_file(doctor, place->master_key, "masterkey", VERDICT_FAIL,
                   "put it back from your copy; without it the database's secrets cannot be "
                   "read");
    if (snprintf(path, sizeof path, "%s/operator.key", place->options.data_dir) <
        (int)sizeof path)
        check_key_file(doctor, path, "operator", VERDICT_WARN,
                       "no harm where you keep the operator's key elsewhere");
}

static void check_fit(struct doctor *doctor, const struct place *place)
{
    struct error error = {0};
    struct buf sealed;

    buf_init(&sealed, 4096);
    if (!store_peek(place->file, "id_key", &sealed))
        doctor_say(doctor, VERDICT_WARN, "fit", "start the server",
                   "the database's first start is not complete");
    else if (keys_fit(place->master_key, sealed.data, &error) != ERR_OK)
        doctor_say(doctor, VERDICT_FAIL, "fit", NULL, "%s", error.text);
    else
        doctor_say(doctor, VERDICT_OK, "fit", NULL, "the master key opens the database");
    buf_done(&sealed);
}

// Nobody holds it, and nobody can while this looks at it.
static void check_whole(struct doctor *doctor, const struct place *place)
{
    struct error error = {0};

    if (store_check(place->file, &error) == ERR_OK)
        doctor_say(doctor, VERDICT_OK, "whole", NULL,
                   "every page of the database is in order");
    else
        doctor_say(doctor, VERDICT_FAIL, "whole",
                   "posthorn backup restore FILE --replace: docs/operations.md", "%s",
                   error.text);
    check_fit(doctor, place);
}

// True: it may be opened.
static bool check_database(struct doctor *doctor, const struct place *place)
{
    struct error error = {0};
    struct store_look look;
    enum error_code code = store_look(place->file, &look, &error);

    if (code == ERR_NOT_FOUND)
        doctor_say(doctor, VERDICT_WARN, "database", "posthorn serve makes one", "%s",
                   error.text);
    else if (code != ERR_OK)
        doctor_say(doctor, VERDICT_FAIL, "database", NULL, "%s", error.text);
    else if (look.version < look.known_version)
        doctor_say(doctor, VERDICT_WARN, "database",
                   "posthorn migrate does it; the server's next start, too",
                   "%s has schema %u, and this version wants %u", place->file, look.version,
                   look.known_version);
    else
        doctor_say(doctor, VERDICT_OK, "database", NULL, "%s has schema %u, and %lld KiB",
                   place->file, look.version, (long long)(look.bytes >> 10));
    return code == ERR_OK && look.version == look.known_version;
}

void doctor_folder(struct doctor *doctor, const struct place *place)
{
    const char *folder = place->options.data_dir;
    struct error error = {0};
    long holder = 0;
    int lock = -1;
    enum error_code code;

    errno = 0;
    if (!check_owner(doctor, folder))
        return;
    check_disk(doctor, folder);
    check_key_files(doctor, place);
    code = lock_look(folder, &lock, &holder, &error);
    if (code == ERR_HELD)
        doctor_say(doctor, VERDICT_OK, "lock", NULL,
                   "process %ld works on it; its database is not opened", holder);
    else if (code != ERR_OK)
        doctor_say(doctor, VERDICT_WARN, "lock", "run this as the folder's owner, or as root",
                   "%s", error.text);
    else
        doctor_say(doctor, VERDICT_OK, "lock", NULL, "no server works on it");
    if (check_database(doctor, place) && code == ERR_OK)
        check_whole(doctor, place);
    lock_release(lock);
}
