/* SPDX-License-Identifier: Apache-2.0
 *
 * Printing. Owns nothing. Widths count code points, not bytes; whatever is
 * wider in a terminal only spoils the alignment. Called by the commands.
 */
#include "ctl/sheet.h"

#include "base/buf.h"
#include "ctl/csv.h"

#include "base/banned.h"

enum {
    MAX_PIECE = 8192, /* bytes of one JSON text at a time */
};

enum gh_status
sheet_of_rows(struct gh_arena *arena, const struct gh_rows *rows,
              struct sheet *out)
{
    struct sheet sheet = {.n_columns = rows->n_columns, .n_rows = rows->n};
    size_t n = rows->n * rows->n_columns;

    if (sheet.n_columns > SHEET_COLUMNS_MAX)
        return GH_LIMIT;
    sheet.cells = gh_arena_array(arena, n, sizeof(*sheet.cells));
    if (sheet.cells == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 0; i < sheet.n_columns; i++) {
        sheet.kinds[i] = gh_row_kind(rows, i);
        if (gh_arena_copy(arena, gh_row_column(rows, i), &sheet.names[i]) !=
            GH_OK)
            return GH_FAULT_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        enum gh_status status =
            gh_row_text(arena, rows, i / sheet.n_columns, i % sheet.n_columns,
                        &sheet.cells[i]);

        if (status != GH_OK && status != GH_NONE)
            return status;
    }
    *out = sheet;
    return GH_OK;
}

bool
sheet_grow(struct gh_arena *arena, struct sheet *sheet, size_t n)
{
    size_t n_old = sheet->n_rows * sheet->n_columns;
    struct gh_text *cells = gh_arena_array(arena, n_old + n * sheet->n_columns,
                                           sizeof(*sheet->cells));

    if (cells == NULL)
        return false;
    for (size_t i = 0; i < n_old; i++)
        cells[i] = sheet->cells[i];
    sheet->cells = cells;
    return true;
}

size_t
sheet_column(const struct sheet *sheet, struct gh_text name)
{
    size_t i = 0;

    while (i < sheet->n_columns && !gh_text_equal(sheet->names[i], name))
        i++;
    return i;
}

struct gh_text
sheet_cell(const struct sheet *sheet, size_t row, size_t column)
{
    gh_assert(row < sheet->n_rows && column < sheet->n_columns);
    return sheet->cells[row * sheet->n_columns + column];
}

/* --- one value -------------------------------------------------------------
 */

static size_t
width_of(struct gh_text text)
{
    size_t n = 0;

    for (; text.len > 0; n++) {
        size_t used = gh_utf8_first(text);

        text = gh_text_from(text, used == 0 ? 1 : used);
    }
    return n;
}

/* Text for a terminal, without control characters. */
static void
print_plain(struct gh_text text)
{
    while (text.len > 0) {
        size_t used = gh_utf8_first(text);

        if (used == 0 || gh_text_is_control(text)) {
            putchar('?');
            used = used == 0 ? 1 : used;
        } else {
            fwrite(text.at, 1, used, stdout);
        }
        text = gh_text_from(text, used);
    }
}

static void
print_spaces(size_t n)
{
    for (; n > 0; n--)
        putchar(' ');
}

static void
print_json_text(struct gh_text text)
{
    char at[MAX_PIECE];

    putchar('"');
    while (text.len > 0) {
        /* Whole characters of a text that PostgreSQL says is UTF-8. */
        size_t used = gh_utf8_first(text);
        struct gh_buf buf = gh_buf_over(at, sizeof(at));

        used = used == 0 ? 1 : used;
        gh_buf_json(&buf, gh_text_first(text, used));
        fwrite(buf.at, 1, buf.len, stdout);
        text = gh_text_from(text, used);
    }
    putchar('"');
}

static void
print_json_value(struct gh_text text, enum gh_column_kind kind)
{
    if (text.at == NULL) {
        fputs("null", stdout);
        return;
    }
    switch (kind) {
    case GH_COLUMN_TEXT:
        print_json_text(text);
        return;
    case GH_COLUMN_BOOL:
        fputs(text.at[0] == 't' ? "true" : "false", stdout);
        return;
    case GH_COLUMN_NUMBER:
        /* NaN is a number to PostgreSQL and none to JSON. */
        if (gh_text_all(text, GH_CLASS_DIGIT | GH_CLASS_UNRESERVED) &&
            text.at[0] != 'N')
            print_plain(text);
        else
            fputs("null", stdout);
        return;
    }
}

