#include "store/archive.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "store/backup_files.h"
#include "store/space.h"
#include "thread/thread.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAIL_STOP = -1, PERCENT_COPIED = 80 }; // the rest is checking it

// The backup that is being made, or the last one that failed.
struct undertaking {
    char name[BACKUP_NAME_MAX]; // "": none
    enum backup_state state;
    int64_t created_ms, ended_ms;
    int percent;
    struct error error;
};

struct archive {
    struct archive_options options;
    char folder[PATH_MAX];
    struct mailbox *mailbox;
    struct mail stop;
    struct thread *thread;
    // the thread's own
    bool is_stopping;
    bool is_agreed; // to make one, whose audit row is on its way
    struct undertaking last;
};

static struct backup_row row_of(const struct archive *archive, struct arena *arena)
{
    const struct undertaking *last = &archive->last;
    struct backup_row row = {.state = last->state,
                             .created_ms = last->created_ms,
                             .ended_ms = last->ended_ms,
                             .percent = last->percent};

    row.name = arena_copy(arena, last->name, strlen(last->name));
    row.file = arena_format(arena, "%s/%s", archive->folder, last->name);
    if (last->state == BACKUP_FAILED)
        row.why = arena_copy(arena, last->error.text, strlen(last->error.text));
    return row;
}

// What is being made, or what failed last, stands before those that are whole.
static void list(const struct archive *archive, struct op *op)
{
    bool has_last = archive->last.name[0] && archive->last.state != BACKUP_DONE;
    struct backup_row *whole, *rows;
    size_t count = backup_find_all(archive->folder, &op->arena, &whole);

    rows = arena_take(&op->arena, (count + has_last) * sizeof *rows);
    if (has_last)
        rows[0] = row_of(archive, &op->arena);
    if (count > 0)
        memcpy(rows + has_last, whole, count * sizeof *rows);
    op->as.backup.rows = rows;
    op->as.backup.count = count + has_last;
    op->result = OP_DONE;
}

static uint64_t bytes_of(const char *file, const char *suffix)
{
    char path[PATH_MAX];
    struct stat status;

    if (snprintf(path, sizeof path, "%s%s", file, suffix) >= (int)sizeof path)
        return 0;
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

// The copy is at most as large as the file and all that its log could add to it.
static bool has_room(const struct archive *archive, struct op *op)
{
    const char *file = archive->options.file;
    uint64_t wanted = bytes_of(file, "") + bytes_of(file, "-wal");
    struct space space;

    if (!space_look(archive->folder, &space) || space.free >= wanted + space.floor)
        return true; // an unknown disk says so itself once it is full
    op->as.backup.why = arena_format(
        &op->arena,
        "a backup takes up to %llu MiB, and of the %llu MiB that are free on the disk of %s "
        "%llu are kept for deliveries; make room, or move older backups elsewhere",
        (unsigned long long)(wanted >> 20) + 1, (unsigned long long)(space.free >> 20),
        archive->folder, (unsigned long long)(space.floor >> 20));
    return false;
}

static bool is_running(const struct archive *archive)
{
    return archive->last.name[0] && archive->last.state == BACKUP_RUNNING;
}

// OP_PENDING: one can be made.
static enum op_result check(const struct archive *archive, struct op *op)
{
    struct error error = {0};

    if (archive->is_agreed || is_running(archive))
        return OP_CONFLICT;
    if (backup_folder_make(archive->folder, &error) != ERR_OK) {
        op->as.backup.why = arena_copy(&op->arena, error.text, strlen(error.text));
        return OP_FULL;
    }
    return has_room(archive, op) ? OP_PENDING : OP_FULL;
}

static void begin(struct archive *archive, struct op *op)
{
    struct undertaking *last = &archive->last;

    *last = (struct undertaking){.created_ms = clock_now().wall_ms};
    backup_name(last->name, last->created_ms);
    op->as.backup.rows = arena_take(&op->arena, sizeof *op->as.backup.rows);
    op->as.backup.rows[0] = row_of(archive, &op->arena);
    op->as.backup.count = 1;
}

static void answer(const struct archive *archive, struct op *op)
{
    mailbox_post(archive->options.workers[op->worker], &op->mail);
}

static void take_op(struct archive *archive, struct op *op)
{
    if (op->kind == OP_BACKUPS) {
        list(archive, op);
    } else if (op->result != OP_PENDING) { // from the committer
        archive->is_agreed = false;
        if (op->result == OP_DONE)
            begin(archive, op);
    } else if ((op->result = check(archive, op)) == OP_PENDING) {
        archive->is_agreed = true;
        archive->options.write(archive->options.owner, op);
        return;
    }
    answer(archive, op);
}

static void take(struct archive *archive, struct mail *mail)
{
    while (mail) {
        struct mail *next = mail->next;

        if (mail == &archive->stop)
            archive->is_stopping = true;
        else
            take_op(archive, container_of(mail, struct op, mail));
        mail = next;
    }
}

static bool on_copied(void *owner, int64_t done, int64_t total)
{
    struct archive *archive = owner;

    if (total > 0)
        archive->last.percent = (int)(done * PERCENT_COPIED / total);
    take(archive, mailbox_take(archive->mailbox));
    return !archive->is_stopping;
}

static bool on_digested(void *owner)
{
    return on_copied(owner, 1, 1);
}

static enum error_code make(struct archive *archive, struct error *error)
{
    char part[PATH_MAX], digest[BACKUP_DIGEST_LEN + 1];
    const char *name = archive->last.name;
    enum error_code code;

    if (snprintf(part, sizeof part, "%s/%s.part", archive->folder, name) >= (int)sizeof part)
        return error_set(error, ERR_IO, "the path of the backup is too long");
    code = archive->options.copy(archive->options.file, part, on_copied, archive, error);
    if (code == ERR_OK)
        code = backup_digest(part, on_digested, archive, digest, error);
    if (code == ERR_OK)
        code = backup_keep(archive->folder, part, name, digest, error);
    if (code == ERR_OK)
        backup_prune(archive->folder, (size_t)limit(LIMIT_BACKUPS));
    return code;
}

static void run(void *argument)
{
    struct archive *archive = argument;
    struct undertaking *last = &archive->last;

    while (!archive->is_stopping) {
        take(archive, mailbox_wait(archive->mailbox, -1));
        if (archive->is_stopping || !is_running(archive))
            continue;
        last->state = make(archive, &last->error) == ERR_OK ? BACKUP_DONE : BACKUP_FAILED;
        last->ended_ms = clock_now().wall_ms;
    }
}

struct archive *archive_start(const struct archive_options *options)
{
    struct archive *archive = NEW(struct archive);
    const char *data_dir = options->data_dir;
    char *whole = realpath(data_dir, NULL); // as others may read it who stand elsewhere

    archive->options = *options;
    snprintf(archive->folder, sizeof archive->folder, "%s/backups", whole ? whole : data_dir);
    free(whole);
    archive->stop.kind = MAIL_STOP;
    archive->mailbox = mailbox_new();
    archive->thread = thread_start("backup", run, archive);
    return archive;
}

void archive_post(struct archive *archive, struct op *op)
{
    mailbox_post(archive->mailbox, &op->mail);
}

void archive_stop(struct archive *archive)
{
    struct mail *mail;

    if (!archive)
        return;
    mailbox_post(archive->mailbox, &archive->stop);
    thread_join(archive->thread);
    for (mail = mailbox_take(archive->mailbox); mail;) { // nobody waits for these any more
        struct mail *next = mail->next;

        op_free(container_of(mail, struct op, mail));
        mail = next;
    }
    mailbox_free(archive->mailbox);
    free(archive);
}
