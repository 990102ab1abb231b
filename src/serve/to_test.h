// Tests: one exchange each, made by the worker whose door was asked, outside of the webhook's
// lane; so no ownership changes hands and it is one attempt by construction, with every guard
// that the sender has.

#ifndef SERVE_TO_TEST_H
#define SERVE_TO_TEST_H

#include <stdbool.h>

struct event;
struct op;
struct worker;

void to_test_init(struct worker *worker);
void to_test_done(struct worker *worker); // after the caller has gone

// door_options.send. At most TESTS_AT_ONCE of an app are under way at once in this process,
// and TESTS_MAX in all.
bool to_test_send(void *owner, void *asker, const struct op *found, struct event *event);

#endif
