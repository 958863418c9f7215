/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of base/conf. The input is a file. Properties: every key that
 * comes out stands on the very line that is named, under the very section, and
 * has the very value; lines only go up; a file is refused exactly when
 * something was reported; a suggestion is at most two edits longer or shorter.
 */
#include "base/conf.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#include "base/banned.h"

/* What one run must agree with. */
struct run {
    struct gh_text bytes; /* the whole file */
    unsigned last_line;   /* of the last call */
    size_t n_errors;      /* reported so far */
};

/* Line number n of bytes, counted from 1, trimmed as a reader would. */
static struct gh_text
line_of(struct gh_text bytes, unsigned n)
{
    struct gh_text line = {0};
    struct gh_text rest = bytes;

    for (unsigned i = 0; i < n; i++)
        gh_assert(gh_text_cut(&rest, '\n', &line));
    if (n == 1 && gh_text_starts(line, GH_TEXT("\xef\xbb\xbf")))
        line = gh_text_from(line, 3);
    if (gh_text_ends(line, GH_TEXT("\r")))
        line.len--;
    return gh_text_trim(line);
}

/* The name in the last line above n that begins with "[". */
static struct gh_text
section_above(struct gh_text bytes, unsigned n)
{
    struct gh_text line;

    do {
        gh_assert(n > 1);
        line = line_of(bytes, --n);
    } while (line.len == 0 || line.at[0] != '[');
    gh_assert(gh_text_find(line, ']') == line.len - 1);
    return gh_text_trim(gh_text_first(gh_text_from(line, 1), line.len - 2));
}

static bool
take_line(void *ctx, const struct gh_conf_line *conf)
{
    struct run *run = ctx;
    struct gh_text line;
    size_t end;

    gh_assert(conf->line > run->last_line);
    run->last_line = conf->line;
    line = line_of(run->bytes, conf->line);
    end = gh_text_find(line, '=');
    gh_assert(end < line.len && conf->key.len > 0 && conf->section.len > 0);
    gh_assert(gh_text_equal(gh_text_trim(gh_text_first(line, end)), conf->key));
    gh_assert(
        gh_text_equal(gh_text_trim(gh_text_from(line, end + 1)), conf->value));
    gh_assert(
        gh_text_equal(section_above(run->bytes, conf->line), conf->section));
    gh_assert(gh_text_find(conf->value, '\0') == conf->value.len);
    return true;
}

static void
take_error(void *ctx, const char *file, unsigned line, const char *text)
{
    struct run *run = ctx;

    gh_assert(file != NULL && text[0] != '\0');
    gh_assert(line > run->last_line);
    run->last_line = line;
    run->n_errors++;
}

static void
check_file(const uint8_t *data, size_t size)
{
    struct run run = {.bytes = fuzz_text(data, size)};
    const struct gh_conf_handler handler = {
        .on_line = take_line, .on_error = take_error, .ctx = &run};
    char *copy = malloc(size > 0 ? size : 1);
    FILE *stream;
    enum gh_status status;

    if (copy == NULL)
        return;
    if (size > 0)
        memcpy(copy, data, size);
    stream = fmemopen(copy, size > 0 ? size : 1, "r");
    gh_assert(stream != NULL);
    /* fmemopen() wants at least one byte: an empty file is one read out. */
    if (size == 0)
        (void)getc(stream);
    status = gh_conf_read(stream, "fuzz.conf", &handler);
    gh_assert(status == (run.n_errors > 0 ? GH_MALFORMED : GH_OK));
    fclose(stream);
    free(copy);
}

static void
check_nearest(struct gh_text word)
{
    static const char *const names[] = {"workers", "user", "base_path", "a"};
    const char *nearest = gh_conf_nearest(word, names, GH_COUNT(names));
    size_t len = gh_text_of_z(nearest).len;

    if (nearest == NULL)
        return;
    gh_assert(len <= word.len + 2 && word.len <= len + 2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gh_conf_setup();
    check_file(data, size);
    check_nearest(gh_text_first(fuzz_text(data, size), 80));
    return 0;
}
