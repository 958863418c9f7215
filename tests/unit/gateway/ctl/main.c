/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the tests of gateway/ctl that need neither a database nor a process;
 * tests/ctl has the others. One line a module. Sentences for people go to
 * standard error.
 */
#include "check.h"

#include "base/banned.h"

extern const struct check_case option_cases[];
extern const struct check_case call_cases[];
extern const struct check_case command_cases[];
extern const struct check_case csv_cases[];

int
main(void)
{
    const struct check_suite suites[] = {
        {"option", option_cases},
        {"call", call_cases},
        {"command", command_cases},
        {"csv", csv_cases},
    };

    return check_run("unit_ctl", suites, GH_COUNT(suites));
}
