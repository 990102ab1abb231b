// The engine's ports towards the store, and the store's messages towards engine and door.

#ifndef SERVE_TO_STORE_H
#define SERVE_TO_STORE_H

struct engine_ports;
struct mail;
struct worker;

void to_store_init(struct worker *worker, struct engine_ports *ports); // fills its ports
void to_store_done(struct worker *worker);

// Called several times a second: what a full disk or a failed read put off is tried again.
void to_store_tick(struct worker *worker);

// A message of enum store_mail_kind came.
void to_store_take(struct worker *worker, struct mail *mail);

#endif
