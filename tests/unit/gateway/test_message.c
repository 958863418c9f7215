/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/message.c: every status that the gateway can answer with
 * has a message, every message is fit for a page, and every final status has
 * a phrase that is fit for a status line.
 */
#include "message.h"

#include "base/attr.h"
#include "check.h"

#include "base/banned.h"

/* The statuses that a person can get to see from the gateway itself. */
static const unsigned own_statuses[] = {
    400, 401, 403, 404, 405, 411, 413, 414, 415,
    421, 426, 429, 431, 500, 501, 502, 503, 504,
};

/* Longest texts that still read well at 320 px: about eight lines. */
enum {
    TITLE_MAX = 30,
    HEADING_MAX = 50,
    TEXT_MAX = 240
};

/* Fit for a page: there, not too long, no byte outside printable ASCII. */
static bool
is_readable(struct gh_text text, size_t max)
{
    return text.len > 0 && text.len <= max &&
           gh_text_all(text, GH_CLASS_FIELD) &&
           gh_text_equal(text, gh_text_trim(text));
}

static void
check_message(const struct gh_message *message)
{
    check(is_readable(message->title, TITLE_MAX));
    check(is_readable(message->heading, HEADING_MAX));
    check(is_readable(message->text, TEXT_MAX));
    check(is_readable(message->hint, TEXT_MAX));
    check(!gh_text_ends(message->heading, GH_TEXT(".")));
    check(gh_text_ends(message->text, GH_TEXT(".")));
    check(gh_text_ends(message->hint, GH_TEXT(".")));
}

static void
every_status_of_ours_has_a_message_of_its_own(void)
{
    for (size_t i = 0; i < GH_COUNT(own_statuses); i++) {
        const struct gh_message *message = gh_message_of(own_statuses[i]);

        check_number(own_statuses[i], message->status);
        check_message(message);
    }
}

static void
no_two_messages_have_the_same_heading(void)
{
    for (size_t i = 0; i < GH_COUNT(own_statuses); i++) {
        for (size_t j = i + 1; j < GH_COUNT(own_statuses); j++)
            check(!gh_text_equal(gh_message_of(own_statuses[i])->heading,
                                 gh_message_of(own_statuses[j])->heading));
    }
}

static void
status_without_message_gets_the_general_one(void)
{
    static const unsigned others[] = {0, 200, 402, 418, 505, 599, 4000};

    for (size_t i = 0; i < GH_COUNT(others); i++) {
        const struct gh_message *message = gh_message_of(others[i]);

        check_number(0, message->status);
        check(!message->is_worth_again);
        check_message(message);
    }
}

static void
only_passing_trouble_invites_to_ask_again(void)
{
    for (size_t i = 0; i < GH_COUNT(own_statuses); i++) {
        unsigned status = own_statuses[i];
        bool passes = status == 429 || (status >= 500 && status != 501);

        check(gh_message_of(status)->is_worth_again == passes);
    }
}

static void
reason_is_the_registered_phrase(void)
{
    check_text(GH_TEXT("OK"), gh_reason_of(200));
    check_text(GH_TEXT("No Content"), gh_reason_of(204));
    check_text(GH_TEXT("Not Modified"), gh_reason_of(304));
    check_text(GH_TEXT("Content Too Large"), gh_reason_of(413));
    check_text(GH_TEXT("Misdirected Request"), gh_reason_of(421));
    check_text(GH_TEXT("Gateway Timeout"), gh_reason_of(504));
    check_text(GH_TEXT("Network Authentication Required"), gh_reason_of(511));
}

static void
reason_of_an_unregistered_status_names_its_class(void)
{
    check_text(GH_TEXT("Success"), gh_reason_of(299));
    check_text(GH_TEXT("Redirection"), gh_reason_of(306));
    check_text(GH_TEXT("Client Error"), gh_reason_of(418));
    check_text(GH_TEXT("Client Error"), gh_reason_of(499));
    check_text(GH_TEXT("Server Error"), gh_reason_of(599));
}

static void
every_final_status_has_a_printable_reason(void)
{
    for (unsigned status = 200; status <= 599; status++)
        check(is_readable(gh_reason_of(status), HEADING_MAX));
}

static void
reason_outside_the_final_statuses_is_unknown(void)
{
    static const unsigned others[] = {0, 100, 101, 199, 600, 65535};

    for (size_t i = 0; i < GH_COUNT(others); i++)
        check_text(GH_TEXT("Unknown"), gh_reason_of(others[i]));
}

const struct check_case message_cases[] = {
    CHECK_CASE(every_status_of_ours_has_a_message_of_its_own),
    CHECK_CASE(no_two_messages_have_the_same_heading),
    CHECK_CASE(status_without_message_gets_the_general_one),
    CHECK_CASE(only_passing_trouble_invites_to_ask_again),
    CHECK_CASE(reason_is_the_registered_phrase),
    CHECK_CASE(reason_of_an_unregistered_status_names_its_class),
    CHECK_CASE(every_final_status_has_a_printable_reason),
    CHECK_CASE(reason_outside_the_final_statuses_is_unknown),
    {0},
};
