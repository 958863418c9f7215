/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/fresh: what was asked for before a change does not hold,
 * what was asked for after it does, and nothing holds beyond the bound.
 */
#include "fresh.h"

#include <pthread.h>
#include <stdatomic.h>

#include "check.h"

#include "base/banned.h"

enum {
    N_SPOILERS = 4,
    N_ROUNDS = 2000, /* changes of each */
    SESSION = 31,
    ACCOUNT = 7,
};

static struct gh_fresh *
begin(void)
{
    struct gh_fresh *fresh = NULL;

    check_status(GH_OK, gh_fresh_new(&fresh));
    return fresh;
}

static bool
holds(const struct gh_fresh *fresh, uint64_t moment)
{
    return gh_fresh_holds(fresh, moment, SESSION, ACCOUNT);
}

static void
nothing_is_believed_beyond_the_bound(void)
{
    struct gh_fresh *fresh = begin();
    int64_t version = -1;

    check(!gh_fresh_is_on(fresh, 1, 500, &version));
    gh_fresh_extend(fresh, 8, 1000);
    check(gh_fresh_is_on(fresh, 1499, 500, &version));
    check_number(8, version);
    check(!gh_fresh_is_on(fresh, 1500, 500, &version));
    check(gh_fresh_is_on(fresh, 1500, 501, &version));
    gh_fresh_extend(fresh, 9, 1200);
    check(gh_fresh_is_on(fresh, 1500, 500, &version));
    check_number(9, version);
    gh_fresh_free(fresh);
}

static void
bound_of_nothing_wants_a_later_question(void)
{
    struct gh_fresh *fresh = begin();
    int64_t version = -1;

    check(!gh_fresh_is_on(fresh, 0, 0, &version));
    gh_fresh_extend(fresh, 8, 1000);
    check(!gh_fresh_is_on(fresh, 1001, 0, &version));
    check(!gh_fresh_is_on(fresh, 1000, 0, &version));
    check(gh_fresh_is_on(fresh, 999, 0, &version));
    check_number(8, version);
    gh_fresh_free(fresh);
}

static void
what_was_asked_for_before_a_change_does_not_hold(void)
{
    static const struct {
        enum gh_fresh_kind kind;
        int64_t id;
        bool is_spoilt;
    } rows[] = {
        {GH_FRESH_SESSION, SESSION, true},
        {GH_FRESH_ACCOUNT, ACCOUNT, true},
        {GH_FRESH_EVERYTHING, 0, true},
        {GH_FRESH_SESSION, ACCOUNT, false},
        {GH_FRESH_ACCOUNT, SESSION, false},
        {GH_FRESH_SESSION, SESSION + 1, false},
        {GH_FRESH_ACCOUNT, -ACCOUNT, false},
        /* A kind of a database that knows more. */
        {(enum gh_fresh_kind)3, 0, true},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct gh_fresh *fresh = begin();
        uint64_t before = gh_fresh_moment(fresh);

        check(holds(fresh, before));
        gh_fresh_spoil(fresh, rows[i].kind, rows[i].id);
        check_number(!rows[i].is_spoilt, holds(fresh, before));
        check(holds(fresh, gh_fresh_moment(fresh)));
        gh_fresh_free(fresh);
    }
}

static void
question_under_way_during_a_change_does_not_hold(void)
{
    struct gh_fresh *fresh = begin();
    uint64_t asked;

    gh_fresh_spoil(fresh, GH_FRESH_SESSION, SESSION);
    asked = gh_fresh_moment(fresh);
    gh_fresh_spoil(fresh, GH_FRESH_SESSION, 99);
    check(holds(fresh, asked));
    gh_fresh_spoil(fresh, GH_FRESH_SESSION, SESSION);
    check(!holds(fresh, asked));
    gh_fresh_free(fresh);
}

static void
sessions_hardly_share_places(void)
{
    struct gh_fresh *fresh = begin();
    uint64_t before = gh_fresh_moment(fresh);
    unsigned n = 0;

    for (int64_t id = 1; id <= 1000; id++)
        gh_fresh_spoil(fresh, GH_FRESH_SESSION, id);
    for (int64_t id = 1001; id <= 11000; id++)
        n += !gh_fresh_holds(fresh, before, id, 0);
    check(n < 600);
    gh_fresh_free(fresh);
}

static void
without_it_nothing_is_believed(void)
{
    int64_t version;

    gh_fresh_spoil(NULL, GH_FRESH_EVERYTHING, 0);
    gh_fresh_extend(NULL, 1, 1);
    check_number(0, gh_fresh_moment(NULL));
    check(!gh_fresh_is_on(NULL, 0, 1, &version));
    gh_fresh_free(NULL);
}

/* One of several that spoil the same session: right after its change, what was
 * asked for before must not hold, whatever the others do. */
static struct {
    struct gh_fresh *fresh;
    atomic_uint n_wrong;
} storm;

static void *
spoil_on(void *ctx)
{
    (void)ctx;
    for (int i = 0; i < N_ROUNDS; i++) {
        uint64_t before = gh_fresh_moment(storm.fresh);

        gh_fresh_spoil(storm.fresh, GH_FRESH_SESSION, SESSION);
        if (holds(storm.fresh, before))
            atomic_fetch_add(&storm.n_wrong, 1);
    }
    return NULL;
}

static void
changes_on_several_threads_do_not_hide_each_other(void)
{
    pthread_t threads[N_SPOILERS];

    storm.fresh = begin();
    atomic_store(&storm.n_wrong, 0);
    for (size_t i = 0; i < N_SPOILERS; i++)
        check(pthread_create(&threads[i], NULL, spoil_on, NULL) == 0);
    for (size_t i = 0; i < N_SPOILERS; i++)
        pthread_join(threads[i], NULL);
    check_number(0, atomic_load(&storm.n_wrong));
    check_number(N_SPOILERS * N_ROUNDS, gh_fresh_moment(storm.fresh));
    gh_fresh_free(storm.fresh);
}

const struct check_case fresh_cases[] = {
    CHECK_CASE(nothing_is_believed_beyond_the_bound),
    CHECK_CASE(bound_of_nothing_wants_a_later_question),
    CHECK_CASE(what_was_asked_for_before_a_change_does_not_hold),
    CHECK_CASE(question_under_way_during_a_change_does_not_hold),
    CHECK_CASE(sessions_hardly_share_places),
    CHECK_CASE(without_it_nothing_is_believed),
    CHECK_CASE(changes_on_several_threads_do_not_hide_each_other),
    {0},
};
