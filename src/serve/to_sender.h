// The engine's ports towards the sender. An attempt that goes out is noted in the in-flight
// file before its connection is opened, and forgotten when its settle was acknowledged.

#ifndef SERVE_TO_SENDER_H
#define SERVE_TO_SENDER_H

#include "hook/outcome.h"
#include "net/caller.h"

struct engine_ports;
struct guard;
struct wire;

void to_sender_init(
    struct engine_ports *ports); // fills the sender's; their world is a worker

// The sender's word for a failure, in the domain's.
enum outcome_error to_sender_error(enum call_result result);

// A call's two ends. The outcome borrows from answer and remote; the request from the wire.
void to_sender_outcome(const struct guard *guard, const struct call_answer *answer,
                       char remote[ADDRESS_TEXT_MAX], struct outcome *ret);
struct call_request to_sender_request(const struct wire *wire);

#endif
