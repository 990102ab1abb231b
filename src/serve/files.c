#include "serve/files.h"

#include "base/buf.h"
#include "base/folder.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum error_code files_make_folder(const char *path, struct error *error)
{
    struct stat stat;

    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return error_at(error, ERR_IO, "data-dir", "%s cannot be made: %s", path,
                        strerror(errno));
    if (lstat(path, &stat) != 0)
        return error_at(error, ERR_IO, "data-dir", "%s: %s", path, strerror(errno));
    if (!S_ISDIR(stat.st_mode))
        return error_at(error, ERR_IO, "data-dir", "%s is not a folder", path);
    if (stat.st_mode & S_IWOTH)
        return error_at(error, ERR_PERMISSION, "data-dir",
                        "everyone may write to %s; chmod 700 it", path);
    return ERR_OK;
}

static enum error_code read_all(int file, const char *path, struct buf *ret,
                                struct error *error)
{
    char piece[4096];
    ssize_t got;

    while ((got = read(file, piece, sizeof piece)) > 0)
        buf_add(ret, piece, (size_t)got);
    memory_wipe(piece, sizeof piece);
    if (got < 0)
        return error_set(error, ERR_IO, "%s: %s", path, strerror(errno));
    if (!buf_ok(ret))
        return error_set(error, ERR_CONFIG, "%s is over %zu bytes", path, ret->max);
    return ERR_OK;
}

enum error_code files_read(const char *path, bool is_secret, struct buf *ret, bool *ret_found,
                           struct error *error)
{
    struct stat stat;
    enum error_code code;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | (is_secret ? O_NOFOLLOW : 0));

    *ret_found = file >= 0;
    if (file < 0)
        return errno == ENOENT
                   ? ERR_OK
                   : error_set(error, ERR_CONFIG, "%s: %s", path, strerror(errno));
    if (fstat(file, &stat) != 0 || !S_ISREG(stat.st_mode))
        code = error_set(error, ERR_CONFIG, "%s is not a file", path);
    else if (is_secret && (stat.st_mode & (S_IRWXG | S_IRWXO)))
        code = error_set(error, ERR_CONFIG, "others may read %s; chmod 600 it", path);
    else
        code = read_all(file, path, ret, error);
    close(file);
    return code;
}

enum error_code files_write_new(const char *path, const char *bytes, size_t len,
                                struct error *error)
{
    char draft[PATH_MAX];
    int file;
    bool is_written;

    if (snprintf(draft, sizeof draft, "%s.new", path) >= (int)sizeof draft)
        return error_set(error, ERR_CONFIG, "the path %s is too long", path);
    unlink(draft); // of a start that was cut off
    file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0)
        return error_set(error, ERR_IO, "%s: %s", draft, strerror(errno));
    is_written = write(file, bytes, len) == (ssize_t)len && fsync(file) == 0;
    close(file);
    if (!is_written || rename(draft, path) != 0 || !folder_sync_of(path))
        return error_set(error, ERR_IO, "%s cannot be written: %s", path, strerror(errno));
    return ERR_OK;
}
