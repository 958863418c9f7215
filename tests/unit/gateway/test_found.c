/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/found: what the row of a live session says of what it may.
 * The rest of the row is read by the tests of step_identify.
 */
#include "found.h"

#include "check.h"
#include "signing.h"

#include "base/banned.h"

extern const struct check_case found_cases[];

static const struct gh_text token = GH_TEXT_INIT(SIGNING_TOKEN);

/* Identifies who brings the token, by one row. */
static struct desk *
know(const struct fake_step *steps)
{
    struct desk *desk = signing_begin(steps, 1, 1);

    desk_set(desk, "HTTP_COOKIE", GH_TEXT("__Host-id=" SIGNING_TOKEN));
    (void)signing_know(desk);
    return desk;
}

static void
roles_come_with_their_conditions_or_not_at_all(void)
{
    static const int64_t roles[] = {9, 4};
    static const int64_t conditions[] = {0, 7};
    const struct gh_text ids = {(const char *)roles, sizeof(roles)};
    const struct gh_text both = {(const char *)conditions, sizeof(conditions)};
    const struct gh_text one = {(const char *)conditions, sizeof(int64_t)};
    struct fake_value *row = signing_find_row(token, 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row)};
    const struct gh_principal *principal;
    struct desk *desk;

    row[GH_FIND_ROLE_IDS] = (struct fake_value){FAKE_NUMBERS, ids, 0};
    row[GH_FIND_CONDITION_IDS] = (struct fake_value){FAKE_NUMBERS, both, 0};
    desk = know(steps);
    principal = &desk->exchange->principal;
    check_number(GH_PRINCIPAL_ACCOUNT, principal->kind);
    if (check(principal->held.condition_ids != NULL))
        check(principal->held.condition_ids[0] == 0 &&
              principal->held.condition_ids[1] == 7);
    signing_end(desk);

    /* A role without its condition would hold always. */
    row = signing_find_row(token, 0);
    row[GH_FIND_ROLE_IDS] = (struct fake_value){FAKE_NUMBERS, ids, 0};
    row[GH_FIND_CONDITION_IDS] = (struct fake_value){FAKE_NUMBERS, one, 0};
    desk = know(steps);
    check_number(GH_PRINCIPAL_UNKNOWN, desk->exchange->principal.kind);
    signing_end(desk);
}

static void
outgrown_token_is_for_less_and_due(void)
{
    static const int64_t rules[] = {7, 11};
    struct fake_value *row = signing_find_row(token, 0);
    const struct fake_step steps[] = {SIGNING_FOUND(row)};
    const struct gh_principal *principal;
    struct desk *desk;

    row[GH_FIND_WITHHELD_IDS] = (struct fake_value){
        FAKE_NUMBERS, {(const char *)rules, sizeof(rules)}, 0};
    desk = know(steps);
    principal = &desk->exchange->principal;
    check(principal->held.is_outgrown && principal->is_renewal_due);
    check_number(2, principal->held.n_withheld);
    check_number(11, principal->held.withheld_ids[1]);
    signing_end(desk);
    /* The one before is for less as well, and offered nothing. */
    row[GH_FIND_TOKEN_USE] =
        (struct fake_value){FAKE_TEXT, GH_TEXT("previous"), 0};
    row[GH_FIND_TOKEN_UNTIL] =
        (struct fake_value){FAKE_TIME, {0}, SIGNING_NOW_US + 1};
    desk = know(steps);
    principal = &desk->exchange->principal;
    check(principal->held.is_outgrown && !principal->is_renewal_due);
    signing_end(desk);
}

static void
rules_that_a_token_is_not_for_come_in_their_order(void)
{
    static const int64_t lists[][2] = {{11, 7}, {7, 7}};

    for (size_t i = 0; i < GH_COUNT(lists); i++) {
        struct fake_value *row = signing_find_row(token, 0);
        const struct fake_step steps[] = {SIGNING_FOUND(row)};
        struct desk *desk;

        row[GH_FIND_WITHHELD_IDS] = (struct fake_value){
            FAKE_NUMBERS, {(const char *)lists[i], sizeof(lists[i])}, 0};
        desk = know(steps);
        check_number(GH_PRINCIPAL_UNKNOWN, desk->exchange->principal.kind);
        signing_end(desk);
    }
}

const struct check_case found_cases[] = {
    CHECK_CASE(roles_come_with_their_conditions_or_not_at_all),
    CHECK_CASE(outgrown_token_is_for_less_and_due),
    CHECK_CASE(rules_that_a_token_is_not_for_come_in_their_order),
    {0},
};
