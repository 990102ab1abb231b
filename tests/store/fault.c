#include "store/fault.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct fault_file {
    sqlite3_file base;
    sqlite3_file *real; // behind this struct, in the same memory
};

// What a write has overwritten, newest first, until an fsync makes it good.
struct undo {
    struct undo *next;
    struct fault_file *file;
    sqlite3_int64 at, size;
    int len;
    char bytes[];
};

static struct undo *undos;
static bool remembers;
static bool lies;
static bool is_dead;

static sqlite3_vfs *below;
static sqlite3_vfs shim;
static int calls;
static int armed;
static enum fault_kind kind;
static bool is_sticky;
static bool is_hit;

// Of one file; NULL: of all.
static void forget(const struct fault_file *file)
{
    struct undo **link = &undos;

    while (*link) {
        struct undo *undo = *link;
        if (file && undo->file != file) {
            link = &undo->next;
            continue;
        }
        *link = undo->next;
        free(undo);
    }
}

void fault_power(int n, bool disk_lies)
{
    fault_arm(n, FAULT_IO, true);
    remembers = true;
    lies = disk_lies;
}

void fault_arm(int n, enum fault_kind new_kind, bool sticky)
{
    forget(NULL);
    remembers = is_dead = lies = false;
    calls = 0;
    armed = n;
    kind = new_kind;
    is_sticky = sticky;
    is_hit = false;
}

bool fault_hit(void)
{
    return is_hit;
}

int fault_calls(void)
{
    return calls;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct fault_file *)file)->real;
}

#define BELOW(file) real_of(file)->pMethods

static void remember(sqlite3_file *file, sqlite3_int64 at, int len)
{
    struct undo *undo;
    sqlite3_int64 size = 0;

    if (!remembers || is_dead)
        return;
    undo = calloc(1, sizeof *undo + (size_t)len);
    BELOW(file)->xFileSize(real_of(file), &size);
    *undo = (struct undo){undos, (struct fault_file *)file, at, size, len};
    if (at < size) // what is beyond the end reads as zeros
        BELOW(file)->xRead(real_of(file), undo->bytes, len, at);
    undos = undo;
}

static void cut_power(void)
{
    is_dead = true;
    for (const struct undo *undo = undos; undo; undo = undo->next) {
        sqlite3_file *real = undo->file->real;
        if (undo->at < undo->size)
            real->pMethods->xWrite(real, undo->bytes, undo->len, undo->at);
        real->pMethods->xTruncate(real, undo->size);
    }
    forget(NULL);
}

static bool fails(void)
{
    calls++;
    if (armed == 0 || calls < armed || (calls > armed && !is_sticky))
        return false;
    is_hit = true;
    if (remembers && !is_dead)
        cut_power();
    return true;
}

static int on_close(sqlite3_file *file)
{
    return BELOW(file)->xClose(real_of(file));
}

static int on_read(sqlite3_file *file, void *ret, int len, sqlite3_int64 at)
{
    return BELOW(file)->xRead(real_of(file), ret, len, at);
}

// A write that fails leaves a part of itself behind, as a full disk does.
static int on_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    if (fails()) {
        if (!is_dead)
            BELOW(file)->xWrite(real_of(file), bytes, len / 2, at);
        return kind == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    }
    remember(file, at, len);
    return BELOW(file)->xWrite(real_of(file), bytes, len, at);
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    sqlite3_int64 before = 0;

    if (fails())
        return SQLITE_IOERR_TRUNCATE;
    BELOW(file)->xFileSize(real_of(file), &before);
    if (size < before)
        remember(file, size, (int)(before - size));
    return BELOW(file)->xTruncate(real_of(file), size);
}

// An fsync that fails is never "the disk is full": what was written may be gone.
static int on_sync(sqlite3_file *file, int flags)
{
    if (kind == FAULT_IO && fails())
        return SQLITE_IOERR_FSYNC;
    if (!lies)
        forget((struct fault_file *)file);
    return BELOW(file)->xSync(real_of(file), flags);
}

static int on_size(sqlite3_file *file, sqlite3_int64 *ret)
{
    return BELOW(file)->xFileSize(real_of(file), ret);
}

static int on_lock(sqlite3_file *file, int level)
{
    return BELOW(file)->xLock(real_of(file), level);
}

static int on_unlock(sqlite3_file *file, int level)
{
    return BELOW(file)->xUnlock(real_of(file), level);
}

static int on_check_lock(sqlite3_file *file, int *ret)
{
    return BELOW(file)->xCheckReservedLock(real_of(file), ret);
}

static int on_control(sqlite3_file *file, int op, void *argument)
{
    return BELOW(file)->xFileControl(real_of(file), op, argument);
}

static int on_sector(sqlite3_file *file)
{
    return BELOW(file)->xSectorSize(real_of(file));
}

static int on_traits(sqlite3_file *file)
{
    return BELOW(file)->xDeviceCharacteristics(real_of(file));
}

static int on_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret)
{
    return BELOW(file)->xShmMap(real_of(file), page, size, extend, ret);
}

static int on_shm_lock(sqlite3_file *file, int at, int count, int flags)
{
    return BELOW(file)->xShmLock(real_of(file), at, count, flags);
}

static void on_shm_barrier(sqlite3_file *file)
{
    BELOW(file)->xShmBarrier(real_of(file));
}

static int on_shm_unmap(sqlite3_file *file, int removes)
{
    return BELOW(file)->xShmUnmap(real_of(file), removes);
}

static const sqlite3_io_methods methods = {
    2,         on_close,   on_read,     on_write,       on_truncate,  on_sync,
    on_size,   on_lock,    on_unlock,   on_check_lock,  on_control,   on_sector,
    on_traits, on_shm_map, on_shm_lock, on_shm_barrier, on_shm_unmap, NULL,
    NULL};

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                   int *ret_flags)
{
    struct fault_file *wrapped = (struct fault_file *)file;
    int code;

    (void)vfs;
    wrapped->real = (sqlite3_file *)(void *)((char *)file + sizeof *wrapped);
    code = below->xOpen(below, name, wrapped->real, flags, ret_flags);
    wrapped->base.pMethods = code == SQLITE_OK ? &methods : NULL;
    return code;
}

void fault_install(void)
{
    below = sqlite3_vfs_find(NULL);
    if (!below)
        abort();
    shim = *below;
    shim.zName = "fault";
    shim.szOsFile += (int)sizeof(struct fault_file);
    shim.xOpen = on_open;
    if (sqlite3_vfs_register(&shim, 1) != SQLITE_OK)
        abort();
}
