// An intrusive doubly linked ring with a head. A link that is in no list points at itself.

#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>

struct link {
    struct link *next;
    struct link *prev;
};

static inline void list_init(struct link *link)
{
    link->next = link->prev = link;
}

static inline bool list_is_empty(const struct link *head)
{
    return head->next == head;
}

static inline void list_remove(struct link *link) // does nothing to a link that is in no list
{
    link->next->prev = link->prev;
    link->prev->next = link->next;
    list_init(link);
}

static inline void list_add_last(struct link *head,
                                 struct link *link) // link must be in no list
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

static inline void list_add_first(struct link *head, struct link *link)
{
    list_add_last(head->next, link);
}

#endif
