/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the tests of gateway that sign people in, with PostgreSQL by script
 * (tests/fake). One line a module; a test that is written but not in its
 * module's list is found by the lint.
 */
#include "check.h"

#include "base/banned.h"

extern const struct check_case account_page_cases[];
extern const struct check_case account_words_cases[];
extern const struct check_case act_account_cases[];
extern const struct check_case act_data_cases[];
extern const struct check_case act_deny_cases[];
extern const struct check_case act_login_cases[];
extern const struct check_case act_logout_cases[];
extern const struct check_case act_operations_cases[];
extern const struct check_case act_page_cases[];
extern const struct check_case act_password_cases[];
extern const struct check_case act_preference_cases[];
extern const struct check_case act_renew_cases[];
extern const struct check_case act_session_cases[];
extern const struct check_case event_cases[];
extern const struct check_case guard_cases[];
extern const struct check_case hashing_cases[];
extern const struct check_case journal_cases[];
extern const struct check_case keeper_cases[];
extern const struct check_case login_form_cases[];
extern const struct check_case look_cases[];
extern const struct check_case lookup_cases[];
extern const struct check_case login_fail_cases[];
extern const struct check_case login_guess_cases[];
extern const struct check_case login_page_cases[];
extern const struct check_case found_cases[];
extern const struct check_case moved_cases[];
extern const struct check_case shorten_cases[];
extern const struct check_case step_record_cases[];
extern const struct check_case outage_cases[];
extern const struct check_case recall_cases[];
extern const struct check_case step_identify_cases[];
extern const struct check_case travel_cases[];
extern const struct check_case visit_cases[];

int
main(void)
{
    const struct check_suite suites[] = {
        {"hashing", hashing_cases},
        {"visit", visit_cases},
        {"event", event_cases},
        {"journal", journal_cases},
        {"lookup", lookup_cases},
        {"keeper", keeper_cases},
        {"look", look_cases},
        {"guard", guard_cases},
        {"login_page", login_page_cases},
        {"recall", recall_cases},
        {"found", found_cases},
        {"moved", moved_cases},
        {"shorten", shorten_cases},
        {"step_record", step_record_cases},
        {"outage", outage_cases},
        {"step_identify", step_identify_cases},
        {"account_page", account_page_cases},
        {"account_words", account_words_cases},
        {"act_account", act_account_cases},
        {"act_data", act_data_cases},
        {"act_deny", act_deny_cases},
        {"act_page", act_page_cases},
        {"act_operations", act_operations_cases},
        {"login_form", login_form_cases},
        {"login_guess", login_guess_cases},
        {"login_fail", login_fail_cases},
        {"act_login", act_login_cases},
        {"travel", travel_cases},
        {"act_logout", act_logout_cases},
        {"act_password", act_password_cases},
        {"act_preference", act_preference_cases},
        {"act_renew", act_renew_cases},
        {"act_session", act_session_cases},
    };

    return check_run("unit_gateway_database", suites, GH_COUNT(suites));
}