/* A number below zero is no formula. */
static void
print_csv_value(struct gh_text text, enum gh_column_kind kind)
{
    if (kind == GH_COLUMN_NUMBER)
        print_plain(text);
    else
        csv_write(stdout, text);
}

/* --- the whole -------------------------------------------------------------
 */

static void
print_json(const struct sheet *sheet)
{
    putchar('[');
    for (size_t row = 0; row < sheet->n_rows; row++) {
        fputs(row == 0 ? "\n  {" : ",\n  {", stdout);
        for (size_t column = 0; column < sheet->n_columns; column++) {
            if (column > 0)
                fputs(", ", stdout);
            print_json_text(sheet->names[column]);
            fputs(": ", stdout);
            print_json_value(sheet_cell(sheet, row, column),
                             sheet->kinds[column]);
        }
        putchar('}');
    }
    puts(sheet->n_rows == 0 ? "]" : "\n]");
}

static void
print_csv(const struct sheet *sheet)
{
    for (size_t column = 0; column < sheet->n_columns; column++) {
        if (column > 0)
            putchar(',');
        csv_write(stdout, sheet->names[column]);
    }
    fputs("\r\n", stdout);
    for (size_t row = 0; row < sheet->n_rows; row++) {
        for (size_t column = 0; column < sheet->n_columns; column++) {
            if (column > 0)
                putchar(',');
            print_csv_value(sheet_cell(sheet, row, column),
                            sheet->kinds[column]);
        }
        fputs("\r\n", stdout);
    }
}

/* Truth in words, null as nothing; everything else as it is. */
static struct gh_text
shown(const struct sheet *sheet, size_t row, size_t column)
{
    struct gh_text text = sheet_cell(sheet, row, column);

    if (text.at == NULL)
        return GH_TEXT("");
    if (sheet->kinds[column] == GH_COLUMN_BOOL)
        return text.at[0] == 't' ? GH_TEXT("yes") : GH_TEXT("no");
    return text;
}

static void
print_record(const struct sheet *sheet)
{
    size_t widest = 0;

    for (size_t i = 0; i < sheet->n_columns; i++) {
        if (sheet->names[i].len > widest)
            widest = sheet->names[i].len;
    }
    for (size_t i = 0; i < sheet->n_columns; i++) {
        print_plain(sheet->names[i]);
        print_spaces(widest - sheet->names[i].len + 2);
        print_plain(shown(sheet, 0, i));
        putchar('\n');
    }
}

static size_t
column_width(const struct sheet *sheet, size_t column)
{
    size_t widest = sheet->names[column].len;

    for (size_t row = 0; row < sheet->n_rows; row++) {
        size_t width = width_of(shown(sheet, row, column));

        if (width > widest)
            widest = width;
    }
    return widest;
}

static void
print_table(const struct sheet *sheet)
{
    size_t widths[SHEET_COLUMNS_MAX];

    for (size_t i = 0; i < sheet->n_columns; i++)
        widths[i] = column_width(sheet, i);
    for (size_t row = 0; row <= sheet->n_rows; row++) {
        for (size_t i = 0; i < sheet->n_columns; i++) {
            struct gh_text text =
                row == 0 ? sheet->names[i] : shown(sheet, row - 1, i);

            print_plain(text);
            if (i + 1 < sheet->n_columns)
                print_spaces(widths[i] - width_of(text) + 2);
        }
        putchar('\n');
    }
}

void
sheet_print(const struct sheet *sheet, enum ctl_output output, bool is_record)
{
    switch (output) {
    case CTL_JSON:
        print_json(sheet);
        return;
    case CTL_CSV:
        print_csv(sheet);
        return;
    case CTL_TABLE:
        if (is_record && sheet->n_rows == 1)
            print_record(sheet);
        else
            print_table(sheet);
        return;
    }
}
