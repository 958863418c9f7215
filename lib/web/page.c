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
    MAX_DEPTH = 8,   /* sections inside sections */
    ESCAPED_MAX = 6, /* bytes that one becomes in HTML: "&quot;" */
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

/* A section that is open. The last four are for rendering. */
struct section {
    struct gh_text name;             /* what it depends on */
    unsigned line;                   /* where it was opened */
    bool is_shown;                   /* its inside is written */
    const struct gh_page_list *list; /* NULL: it is no list */
    size_t row;                      /* which of the list's */
    struct scan start;               /* where a row begins */
};

/* Sections that are open; lives on the stack. */
struct sections {
    struct section at[MAX_DEPTH]; /* outermost first */
    size_t n;                     /* how many are open */
};

/* Where a page goes: into a buffer, or only its size is wanted. */
struct sink {
    struct gh_buf *out; /* NULL: count */
    size_t room;        /* bytes needed at most */
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
        open->at[open->n++] = (struct section){.name = tag->name, .line = line};
        return GH_OK;
    case TAG_END:
        if (open->n == 0 ||
            !gh_text_equal(open->at[open->n - 1].name, tag->name))
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
    *line = status == GH_NONE ? open.at[open.n - 1].line : scan.tag_line;
    return GH_MALFORMED;
}

/* Looks a name up among n values. */
static bool
find_value(struct gh_text name, const struct gh_page_value *values, size_t n,
           struct gh_text *out)
{
    for (size_t i = 0; i < n; i++) {
        if (gh_text_equal(name, values[i].name)) {
            *out = values[i].value;
            return true;
        }
    }
    return false;
}

/* The section that is a list, or NULL: there is one at most. */
static const struct section *
open_list(const struct sections *open)
{
    for (size_t i = 0; i < open->n; i++) {
        if (open->at[i].list != NULL)
            return &open->at[i];
    }
    return NULL;
}

/* What a name means here: in the row first, then on the page. */
static struct gh_text
value_of(struct gh_text name, const struct sections *open,
         const struct gh_page_data *data)
{
    const struct section *section = open_list(open);
    struct gh_text value = {0};

    if (section != NULL) {
        const struct gh_page_list *list = section->list;

        if (find_value(name, list->values + section->row * list->n_columns,
                       list->n_columns, &value))
            return value;
    }
    (void)find_value(name, data->values, data->n_values, &value);
    return value;
}

/* The list of that name, if one may be opened here. */
static const struct gh_page_list *
list_of(struct gh_text name, const struct sections *open,
        const struct gh_page_data *data)
{
    if (open_list(open) != NULL)
        return NULL;
    for (size_t i = 0; i < data->n_lists; i++) {
        if (gh_text_equal(name, data->lists[i].name))
            return &data->lists[i];
    }
    return NULL;
}

static bool
is_shown(const struct sections *open)
{
    return open->n == 0 || open->at[open->n - 1].is_shown;
}

/* The operator's own HTML, which is what a template is. */
static void
put_text(struct sink *sink, struct gh_text text)
{
    sink->room += text.len;
    if (sink->out != NULL)
        gh_buf_checked(sink->out, text);
}

static void
put_value(struct sink *sink, struct gh_text value)
{
    sink->room += ESCAPED_MAX * value.len;
    if (sink->out != NULL)
        gh_buf_html(sink->out, value);
}

/* Opens a section: shown when the name has a value, or rows; or has not. */
static enum gh_status
open_section(struct sections *open, const struct tag *tag,
             const struct scan *scan, const struct gh_page_data *data)
{
    const struct gh_page_list *list = list_of(tag->name, open, data);
    bool outer = is_shown(open);
    bool is_there = list != NULL ? list->n_rows > 0
                                 : value_of(tag->name, open, data).len > 0;
    enum gh_status status = nest(open, tag, 0);

    if (status != GH_OK)
        return status;
    open->at[open->n - 1].is_shown =
        outer && is_there == (tag->kind == TAG_SHOW);
    if (tag->kind == TAG_SHOW && outer && is_there) {
        open->at[open->n - 1].list = list;
        open->at[open->n - 1].start = *scan;
    }
    return GH_OK;
}

/* Closes a section, or goes back to its start for the next row. */
static enum gh_status
close_section(struct sections *open, const struct tag *tag, struct scan *scan)
{
    struct section *last = open->n == 0 ? NULL : &open->at[open->n - 1];

    if (last == NULL || last->list == NULL ||
        !gh_text_equal(last->name, tag->name) ||
        last->row + 1 == last->list->n_rows)
        return nest(open, tag, 0);
    last->row++;
    *scan = last->start;
    return GH_OK;
}

/* Does what a tag says. */
static enum gh_status
apply(struct sections *open, const struct tag *tag, struct scan *scan,
      const struct gh_page_data *data, struct sink *sink)
{
    switch (tag->kind) {
    case TAG_VALUE:
        if (is_shown(open))
            put_value(sink, value_of(tag->name, open, data));
        return GH_OK;
    case TAG_SHOW:
    case TAG_SHOW_NO:
        return open_section(open, tag, scan, data);
    case TAG_END:
        return close_section(open, tag, scan);
    }
    return GH_MALFORMED;
}

/* Walks through the page; what it says goes into the sink. */
static enum gh_status
walk(struct gh_text template_text, const struct gh_page_data *data,
     struct sink *sink)
{
    struct scan scan = {.rest = template_text, .line = 1};
    struct sections open = {.n = 0};
    enum gh_status status;
    struct gh_text text;
    struct tag tag;

    do {
        status = next_tag(&scan, &text, &tag);
        if (is_shown(&open))
            put_text(sink, text);
        if (status == GH_OK && apply(&open, &tag, &scan, data, sink) != GH_OK)
            return GH_MALFORMED;
    } while (status == GH_OK);
    return status == GH_NONE && open.n == 0 ? GH_OK : GH_MALFORMED;
}

enum gh_status
gh_page_room(struct gh_text template_text, const struct gh_page_data *data,
             size_t *room)
{
    struct sink sink = {.out = NULL};
    enum gh_status status = walk(template_text, data, &sink);

    if (status == GH_OK)
        *room = sink.room;
    return status;
}

enum gh_status
gh_page_render(struct gh_text template_text, const struct gh_page_data *data,
               struct gh_buf *out)
{
    struct sink sink = {.out = out};
    enum gh_status status = walk(template_text, data, &sink);

    if (status != GH_OK)
        return status;
    return out->is_failed ? GH_LIMIT : GH_OK;
}
