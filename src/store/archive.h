// Makes backups while the server works: a thread of its own, one copy at a time, which also
// answers what there is, so that nobody waits behind a copy.

#ifndef STORE_ARCHIVE_H
#define STORE_ARCHIVE_H

#include "store/backend.h"

struct archive;
struct mailbox;
struct op;

// Backups of the database's file go to data_dir/backups. Answers go to the mailbox of an op's
// worker. All that is named here outlives the archive.
struct archive_options {
    const char *file, *data_dir;
    copy_fn *copy;
    struct mailbox **workers;
    void (*write)(void *owner, struct op *op); // hands an op to the committer
    void *owner;
};

struct archive *archive_start(const struct archive_options *options);
// BACKUP or BACKUPS; any thread. A BACKUP comes twice: pending, and then, if one can be made,
// from the committer, which has kept its audit row or has not. Only then is it begun; so what
// is refused leaves no row that says it was done.
void archive_post(struct archive *archive, struct op *op);
// Gives up the copy that is being made, joins the thread and frees; does nothing to NULL. Ops
// that come afterwards are never answered.
void archive_stop(struct archive *archive);

#endif
