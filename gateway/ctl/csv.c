/* SPDX-License-Identifier: Apache-2.0
 *
 * One field of CSV. Owns nothing; the stream is the caller's. Refuses nothing:
 * what may not stand there is replaced. Called by sheet.
 */
#include "ctl/csv.h"

#include "base/banned.h"

/* What formulas begin with, the second line in full width (OWASP, CSV
 * injection). */
static const struct gh_text formulas[] = {
    GH_TEXT_INIT("="),
    GH_TEXT_INIT("+"),
    GH_TEXT_INIT("-"),
    GH_TEXT_INIT("@"),
    GH_TEXT_INIT("\xef\xbc\x9d"),
    GH_TEXT_INIT("\xef\xbc\x8b"),
    GH_TEXT_INIT("\xef\xbc\x8d"),
    GH_TEXT_INIT("\xef\xbc\xa0"),
};

static bool
is_formula(struct gh_text text)
{
    while (gh_text_starts(text, GH_TEXT(" ")))
        text = gh_text_from(text, 1);
    for (size_t i = 0; i < GH_COUNT(formulas); i++) {
        if (gh_text_starts(text, formulas[i]))
            return true;
    }
    return false;
}

/* Semicolons part fields where the comma parts a number's digits, and spaces
 * at the ends are lost in places. */
static bool
needs_quotes(struct gh_text text)
{
    return gh_text_find(text, ',') < text.len ||
           gh_text_find(text, ';') < text.len ||
           gh_text_find(text, '"') < text.len ||
           gh_text_starts(text, GH_TEXT(" ")) ||
           (text.len > 0 && text.at[text.len - 1] == ' ');
}

void
csv_write(FILE *stream, struct gh_text text)
{
    bool is_calculated = is_formula(text);
    bool is_quoted = is_calculated || needs_quotes(text);

    if (is_quoted)
        putc('"', stream);
    if (is_calculated)
        putc('\'', stream);
    while (text.len > 0) {
        size_t used = gh_utf8_first(text);
        bool is_shown = used > 0 && !gh_text_is_control(text);

        used = used == 0 ? 1 : used;
        if (!is_shown)
            putc('?', stream);
        else if (text.at[0] == '"')
            fputs("\"\"", stream);
        else
            fwrite(text.at, 1, used, stream);
        text = gh_text_from(text, used);
    }
    if (is_quoted)
        putc('"', stream);
}
