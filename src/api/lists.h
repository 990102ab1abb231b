// What the lists of the API have in common: the page's size, the cursor, the filters, and the
// envelope {data: […], next_cursor}.

#ifndef API_LISTS_H
#define API_LISTS_H

#include "api/requests.h"
#include "base/error.h"
#include "store/ops.h"

#include <stddef.h>

// Fill op's query from the request's. Errors: ERR_INVALID_FIELD, ERR_BAD_CURSOR.
enum error_code list_ask(struct request *request, struct op *op, enum list_kind kind,
                         struct error *error) MUST_CHECK;

// For each row of the page: append its object.
typedef enum error_code list_row_fn(struct request *request, const struct op *op, size_t at,
                                    struct buf *ret, struct error *error);
void list_answer(struct request *request, struct op *op, list_row_fn *row,
                 struct response *response);

#endif
