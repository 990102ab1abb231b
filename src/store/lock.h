// Keeps a second server off the same data: an flock on a file beside the database, with the
// holder's process id in it. The kernel lets go of it when the holder dies.

#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/error.h"

// Makes the folder (0700) where it is missing. Errors: ERR_HELD naming the holder's pid,
// ERR_PERMISSION, ERR_IO (also for a folder on a network file system, where locks may lie).
enum error_code lock_take(const char *folder, int *ret_fd, struct error *error) MUST_CHECK;
// The same of a folder that is there, without writing to it: *ret_fd −1 where nobody has ever
// locked it. *ret_holder: the pid with ERR_HELD, else 0.
enum error_code lock_look(const char *folder, int *ret_fd, long *ret_holder,
                          struct error *error) MUST_CHECK;
void lock_release(int fd); // does nothing to −1

#endif
