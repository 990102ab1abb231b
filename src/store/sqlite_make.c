#include "store/sqlite_open.h"

#include "base/buf.h"
#include "base/folder.h"
#include "store/sqlite_migrate.h"
#include "store/sqlite_sql.h"
#include "store/sqlite_stat.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HEADER_LEN = 100,
    AT_PAGE_SIZE = 16,
    AT_PAGE_COUNT = 28,
    AT_USER_VERSION = 60,
    AT_APPLICATION_ID = 68
};

static enum error_code failed(struct error *error, const char *path, const char *what)
{
    enum error_code code = errno == EACCES || errno == EPERM ? ERR_PERMISSION : ERR_IO;

    return error_set(error, code, "%s: cannot %s: %s", path, what, strerror(errno));
}

// The tables, in one transaction that also says whose file it is.
static bool fill(sqlite3 *db, int64_t now_ms)
{
    char text[100];
    size_t step;

    snprintf(text, sizeof text,
             "PRAGMA application_id = %d; COMMIT; PRAGMA journal_mode = WAL;",
             SQLITE_APPLICATION_ID);
    return sqlite3_exec(db, "PRAGMA synchronous = EXTRA; BEGIN IMMEDIATE;", NULL, NULL,
                        NULL) == SQLITE_OK &&
           migrate_steps(db, migrations, migration_count, 0, now_ms, &step) == SQLITE_OK &&
           sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK;
}

static void remove_leftovers(const char *name)
{
    static const char *const suffixes[] = {"", "-journal", "-wal", "-shm"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(path, sizeof path, "%s%s", name, suffixes[i]);
        unlink(path); // it need not be there
    }
}

static enum error_code make_named(const char *name, int64_t now_ms, struct error *error)
{
    enum error_code code = ERR_OK;
    sqlite3 *db = NULL;
    int fd = open(name, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return failed(error, name, "make it");
    close(fd);
    if (sqlite3_open_v2(name, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL) ||
        !fill(db, now_ms))
        code = error_set(error, ERR_IO, "%s: cannot make the tables: %s", name,
                         sqlite3_errmsg(db));
    if (sqlite3_close(db) != SQLITE_OK && code == ERR_OK)
        code = error_set(error, ERR_IO, "%s: cannot close it", name);
    return code;
}

enum error_code sqlite_make(const char *path, int64_t now_ms, struct error *error)
{
    char name[PATH_MAX];
    enum error_code code;

    if (snprintf(name, sizeof name, "%s.new", path) >= (int)sizeof name - 16)
        return error_set(error, ERR_CONFIG, "the path of the database is too long");
    remove_leftovers(name);
    code = make_named(name, now_ms, error);
    if (code != ERR_OK)
        return code;
    if (rename(name, path) || !folder_sync_of(path))
        return failed(error, path, "make it");
    return ERR_OK;
}

static uint32_t number_at(const unsigned char *header, size_t at)
{
    return (uint32_t)header[at] << 24 | (uint32_t)header[at + 1] << 16 |
           (uint32_t)header[at + 2] << 8 | header[at + 3];
}

static enum error_code check_header(const char *path, const unsigned char *header,
                                    struct error *error)
{
    uint32_t version = number_at(header, AT_USER_VERSION);

