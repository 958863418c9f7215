/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration reader. libinih cuts sections, keys and values; what it is
 * shown is read and judged here first. Owns one line buffer on the stack of
 * gh_conf_read(). Refuses everything listed in conf.h, with the line's number.
 * Called by gateway/settings, at start and at reload.
 *
 * Why a judge in front: libinih 55 has no line numbers for its caller, cuts
 * section names at 49 bytes without a word, ignores what follows "]", splits
 * at ":" as well as "=", accepts keys without a name, and goes on with the
 * section before when a section line is broken. A refused line is shown to it
 * as an empty one, so that both count the same lines and reading goes on.
 */
#include "base/conf.h"

#include <string.h>

#include <ini.h>

#include "base/buf.h"

#include "base/banned.h"

enum {
    MAX_LINE = 4096,           /* bytes of one line, without its end */
    MAX_FILE = 1024 * 1024,    /* bytes of one file */
    MAX_SECTION = 49,          /* bytes libinih keeps of a section's name */
    SHOWN_LINE = MAX_LINE + 3, /* what libinih needs: with CR LF NUL */
    MAX_WORD = 64,             /* bytes of a word for "did you mean" */
    MAX_DISTANCE = 2,          /* edits between a word and a suggestion */
};

/* Where the reader is in its file; lives during gh_conf_read(). */
struct reader {
    FILE *stream;                          /* the caller's */
    const char *file;                      /* its name, for messages */
    const struct gh_conf_handler *handler; /* the caller's */
    size_t total;                          /* bytes read so far */
    unsigned line;                         /* number of the line in buf */
    bool has_section; /* the last section line was a good one */
    bool is_lost;     /* the last section line was refused */
    bool is_refused;  /* any line was */
    bool is_over;     /* no more lines */
    bool is_long;     /* the line did not fit into buf */
    size_t len;       /* bytes in buf */
    char buf[MAX_LINE];
};

/* What a line is, or is meant to be. */
enum line_kind {
    LINE_EMPTY,   /* nothing but blanks, or a comment */
    LINE_SECTION, /* begins with "[" */
    LINE_KEY,     /* everything else */
};

void
gh_conf_setup(void)
{
    ini_use_stack = false;
    ini_allow_realloc = false;
    ini_initial_alloc = SHOWN_LINE;
    ini_max_line = SHOWN_LINE;
    ini_allow_multiline = false;
    ini_allow_inline_comments = false;
    ini_allow_no_value = false;
    ini_allow_bom = false;
    ini_stop_on_first_error = false;
}

/* Tells the caller what is wrong with the current line. */
static void
refuse(struct reader *reader, const char *text)
{
    reader->is_refused = true;
    reader->handler->on_error(reader->handler->ctx, reader->file, reader->line,
                              text);
}

/* Takes one byte; EOF at the end of the file and past its largest size. */
static int
next_byte(struct reader *reader)
{
    int c = getc(reader->stream);

    if (c != EOF && ++reader->total > MAX_FILE) {
        refuse(reader, "the file is longer than 1 MiB");
        reader->is_over = true;
        return EOF;
    }
    return c;
}

/* Reads one line into buf, without its end; of what is too long only the
 * beginning is kept. False at the end of the file, and when the rest of a line
 * could not be had. */
static bool
read_line(struct reader *reader)
{
    int c;

    reader->line++;
    reader->len = 0;
    reader->is_long = false;
    while ((c = next_byte(reader)) != EOF && c != '\n') {
        if (reader->len < sizeof(reader->buf))
            reader->buf[reader->len++] = (char)c;
        else
            reader->is_long = true;
    }
    if (c != EOF)
        return true;
    if (reader->is_over || ferror(reader->stream))
        return false;
    reader->is_over = true;
    return reader->len > 0;
}

/* The current line without CR at its end and without a byte order mark. */
static struct gh_text
line_text(const struct reader *reader)
{
    struct gh_text line = {.at = reader->buf, .len = reader->len};

    if (reader->line == 1 && gh_text_starts(line, GH_TEXT("\xef\xbb\xbf")))
        line = gh_text_from(line, 3);
    if (line.len > 0 && line.at[line.len - 1] == '\r')
        line.len--;
    return line;
}

/* What is wrong with the line's bytes, or NULL. */
static const char *
fault_of_bytes(struct gh_text line)
{
    if (line.len > 0 && gh_text_find(line, '\0') < line.len)
        return "the line has a NUL byte";
    while (line.len > 0) {
        size_t len = gh_utf8_first(line);

        if (len == 0)
            return "the line is not UTF-8";
        if (gh_text_is_control(line) && line.at[0] != '\t')
            return "the line has a control character";
        line = gh_text_from(line, len);
    }
    return NULL;
}

/* What is wrong with a line that begins with "[", or NULL. */
static const char *
fault_of_section(struct gh_text line)
{
    size_t end = gh_text_find(line, ']');
    struct gh_text name = gh_text_from(gh_text_first(line, end), 1);

    if (end == line.len)
        return "the section has no closing \"]\"";
    if (gh_text_trim(gh_text_from(line, end + 1)).len > 0)
        return "nothing may follow the \"]\" of a section";
    if (gh_text_trim(name).len == 0)
        return "the section has no name";
    if (name.len > MAX_SECTION)
        return "the section's name is longer than 49 bytes";
    return NULL;
}

