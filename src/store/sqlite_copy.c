// A copy of the database while it is written to: one read transaction holds its moment still,
// so the log of what comes meanwhile grows until the copy is done.

#include "store/sqlite_open.h"

#include "store/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { STEP_PAGES = 256, CHECK_STEPS = 200000 }; // of SQLite's machine

struct copy {
    sqlite3 *from, *to;
    copy_step_fn *step;
    void *owner;
    int64_t total;
    bool is_given_up;
};

static enum error_code say_why(const struct copy *copy, const char *path, int code,
                               struct error *error)
{
    if (copy->is_given_up)
        return error_set(error, ERR_UNAVAILABLE, "the server was stopped meanwhile");
    if ((code & 0xff) == SQLITE_FULL)
        return error_set(error, ERR_DISK_FULL, "%s: the disk is full", path);
    return error_set(error, ERR_IO, "%s: %s", path, sqlite3_errstr(code));
}

// The first read of a transaction says which moment it sees.
static int open_source(struct copy *copy, const char *path)
{
    int code = sqlite3_open_v2(
        path, &copy->from, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
        NULL);

    if (code != SQLITE_OK)
        return code;
    sqlite3_db_config(copy->from, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_busy_timeout(copy->from, 5000);
    return sqlite3_exec(copy->from,
                        "PRAGMA query_only = ON; PRAGMA wal_autocheckpoint = 0;"
                        "BEGIN; SELECT count(*) FROM sqlite_schema;",
                        NULL, NULL, NULL);
}

// Without a journal: a copy that is cut off is thrown away.
static int open_target(struct copy *copy, const char *path)
{
    int code;
    int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return SQLITE_CANTOPEN;
    close(fd);
    code = sqlite3_open_v2(path, &copy->to,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
                           NULL);
    return code != SQLITE_OK ? code
                             : sqlite3_exec(copy->to,
                                            "PRAGMA journal_mode = OFF;"
                                            "PRAGMA synchronous = OFF;",
                                            NULL, NULL, NULL);
}

static int copy_pages(struct copy *copy)
{
    sqlite3_backup *backup = sqlite3_backup_init(copy->to, "main", copy->from, "main");
    int code = SQLITE_OK, finished;

    if (!backup)
        return sqlite3_errcode(copy->to);
    while (code == SQLITE_OK && !copy->is_given_up) {
        code = sqlite3_backup_step(backup, STEP_PAGES);
        copy->total = sqlite3_backup_pagecount(backup);
        copy->is_given_up = !copy->step(
            copy->owner, copy->total - sqlite3_backup_remaining(backup), copy->total);
    }
    finished = sqlite3_backup_finish(backup);
    if (copy->is_given_up)
        return SQLITE_INTERRUPT;
    return code == SQLITE_DONE ? finished : code;
}

static int on_check_step(void *owner)
{
    struct copy *copy = owner;

    copy->is_given_up |= !copy->step(copy->owner, copy->total, copy->total);
    return copy->is_given_up;
}

// As one file, without a log beside it, so that it may be carried anywhere.
static enum error_code check(struct copy *copy, const char *path, struct error *error)
{
    sqlite3_progress_handler(copy->to, CHECK_STEPS, on_check_step, copy);
    if (!sqlite_answers(copy->to, "PRAGMA journal_mode = DELETE", "delete"))
        return say_why(copy, path, sqlite3_errcode(copy->to), error);
    if (sqlite_answers(copy->to, "PRAGMA integrity_check(1)", "ok"))
        return ERR_OK;
    return copy->is_given_up
               ? say_why(copy, path, SQLITE_INTERRUPT, error)
               : error_set(error, ERR_DAMAGED, "%s: the copy does not hold together", path);
}

static bool sync_file(const char *path)
{
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    return is_synced;
}

enum error_code sqlite_copy(const char *from, const char *to, copy_step_fn *step, void *owner,
                            struct error *error)
{
    struct copy copy = {.step = step, .owner = owner};
    enum error_code code = ERR_OK;
    int result = open_source(&copy, from);

    if (result == SQLITE_OK)
        result = open_target(&copy, to);
    if (result == SQLITE_OK)
        result = copy_pages(&copy);
    sqlite3_close(copy.from); // its moment is let go of before the copy is checked
    if (result != SQLITE_OK)
        code = say_why(&copy, to, result, error);
    else
        code = check(&copy, to, error);
    if (sqlite3_close(copy.to) != SQLITE_OK && code == ERR_OK)
        code = error_set(error, ERR_IO, "%s cannot be closed", to);
    if (code == ERR_OK && !sync_file(to))
        code = error_set(error, ERR_IO, "%s: %s", to, strerror(errno));
    if (code != ERR_OK)
        unlink(to);
    return code;
}
