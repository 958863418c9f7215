/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a configuration file: strict INI through libinih with our own
 * line-counting reader. Knows sections, keys and lines; what they mean is the
 * settings table's business. Refuses lines over 4,096 bytes, files over 1 MiB,
 * keys before the first section, section names over 49 bytes, indented keys
 * (there are no continued values), bytes that are not UTF-8, NUL and other
 * control characters, and lines that are neither a section, a key, a comment
 * nor empty. A byte order mark and CR LF are fine. Called by gateway/settings.
 */
#ifndef GH_BASE_CONF_H
#define GH_BASE_CONF_H

#include <stdio.h>

#include "base/text.h"

/* One "key = value" line. The texts live only during the call. */
struct gh_conf_line {
    const char *file;       /* as given to gh_conf_read() */
    unsigned line;          /* counted from 1 */
    struct gh_text section; /* between the brackets: "entry public" */
    struct gh_text key;     /* before "=", trimmed */
    struct gh_text value;   /* behind "=", trimmed; may be empty */
};

/* Called for each line. Returns false to count the line as an error that the
 * callee has already reported; reading goes on, so that all errors are found
 * in one run. */
typedef bool gh_conf_fn(void *ctx, const struct gh_conf_line *line);

/* Called for what the reader itself refuses: text is one sentence. */
typedef void gh_conf_error_fn(void *ctx, const char *file, unsigned line,
                              const char *text);

/* What to call; both may use ctx. */
struct gh_conf_handler {
    gh_conf_fn *on_line;        /* a key */
    gh_conf_error_fn *on_error; /* a line that is no key */
    void *ctx;                  /* for both */
};

/* Sets libinih's process-wide switches; once, before threads exist. */
void gh_conf_setup(void);

/* Reads stream to its end. GH_MALFORMED when any line was refused by the
 * reader or by on_line; GH_FAULT_IO, GH_FAULT_MEMORY. Inline comments do not
 * exist: a ";" inside a value belongs to it. A key that comes twice is passed
 * on twice. Keys below a refused section line are checked for their form but
 * not passed on. gh_conf_setup() must have been called. */
GH_MUST_CHECK enum gh_status
gh_conf_read(FILE *stream, const char *file,
             const struct gh_conf_handler *handler);

/* The known name nearest to word for "did you mean" (edit distance at most
 * 2), or NULL. names has n entries, NUL-terminated. */
const char *gh_conf_nearest(struct gh_text word, const char *const *names,
                            size_t n);

#endif
