/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the tests of lib/base. One line a module; a test that is written but not
 * in its module's list is found by the lint.
 */
#include "check.h"

#include "base/banned.h"

extern const struct check_case address_cases[];
extern const struct check_case arena_cases[];
extern const struct check_case buf_cases[];
extern const struct check_case clock_cases[];
extern const struct check_case conf_cases[];
extern const struct check_case digest_cases[];
extern const struct check_case list_cases[];
extern const struct check_case precis_cases[];
extern const struct check_case secret_cases[];
extern const struct check_case text_cases[];

int
main(void)
{
    const struct check_suite suites[] = {
        {"address", address_cases}, {"arena", arena_cases},
        {"buf", buf_cases},         {"clock", clock_cases},
        {"conf", conf_cases},       {"digest", digest_cases},
        {"list", list_cases},       {"precis", precis_cases},
        {"secret", secret_cases},   {"text", text_cases},
    };

    return check_run("unit_base", suites, GH_COUNT(suites));
}
