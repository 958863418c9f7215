/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/body: what is added comes out in order, through any number
 * of laps of the buffer, and never more waits than there is room for.
 */
#include "body.h"

#include <string.h>

#include "check.h"

#include "base/banned.h"

/* The byte at a place of the endless pattern that tests send. */
static char
pattern(uint64_t place)
{
    return (char)('a' + (char)(place % 23));
}

/* Adds n bytes of the pattern. */
static enum gh_status
add(struct gh_body *body, struct gh_arena *arena, size_t n)
{
    static char bytes[GH_BODY_BUFFER];

    for (size_t i = 0; i < n; i++)
        bytes[i] = pattern(body->n_come + i);
    return gh_body_add(body, arena, (struct gh_text){bytes, n});
}

/* Takes n bytes, which must be the pattern from *taken on. */
static void
take(struct gh_body *body, size_t n, uint64_t *taken)
{
    struct gh_text waiting = gh_body_waiting(body);
    bool is_right = waiting.len >= n;

    for (size_t i = 0; i < n && is_right; i++)
        is_right = waiting.at[i] == pattern(*taken + i);
    check(is_right);
    gh_body_take(body, n);
    *taken += n;
}

static void
empty_body_has_all_the_room_and_needs_no_memory(void)
{
    struct gh_body body = {0};
    struct gh_arena arena;

    gh_arena_init(&arena, 0);
    check_number(GH_BODY_BUFFER, gh_body_room(&body));
    check_number(0, gh_body_waiting(&body).len);
    check_status(GH_OK, gh_body_add(&body, &arena, (struct gh_text){0}));
    check_number(0, body.n_come);
    gh_arena_done(&arena);
}

static void
bytes_wait_until_they_are_taken(void)
{
    struct gh_body body = {0};
    struct gh_arena arena;
    uint64_t taken = 0;

    gh_arena_init(&arena, 1 << 20);
    check_status(GH_OK, add(&body, &arena, 10));
    check_number(10, gh_body_waiting(&body).len);
    take(&body, 4, &taken);
    check_number(6, gh_body_waiting(&body).len);
    check_number(GH_BODY_BUFFER - 6, gh_body_room(&body));
    take(&body, 6, &taken);
    check_number(GH_BODY_BUFFER, gh_body_room(&body));
    check_number(10, body.n_come);
    gh_arena_done(&arena);
}

static void
body_ends_where_it_says(void)
{
    struct gh_body body = {0};
    struct gh_arena arena;

    gh_arena_init(&arena, 1 << 20);
    check_status(GH_OK, gh_body_add(&body, &arena, GH_TEXT("a=b&evil=yes")));
    check_text(GH_TEXT("a=b"), gh_body_whole(&body, 3));
    check_text(GH_TEXT("a=b&evil=yes"), gh_body_whole(&body, 12));
    check_text(GH_TEXT("a=b&evil=yes"), gh_body_whole(&body, UINT64_MAX));
    check_number(0, gh_body_whole(&body, 0).len);
    gh_arena_done(&arena);
}

static void
buffer_can_be_filled_to_the_last_byte_and_again(void)
{
    struct gh_body body = {0};
    struct gh_arena arena;
    uint64_t taken = 0;

    gh_arena_init(&arena, 1 << 20);
    for (int lap = 0; lap < 3; lap++) {
        check_status(GH_OK, add(&body, &arena, gh_body_room(&body)));
        check_number(0, gh_body_room(&body));
        take(&body, 1, &taken);
        check_status(GH_OK, add(&body, &arena, 1));
        check_number(0, gh_body_room(&body));
        take(&body, GH_BODY_BUFFER / 2 + 1, &taken);
    }
    gh_arena_done(&arena);
}

static void
order_holds_over_uneven_steps(void)
{
    struct gh_body body = {0};
    struct gh_arena arena;
    uint64_t taken = 0;

    gh_arena_init(&arena, 1 << 20);
    for (size_t step = 1; step < 400; step++) {
        size_t room = gh_body_room(&body);
        size_t n = step * 97 % 5000;

        check_status(GH_OK, add(&body, &arena, n < room ? n : room));
        n = step * 61 % 5000;
        if (n > gh_body_waiting(&body).len)
            n = gh_body_waiting(&body).len;
        take(&body, n, &taken);
    }
    take(&body, gh_body_waiting(&body).len, &taken);
    check_number(taken, body.n_come);
    gh_arena_done(&arena);
}

static void
KILL_013_without_memory_nothing_is_added(void)
{
    struct gh_body body = {0};
    struct gh_arena arena;

    gh_arena_init(&arena, 100);
    check_status(GH_FAULT_MEMORY, add(&body, &arena, 1));
    check_number(0, body.n_come);
    check_number(0, gh_body_waiting(&body).len);
    gh_arena_done(&arena);
}

const struct check_case body_cases[] = {
    CHECK_CASE(empty_body_has_all_the_room_and_needs_no_memory),
    CHECK_CASE(bytes_wait_until_they_are_taken),
    CHECK_CASE(buffer_can_be_filled_to_the_last_byte_and_again),
    CHECK_CASE(order_holds_over_uneven_steps),
    CHECK_CASE(body_ends_where_it_says),
    CHECK_CASE(KILL_013_without_memory_nothing_is_added),
    {0},
};