/* What is wrong with a line that should be a key, or NULL. */
static const char *
fault_of_key(struct gh_text line)
{
    size_t end = gh_text_find(line, '=');
    struct gh_text key = gh_text_trim(gh_text_first(line, end));

    if (end == line.len)
        return "the line is neither [section], key = value nor a comment";
    if (key.len == 0)
        return "there is no key in front of \"=\"";
    if (!gh_text_all(key, GH_CLASS_TOKEN))
        return "the key has a blank or a special character in it";
    return NULL;
}

/* What kind of line it is, or is meant to be. */
static enum line_kind
kind_of(struct gh_text line)
{
    struct gh_text inside = gh_text_trim(line);

    if (inside.len == 0 || inside.at[0] == ';' || inside.at[0] == '#')
        return LINE_EMPTY;
    return inside.at[0] == '[' ? LINE_SECTION : LINE_KEY;
}

/* What is wrong with the current line, or NULL. */
static const char *
fault_of(const struct reader *reader, struct gh_text line, enum line_kind kind)
{
    const char *fault = fault_of_bytes(line);

    if (reader->is_long)
        return "the line is longer than 4096 bytes";
    if (fault != NULL || kind == LINE_EMPTY)
        return fault;
    /* Other readers take such a line as more of the value above. */
    if (line.at[0] == ' ' || line.at[0] == '\t')
        return "the line is indented: a value is always one line";
    if (kind == LINE_SECTION)
        return fault_of_section(line);

    fault = fault_of_key(line);
    if (fault == NULL && !reader->has_section && !reader->is_lost)
        return "there is no [section] above this key";
    return fault;
}

/* Judges the current line. True when libinih may see it. Keys below a refused
 * section line are judged but not passed on: nobody knows whose they are. */
static bool
is_for_inih(struct reader *reader, struct gh_text line)
{
    enum line_kind kind = kind_of(line);
    const char *fault = fault_of(reader, line, kind);

    if (fault != NULL)
        refuse(reader, fault);
    if (kind == LINE_SECTION) {
        reader->has_section = fault == NULL;
        reader->is_lost = fault != NULL;
    }
    if (fault != NULL || kind == LINE_EMPTY)
        return false;
    return kind == LINE_SECTION || reader->has_section;
}

/* libinih's reader: like fgets(), with refused lines shown as empty ones. */
static char *
show_line(char *at, int size, void *stream)
{
    struct reader *reader = stream;
    struct gh_buf out = gh_buf_over(at, size > 0 ? (size_t)size : 0);
    struct gh_text line;

    if (reader->is_over || !read_line(reader))
        return NULL;
    line = line_text(reader);
    if (is_for_inih(reader, line))
        gh_buf_checked(&out, line);
    gh_buf_checked(&out, (struct gh_text){.at = "\n", .len = 2}); /* + NUL */
    /* Fails only when gh_conf_setup() was never called. */
    gh_assert(!out.is_failed);
    return at;
}

/* libinih's handler: one key. */
static int
take_key(void *user, const char *section, const char *key, const char *value)
{
    struct reader *reader = user;
    struct gh_conf_line line = {
        .file = reader->file,
        .line = reader->line,
        .section = gh_text_trim(gh_text_of_z(section)),
        .key = gh_text_of_z(key),
        .value = gh_text_of_z(value),
    };

    if (!reader->handler->on_line(reader->handler->ctx, &line))
        reader->is_refused = true;
    return 1;
}

enum gh_status
gh_conf_read(FILE *stream, const char *file,
             const struct gh_conf_handler *handler)
{
    struct reader reader = {.stream = stream, .file = file, .handler = handler};
    int result = ini_parse_stream(show_line, &reader, take_key, &reader);

    if (result == -2)
        return GH_FAULT_MEMORY;
    if (ferror(stream))
        return GH_FAULT_IO;
    /* A line that passed the judge and not libinih would be read in two ways:
     * refuse the file even if nobody knows why. */
    return reader.is_refused || result != 0 ? GH_MALFORMED : GH_OK;
}

static size_t
smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein distance of two texts of at most MAX_WORD bytes. */
static size_t
distance(struct gh_text a, struct gh_text b)
{
    size_t row[MAX_WORD + 1];

    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            size_t above = row[j];
            size_t change = a.at[i - 1] == b.at[j - 1] ? 0 : 1;

            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + change);
            diagonal = above;
        }
    }
    return row[b.len];
}

const char *
gh_conf_nearest(struct gh_text word, const char *const *names, size_t n)
{
    const char *nearest = NULL;
    size_t least = MAX_DISTANCE + 1;

    if (word.len > MAX_WORD)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        struct gh_text name = gh_text_of_z(names[i]);
        size_t edits = name.len > MAX_WORD ? least : distance(word, name);

        /* A name of which nothing was written is no suggestion. */
        if (edits < least && edits < name.len) {
            least = edits;
            nearest = names[i];
        }
    }
    return nearest;
}
