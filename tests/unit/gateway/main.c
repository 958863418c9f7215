/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs the tests of gateway. One line a module; a test that is written but not
 * in its module's list is found by the lint.
 */
#include "check.h"

#include "base/banned.h"

extern const struct check_case act_forward_cases[];
extern const struct check_case backend_cases[];
extern const struct check_case body_cases[];
extern const struct check_case cache_cases[];
extern const struct check_case database_cases[];
extern const struct check_case exchange_cases[];
extern const struct check_case fresh_cases[];
extern const struct check_case gateway_cases[];
extern const struct check_case identity_cases[];
extern const struct check_case locate_cases[];
extern const struct check_case log_cases[];
extern const struct check_case loop_cases[];
extern const struct check_case message_cases[];
extern const struct check_case params_cases[];
extern const struct check_case parse_request_cases[];
extern const struct check_case act_verdict_cases[];
extern const struct check_case estate_cases[];
extern const struct check_case mounts_cases[];
extern const struct check_case pipeline_cases[];
extern const struct check_case reach_cases[];
extern const struct check_case record_cases[];
extern const struct check_case relay_cases[];
extern const struct check_case relay_down_cases[];
extern const struct check_case relay_up_cases[];
extern const struct check_case reply_cases[];
extern const struct check_case settings_cases[];
extern const struct check_case settings_check_cases[];
extern const struct check_case settings_print_cases[];
extern const struct check_case settings_table_cases[];
extern const struct check_case settings_value_cases[];
extern const struct check_case step_act_cases[];
extern const struct check_case step_decide_cases[];
extern const struct check_case step_parse_cases[];
extern const struct check_case step_respond_cases[];

int
main(void)
{
    const struct check_suite suites[] = {
        {"database", database_cases},
        {"message", message_cases},
        {"record", record_cases},
        {"params", params_cases},
        {"backend", backend_cases},
        {"body", body_cases},
        {"locate", locate_cases},
        {"log", log_cases},
        {"loop", loop_cases},
        {"fresh", fresh_cases},
        {"cache", cache_cases},
        {"gateway", gateway_cases},
        {"reach", reach_cases},
        {"mounts", mounts_cases},
        {"estate", estate_cases},
        {"settings_table", settings_table_cases},
        {"settings_value", settings_value_cases},
        {"settings", settings_cases},
        {"settings_check", settings_check_cases},
        {"settings_print", settings_print_cases},
        {"reply", reply_cases},
        {"step_parse", step_parse_cases},
        {"parse_request", parse_request_cases},
        {"exchange", exchange_cases},
        {"step_decide", step_decide_cases},
        {"step_act", step_act_cases},
        {"identity", identity_cases},
        {"act_forward", act_forward_cases},
        {"act_verdict", act_verdict_cases},
        {"step_respond", step_respond_cases},
        {"pipeline", pipeline_cases},
        {"relay", relay_cases},
        {"relay_up", relay_up_cases},
        {"relay_down", relay_down_cases},
    };

    return check_run("unit_gateway", suites, GH_COUNT(suites));
}
