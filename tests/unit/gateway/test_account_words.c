/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/account_words: the most particular words are found, and
 * nothing is without any.
 */
#include "account_int.h"

#include "check.h"

#include "base/banned.h"

static void
check_words(struct gh_account_event event, struct gh_text expected)
{
    check_text(expected, gh_account_words(&event));
}

static void
events_have_words(void)
{
    check_words(
        (struct gh_account_event){.event = GH_TEXT("authn_login_success")},
        GH_TEXT("Signed in"));
    check_words((struct gh_account_event){.event = GH_TEXT("account_reported")},
                GH_TEXT("You said: this was not me"));
}

static void
reason_and_cause_make_a_difference(void)
{
    struct gh_account_event event = {.event = GH_TEXT("session_expired"),
                                     .reason = GH_TEXT("idle")};

    check_words(event, GH_TEXT("Session ended: not used for a while"));
    event.reason = GH_TEXT("revoked");
    check_words(event, GH_TEXT("Session ended"));
    event.cause = GH_TEXT("own");
    check_words(event, GH_TEXT("Session ended by you"));
    event.cause = GH_TEXT("credential");
    check_words(event, GH_TEXT("Session ended: new password"));
    event.reason = GH_TEXT("brand-new");
    check_words(event, GH_TEXT("Session ended"));
}

static void
own_password_is_told_from_one_that_was_set(void)
{
    struct gh_account_event event = {.event = GH_TEXT("authn_password_change"),
                                     .reason = GH_TEXT("own")};

    check_words(event, GH_TEXT("Password changed"));
    event.reason = GH_TEXT("administration");
    check_words(event, GH_TEXT("Password set by the people who run this site"));
}

static void
nothing_is_without_words(void)
{
    check_words((struct gh_account_event){0}, GH_TEXT("Something else"));
    check_words((struct gh_account_event){.event = GH_TEXT("new_event")},
                GH_TEXT("Something else"));
}

static void
only_our_codes_say_something(void)
{
    check(gh_account_notice(GH_TEXT("ended")).len > 0);
    check(gh_account_notice(GH_TEXT("password")).len > 0);
    check_number(0, gh_account_notice(GH_TEXT("")).len);
    check_number(0, gh_account_notice(GH_TEXT("ende")).len);
    check_number(0, gh_account_notice(GH_TEXT("<b>")).len);
}

const struct check_case account_words_cases[] = {
    CHECK_CASE(events_have_words),
    CHECK_CASE(reason_and_cause_make_a_difference),
    CHECK_CASE(own_password_is_told_from_one_that_was_set),
    CHECK_CASE(nothing_is_without_words),
    CHECK_CASE(only_our_codes_say_something),
    {0},
};
