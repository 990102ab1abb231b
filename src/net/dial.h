// Brings a call its connection: asks for the addresses, has every one of them vetted,
// connects to one, shakes hands; then call_send(). Ends the call where that fails.

#ifndef NET_DIAL_H
#define NET_DIAL_H

struct call;
struct call_kit;
struct resolved;

void dial_start(struct call *call);
void dial_on_resolved(struct call_kit *kit, const struct resolved *resolved);

// In the phases before call_send().
void dial_on_ready(struct call *call);
void dial_on_due(struct call *call);

#endif
