#include "api/pair_render.h"

#include "api/door_parts.h"
#include "api/render.h"
#include "api/style.h"
#include "hook/settings.h"

enum error_code pair_is_encrypted(const struct request *request,
                                  const struct webhook_row *row, bool *ret,
                                  struct error *error)
{
    struct settings settings;
    enum error_code code =
        settings_from_store(&settings, request->profile, row->settings, NULL, error);

    if (code == ERR_OK) {
        *ret = settings.is_encrypted;
        settings_done(&settings);
    }
    return code;
}

json_t *pair_webhook(const struct request *request, const struct webhook_row *row,
                     bool is_encrypted, json_t *stats)
{
    char id[ID_TEXT_MAX];

    id_text_hex(request->door->options.cipher, ID_WEBHOOK, row->id, style_pair_prefix, id);
    return json_pack("{ss so so sb sb so so so}", "id", id, "name", render_text(row->name),
                     "url", render_text(row->url), "isActive", row->state == WEBHOOK_ENABLED,
                     "encrypted", is_encrypted, "created_at", render_time(row->created_ms),
                     "updated_at", render_time(row->updated_ms), "delivery_stats", stats);
}

// Per cent with one decimal, of those that have ended.
static json_t *success_rate(const struct webhook_stats *stats)
{
    int64_t ended = stats->delivered + stats->failed;
    int64_t tenths = ended > 0 ? (stats->delivered * 1000 + ended / 2) / ended : 0;

    return tenths % 10 == 0 ? json_integer(tenths / 10) : json_real((double)tenths / 10.0);
}

json_t *pair_figures(const struct webhook_stats *stats, bool is_whole)
{
    json_t *figures = json_pack("{sI sI sI so}", "total_events", (json_int_t)stats->accepted,
                                "successful_deliveries", (json_int_t)stats->delivered,
                                "failed_deliveries", (json_int_t)stats->failed,
                                "last_delivery", render_time(stats->last_attempt_ms));

    if (is_whole) {
        int64_t attempts = stats->attempts > 0 ? stats->attempts : 1;
        json_object_set_new(figures, "success_rate", success_rate(stats));
        json_object_set_new(
            figures, "average_response_time",
            json_integer((json_int_t)((stats->duration_sum_ms + attempts / 2) / attempts)));
        json_object_set_new(figures, "last_24h_events", json_integer(stats->day_accepted));
        json_object_set_new(figures, "last_24h_failures", json_integer(stats->day_failed));
    }
    return figures;
}

json_t *pair_stats(const struct request *request, size_t at, bool is_whole)
{
    static const struct webhook_stats none;
    const struct op *op = request->figures;

    return pair_figures(op != NULL ? &op->as.webhook_stats.rows[at] : &none, is_whole);
}

json_t *pair_events(const struct request *request, const struct op *deliveries)
{
    const int64_t now_ms = deliveries->as.list.query.now_ms;
    json_t *events = json_array();

    for (size_t i = 0; i < deliveries->as.list.count; i++) {
        const struct delivery_row *row = &deliveries->as.list.rows.deliveries[i];
        json_array_append_new(
            events,
            json_pack("{so so ss so so so}", "id",
                      render_id(request->door, ID_EVENT, row->event_id, 0), "event_type",
                      render_text(row->type), "delivery_status", render_state(row, now_ms),
                      "response_code",
                      row->last_status > 0 ? json_integer(row->last_status) : json_null(),
                      "response_time",
                      row->number > 0 ? json_integer(row->last_ms) : json_null(),
                      "created_at", render_time(row->created_ms)));
    }
    return events;
}

json_t *pair_page(const struct op *webhooks, json_t *data)
{
    const struct list_query *query = &webhooks->as.list.query;
    json_int_t total = webhooks->as.list.total;

    return json_pack("{so s{si si sI sI}}", "data", data, "pagination", "page",
                     query->skip / query->limit + 1, "limit", query->limit, "total", total,
                     "total_pages", (total + query->limit - 1) / query->limit);
}
