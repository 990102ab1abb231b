#include "store/offline.h"

#include "base/buf.h"
#include "store/backup_files.h"
#include "store/sqlite_migrate.h"
#include "store/sqlite_open.h"
#include "store/sqlite_sql.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char prefix[] = "sqlite:";

bool store_file(const char *url, char *ret, size_t room)
{
    size_t len = strlen(prefix);

    return strncmp(url, prefix, len) == 0 && url[len] &&
           snprintf(ret, room, "%.*s", (int)strcspn(url + len, "?"), url + len) < (int)room;
}

enum error_code store_look(const char *file, struct store_look *ret, struct error *error)
{
    struct sqlite_look look;
    struct stat status;
    enum error_code code;

    if (lstat(file, &status) != 0 && errno == ENOENT)
        return error_set(error, ERR_NOT_FOUND, "there is no database %s", file);
    code = sqlite_look(file, &look, error);
    if (code == ERR_OK)
        *ret = (struct store_look){look.bytes, look.version, SQLITE_SCHEMA_VERSION};
    return code;
}

enum error_code store_check(const char *file, struct error *error)
{
    return sqlite_check(file, INT64_MAX, error);
}

enum error_code store_migrate(const char *file, int64_t now_ms, uint32_t *ret_from,
                              struct error *error)
{
    struct store_look look;
    enum error_code code = store_look(file, &look, error);
    size_t from = 0;

    if (code == ERR_OK)
        code = sqlite_migrate(file, migrations, migration_count, now_ms, &from, error);
    *ret_from = (uint32_t)from;
    return code;
}

const char *store_step_says(uint32_t version)
{
    return version > 0 && version <= migration_count ? migrations[version - 1].says : "";
}

bool store_digest_said(const char *backup, char ret[STORE_DIGEST_MAX])
{
    _Static_assert(STORE_DIGEST_MAX == BACKUP_DIGEST_LEN + 1, "with its NUL");
    return backup_digest_said(backup, ret);
}

enum error_code store_digest_check(const char *copy, const char *said, struct error *error)
{
    char own[BACKUP_DIGEST_LEN + 1];
    enum error_code code = backup_digest(copy, NULL, NULL, own, error);

    if (code == ERR_OK && strcmp(said, own) != 0)
        code = error_set(error, ERR_DAMAGED,
                         "the backup is not what its digest beside it says: it was changed "
                         "or cut off");
    return code;
}

bool store_peek(const char *file, const char *name, struct buf *ret)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *get = NULL;
    bool is_there = false;

    if (sqlite_open_to_read(file, &db) &&
        sqlite3_prepare_v2(db, sqlite_sql[SQL_SETTING_GET], -1, &get, NULL) == SQLITE_OK &&
        sqlite3_bind_text(get, 1, name, -1, SQLITE_STATIC) == SQLITE_OK)
        is_there = sqlite3_step(get) == SQLITE_ROW;
    if (is_there)
        buf_add(ret, sqlite3_column_text(get, 0), (size_t)sqlite3_column_bytes(get, 0));
    sqlite3_finalize(get);
    sqlite3_close(db);
    return is_there;
}
