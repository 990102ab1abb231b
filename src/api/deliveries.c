// Deliveries: where an event stands on its way to one webhook, and what a person may do about
// it.

#include "api/door_parts.h"
#include "api/handlers.h"
#include "api/lists.h"
#include "api/render.h"

static const struct delivery_row *found_row(const struct request *request)
{
    return &request->found->as.get_delivery.row;
}

enum error_code delivery_list_ask(struct request *request, struct op *op, struct error *error)
{
    return list_ask(request, op, LIST_DELIVERIES, error);
}

static enum error_code add_delivery(struct request *request, const struct op *op, size_t at,
                                    struct buf *ret, struct error *error)
{
    (void)error;
    json_write(ret, render_delivery(request->door, &op->as.list.rows.deliveries[at],
                                    door_now(request->door).wall_ms));
    return ERR_OK;
}

void delivery_list_answer(struct request *request, struct op *op, struct response *response)
{
    list_answer(request, op, add_delivery, response);
}

void delivery_get_answer(struct request *request, struct op *op, struct response *response)
{
    (void)op;
    response_json(
        response, 200,
        render_delivery(request->door, found_row(request), door_now(request->door).wall_ms));
}

static enum error_code ask(struct request *request, struct op *op)
{
    op->as.delivery.app_id = request->app_id;
    op->as.delivery.event_id = request->object_id;
    op->as.delivery.n = request->object_n;
    op->as.delivery.now_ms = door_now(request->door).wall_ms;
    return ERR_OK;
}

enum error_code delivery_retry_ask(struct request *request, struct op *op,
                                   struct error *error)
{
    (void)error;
    return ask(request, op);
}

// The delivery as it is with that attempt asked for.
void delivery_retry_answer(struct request *request, struct op *op, struct response *response)
{
    struct delivery_row row = *found_row(request);

    row.state = DELIVERY_PARKED;
    row.is_retrying = true;
    row.due_ms = op->as.delivery.now_ms;
    response_json(response, 202, render_delivery(request->door, &row, row.due_ms));
}

enum error_code delivery_cancel_ask(struct request *request, struct op *op,
                                    struct error *error)
{
    (void)error;
    return ask(request, op);
}

void delivery_cancel_answer(struct request *request, struct op *op, struct response *response)
{
    struct delivery_row row = *found_row(request);

    row.state = DELIVERY_CANCELLED;
    row.ended_ms = op->as.delivery.now_ms;
    response_json(response, 200, render_delivery(request->door, &row, row.ended_ms));
}
