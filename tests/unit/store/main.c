/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the tests of lib/store, none of which needs a database. One line a
 * module; a test that is written but not in its module's list is found by the
 * lint.
 */
#include "check.h"

#include "base/banned.h"

extern const struct check_case db_cases[];
extern const struct check_case db_connect_cases[];
extern const struct check_case dsn_cases[];
extern const struct check_case param_cases[];
extern const struct check_case resolve_cases[];
extern const struct check_case row_cases[];
extern const struct check_case stmt_cases[];

int
main(void)
{
    const struct check_suite suites[] = {
        {"param", param_cases},
        {"stmt", stmt_cases},
        {"dsn", dsn_cases},
        {"resolve", resolve_cases},
        {"db_connect", db_connect_cases},
        {"db", db_cases},
        {"row", row_cases},
    };

    return check_run("unit_store", suites, GH_COUNT(suites));
}
