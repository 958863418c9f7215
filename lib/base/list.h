/* SPDX-License-Identifier: Apache-2.0
 *
 * A doubly linked list whose links lie inside the members: joining, leaving
 * and asking whether one is in cost a few stores and no memory. Owns nothing.
 * A link belongs to at most one list, and to one thread.
 */
#ifndef GH_BASE_LIST_H
#define GH_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Head of a list or link of a member. A zeroed link is in no list; a head
 * must be set up with gh_list_init(). */
struct gh_link {
    struct gh_link *prev; /* towards the front; NULL when in no list */
    struct gh_link *next; /* towards the back; NULL when in no list */
};

/* Makes head an empty list. */
static inline void
gh_list_init(struct gh_link *head)
{
    head->prev = head;
    head->next = head;
}

/* True when the list has no member. */
static inline bool
gh_list_is_empty(const struct gh_link *head)
{
    return head->next == head;
}

/* The front member, which stays in; NULL when the list is empty. */
static inline struct gh_link *
gh_list_first(const struct gh_link *head)
{
    return head->next == head ? NULL : head->next;
}

/* True while link is in some list. */
static inline bool
gh_link_is_in(const struct gh_link *link)
{
    return link->next != NULL;
}

/* Puts link at the back of the list. It must be in no list. */
static inline void
gh_list_append(struct gh_link *head, struct gh_link *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

/* Takes link out of its list; nothing happens when it is in none. */
static inline void
gh_link_leave(struct gh_link *link)
{
    if (link->next == NULL)
        return;
    link->prev->next = link->next;
    link->next->prev = link->prev;
    link->prev = NULL;
    link->next = NULL;
}

/* Takes the front member out; NULL when the list is empty. */
static inline struct gh_link *
gh_list_take(struct gh_link *head)
{
    struct gh_link *link = gh_list_first(head);

    if (link != NULL)
        gh_link_leave(link);
    return link;
}

#endif
