/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of web/page. The input is a template, a NUL byte, and a value.
 * Properties: a checked template always renders; the output is the template's
 * own text with the value escaped in its places (once for each row of a list),
 * which is shown by rendering
 * with a harmless mark and putting the escaped value where the mark is; the
 * escaped value has no byte that HTML gives a meaning; a small buffer gives a
 * beginning of the page and says so; no page is longer than it was said.
 */
#include "web/page.h"

#include <string.h>

#include "fuzz.h"

#include "base/banned.h"

enum {
    MAX_TEMPLATE = 1024,   /* bytes looked at */
    MAX_VALUE = 64,        /* bytes looked at */
    MAX_PAGE = 192 * 1024, /* more than any page of those */
};

static const struct gh_text known[] = {
    GH_TEXT_INIT("a"),
    GH_TEXT_INIT("title"),
    GH_TEXT_INIT("rows"),
};

/* Stands for the value in the first rendering. No beginning of it is its end,
 * so that template text in front of it cannot make another one. */
#define MARK "Q7zMARKz7X"

/* Renders with value for both names. */
static enum gh_status
render(struct gh_text template_text, struct gh_text value, struct gh_buf *out)
{
    const struct gh_page_value values[] = {
        {known[0], value},
        {known[1], value},
    };
    const struct gh_page_list list = {known[2], values, 2, 1};
    const struct gh_page_data data = {values, GH_COUNT(values), &list, 1};
    enum gh_status status = gh_page_render(template_text, &data, out);
    size_t room = 0;

    if (status == GH_OK)
        gh_assert(gh_page_room(template_text, &data, &room) == GH_OK &&
                  room >= out->len);
    return status;
}

/* Nothing in text opens a tag, ends an attribute or begins a reference other
 * than the five. */
static void
assert_harmless(struct gh_text text)
{
    static const struct gh_text references[] = {
        GH_TEXT_INIT("&amp;"),  GH_TEXT_INIT("&lt;"),  GH_TEXT_INIT("&gt;"),
        GH_TEXT_INIT("&quot;"), GH_TEXT_INIT("&#39;"),
    };

    gh_assert(gh_text_is_utf8(text));
    for (size_t i = 0; i < text.len; i++) {
        bool is_reference = false;

        gh_assert(strchr("<>\"'", text.at[i]) == NULL);
        gh_assert((unsigned char)text.at[i] >= 0x20 && text.at[i] != 0x7f);
        if (text.at[i] != '&')
            continue;
        for (size_t j = 0; j < GH_COUNT(references); j++)
            is_reference = is_reference ||
                           gh_text_starts(gh_text_from(text, i), references[j]);
        gh_assert(is_reference);
    }
}

/* page is marked with every mark replaced by escaped. */
static void
assert_replaced(struct gh_text marked, struct gh_text escaped,
                struct gh_text page)
{
    const struct gh_text mark = GH_TEXT(MARK);

    while (marked.len > 0) {
        bool is_mark = gh_text_starts(marked, mark);
        struct gh_text piece = is_mark ? escaped : gh_text_first(marked, 1);

        gh_assert(gh_text_starts(page, piece));
        page = gh_text_from(page, piece.len);
        marked = gh_text_from(marked, is_mark ? mark.len : 1);
    }
    gh_assert(page.len == 0);
}

static void
check_value(struct gh_arena *arena, struct gh_text template_text,
            struct gh_text value)
{
    struct gh_text mark = value.len > 0 ? GH_TEXT(MARK) : (struct gh_text){0};
    char memory[MAX_VALUE * 8];
    struct gh_buf escaped = gh_buf_over(memory, sizeof(memory));
    struct gh_buf marked;
    struct gh_buf page;
    struct gh_buf small;

    gh_assert(gh_buf_in(arena, MAX_PAGE, &marked) == GH_OK);
    gh_assert(gh_buf_in(arena, MAX_PAGE, &page) == GH_OK);
    gh_buf_html(&escaped, value);
    gh_assert(!escaped.is_failed);
    assert_harmless(gh_buf_text(&escaped));
    gh_assert(render(template_text, mark, &marked) == GH_OK);
    gh_assert(render(template_text, value, &page) == GH_OK);
    assert_replaced(gh_buf_text(&marked), gh_buf_text(&escaped),
                    gh_buf_text(&page));
    if (page.len == 0)
        return;
    gh_assert(gh_buf_in(arena, page.len - 1, &small) == GH_OK);
    gh_assert(render(template_text, value, &small) == GH_LIMIT);
    gh_assert(gh_text_starts(gh_buf_text(&page), gh_buf_text(&small)));
}

/* A refused template names a line that it has, and does not end the renderer.
 */
static void
check_refused(struct gh_arena *arena, struct gh_text template_text,
              unsigned line)
{
    struct gh_buf page;
    size_t n_lines = 1;

    for (size_t i = 0; i < template_text.len; i++)
        n_lines += template_text.at[i] == '\n';
    gh_assert(line >= 1 && line <= n_lines);
    gh_assert(gh_buf_in(arena, MAX_PAGE, &page) == GH_OK);
    /* GH_OK too: a name that nobody knows is an empty value here. */
    gh_assert(!gh_is_fault(render(template_text, GH_TEXT("x"), &page)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GH_CLEAN(gh_arena_done) struct gh_arena arena;
    struct gh_text text = fuzz_text(data, size);
    size_t end = gh_text_find(text, '\0');
    struct gh_text value =
        gh_text_first(gh_text_from(text, end + 1), MAX_VALUE);
    unsigned line = 0;

    text = gh_text_first(text, end < MAX_TEMPLATE ? end : MAX_TEMPLATE);
    gh_arena_init(&arena, 4 * MAX_PAGE);
    if (fuzz_contains_nocase(text, GH_TEXT(MARK)))
        return 0;
    if (gh_page_check(text, known, GH_COUNT(known), &line) == GH_OK)
        check_value(&arena, text, value);
    else
        check_refused(&arena, text, line);
    return 0;
}
