/* SPDX-License-Identifier: Apache-2.0
 *
 * The template reader and renderer. Owns nothing: tags are slices of the
 * template, open sections live on the stack. Refuses unescaped tags, comments,
 * partials and changed delimiters, and nesting over eight sections. Called by
 * gateway/respond for every page, and by settings for an operator's templates.
 *
 * Checking and rendering walk the same scanner, so a template that passed the
 * check cannot surprise the renderer. A template is short and is scanned anew
 * for each page: compiling it would save less than the page's own write costs.
 */
#include "web/page.h"

#include "base/banned.h"

enum {
    MAX_DEPTH = 8, /* sections inside sections */
};

/* What stands between "{{" and "}}". */
enum tag_kind {
    TAG_VALUE,   /* {{name}} */
    TAG_SHOW,    /* {{#name}}: its inside when there is a value */
    TAG_SHOW_NO, /* {{^name}}: its inside when there is none */
    TAG_END,     /* {{/name}} */
};

/* One tag; lives on the stack. */
struct tag {
    enum tag_kind kind;  /* what it asks for */
    struct gh_text name; /* slice of the template */
};

/* Where the scanner stands; lives on the stack. */
struct scan {
    struct gh_text rest; /* not read yet */
    unsigned line;       /* of the first byte of rest, from 1 */
    unsigned tag_line;   /* of the last tag */
};

/* Sections that are open; lives on the stack. */
struct sections {
    struct gh_text names[MAX_DEPTH]; /* outermost first */
    unsigned lines[MAX_DEPTH];       /* where each was opened */
    bool shown[MAX_DEPTH];           /* rendering: its inside is written */
    size_t n;                        /* how many are open */
};

static unsigned
count_lines(struct gh_text text)
{
    unsigned n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += text.at[i] == '\n';
    return n;
}

/* Position of "{{" or "}}", or text.len. */
static size_t
find_pair(struct gh_text text, char c)
{
    for (size_t i = 0; i + 1 < text.len; i++) {
        if (text.at[i] == c && text.at[i + 1] == c)
            return i;
    }
    return text.len;
}

/* Takes len bytes off the scanner. */
static struct gh_text
advance(struct scan *scan, size_t len)
{
    struct gh_text taken = gh_text_first(scan->rest, len);

    scan->line += count_lines(taken);
    scan->rest = gh_text_from(scan->rest, len);
    return taken;
}

static bool
is_name(struct gh_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        if (!gh_class_has(c, GH_CLASS_ALPHA | GH_CLASS_DIGIT) && c != '_')
            return false;
    }
    return text.len > 0;
}

/* Reads what stands between the braces. A third brace, as in {{{name}}}, is
 * part of no name and is refused with everything else. */
static enum gh_status
parse_tag(struct gh_text inside, struct tag *out)
{
    struct tag tag = {.kind = TAG_VALUE};
    char mark = inside.len > 0 ? inside.at[0] : '\0';

    if (mark == '#')
        tag.kind = TAG_SHOW;
    else if (mark == '^')
        tag.kind = TAG_SHOW_NO;
    else if (mark == '/')
        tag.kind = TAG_END;
    if (tag.kind != TAG_VALUE)
        inside = gh_text_from(inside, 1);

    tag.name = gh_text_trim(inside);
    if (!is_name(tag.name))
        return GH_MALFORMED;
    *out = tag;
    return GH_OK;
}

/* The text up to the next tag, and that tag. GH_NONE: *text is all that was
 * left. GH_MALFORMED: a tag that is not closed or not one of ours. */
static enum gh_status
next_tag(struct scan *scan, struct gh_text *text, struct tag *tag)
{
    size_t end;

    *text = advance(scan, find_pair(scan->rest, '{'));
    scan->tag_line = scan->line;
    if (scan->rest.len == 0)
        return GH_NONE;

    advance(scan, 2);
    end = find_pair(scan->rest, '}');
    if (end == scan->rest.len)
        return GH_MALFORMED;
    if (parse_tag(advance(scan, end), tag) != GH_OK)
        return GH_MALFORMED;
    advance(scan, 2);
    return GH_OK;
}

/* Keeps the sections in order: opens or closes one, or leaves them alone. */
static enum gh_status
nest(struct sections *open, const struct tag *tag, unsigned line)
{
    switch (tag->kind) {
    case TAG_VALUE:
        return GH_OK;
    case TAG_SHOW:
    case TAG_SHOW_NO:
        if (open->n == MAX_DEPTH)
            return GH_MALFORMED;
        open->names[open->n] = tag->name;
        open->lines[open->n] = line;
        open->n++;
        return GH_OK;
    case TAG_END:
        if (open->n == 0 || !gh_text_equal(open->names[open->n - 1], tag->name))
            return GH_MALFORMED;
        open->n--;
        return GH_OK;
    }
    return GH_MALFORMED;
}

static bool
is_known(struct gh_text name, const struct gh_text *known, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (gh_text_equal(name, known[i]))
            return true;
    }
    return false;
}

enum gh_status
gh_page_check(struct gh_text template_text, const struct gh_text *known,
              size_t n, unsigned *line)
{
    struct scan scan = {.rest = template_text, .line = 1};
    struct sections open = {.n = 0};
    enum gh_status status;
    struct gh_text text;
    struct tag tag;

    while ((status = next_tag(&scan, &text, &tag)) == GH_OK) {
        if (!is_known(tag.name, known, n) ||
            nest(&open, &tag, scan.tag_line) != GH_OK)
            break;
    }
    if (status == GH_NONE && open.n == 0)
        return GH_OK;
    /* A section that was never closed is a fault of where it was opened. */
    *line = status == GH_NONE ? open.lines[open.n - 1] : scan.tag_line;
    return GH_MALFORMED;
}

static struct gh_text
value_of(struct gh_text name, const struct gh_page_value *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (gh_text_equal(name, values[i].name))
            return values[i].value;
    }
    return (struct gh_text){0};
}

static bool
is_shown(const struct sections *open)
{
    return open->n == 0 || open->shown[open->n - 1];
}

/* Does what tag says with its value. */
static enum gh_status
apply(struct sections *open, const struct tag *tag, struct gh_text value,
      struct gh_buf *out)
{
    bool outer = is_shown(open);
    enum gh_status status;

    if (tag->kind == TAG_VALUE && outer)
        gh_buf_html(out, value);
    status = nest(open, tag, 0);
    if (status != GH_OK)
        return status;
    if (tag->kind == TAG_SHOW)
        open->shown[open->n - 1] = outer && value.len > 0;
    if (tag->kind == TAG_SHOW_NO)
        open->shown[open->n - 1] = outer && value.len == 0;
    return GH_OK;
}

enum gh_status
gh_page_render(struct gh_text template_text, const struct gh_page_value *values,
               size_t n, struct gh_buf *out)
{
    struct scan scan = {.rest = template_text, .line = 1};
    struct sections open = {.n = 0};
    enum gh_status status;
    struct gh_text text;
    struct tag tag;

    do {
        status = next_tag(&scan, &text, &tag);
        /* The operator's own HTML, which is what a template is. */
        if (is_shown(&open))
            gh_buf_checked(out, text);
        if (status == GH_OK &&
            apply(&open, &tag, value_of(tag.name, values, n), out) != GH_OK)
            return GH_MALFORMED;
    } while (status == GH_OK);

    if (status != GH_NONE || open.n > 0)
        return GH_MALFORMED;
    return out->is_failed ? GH_LIMIT : GH_OK;
}
