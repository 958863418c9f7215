/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of web/page: what a template may say, on which line it is wrong, and
 * that values come out escaped whatever it says. Each test owns its buffer.
 */
#include "web/page.h"

#include "check.h"

#include "base/banned.h"

static const struct gh_text known[] = {
    GH_TEXT_INIT("title"), GH_TEXT_INIT("detail"), GH_TEXT_INIT("id"),
    GH_TEXT_INIT("rows"),  GH_TEXT_INIT("none"),
};

static const struct gh_page_value values[] = {
    {GH_TEXT_INIT("title"), GH_TEXT_INIT("<Not> \"found\" & 'gone'")},
    {GH_TEXT_INIT("detail"), GH_TEXT_INIT("")},
    {GH_TEXT_INIT("id"), GH_TEXT_INIT("4f")},
};

/* Two rows, of which the second has no detail. */
static const struct gh_page_value cells[] = {
    {GH_TEXT_INIT("id"), GH_TEXT_INIT("<1>")},
    {GH_TEXT_INIT("detail"), GH_TEXT_INIT("one")},
    {GH_TEXT_INIT("id"), GH_TEXT_INIT("2")},
    {GH_TEXT_INIT("detail"), GH_TEXT_INIT("")},
};

static const struct gh_page_list lists[] = {
    {GH_TEXT_INIT("rows"), cells, 2, 2},
    {GH_TEXT_INIT("none"), NULL, 0, 2},
};

static const struct gh_page_data page = {values, GH_COUNT(values), lists,
                                         GH_COUNT(lists)};

/* Checks and renders template_text. */
static void
check_render(struct gh_text template_text, struct gh_text expected)
{
    char memory[1024];
    struct gh_buf out = gh_buf_over(memory, sizeof(memory));
    unsigned line = 0;
    size_t room = 0;

    check_status(GH_OK,
                 gh_page_check(template_text, known, GH_COUNT(known), &line));
    check_number(0, line);
    check_status(GH_OK, gh_page_render(template_text, &page, &out));
    check_text(expected, gh_buf_text(&out));
    check_status(GH_OK, gh_page_room(template_text, &page, &room));
    check(room >= expected.len && room <= expected.len + 6 * sizeof(memory));
}

/* template_text is refused for its line. */
static void
check_refused(struct gh_text template_text, unsigned expected)
{
    unsigned line = 0;

    check_status(GH_MALFORMED,
                 gh_page_check(template_text, known, GH_COUNT(known), &line));
    check_number(expected, line);
}

static void
text_without_tags_stays_as_it_is(void)
{
    check_render(GH_TEXT(""), GH_TEXT(""));
    check_render(GH_TEXT("<p>a { b } }} {</p>\n"),
                 GH_TEXT("<p>a { b } }} {</p>\n"));
}

static void
values_are_escaped(void)
{
    check_render(GH_TEXT("<h1 title=\"{{title}}\">{{ id }}</h1>"),
                 GH_TEXT("<h1 title=\"&lt;Not&gt; &quot;found&quot; &amp; "
                         "&#39;gone&#39;\">4f</h1>"));
}

static void
there_is_no_unescaped_form(void)
{
    check_refused(GH_TEXT("{{{title}}}"), 1);
    check_refused(GH_TEXT("{{&title}}"), 1);
    check_refused(GH_TEXT("{{=<% %>=}}"), 1);
    check_refused(GH_TEXT("{{>title}}"), 1);
    check_refused(GH_TEXT("{{!title}}"), 1);
}

static void
sections_depend_on_the_value(void)
{
    check_render(GH_TEXT("{{#id}}has {{id}}{{/id}}{{^id}}none{{/id}}"),
                 GH_TEXT("has 4f"));
    check_render(GH_TEXT("{{#detail}}has{{/detail}}{{^detail}}none{{/detail}}"),
                 GH_TEXT("none"));
}

