/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the tests that show the traps on plain libfcgi. Needs no gateway.
 */
#include "check.h"

#include "base/banned.h"

extern const struct check_case plain_cases[];

int
main(void)
{
    const struct check_suite suites[] = {
        {"plain", plain_cases},
    };

    return check_run("wire_plain", suites, GH_COUNT(suites));
}
