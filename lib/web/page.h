/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages from templates: a logic-less subset of Mustache, so that an operator
 * can change every page without touching C. {{name}} is written through the
 * HTML door, {{#name}}…{{/name}} shows its inside when the value is not
 * empty, {{^name}}…{{/name}} when it is; when the name is a list, its inside
 * comes once for each row. There is no unescaped form, and no
 * other tag: comments, partials and changed delimiters are refused. A value
 * belongs between tags or inside a quoted attribute. Pure: reading files is
 * the caller's business.
 */
#ifndef GH_WEB_PAGE_H
#define GH_WEB_PAGE_H

#include "base/buf.h"

/* One value for a page; static names, values live as long as the call. */
struct gh_page_value {
    struct gh_text name;  /* as in the template, letters, digits, "_" */
    struct gh_text value; /* UTF-8; written through gh_buf_html() */
};

/* Rows of a page: {{#name}}…{{/name}} is written once for each, and inside it
 * names mean what the row says first. A list inside a row is empty. Lives as
 * long as the call. */
struct gh_page_list {
    struct gh_text name;                /* as in the template */
    const struct gh_page_value *values; /* row by row */
    size_t n_rows;                      /* rows */
    size_t n_columns;                   /* values of each */
};

/* All that a page can say; lives as long as the call. */
struct gh_page_data {
    const struct gh_page_value *values; /* NULL: none */
    size_t n_values;                    /* how many */
    const struct gh_page_list *lists;   /* NULL: none */
    size_t n_lists;                     /* how many */
};

/* Checks that template can be rendered: tags are closed, sections nest (at
 * most 8 deep), names are among the n known. GH_MALFORMED with *line set to
 * the line of the fault, counted from 1. */
GH_MUST_CHECK enum gh_status gh_page_check(struct gh_text template_text,
                                           const struct gh_text *known,
                                           size_t n, unsigned *line);

/* Bytes that a page has at most: what gh_page_render() needs. GH_MALFORMED
 * when the template was not a checked one. */
GH_MUST_CHECK enum gh_status gh_page_room(struct gh_text template_text,
                                          const struct gh_page_data *data,
                                          size_t *room);

/* Renders a checked template into out, whose size is the ceiling. Names that
 * have no value are empty. GH_LIMIT when it does not fit; GH_MALFORMED when
 * the template was not a checked one. */
GH_MUST_CHECK enum gh_status gh_page_render(struct gh_text template_text,
                                            const struct gh_page_data *data,
                                            struct gh_buf *out);

#endif
