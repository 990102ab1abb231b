// The schema's history: numbered steps in one table. A new database takes them all, an older
// one those it lacks, in one transaction: it is of the new version, or as it was.
//
// To change the schema: a row at the table's end (sqlite_migrate.c), and the next number as
// SQLITE_SCHEMA_VERSION. A step that was released is never changed again.

#ifndef STORE_SQLITE_MIGRATE_H
#define STORE_SQLITE_MIGRATE_H

#include "base/error.h"

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

struct migration {
    const char *says; // what it does, for people
    const char *sql;
};

extern const struct migration migrations[]; // row n − 1 leads to version n
extern const size_t migration_count;

// Within a transaction: applies the steps after version from, and says in the database which
// version it has. Returns SQLite's code; *ret_step: the version whose step was the last.
int migrate_steps(sqlite3 *db, const struct migration *steps, size_t count, size_t from,
                  int64_t now_ms, size_t *ret_step);

// Brings the file to the version that the steps end with; nothing to do is no error. It must
// have been looked at (sqlite_look()), and nobody else may have it open. *ret_from: what it
// was. Errors: ERR_DAMAGED, ERR_DISK_FULL, ERR_IO; the file then is as it was.
enum error_code sqlite_migrate(const char *path, const struct migration *steps, size_t count,
                               int64_t now_ms, size_t *ret_from,
                               struct error *error) MUST_CHECK;

#endif
