/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the tests of exchanges: connections, bodies, answers and peers that
 * leave, all
 * against one gateway process.
 */
#include "rig.h"

#include "base/banned.h"

extern const struct check_case answer_cases[];
extern const struct check_case connection_cases[];
extern const struct check_case body_cases[];
extern const struct check_case peer_cases[];

int
main(void)
{
    const struct check_suite suites[] = {
        {"connection", connection_cases},
        {"body", body_cases},
        {"answer", answer_cases},
        {"peer", peer_cases},
    };

    return rig_main("wire_exchange", suites, GH_COUNT(suites));
}
