/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the tests of lib/core. One line a module; a test that is written but not
 * in its module's list is found by the lint.
 */
#include "check.h"

#include "base/banned.h"

extern const struct check_case aead_cases[];
extern const struct check_case application_cases[];
extern const struct check_case binding_cases[];
extern const struct check_case blocklist_cases[];
extern const struct check_case condition_cases[];
extern const struct check_case condition_ask_cases[];
extern const struct check_case csrf_cases[];
extern const struct check_case keys_cases[];
extern const struct check_case method_cases[];
extern const struct check_case new_password_cases[];
extern const struct check_case password_cases[];
extern const struct check_case place_cases[];
extern const struct check_case policy_cases[];
extern const struct check_case preference_cases[];
extern const struct check_case rules_cases[];
extern const struct check_case rules_read_cases[];
extern const struct check_case session_cases[];
extern const struct check_case trie_cases[];
extern const struct check_case vault_cases[];
extern const struct check_case zone_cases[];

int
main(void)
{
    const struct check_suite suites[] = {
        {"aead", aead_cases},           {"application", application_cases},
        {"binding", binding_cases},     {"blocklist", blocklist_cases},
        {"condition", condition_cases}, {"condition_ask", condition_ask_cases},
        {"csrf", csrf_cases},           {"keys", keys_cases},
        {"method", method_cases},       {"new_password", new_password_cases},
        {"password", password_cases},   {"place", place_cases},
        {"policy", policy_cases},       {"preference", preference_cases},
        {"rules", rules_cases},         {"rules_read", rules_read_cases},
        {"session", session_cases},     {"trie", trie_cases},
        {"vault", vault_cases},         {"zone", zone_cases},
    };

    return check_run("unit_core", suites, GH_COUNT(suites));
}
