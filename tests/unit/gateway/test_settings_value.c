/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/settings_value: units, and that what is printed is what
 * was meant.
 */
#include "settings_int.h"

#include <stdio.h>

#include "check.h"

#include "base/banned.h"

/* A row of one type with wide bounds. */
static struct gh_setting
row_of(enum gh_setting_type type)
{
    return (struct gh_setting){
        .type = type, .max = UINT64_MAX, .words_z = "off on"};
}

static enum gh_status
parse(enum gh_setting_type type, const char *text_z, uint64_t *out)
{
    const struct gh_setting row = row_of(type);
    struct gh_buf why = {0};

    return gh_setting_parse(&row, NULL, gh_text_of_z(text_z), out, &why);
}

/* A value parsed and printed again. */
static void
check_printed(enum gh_setting_type type, const char *text_z,
              const char *expected_z)
{
    const struct gh_setting row = row_of(type);
    char printed[64] = {0};
    uint64_t value = 0;
    FILE *out = fmemopen(printed, sizeof(printed), "w");

    check_status(GH_OK, parse(type, text_z, &value));
    if (!check(out != NULL))
        return;
    gh_setting_print(&row, &value, out);
    fclose(out);
    check_text(gh_text_of_z(expected_z), gh_text_of_z(printed));
}

static void
sizes_and_durations_have_units(void)
{
    static const struct {
        enum gh_setting_type type;
        const char *text_z;
        uint64_t value;
    } rows[] = {
        {GH_TYPE_SIZE, "0", 0},
        {GH_TYPE_SIZE, "1023", 1023},
        {GH_TYPE_SIZE, "64K", 65536},
        {GH_TYPE_SIZE, "10M", 10485760},
        {GH_TYPE_SIZE, "1G", 1073741824},
        {GH_TYPE_DURATION, "500ms", 500},
        {GH_TYPE_DURATION, "10s", 10000},
        {GH_TYPE_DURATION, "5m", 300000},
        {GH_TYPE_DURATION, "24h", 86400000},
        {GH_TYPE_DURATION, "0s", 0},
        {GH_TYPE_NUMBER, "00042", 42},
        {GH_TYPE_MODE, "0660", 0660},
        {GH_TYPE_MODE, "600", 0600},
        {GH_TYPE_WORD, "on", 1},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        uint64_t value = 99;

        check_status(GH_OK, parse(rows[i].type, rows[i].text_z, &value));
        check_number(rows[i].value, value);
    }
}

static void
units_are_exact_and_durations_need_one(void)
{
    uint64_t value = 99;

    check_status(GH_MALFORMED, parse(GH_TYPE_DURATION, "10", &value));
    check_status(GH_MALFORMED, parse(GH_TYPE_DURATION, "10S", &value));
    check_status(GH_MALFORMED, parse(GH_TYPE_DURATION, "10 s", &value));
    check_status(GH_MALFORMED, parse(GH_TYPE_SIZE, "64k", &value));
    check_status(GH_MALFORMED, parse(GH_TYPE_SIZE, "64KB", &value));
    check_status(GH_MALFORMED, parse(GH_TYPE_MODE, "0o660", &value));
    check_status(GH_MALFORMED, parse(GH_TYPE_MODE, "0680", &value));
    check_status(GH_MALFORMED, parse(GH_TYPE_MODE, "000660", &value));
    check_number(99, value);
}

static void
values_are_printed_in_the_largest_unit_that_fits(void)
{
    check_printed(GH_TYPE_SIZE, "65536", "64K");
    check_printed(GH_TYPE_SIZE, "1024M", "1G");
    check_printed(GH_TYPE_SIZE, "1025", "1025");
    check_printed(GH_TYPE_SIZE, "0", "0");
    check_printed(GH_TYPE_DURATION, "60000ms", "1m");
    check_printed(GH_TYPE_DURATION, "90s", "90s");
    check_printed(GH_TYPE_DURATION, "1500ms", "1500ms");
    check_printed(GH_TYPE_DURATION, "0ms", "0s");
    check_printed(GH_TYPE_DURATION, "120m", "2h");
    check_printed(GH_TYPE_MODE, "660", "0660");
    check_printed(GH_TYPE_MODE, "0", "0000");
    check_printed(GH_TYPE_NUMBER, "18446744073709551615",
                  "18446744073709551615");
    check_printed(GH_TYPE_WORD, "off", "off");
    check_printed(GH_TYPE_WORD, "on", "on");
}

const struct check_case settings_value_cases[] = {
    CHECK_CASE(sizes_and_durations_have_units),
    CHECK_CASE(units_are_exact_and_durations_need_one),
    CHECK_CASE(values_are_printed_in_the_largest_unit_that_fits),
    {0},
};
