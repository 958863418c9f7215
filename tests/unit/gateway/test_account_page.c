/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/account_page: what people are told of who they are, where
 * they are signed in, and what happened.
 */
#include "act.h"

#include "check.h"
#include "signing.h"

#include "base/banned.h"

#define READ(columns, n)                                                       \
    {                                                                          \
        .stmt = &gh_stmt_account_read, .row = (columns),                       \
        .n_columns = GH_OWN_COLUMNS, .n_rows = (n)                             \
    }
#define OWN "Refere\0\377EnceRef"
#define NUMBER(n)                                                              \
    {                                                                          \
        FAKE_NUMBER, {0}, n                                                    \
    }
#define AT(us)                                                                 \
    {                                                                          \
        FAKE_TIME, {0}, us                                                     \
    }
#define WORD(literal)                                                          \
    {                                                                          \
        FAKE_TEXT, GH_TEXT_INIT(literal), 0                                    \
    }

/* This session, one of a phone, a failure with nobody's browser, and a browser
 * that is known in words only. */
static const struct fake_value rows[][GH_OWN_COLUMNS] = {
    {[GH_OWN_RELATION] = NUMBER(0),
     [GH_OWN_SESSION] = {FAKE_BYTEA, {OWN, 16}, 0},
     [GH_OWN_AT] = AT(1795423267000000),
     [GH_OWN_SEEN_AT] = AT(1795423367000000),
     [GH_OWN_CLIENT] = {FAKE_INET, GH_TEXT_INIT("192.0.2.9"), 0},
     [GH_OWN_USER_AGENT] = WORD("Firefox/1 Linux"),
     [GH_OWN_REPEATS] = NUMBER(1)},
    {[GH_OWN_RELATION] = NUMBER(0),
     [GH_OWN_SESSION] = {FAKE_BYTEA, GH_TEXT_INIT("0123456789abcdef"), 0},
     [GH_OWN_AT] = AT(1795423267000000),
     [GH_OWN_SEEN_AT] = AT(1795423267000000),
     [GH_OWN_USER_AGENT] = WORD("<b>phone"),
     [GH_OWN_REPEATS] = NUMBER(1)},
    {[GH_OWN_RELATION] = NUMBER(1),
     [GH_OWN_AT] = AT(1795423267000000),
     [GH_OWN_CLIENT] = {FAKE_INET, GH_TEXT_INIT("2001:db8::7"), 0},
     [GH_OWN_USER_AGENT] = WORD(""),
     [GH_OWN_EVENT] = WORD("authn_login_fail"),
     [GH_OWN_REASON] = WORD("throttled"),
     [GH_OWN_REPEATS] = NUMBER(12)},
    {[GH_OWN_RELATION] = NUMBER(1),
     [GH_OWN_AT] = AT(1795423267000000),
     [GH_OWN_CLIENT] = {FAKE_INET, GH_TEXT_INIT("192.0.2.66"), 0},
     [GH_OWN_USER_AGENT] = WORD(""),
     [GH_OWN_EVENT] = WORD("session_place_changed"),
     [GH_OWN_REASON] = WORD("device"),
     [GH_OWN_REPEATS] = NUMBER(1),
     [GH_OWN_DEVICE] = WORD("Chrome on Windows")},
};

/* Opens the page, with that found in two questions. */
static struct desk *
play_page(const struct fake_step *steps)
{
    struct desk *desk = signing_begin(steps, 2, 1);

    desk_set(desk, "REQUEST_URI", GH_TEXT("/auth/account"));
    desk_set(desk, "HTTP_SEC_FETCH_MODE", GH_TEXT("navigate"));
    desk_set(desk, "HTTP_COOKIE", GH_TEXT("__Host-id=" SIGNING_TOKEN));
    if (signing_know(desk))
        check_status(GH_OK, signing_act(desk));
    check_number(200, signing_reply(desk)->status);
    return desk;
}

/* Opens the page, with the first n of the rows. */
static struct desk *
open_page(struct fake_value *found, size_t n)
{
    static struct fake_step steps[2];

    steps[0] = (struct fake_step)SIGNING_FOUND(found);
    steps[1] = (struct fake_step)READ(rows[0], n);
    return play_page(steps);
}

static struct fake_value *
live(void)
{
    return signing_find_row(GH_TEXT(SIGNING_TOKEN), 0);
}

static void
person_is_told_of_the_sign_in_before(void)
{
    struct desk *desk = open_page(live(), 1);

    check(signing_has(desk, GH_TEXT("alice")));
    check(signing_has(desk, GH_TEXT("Alice &quot;A&quot; &lt;Example&gt;")));
    check(signing_has(desk, GH_TEXT("2026-11-23 08:41:07 UTC")));
    check(signing_has(desk, GH_TEXT("2001:db8::9")));
    check(!signing_has(desk, GH_TEXT(SIGNING_TOKEN)));
    signing_end(desk);
}

