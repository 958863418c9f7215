/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/travel, by sign-ins against PostgreSQL by script: which
 * journeys are told of, in which words, and that nobody is let in before. The
 * database of places is the one of core/test_place.c.
 */
#include "travel.h"

#include <stdio.h>
#include <stdlib.h>

#include "act.h"
#include "attempt.h"
#include "check.h"
#include "database.h"
#include "login_int.h"
#include "pipeline.h"

#include "base/banned.h"

/* Parameters of event_write. */
enum {
    PARAM_EVENT = 0,
    PARAM_OUTCOME = 1,
    PARAM_ACCOUNT_ID = 2,
    PARAM_ACCOUNT = 3,
    PARAM_SESSION = 4,
    PARAM_DETAIL = 14,
};

enum {
    TURNS_MAX = 10, /* calls after which recording is stuck */
};

#define MINUTE_US INT64_C(60000000)
#define HOME "198.51.100.7"  /* in DE */
#define ABROAD "203.0.113.7" /* in FR */
#define NOWHERE "198.18.0.7"

/* Two sign-ins. */
struct journey {
    const char *from_z; /* where the first one came from; NULL: none */
    const char *to_z;   /* where the second one comes from */
    int64_t us;         /* between them */
    uint64_t travel;    /* [place] travel, milliseconds */
    bool is_unmapped;   /* there is no database of places */
    unsigned n_waits;   /* how often the session is not there yet */
};

static struct gh_places *
open_places(void)
{
    const char *folder = getenv("GH_TEST_DIR");
    char name[4096];
    char words[256];
    struct gh_buf why = gh_buf_over(words, sizeof(words));
    struct gh_place_files files = {{0}, {0}};
    struct gh_places *places = NULL;

    snprintf(name, sizeof(name), "%s/../../data/places.mmdb",
             folder == NULL ? "." : folder);
    files.country = gh_text_of_z(name);
    check_status(GH_OK, gh_places_open(&files, &why, &places));
    return places;
}

/* What PostgreSQL is asked at the end of a journey, the last one laid. */
static struct fake_step steps[3];

/* Somebody at the end of a journey; the event is what the third step gives, if
 * there is one. */
static struct desk *
lay(const struct journey *journey, const struct fake_step *event)
{
    static struct fake_value row[ATTEMPT_N_SUCCEED];
    const struct attempt attempt = {.header_z = "REMOTE_ADDR",
                                    .value_z = journey->to_z};
    struct desk *desk;

    steps[0] = (struct fake_step)ATTEMPT_RESERVE(signing_reserve_row());
    steps[1] = (struct fake_step){.stmt = &gh_stmt_sign_in_succeed,
                                  .row = row,
                                  .n_columns = ATTEMPT_N_SUCCEED,
                                  .n_waits = journey->n_waits};
    for (size_t i = 0; i < ATTEMPT_N_SUCCEED; i++)
        row[i] = attempt_made[i];
    if (journey->from_z != NULL) {
        row[GH_SUCCEED_LAST_SIGN_IN_AT] =
            (struct fake_value){FAKE_TIME, {0}, ATTEMPT_BEGAN_US - journey->us};
        row[GH_SUCCEED_LAST_SIGN_IN_CLIENT] =
            (struct fake_value){FAKE_INET, gh_text_of_z(journey->from_z), 0};
    }
    if (event != NULL)
        steps[2] = *event;
    desk = attempt_lay(&attempt, steps, event == NULL ? 2 : 3);
    desk->worker.site->settings->place.travel = journey->travel;
    if (!journey->is_unmapped)
        desk->worker.places = open_places();
    return desk;
}

/* Signs in there. */
static struct desk *
arrive(const struct journey *journey, const struct fake_step *event,
       enum gh_status expected)
{
    struct desk *desk = lay(journey, event);

    if (signing_know(desk))
        check_status(expected, signing_act(desk));
    return desk;
}

static void
leave(struct desk *desk)
{
    gh_places_release(desk->worker.places);
    desk->worker.places = NULL;
    signing_end(desk);
}

static const struct fake_step told = {.stmt = &gh_stmt_event_write};

static void
another_country_too_soon_is_told_of(void)
{
    const struct journey journey = {HOME,    ABROAD, 5 * MINUTE_US,
                                    1800000, false,  0};
    struct desk *desk = arrive(&journey, &told, GH_OK);

    check_number(303, signing_reply(desk)->status);
    check_text(GH_TEXT("authn_impossible_travel"),
               fake_database_bytes(2, PARAM_EVENT));
    check_text(GH_TEXT("success"), fake_database_bytes(2, PARAM_OUTCOME));
    check_number(SIGNING_ID, attempt_number(2, PARAM_ACCOUNT_ID));
    check_text(GH_TEXT("alice"), fake_database_bytes(2, PARAM_ACCOUNT));
    check_text(fake_database_bytes(1, 6),
               fake_database_bytes(2, PARAM_SESSION));
    check_text(GH_TEXT("{\"from\":\"DE\",\"to\":\"FR\",\"seconds\":300}"),
               fake_database_bytes(2, PARAM_DETAIL));
    leave(desk);
}

