// What an outcome means for the delivery: received, to be tried again and when, or ended.

#ifndef ENGINE_JUDGE_H
#define ENGINE_JUDGE_H

struct engine;
struct exchange;
struct outcome;
struct settle;

// After what is no fault of the receiver's: a full disk; or no room for a connection here, as
// the first of pauses that double up to a minute.
enum { JUDGE_PAUSE_MS = 1000 };

// Only a scheduled attempt with an outcome of the receiver's (or without a usable key) moves
// the place in the schedule and the lane's window. What is no fault of the
// receiver's is made again with the same trigger; a manual attempt that failed leaves all as
// it was. Sets the exchange's next due time; the
// settle is the caller's.
struct settle *judge(struct engine *engine, struct exchange *exchange,
                     const struct outcome *outcome);

#endif
