// The folder of backups: posthorn-<UTC time>.db, and beside each its digest as sha256sum
// writes it. What has another name in that folder is none of ours, and never touched.

#ifndef STORE_BACKUP_FILES_H
#define STORE_BACKUP_FILES_H

#include "base/error.h"
#include "store/ops.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BACKUP_NAME_MAX = 64, BACKUP_DIGEST_LEN = 64 };

void backup_name(char ret[BACKUP_NAME_MAX], int64_t now_ms);

// Makes the folder (0700) where it is missing, and removes what was begun there and not
// finished. Errors: ERR_IO.
enum error_code backup_folder_make(const char *folder, struct error *error) MUST_CHECK;

// Those that are whole, newest first; texts and rows live in the arena.
size_t backup_find_all(const char *folder, struct arena *arena, struct backup_row **ret);
// Drops the oldest of more than so many.
void backup_prune(const char *folder, size_t kept);

// The digest as hexadecimal. step: as sqlite_copy()'s. Errors: ERR_IO, ERR_UNAVAILABLE.
enum error_code backup_digest(const char *file, bool (*step)(void *owner), void *owner,
                              char ret[BACKUP_DIGEST_LEN + 1],
                              struct error *error) MUST_CHECK;
// What stands in the digest's file beside it. False: nothing that is one.
bool backup_digest_said(const char *file, char ret[BACKUP_DIGEST_LEN + 1]);

// Gives the finished copy its name, its digest beside it, on stable storage. Errors: ERR_IO.
enum error_code backup_keep(const char *folder, const char *part, const char *name,
                            const char *digest, struct error *error) MUST_CHECK;

#endif