static void
hidden_section_hides_what_is_inside(void)
{
    check_render(
        GH_TEXT("a{{#detail}}b{{#id}}c{{id}}{{/id}}{{^detail}}d{{/detail}}e"
                "{{/detail}}f"),
        GH_TEXT("af"));
    check_render(GH_TEXT("a{{#id}}b{{^detail}}c{{/detail}}d{{/id}}e"),
                 GH_TEXT("abcde"));
}

static void
section_may_be_inside_itself(void)
{
    check_render(GH_TEXT("{{#id}}a{{#id}}b{{/id}}c{{/id}}"), GH_TEXT("abc"));
    check_render(GH_TEXT("{{#id}}a{{^id}}b{{/id}}c{{/id}}"), GH_TEXT("ac"));
}

static void
list_is_written_once_for_each_row(void)
{
    check_render(GH_TEXT("<{{#rows}}[{{id}}{{#detail}} {{detail}}{{/detail}}"
                         "{{^detail}} -{{/detail}}]{{/rows}}>{{id}}"),
                 GH_TEXT("<[&lt;1&gt; one][2 -]>4f"));
    check_render(GH_TEXT("{{#rows}}{{/rows}}|{{#rows}}x{{/rows}}"),
                 GH_TEXT("|xx"));
}

static void
name_that_the_row_has_not_is_the_pages(void)
{
    check_render(GH_TEXT("{{#rows}}{{title}};{{/rows}}"),
                 GH_TEXT("&lt;Not&gt; &quot;found&quot; &amp; &#39;gone&#39;;"
                         "&lt;Not&gt; &quot;found&quot; &amp; &#39;gone&#39;"
                         ";"));
}

static void
list_without_rows_is_empty(void)
{
    check_render(GH_TEXT("{{#none}}a{{id}}{{/none}}{{^none}}b{{/none}}"
                         "{{^rows}}c{{/rows}}{{rows}}"),
                 GH_TEXT("b"));
}

/* A row of rows of rows would make a short template a long page. */
static void
list_inside_a_row_is_empty(void)
{
    check_render(GH_TEXT("{{#rows}}a{{#rows}}b{{/rows}}{{^rows}}c{{/rows}}"
                         "{{/rows}}"),
                 GH_TEXT("acac"));
}

static void
list_in_what_is_hidden_is_hidden(void)
{
    check_render(GH_TEXT("a{{#detail}}{{#rows}}b{{/rows}}{{/detail}}c"),
                 GH_TEXT("ac"));
    check_render(GH_TEXT("{{#id}}{{#rows}}b{{/rows}}{{/id}}"), GH_TEXT("bb"));
}

static void
name_without_a_value_is_empty(void)
{
    char memory[64];
    struct gh_buf out = gh_buf_over(memory, sizeof(memory));

    check_status(GH_OK, gh_page_render(GH_TEXT("[{{id}}{{^id}}-{{/id}}]"),
                                       &(struct gh_page_data){0}, &out));
    check_text(GH_TEXT("[-]"), gh_buf_text(&out));
}

static void
value_is_not_read_as_a_template(void)
{
    static const struct gh_page_value tricky[] = {
        {GH_TEXT_INIT("id"), GH_TEXT_INIT("{{title}}{{#x}}")},
        {GH_TEXT_INIT("title"), GH_TEXT_INIT("no")},
    };
    char memory[64];
    struct gh_buf out = gh_buf_over(memory, sizeof(memory));

    check_status(GH_OK, gh_page_render(GH_TEXT("{{id}}"),
                                       &(struct gh_page_data){.values = tricky,
                                                              .n_values = 2},
                                       &out));
    check_text(GH_TEXT("{{title}}{{#x}}"), gh_buf_text(&out));
}

static void
fault_is_found_on_its_line(void)
{
    check_refused(GH_TEXT("a\n{{nobody}}"), 2);
    check_refused(GH_TEXT("a\n\n{{id"), 3);
    check_refused(GH_TEXT("{{id\n}}"), 1);
    check_refused(GH_TEXT("{{id}}\n{{}}"), 2);
    check_refused(GH_TEXT("{{id}}\n{{#}}"), 2);
    check_refused(GH_TEXT("\n{{i d}}"), 2);
    check_refused(GH_TEXT("\n{{id-id}}"), 2);
    check_refused(GH_TEXT("{{\n"), 1);
}

