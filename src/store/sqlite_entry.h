// Rows of lists, read as far as the query's filters let them (ops.h, struct list_query).

#ifndef STORE_SQLITE_ENTRY_H
#define STORE_SQLITE_ENTRY_H

#include "store/sqlite_read.h"

// What deliveries are listed by, of tables d and w: their columns, and two more.
#define ENTRY_DELIVERY_COLUMNS DELIVERY_COLUMNS ", w.app, d.last_attempt"
#define ENTRY_EVENT_COLUMNS "id, app, type, mode, created"

// One row of the query's kind, with the columns above or those of sqlite_read.h. False: the
// filters leave it out, and *ret is not to be looked at.
bool entry_read(struct store_reader *reader, struct op *op, sqlite3_stmt *row, void *ret);

#endif
