// A shim under SQLite that makes the n-th call that changes a file fail, as a disk does:
// once, or from then on. It becomes the default file system of the process.

#ifndef TESTS_STORE_FAULT_H
#define TESTS_STORE_FAULT_H

#include <stdbool.h>

enum fault_kind {
    FAULT_IO,   // EIO
    FAULT_FULL, // ENOSPC
};

void fault_install(void);
// The n-th write, truncation or fsync from now on fails (1: the next); 0: none does.
void fault_arm(int n, enum fault_kind kind, bool is_sticky);
// The n-th call cuts the power: every write since the last fsync of its file is gone, and
// nothing is written any more until the next fault_arm(). lies: the disk says that it has
// written when it was told to, and has not.
void fault_power(int n, bool lies);
bool fault_hit(void);  // since it was armed
int fault_calls(void); // that could have failed, since it was armed

#endif
