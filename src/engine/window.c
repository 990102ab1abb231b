#include "engine/window.h"

void window_init(struct window *window)
{
    *window = (struct window){.size = WINDOW_START};
}

int window_size(const struct window *window, int max)
{
    return window->size < max ? window->size : max;
}

void window_succeeded(struct window *window, int max)
{
    if (window->size >= max || ++window->streak < window->size)
        return;
    window->size = window_size(&(struct window){.size = 2 * window->size}, max);
    window->streak = 0;
}

void window_failed(struct window *window)
{
    window->size = window->size > 1 ? window->size / 2 : 1;
    window->streak = 0;
}
