/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of base/list: order, leaving from any place, and that a link always
 * knows whether it is in a list.
 */
#include "base/list.h"

#include "check.h"

#include "base/banned.h"

/* A member with a number. */
struct member {
    struct gh_link link; /* in the list of a test */
    int number;          /* which one */
};

static void
fill(struct gh_link *head, struct member members[3])
{
    gh_list_init(head);
    for (int i = 0; i < 3; i++) {
        members[i] = (struct member){.number = i};
        gh_list_append(head, &members[i].link);
    }
}

/* The number of the front member, which is taken out; -1: none. */
static int
take(struct gh_link *head)
{
    struct gh_link *link = gh_list_take(head);

    return link == NULL ? -1 : GH_CONTAINER(link, struct member, link)->number;
}

static void
new_list_is_empty_and_gives_nothing(void)
{
    struct gh_link head;

    gh_list_init(&head);
    check(gh_list_is_empty(&head));
    check(gh_list_take(&head) == NULL);
    check(gh_list_is_empty(&head));
}

static void
members_come_out_in_the_order_they_went_in(void)
{
    struct gh_link head;
    struct member members[3];

    fill(&head, members);
    check(!gh_list_is_empty(&head));
    check_number(0, take(&head));
    check_number(1, take(&head));
    check_number(2, take(&head));
    check_number(-1, take(&head));
}

static void
member_leaves_from_any_place(void)
{
    for (int leaver = 0; leaver < 3; leaver++) {
        struct gh_link head;
        struct member members[3];

        fill(&head, members);
        gh_link_leave(&members[leaver].link);
        check_number(leaver == 0 ? 1 : 0, take(&head));
        check_number(leaver == 2 ? 1 : 2, take(&head));
        check(gh_list_is_empty(&head));
    }
}

static void
link_knows_whether_it_is_in_a_list(void)
{
    struct gh_link head;
    struct member members[3];
    struct gh_link zeroed = {0};

    check(!gh_link_is_in(&zeroed));
    fill(&head, members);
    check(gh_link_is_in(&members[1].link));
    gh_link_leave(&members[1].link);
    check(!gh_link_is_in(&members[1].link));
    check_number(0, take(&head));
    check(!gh_link_is_in(&members[0].link));
}

static void
leaving_twice_changes_nothing(void)
{
    struct gh_link head;
    struct member members[3];

    fill(&head, members);
    gh_link_leave(&members[0].link);
    gh_link_leave(&members[0].link);
    check_number(1, take(&head));
    check_number(2, take(&head));
}

static void
member_that_left_can_join_again_at_the_back(void)
{
    struct gh_link head;
    struct member members[3];

    fill(&head, members);
    gh_link_leave(&members[0].link);
    gh_list_append(&head, &members[0].link);
    check_number(1, take(&head));
    check_number(2, take(&head));
    check_number(0, take(&head));
}

const struct check_case list_cases[] = {
    CHECK_CASE(new_list_is_empty_and_gives_nothing),
    CHECK_CASE(members_come_out_in_the_order_they_went_in),
    CHECK_CASE(member_leaves_from_any_place),
    CHECK_CASE(link_knows_whether_it_is_in_a_list),
    CHECK_CASE(leaving_twice_changes_nothing),
    CHECK_CASE(member_that_left_can_join_again_at_the_back),
    {0},
};