static void
sections_must_nest(void)
{
    check_refused(GH_TEXT("\n{{/id}}"), 2);
    check_refused(GH_TEXT("{{#id}}\n\n{{/title}}"), 3);
    check_refused(GH_TEXT("{{#id}}{{#title}}\n{{/id}}{{/title}}"), 2);
}

static void
section_that_stays_open_is_a_fault_of_its_first_line(void)
{
    check_refused(GH_TEXT("\n{{#id}}\n\n"), 2);
    check_refused(GH_TEXT("{{#id}}\n{{^title}}\n{{/title}}\n"), 1);
}

static void
sections_nest_at_most_eight_deep(void)
{
#define OPEN_4 "{{#id}}{{#id}}{{#id}}{{#id}}"
#define CLOSE_4 "{{/id}}{{/id}}{{/id}}{{/id}}"
    check_render(GH_TEXT(OPEN_4 OPEN_4 "x" CLOSE_4 CLOSE_4), GH_TEXT("x"));
    check_refused(GH_TEXT(OPEN_4 OPEN_4 "\n{{#id}}{{/id}}" CLOSE_4 CLOSE_4), 2);
#undef OPEN_4
#undef CLOSE_4
}

static void
page_over_its_size_is_refused(void)
{
    const struct gh_text text = GH_TEXT("<p>{{title}}</p>");
    char memory[64];
    struct gh_buf out;
    size_t whole;

    out = gh_buf_over(memory, sizeof(memory));
    check_status(GH_OK, gh_page_render(text, &page, &out));
    whole = out.len;
    for (size_t cap = 0; cap < whole; cap++) {
        out = gh_buf_over(memory, cap);
        check_status(GH_LIMIT, gh_page_render(text, &page, &out));
    }
}

static void
unchecked_template_is_refused_by_the_renderer(void)
{
    static const struct gh_text bad[] = {
        GH_TEXT_INIT("{{{id}}}"),          GH_TEXT_INIT("{{id"),
        GH_TEXT_INIT("{{#id}}"),           GH_TEXT_INIT("{{/id}}"),
        GH_TEXT_INIT("{{#id}}{{/title}}"),
    };

    for (size_t i = 0; i < GH_COUNT(bad); i++) {
        char memory[64];
        struct gh_buf out = gh_buf_over(memory, sizeof(memory));

        check_status(GH_MALFORMED, gh_page_render(bad[i], &page, &out));
    }
}

extern const struct check_case page_cases[];

const struct check_case page_cases[] = {
    CHECK_CASE(text_without_tags_stays_as_it_is),
    CHECK_CASE(values_are_escaped),
    CHECK_CASE(there_is_no_unescaped_form),
    CHECK_CASE(sections_depend_on_the_value),
    CHECK_CASE(hidden_section_hides_what_is_inside),
    CHECK_CASE(section_may_be_inside_itself),
    CHECK_CASE(list_is_written_once_for_each_row),
    CHECK_CASE(name_that_the_row_has_not_is_the_pages),
    CHECK_CASE(list_without_rows_is_empty),
    CHECK_CASE(list_inside_a_row_is_empty),
    CHECK_CASE(list_in_what_is_hidden_is_hidden),
    CHECK_CASE(name_without_a_value_is_empty),
    CHECK_CASE(value_is_not_read_as_a_template),
    CHECK_CASE(fault_is_found_on_its_line),
    CHECK_CASE(sections_must_nest),
    CHECK_CASE(section_that_stays_open_is_a_fault_of_its_first_line),
    CHECK_CASE(sections_nest_at_most_eight_deep),
    CHECK_CASE(page_over_its_size_is_refused),
    CHECK_CASE(unchecked_template_is_refused_by_the_renderer),
    {NULL, NULL},
};
