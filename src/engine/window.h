// How many attempts to one webhook may be in flight: slow start, doubled by each full window
// of successes, halved by a failure, never below one. So a delivery alone in its lane always
// goes out and is the probe, and an endpoint that comes back after an outage is not
// flattened.

#ifndef ENGINE_WINDOW_H
#define ENGINE_WINDOW_H

enum { WINDOW_START = 8 };

struct window {
    int size;   // at least 1; what counts is window_size()
    int streak; // successes since it last changed
};

void window_init(struct window *window);
int window_size(const struct window *window, int max); // never above max
void window_succeeded(struct window *window, int max);
void window_failed(struct window *window);

#endif
