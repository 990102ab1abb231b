// Folders on stable storage. A file's new name lasts only once its folder does.

#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include <stdbool.h>

// Brings the folder in which that path stands to stable storage. False: errno says why.
bool folder_sync_of(const char *path);

#endif
