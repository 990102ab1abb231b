// What every store back end answers, whatever it keeps its rows in. A back end's own main
// calls run_conformance(); each case starts with a store of its own.

#ifndef TESTS_STORE_CONFORMANCE_H
#define TESTS_STORE_CONFORMANCE_H

#include "store/backend.h"

#include <stddef.h>

// Where url holds a '*', the case's name takes its place. Returns how many cases failed.
int run_conformance(const struct store_backend_table *table, const char *url);

#endif