static void
clock_that_was_set_back_hides_nothing(void)
{
    const struct journey journey = {ABROAD,  HOME,  -MINUTE_US,
                                    1800000, false, 0};
    struct desk *desk = arrive(&journey, &told, GH_OK);

    check_text(GH_TEXT("{\"from\":\"FR\",\"to\":\"DE\",\"seconds\":0}"),
               fake_database_bytes(2, PARAM_DETAIL));
    leave(desk);
}

static void
journeys_that_are_possible_are_not_told_of(void)
{
    static const struct journey journeys[] = {
        {HOME, HOME, MINUTE_US, 1800000, false, 0},
        {HOME, ABROAD, 30 * MINUTE_US, 1800000, false, 0},
        {HOME, NOWHERE, MINUTE_US, 1800000, false, 0},
        {NOWHERE, HOME, MINUTE_US, 1800000, false, 0},
        {NULL, HOME, 0, 1800000, false, 0},
        {HOME, ABROAD, MINUTE_US, 0, false, 0},
        {HOME, ABROAD, MINUTE_US, 1800000, true, 0},
    };

    for (size_t i = 0; i < GH_COUNT(journeys); i++) {
        struct desk *desk = arrive(&journeys[i], NULL, GH_OK);

        check_number(303, signing_reply(desk)->status);
        check_number(2, fake_database_asked());
        leave(desk);
    }
}

static void
one_that_is_just_too_fast_is_told_of(void)
{
    const struct journey journey = {HOME,    ABROAD, 30 * MINUTE_US - 1,
                                    1800000, false,  0};

    leave(arrive(&journey, &told, GH_OK));
}

static void
what_cannot_be_told_lets_nobody_in(void)
{
    const struct journey journey = {HOME, ABROAD, MINUTE_US, 1800000, false, 0};
    const struct fake_step lost[] = {
        {.stmt = &gh_stmt_event_write, .asked = GH_FAULT_DB},
        {.stmt = &gh_stmt_event_write, .status = GH_FAULT_DB},
        {.stmt = &gh_stmt_event_write, .status = GH_CONFLICT}};

    for (size_t i = 0; i < GH_COUNT(lost); i++)
        leave(arrive(&journey, &lost[i], GH_FAULT_DB));
}

/* Whom its proxy does not name is not where the proxy is. */
static void
who_is_not_named_is_nowhere(void)
{
    const struct journey journey = {HOME, ABROAD, MINUTE_US, 1800000, false, 0};
    struct desk *desk = lay(&journey, NULL);

    if (signing_know(desk)) {
        desk->exchange->request.is_client_unsure = true;
        check_status(GH_OK, signing_act(desk));
        check_number(303, signing_reply(desk)->status);
        check_number(2, fake_database_asked());
    }
    leave(desk);
}

/* Nobody hides where they are by not waiting for the answer. */
static void
who_hangs_up_is_told_of(void)
{
    const struct journey journey = {.from_z = HOME,
                                    .to_z = ABROAD,
                                    .us = MINUTE_US,
                                    .travel = 1800000,
                                    .n_waits = 3};
    struct gh_param params[GH_STMT_PARAMS_MAX];
    struct desk *desk = lay(&journey, &told);
    struct gh_exchange *x = desk->exchange;
    struct gh_login *login;

    for (size_t i = 0; i < GH_COUNT(params); i++)
        params[i] = gh_param_null(gh_stmt_sign_in_succeed.types[i]);
    /* The password was right: the session is being made. */
    fake_database_play(&steps[1], 2);
    if (signing_know(desk)) {
        login = gh_login_of(&x->context);
        login->phase = GH_LOGIN_SUCCEED;
        login->name = GH_TEXT("alice");
        check_status(GH_OK,
                     gh_database_ask(&x->context, &gh_stmt_sign_in_succeed,
                                     params, gh_stmt_sign_in_succeed.n_params));
        x->next = GH_STEP_ACT;
        for (int i = 0; i < TURNS_MAX && x->next != GH_STEP_DONE; i++)
            gh_pipeline_leave(x);
        check_number(GH_STEP_DONE, x->next);
        check_text(GH_TEXT("authn_impossible_travel"),
                   fake_database_bytes(1, PARAM_EVENT));
        gh_database_done(&x->context);
    }
    leave(desk);
}

const struct check_case travel_cases[] = {
    CHECK_CASE(who_hangs_up_is_told_of),
    CHECK_CASE(who_is_not_named_is_nowhere),
    CHECK_CASE(another_country_too_soon_is_told_of),
    CHECK_CASE(clock_that_was_set_back_hides_nothing),
    CHECK_CASE(journeys_that_are_possible_are_not_told_of),
    CHECK_CASE(one_that_is_just_too_fast_is_told_of),
    CHECK_CASE(what_cannot_be_told_lets_nobody_in),
    {0},
};
