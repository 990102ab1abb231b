// The audit log in memory.

#include "base/limits.h"
#include "base/memory.h"
#include "model_rows.h"

#include <string.h>

#define DAY_MS (INT64_C(86400) * 1000)

bool model_audit_key(struct store_backend *model, const unsigned char key[AUDIT_KEY_LEN],
                     bool is_new)
{
    audit_mac_free(model->audit_mac);
    model->audit_mac = audit_mac_new(key);
    return audit_ends_open(model->audit_mac, &model->audit, !is_new, model->audit.last,
                           is_new);
}

void model_audit(struct store_backend *model, struct audit_row *row)
{
    struct map_key key;
    struct model_audit *added;

    model_touch(model, &model->audit, sizeof model->audit);
    audit_append(model->audit_mac, &model->audit, row);
    key = map_key(row->seq);
    added = table_add(model, &model->audits, &key, sizeof *added);
    added->row = *row;
    added->row.address = model_text(model, row->address);
    added->row.action = model_text(model, row->action);
    added->row.name = model_text(model, row->name);
    added->row.detail = model_text(model, row->detail);
    added->row.result = model_text(model, row->result);
}

void model_audit_own(struct store_backend *model, const char *action, struct audit_row *row,
                     int64_t now_ms)
{
    row->actor = AUDIT_SERVER;
    row->action = action;
    row->result = "done";
    row->at_ms = now_ms;
    model_audit(model, row);
}

static const struct audit_row *find(const struct store_backend *model, int64_t seq)
{
    const struct model_audit *found = table_find(&model->audits, map_key(seq));

    return found && !found->is_gone ? &found->row : NULL;
}

void model_audit_retain(struct store_backend *model, int64_t now_ms)
{
    const int64_t horizon_ms = now_ms - limit(LIMIT_AUDIT_DAYS) * DAY_MS;
    struct model_audit *oldest;

    while ((oldest = table_find(&model->audits, map_key(model->audit.before + 1))) &&
           oldest->row.at_ms < horizon_ms) {
        TOUCH(model, oldest);
        oldest->is_gone = true;
        model_touch(model, &model->audit, sizeof model->audit);
        audit_drop(model->audit_mac, &model->audit, oldest->row.hash);
    }
}

void model_audit_check(const struct store_backend *model, struct op *op)
{
    struct audit_check *check = &op->as.audit_check;
    const struct audit_row *row;
    int64_t left = limit(LIMIT_AUDIT_CHECK);
    int64_t before = audit_check_before(check, &model->audit);

    if (!audit_check_begin(check, model->audit_mac, model->audit.last ? &model->audit : NULL,
                           find(model, before), find(model, check->noted)))
        return;
    while ((row = find(model, check->last + 1)) && left-- > 0)
        if (!audit_check_row(check, model->audit_mac, row, true))
            break;
    audit_check_end(check, !row);
}

bool model_give_audit(struct op *op, const struct model_audit *row, size_t at)
{
    struct audit_row *ret = &op->as.list.rows.audits[at];

    if (row->is_gone || !list_audit_fits(&op->as.list.query, &row->row))
        return false;
    *ret = row->row; // texts stay as long as the model
    return true;
}
