// How much room a disk has, and how much of it is left alone, so that outcomes can still be
// written when nothing new is taken.

#ifndef STORE_SPACE_H
#define STORE_SPACE_H

#include <stdbool.h>
#include <stdint.h>

struct space {
    uint64_t free;  // bytes that may be written
    uint64_t floor; // of these, max(256 MiB, 2 %), but never more than 10 % of the disk
};

// Of the disk that holds the file or folder. False: that cannot be known.
bool space_look(const char *path, struct space *ret);

#endif
