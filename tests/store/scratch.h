// Folders for tests, removed at their end.

#ifndef TESTS_STORE_SCRATCH_H
#define TESTS_STORE_SCRATCH_H

enum { SCRATCH_MAX = 64 };

void scratch_make(char ret[SCRATCH_MAX], const char *name); // ends the process on failure
void scratch_remove(const char *folder);                    // and all in it

#endif