static void
person_who_signs_in_first_is_told_of_none(void)
{
    struct fake_value *row = live();
    struct desk *desk;

    row[GH_FIND_PREVIOUS_AT] = (struct fake_value){0};
    row[GH_FIND_PREVIOUS_CLIENT] = (struct fake_value){0};
    row[GH_FIND_FAILURES_BEFORE].number = 0;
    desk = open_page(row, 1);
    check(signing_has(desk, GH_TEXT("This is your first sign-in.")));
    check(!signing_has(desk, GH_TEXT("Failed sign-ins")));
    check(!signing_has(desk, GH_TEXT("1970")));
    check(signing_has(desk, GH_TEXT("Nothing.")));
    signing_end(desk);
}

static void
this_session_has_a_mark_and_no_button(void)
{
    struct desk *desk = open_page(live(), 1);

    check(signing_has(desk, GH_TEXT("Firefox on Linux")));
    check(signing_has(desk, GH_TEXT("this browser")));
    check(signing_has(desk, GH_TEXT("Last seen 2026-11-23 08:42:47 UTC")));
    check(!signing_has(desk, GH_TEXT(SIGNING_REFERENCE)));
    check(!signing_has(desk, GH_TEXT("name=\"end\"")));
    signing_end(desk);
}

static void
others_have_a_button_each_and_one_for_all(void)
{
    struct desk *desk = open_page(live(), 2);

    check(signing_has(desk, GH_TEXT("&lt;b&gt;phone")));
    check(!signing_has(desk, GH_TEXT("<b>phone")));
    check(
        signing_has(desk, GH_TEXT("name=\"end\" value=\"3031323334353637383961"
                                  "6263646566\"")));
    check(signing_has(desk, GH_TEXT("name=\"end\" value=\"others\"")));
    signing_end(desk);
}

static void
what_happened_is_told_in_words(void)
{
    struct desk *desk = open_page(live(), 3);

    check(signing_has(desk, GH_TEXT("Sign-in refused: too many attempts "
                                    "(12 times)")));
    check(signing_has(desk, GH_TEXT("2001:db8::7")));
    check(!signing_has(desk, GH_TEXT("without a name")));
    signing_end(desk);
}

static void
browser_in_words_is_shown_as_it_is(void)
{
    struct desk *desk = open_page(live(), 4);

    check(signing_has(desk, GH_TEXT("Session used with another browser")));
    check(signing_has(desk, GH_TEXT("<bdi>Chrome on Windows</bdi>")));
    check(signing_has(desk, GH_TEXT("192.0.2.66")));
    signing_end(desk);
}

/* A sign-in in winter, a session since summer and until winter: by the clocks
 * of each moment. */
static void
moments_are_those_of_the_persons_clocks(void)
{
    static const struct fake_value far_away[][GH_OWN_COLUMNS] = {
        {[GH_OWN_RELATION] = NUMBER(0),
         [GH_OWN_SESSION] = {FAKE_BYTEA, {OWN, 16}, 0},
         [GH_OWN_AT] = AT(1795423267000000),
         [GH_OWN_SEEN_AT] = AT(1795423367000000),
         [GH_OWN_USER_AGENT] = WORD("Firefox/1 Linux"),
         [GH_OWN_REPEATS] = NUMBER(1),
         [GH_OWN_AT_OFFSET] = NUMBER(-9000),
         [GH_OWN_SEEN_OFFSET] = NUMBER(-12600)},
        {[GH_OWN_RELATION] = NUMBER(1),
         [GH_OWN_AT] = AT(1795423267000000),
         [GH_OWN_USER_AGENT] = WORD(""),
         [GH_OWN_EVENT] = WORD("session_logout"),
         [GH_OWN_REPEATS] = NUMBER(1),
         [GH_OWN_AT_OFFSET] = NUMBER(7200)},
    };
    struct fake_value *row = live();
    struct fake_step steps[] = {SIGNING_FOUND(row), READ(far_away[0], 2)};
    struct desk *desk;

    row[GH_FIND_PREVIOUS_OFFSET] = (struct fake_value)NUMBER(3600);
    desk = play_page(steps);
    check(signing_has(desk, GH_TEXT("on 2026-11-23 09:41:07 UTC+1 from")));
    check(
        signing_has(desk, GH_TEXT("Signed in 2026-11-23 06:11:07 UTC-2:30.")));
    check(
        signing_has(desk, GH_TEXT("Last seen 2026-11-23 05:12:47 UTC-3:30.")));
    check(signing_has(desk, GH_TEXT("2026-11-23 10:41:07 UTC+2")));
    signing_end(desk);
}

const struct check_case account_page_cases[] = {
    CHECK_CASE(moments_are_those_of_the_persons_clocks),
    CHECK_CASE(person_is_told_of_the_sign_in_before),
    CHECK_CASE(person_who_signs_in_first_is_told_of_none),
    CHECK_CASE(this_session_has_a_mark_and_no_button),
    CHECK_CASE(others_have_a_button_each_and_one_for_all),
    CHECK_CASE(what_happened_is_told_in_words),
    CHECK_CASE(browser_in_words_is_shown_as_it_is),
    {0},
};
