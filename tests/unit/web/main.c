/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the tests of lib/web. One line a module; a test that is written but not
 * in its module's list is found by the lint.
 */
#include "check.h"

#include "base/banned.h"

extern const struct check_case agent_cases[];
extern const struct check_case answer_cases[];
extern const struct check_case chunked_cases[];
extern const struct check_case client_cases[];
extern const struct check_case cookie_cases[];
extern const struct check_case data_cases[];
extern const struct check_case fields_cases[];
extern const struct check_case form_cases[];
extern const struct check_case host_cases[];
extern const struct check_case local_cases[];
extern const struct check_case page_cases[];
extern const struct check_case path_cases[];
extern const struct check_case rule_cases[];

int
main(void)
{
    const struct check_suite suites[] = {
        {"agent", agent_cases},     {"answer", answer_cases},
        {"chunked", chunked_cases}, {"client", client_cases},
        {"cookie", cookie_cases},   {"data", data_cases},
        {"fields", fields_cases},   {"form", form_cases},
        {"host", host_cases},       {"local", local_cases},
        {"page", page_cases},       {"path", path_cases},
        {"rule", rule_cases},
    };

    return check_run("unit_web", suites, GH_COUNT(suites));
}
