#include "store/backup_files.h"

#include "base/folder.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LISTED_MAX = 2000, PIECE = 1 << 16 };

static const char begins[] = "posthorn-", ends[] = ".db", digest_ends[] = ".sha256";

static enum error_code failed(struct error *error, const char *path)
{
    return error_set(error, errno == ENOSPC ? ERR_DISK_FULL : ERR_IO, "%s: %s", path,
                     strerror(errno));
}

// The time without its hyphens and colons: 20260131T120000.000Z.
void backup_name(char ret[BACKUP_NAME_MAX], int64_t now_ms)
{
    char time[TEXT_TIME_MAX], *to = ret + strlen(begins);
    size_t len = text_time(time, now_ms, 3);

    memcpy(ret, begins, strlen(begins));
    for (size_t i = 0; i < len; i++) {
        if (time[i] != '-' && time[i] != ':')
            *to++ = time[i];
    }
    memcpy(to, ends, sizeof ends);
}

// The time in such a name. False: it is none of ours.
static bool read_name(const char *name, int64_t *ret_ms)
{
    static const char form[] = "posthorn-dddddddd"
                               "Tdddddd.dddZ.db";
    const char *at = name + strlen(begins);
    char time[TEXT_TIME_MAX], again[BACKUP_NAME_MAX];

    if (strlen(name) != strlen(form) || strncmp(name, begins, strlen(begins)) != 0)
        return false;
    snprintf(time, sizeof time, "%.4s-%.2s-%.2sT%.2s:%.2s:%.7s", at, at + 4, at + 6, at + 9,
             at + 11, at + 13);
    if (!text_from_time(time, strlen(time), ret_ms))
        return false;
    backup_name(again, *ret_ms);
    return strcmp(again, name) == 0; // one form alone
}

enum error_code backup_folder_make(const char *folder, struct error *error)
{
    DIR *list;
    struct dirent *entry;

    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return failed(error, folder);
    list = opendir(folder);
    if (!list)
        return failed(error, folder);
    while ((entry = readdir(list)) != NULL) {
        size_t len = strlen(entry->d_name);

        if (strncmp(entry->d_name, begins, strlen(begins)) == 0 && len > 5 &&
            strcmp(entry->d_name + len - 5, ".part") == 0)
            unlinkat(dirfd(list), entry->d_name, 0); // of a process that was killed
    }
    closedir(list);
    return ERR_OK;
}

static bool read_row(const char *folder, const char *name, struct arena *arena,
                     struct backup_row *ret)
{
    char digest[BACKUP_DIGEST_LEN + 1];
    struct stat status;

    *ret = (struct backup_row){.state = BACKUP_DONE};
    if (!read_name(name, &ret->created_ms))
        return false;
    ret->file = arena_format(arena, "%s/%s", folder, name);
    if (lstat(ret->file, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    ret->name = arena_copy(arena, name, strlen(name));
    ret->bytes = status.st_size;
    ret->ended_ms = (int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000;
    if (backup_digest_said(ret->file, digest))
        ret->sha256 = arena_copy(arena, digest, BACKUP_DIGEST_LEN);
    return true;
}

static int newest_first(const void *a, const void *b)
{
    const struct backup_row *left = a, *right = b;

    return (left->created_ms < right->created_ms) - (left->created_ms > right->created_ms);
}

size_t backup_find_all(const char *folder, struct arena *arena, struct backup_row **ret)
{
    struct backup_row *rows = arena_take(arena, LISTED_MAX * sizeof *rows);
    DIR *list = opendir(folder);
    struct dirent *entry;
    size_t count = 0;

    *ret = rows;
    if (!list)
        return 0; // none was made yet
    while (count < LISTED_MAX && (entry = readdir(list)) != NULL)
        count += read_row(folder, entry->d_name, arena, &rows[count]);
    closedir(list);
    qsort(rows, count, sizeof *rows, newest_first);
    return count;
}

void backup_prune(const char *folder, size_t kept)
{
    struct arena arena;
    struct backup_row *rows;
    size_t count;

    arena_init(&arena);
    count = backup_find_all(folder, &arena, &rows);
    for (size_t i = kept; i < count; i++) {
        unlink(arena_format(&arena, "%s%s", rows[i].file, digest_ends));
        unlink(rows[i].file);
    }
    arena_done(&arena);
}

static enum error_code digest_all(int fd, const char *file, EVP_MD_CTX *context,
                                  bool (*step)(void *owner), void *owner, struct error *error)
{
    char piece[PIECE];
    ssize_t got;

    while ((got = read(fd, piece, sizeof piece)) > 0) {
        if (EVP_DigestUpdate(context, piece, (size_t)got) != 1)
            return error_set(error, ERR_IO, "SHA-256 cannot be used");
        if (step && !step(owner))
            return error_set(error, ERR_UNAVAILABLE, "the server was stopped meanwhile");
    }
    return got < 0 ? failed(error, file) : ERR_OK;
}

enum error_code backup_digest(const char *file, bool (*step)(void *owner), void *owner,
                              char ret[BACKUP_DIGEST_LEN + 1], struct error *error)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    enum error_code code;
    int fd = open(file, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        code = failed(error, file);
    else if (!context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
        code = error_set(error, ERR_IO, "SHA-256 cannot be used");
    else
        code = digest_all(fd, file, context, step, owner, error);
    if (code == ERR_OK && EVP_DigestFinal_ex(context, digest, NULL) != 1)
        code = error_set(error, ERR_IO, "SHA-256 cannot be used");
    if (code == ERR_OK)
        text_hex(ret, digest, BACKUP_DIGEST_LEN / 2);
    ret[code == ERR_OK ? BACKUP_DIGEST_LEN : 0] = '\0';
    EVP_MD_CTX_free(context);
    if (fd >= 0)
        close(fd);
    return code;
}

bool backup_digest_said(const char *file, char ret[BACKUP_DIGEST_LEN + 1])
{
    char path[PATH_MAX];
    ssize_t len = -1;
    int fd = -1;

    if (snprintf(path, sizeof path, "%s%s", file, digest_ends) < (int)sizeof path)
        fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        len = read(fd, ret, BACKUP_DIGEST_LEN);
        close(fd);
    }
    ret[len == BACKUP_DIGEST_LEN ? BACKUP_DIGEST_LEN : 0] = '\0';
    return ret[0] && text_is(ret, BACKUP_DIGEST_LEN, "0-9a-f");
}

static bool write_digest(const char *path, const char *digest, const char *name)
{
    char line[BACKUP_DIGEST_LEN + BACKUP_NAME_MAX + 8];
    int len = snprintf(line, sizeof line, "%s  %s\n", digest, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool is_written = fd >= 0 && write(fd, line, (size_t)len) == len && fsync(fd) == 0;

    if (fd >= 0)
        is_written &= close(fd) == 0;
    return is_written;
}

enum error_code backup_keep(const char *folder, const char *part, const char *name,
                            const char *digest, struct error *error)
{
    char file[PATH_MAX], beside[PATH_MAX];

    if (snprintf(file, sizeof file, "%s/%s", folder, name) >= (int)sizeof file ||
        snprintf(beside, sizeof beside, "%s/%s%s", folder, name, digest_ends) >=
            (int)sizeof beside)
        return error_set(error, ERR_IO, "the path of the backup is too long");
    if (!write_digest(beside, digest, name))
        return failed(error, beside);
    if (rename(part, file) != 0 || !folder_sync_of(file))
        return failed(error, file);
    return ERR_OK;
}
