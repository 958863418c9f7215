/* SPDX-License-Identifier: Apache-2.0
 *
 * The layout and the style sheet: the built-in ones, or an operator's own.
 * Owns nothing: texts go into the settings' arena. Refuses files over 64 KiB
 * and layouts that would not render. Called by settings_check.c.
 */
#include "settings_int.h"

#include <errno.h>
#include <string.h>

#include "builtin.h"
#include "reply.h"
#include "web/page.h"

#include "base/banned.h"

enum {
    FILE_MAX = 64 * 1024, /* bytes of a template or style sheet */
};

/* Reads a whole file of the pages folder. GH_NONE when it cannot be read. */
static enum gh_status
read_file(struct gh_settings *settings, const char *name_z, struct gh_text *out)
{
    char path[4200];
    struct gh_buf buf;
    enum gh_status status = gh_buf_in(&settings->arena, FILE_MAX, &buf);
    FILE *stream;

    if (status != GH_OK)
        return status;
    snprintf(path, sizeof(path), "%.*s/%s",
             GH_TEXT_ARG(settings->gateway.pages), name_z);
    stream = fopen(path, "re");
    if (stream == NULL)
        return GH_NONE;
    buf.len = fread(buf.at, 1, buf.cap, stream);
    if (ferror(stream) || buf.len == buf.cap)
        status = GH_NONE;
    fclose(stream);
    *out = gh_buf_text(&buf);
    return status;
}

static void
complain(const struct gh_settings *settings, const char *name_z,
         const char *what_z, struct gh_complaints *complaints)
{
    fprintf(complaints->out, "%.*s/%s: %s\n",
            GH_TEXT_ARG(settings->gateway.pages), name_z, what_z);
    complaints->n++;
}

/* Checks the layout that is in place now. */
static void
check_layout(const struct gh_settings *settings,
             struct gh_complaints *complaints)
{
    unsigned line = 0;

    if (gh_page_check(settings->layout, gh_reply_names, gh_n_reply_names,
                      &line) == GH_OK)
        return;
    fprintf(complaints->out, "%.*s/page.html:%u: not a template\n",
            GH_TEXT_ARG(settings->gateway.pages), line);
    complaints->n++;
}

enum gh_status
gh_settings_load_pages(struct gh_settings *settings,
                       struct gh_complaints *complaints)
{
    enum gh_status status;

    settings->layout = gh_builtin_layout();
    settings->style = gh_builtin_style();
    if (settings->gateway.pages.len > 0) {
        status = read_file(settings, "page.html", &settings->layout);
        if (gh_is_fault(status))
            return status;
        if (status != GH_OK)
            complain(settings, "page.html", "cannot be read, or over 64 KiB",
                     complaints);
        status = read_file(settings, "style.css", &settings->style);
        if (gh_is_fault(status))
            return status;
        if (status != GH_OK)
            complain(settings, "style.css", "cannot be read, or over 64 KiB",
                     complaints);
    }
    if (complaints->n == 0)
        check_layout(settings, complaints);
    return GH_OK;
}
