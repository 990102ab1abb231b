// The columns of a delivery and the filters of its list, for the commands that show them.

#ifndef CLI_DELIVERY_VIEW_H
#define CLI_DELIVERY_VIEW_H

#include "cli/members.h"
#include "cli/view.h"

extern const struct view delivery_view;
extern const struct member delivery_filters[];
extern const size_t delivery_filter_count;

#endif
