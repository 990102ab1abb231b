#include "store/sqlite_migrate.h"

#include "store/sqlite_open.h"
#include "store/sqlite_sql.h"

#include <assert.h>
#include <stdio.h>

enum { QUICK_CHECK_MAX = 256 << 20 }; // bytes of a file that is read whole at every start

const struct migration migrations[] = {
    {"the first schema", sqlite_schema},
};
const size_t migration_count = sizeof migrations / sizeof *migrations;
static_assert(sizeof migrations / sizeof *migrations == SQLITE_SCHEMA_VERSION,
              "the last step leads to the version of this program");

int migrate_steps(sqlite3 *db, const struct migration *steps, size_t count, size_t from,
                  int64_t now_ms, size_t *ret_step)
{
    int code = SQLITE_OK;
    char text[160];

    for (*ret_step = from; *ret_step < count && code == SQLITE_OK;) {
        code = sqlite3_exec(db, steps[(*ret_step)++].sql, NULL, NULL, NULL);
        snprintf(
            text, sizeof text,
            "INSERT INTO schema_migrations VALUES(%zu, %lld); PRAGMA user_version = %zu;",
            *ret_step, (long long)now_ms, *ret_step);
        if (code == SQLITE_OK)
            code = sqlite3_exec(db, text, NULL, NULL, NULL);
    }
    return code;
}

static int version_of(sqlite3 *db, size_t *ret)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &statement, NULL);

    if (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW)
        *ret = (size_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return code;
}

static enum error_code refuse(sqlite3 *db, const char *path, size_t step,
                              const struct migration *steps, struct error *error)
{
    enum error_code code = (sqlite3_errcode(db) & 0xff) == SQLITE_FULL    ? ERR_DISK_FULL
                           : (sqlite3_errcode(db) & 0xff) == SQLITE_IOERR ? ERR_IO
                                                                          : ERR_DAMAGED;

    return error_set(error, code,
                     "%s cannot be brought to schema %zu, %s: %s; it was left as "
                     "it was",
                     path, step, step > 0 ? steps[step - 1].says : "", sqlite3_errmsg(db));
}

// A commit is on the disk when it returns; what does not compile afterwards was no step to
// this program's schema, and is taken back.
static enum error_code apply(sqlite3 *db, const char *path, const struct migration *steps,
                             size_t count, int64_t now_ms, size_t *ret_from,
                             struct error *error)
{
    size_t step = count;
    enum error_code code;

    if (sqlite3_busy_timeout(db, 5000) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA synchronous = EXTRA; BEGIN IMMEDIATE;", NULL, NULL, NULL) !=
            SQLITE_OK ||
        version_of(db, ret_from) != SQLITE_OK)
        return refuse(db, path, step, steps, error);
    if (migrate_steps(db, steps, count, *ret_from, now_ms, &step) == SQLITE_OK &&
        sqlite_has_schema(db) && sqlite_answers(db, "PRAGMA quick_check(1)", "ok") &&
        sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
        return ERR_OK;
    code = refuse(db, path, step, steps, error);
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

enum error_code sqlite_migrate(const char *path, const struct migration *steps, size_t count,
                               int64_t now_ms, size_t *ret_from, struct error *error)
{
    sqlite3 *db = NULL;
    enum error_code code;

    *ret_from = count;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL) !=
        SQLITE_OK)
        code = error_set(error, ERR_IO, "%s: %s", path, sqlite3_errmsg(db));
    else
        code = apply(db, path, steps, count, now_ms, ret_from, error);
    sqlite3_close(db); // the last one to close it also moves its log into the file
    return code;
}

enum error_code sqlite_take(const char *path, int64_t now_ms, struct error *error)
{
    struct sqlite_look look;
    enum error_code code = sqlite_look(path, &look, error);
    size_t from;

    if (code == ERR_OK && look.version < SQLITE_SCHEMA_VERSION)
        code = sqlite_migrate(path, migrations, migration_count, now_ms, &from, error);
    return code == ERR_OK ? sqlite_check(path, QUICK_CHECK_MAX, error) : code;
}
