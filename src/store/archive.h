// Makes backups while the server works: a thread of its own, one copy at a time, which also
// answers what there is, so that nobody waits behind a copy.

#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include "store/backend.h"

struct archive;
struct mailbox;
struct op;

// Backups of the database's file go to data_dir/backups. Answers go to the mailbox of an op's
// worker. Strings and mailboxes outlive the archive.
struct archive *archive_start(const char *file, const char *data_dir, copy_fn *copy,
                              struct mailbox **workers);
void archive_post(struct archive *archive, struct op *op); // BACKUP or BACKUPS; any thread
// Gives up the copy that is being made, joins the thread and frees; does nothing to NULL. Ops
// that come afterwards are never answered.
void archive_stop(struct archive *archive);

#endif
