// What the door of door_pair.c shows of webhooks and their deliveries.

#ifndef API_PAIR_RENDER_H
#define API_PAIR_RENDER_H

#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct op;
struct request;
struct webhook_row;
struct webhook_stats;

enum error_code pair_is_encrypted(const struct request *request,
                                  const struct webhook_row *row, bool *ret,
                                  struct error *error) MUST_CHECK;
// Takes stats.
json_t *pair_webhook(const struct request *request, const struct webhook_row *row,
                     bool is_encrypted, json_t *stats);
// Of the at-th webhook that the request's figures are of; zeros where it has none. is_whole:
// with the rates, too.
json_t *pair_stats(const struct request *request, size_t at, bool is_whole);
json_t *pair_figures(const struct webhook_stats *stats, bool is_whole);
json_t *pair_events(const struct request *request, const struct op *deliveries);
json_t *pair_page(const struct op *webhooks, json_t *data); // takes data

#endif