    if (memcmp(header, "SQLite format 3", 16) != 0 ||
        number_at(header, AT_APPLICATION_ID) != SQLITE_APPLICATION_ID)
        return error_set(error, ERR_DAMAGED,
                         "%s is not a database of this program; name another file, or "
                         "restore a backup",
                         path);
    if (version > SQLITE_SCHEMA_VERSION)
        return error_set(error, ERR_DAMAGED,
                         "%s was written by a newer version (schema %u, this one knows %d); "
                         "start that version",
                         path, version, SQLITE_SCHEMA_VERSION);
    if (version < 1)
        return error_set(error, ERR_DAMAGED, "%s has no schema; restore a backup", path);
    return ERR_OK;
}

// Is there a log beside it? Then the file alone proves nothing: a checkpoint that was killed
// wrote the first page, which counts the others, before the last of them; the log still holds
// all.
static bool has_log(const char *path)
{
    char log[PATH_MAX];
    struct stat status;

    snprintf(log, sizeof log, "%s-wal", path);
    return stat(log, &status) == 0 && status.st_size > 0;
}

// Shorter than its own header says, and nothing that could fill it up: the rest was cut off.
static bool is_cut(const char *path, const unsigned char *header, int64_t size)
{
    int64_t page_size = header[AT_PAGE_SIZE] << 8 | header[AT_PAGE_SIZE + 1];

    if (page_size == 1)
        page_size = 65536;
    return size < page_size * number_at(header, AT_PAGE_COUNT) && !has_log(path);
}

enum error_code sqlite_look(const char *path, struct sqlite_look *ret, struct error *error)
{
    unsigned char header[HEADER_LEN];
    enum error_code code;
    struct stat status;
    ssize_t got;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 && errno == ELOOP)
        return error_set(error, ERR_DAMAGED, "%s is a symbolic link; name the file itself",
                         path);
    if (fd < 0)
        return failed(error, path, "open it");
    got = read(fd, header, sizeof header);
    if (fstat(fd, &status) || !S_ISREG(status.st_mode) || got != sizeof header)
        code = error_set(error, ERR_DAMAGED,
                         "%s is not a database of this program (%s); restore a backup", path,
                         S_ISREG(status.st_mode) ? "it is too short" : "it is no file");
    else
        code = check_header(path, header, error);
    if (code == ERR_OK && is_cut(path, header, status.st_size))
        code = error_set(error, ERR_DAMAGED, "%s is cut off; restore a backup", path);
    close(fd);
    *ret = (struct sqlite_look){.bytes = status.st_size,
                                .version = number_at(header, AT_USER_VERSION)};
    return code;
}

bool sqlite_answers(sqlite3 *db, const char *sql, const char *expected)
{
    sqlite3_stmt *statement = NULL;
    bool is_same = false;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 0);
        is_same = text && !strcmp(text, expected);
    }
    sqlite3_finalize(statement);
    return is_same;
}

// Every statement that the writer will use must compile: a table or column that is missing
// shows here, before anything is written.
bool sqlite_has_schema(sqlite3 *db)
{
    if (stat_define(db) != SQLITE_OK)
        return false;
    for (int i = 0; i < SQL_COUNT; i++) {
        sqlite3_stmt *statement = NULL;
        int code = sqlite3_prepare_v2(db, sqlite_sql[i], -1, &statement, NULL);
        sqlite3_finalize(statement);
        if (code != SQLITE_OK)
            return false;
    }
    return true;
}

// Without a log beside it the file is all there is, and reading it leaves nothing behind: a
// reader of a write-ahead log would make two files.
bool sqlite_open_to_read(const char *path, sqlite3 **ret)
{
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW;
    struct buf uri;
    bool is_open;

    if (has_log(path))
        return sqlite3_open_v2(path, ret, flags, NULL) == SQLITE_OK;
    buf_init(&uri, 4 * PATH_MAX);
    buf_add_str(&uri, "file:");
    for (const char *at = path; *at; at++)
        buf_add_format(&uri, strchr("?#%", *at) ? "%%%02X" : "%c", (unsigned char)*at);
    buf_add_str(&uri, "?immutable=1");
    is_open = sqlite3_open_v2(uri.data, ret, flags | SQLITE_OPEN_URI, NULL) == SQLITE_OK;
    buf_done(&uri);
    return is_open;
}

enum error_code sqlite_check(const char *path, int64_t bytes_max, struct error *error)
{
    sqlite3 *db = NULL;
    struct sqlite_look look;
    enum error_code code = sqlite_look(path, &look, error);
    bool is_whole;

    if (code != ERR_OK)
        return code;
    is_whole =
        sqlite_open_to_read(path, &db) &&
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(db, 5000) == SQLITE_OK && sqlite_has_schema(db) &&
        (look.bytes > bytes_max || sqlite_answers(db, "PRAGMA quick_check(1)", "ok"));
    if (!is_whole)
        code = error_set(error, ERR_DAMAGED,
                         "%s is damaged (%s); it was left as it is: restore a backup", path,
                         sqlite3_errcode(db) ? sqlite3_errmsg(db) : "its pages do not agree");
    sqlite3_close(db);
    return code;
}
