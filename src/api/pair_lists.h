// What the queries of the door of door_pair.c ask for. Parameters that it does not know are
// passed over, like members of a body.

#ifndef API_PAIR_LISTS_H
#define API_PAIR_LISTS_H

#include "base/error.h"

struct op;
struct request;

// ?skip&take, or ?page&limit&active: fill op, a list of webhooks; it counts where pages were
// asked for. Errors: ERR_INVALID_FIELD.
enum error_code pair_read_page(struct request *request, struct op *op,
                               struct error *error) MUST_CHECK;
// ?include_events&events_limit: fill op, a list of deliveries, or say that none is needed.
enum error_code pair_read_events(struct request *request, struct op *op,
                                 struct error *error) MUST_CHECK;

#endif
