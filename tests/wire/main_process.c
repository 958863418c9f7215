/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the tests of the process: limits, stopping, reloading and the socket.
 * Each test starts a gateway of its own.
 */
#include "check.h"

#include "base/banned.h"

extern const struct check_case limit_cases[];
extern const struct check_case stop_cases[];
extern const struct check_case socket_cases[];

int
main(void)
{
    const struct check_suite suites[] = {
        {"limit", limit_cases},
        {"stop", stop_cases},
        {"socket", socket_cases},
    };

    return check_run("wire_process", suites, GH_COUNT(suites));
}
