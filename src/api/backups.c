// Backups of the whole database: begun by a request, made behind it, listed.

#include "api/door_parts.h"
#include "api/handlers.h"
#include "api/render.h"

static json_t *render_backup(const struct backup_row *row)
{
    static const char *const states[] = {
        [BACKUP_RUNNING] = "running", [BACKUP_DONE] = "done", [BACKUP_FAILED] = "failed"};
    bool is_running = row->state == BACKUP_RUNNING, is_done = row->state == BACKUP_DONE;

    return json_pack("{so ss so so so so so so so}", "name", render_text(row->name), "state",
                     states[row->state], "created_at", render_time(row->created_ms),
                     "ended_at", is_running ? json_null() : render_time(row->ended_ms),
                     "percent", is_running ? json_integer(row->percent) : json_null(),
                     "bytes", is_done ? json_integer((json_int_t)row->bytes) : json_null(),
                     "sha256", render_text(row->sha256), "error", render_text(row->why),
                     "file", render_text(row->file));
}

// There is nothing to read.
enum error_code backup_ask(struct request *request, struct op *op, struct error *error)
{
    (void)request;
    (void)op;
    (void)error;
    return ERR_OK;
}

void backup_create_answer(struct request *request, struct op *op, struct response *response)
{
    (void)request;
    response_json(response, 202, render_backup(&op->as.backup.rows[0]));
}

void backup_list_answer(struct request *request, struct op *op, struct response *response)
{
    json_t *list = json_array();

    (void)request;
    for (size_t i = 0; i < op->as.backup.count; i++) {
        json_array_append_new(list, render_backup(&op->as.backup.rows[i]));
    }
    response_json(response, 200,
                  json_pack("{so so}", "data", list, "next_cursor", json_null()));
}
