/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the tests of records: libfcgi's traps and malformed FastCGI, all
 * against one gateway process.
 */
#include "rig.h"

#include "base/banned.h"

extern const struct check_case trap_cases[];
extern const struct check_case trap_more_cases[];
extern const struct check_case record_cases[];
extern const struct check_case record_more_cases[];

int
main(void)
{
    const struct check_suite suites[] = {
        {"record", record_cases},
        {"record_more", record_more_cases},
        {"trap", trap_cases},
        {"trap_more", trap_more_cases},
    };

    return rig_main("wire_record", suites, GH_COUNT(suites));
}
