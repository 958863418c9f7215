/* SPDX-License-Identifier: Apache-2.0
 *
 * The pages and the style sheet: the built-in ones, or an operator's own, file
 * by file.
 * Owns nothing: texts go into the settings' arena. Refuses files over 64 KiB
 * and layouts that would not render. Called by settings_check.c.
 */
#include "settings_int.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "builtin.h"
#include "reply.h"
#include "web/page.h"

#include "base/banned.h"

enum {
    FILE_MAX = 64 * 1024, /* bytes of a template or style sheet */
};

/* One file of the pages folder. */
struct page {
    const char *name_z;     /* of the file */
    size_t offset;          /* of its text in the settings */
    struct gh_text builtin; /* when the folder has no such file */
    bool is_template;       /* must render */
};

/* Reads a whole file of the pages folder. GH_NONE when there is none;
 * GH_MALFORMED when it cannot be used. */
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
        return errno == ENOENT ? GH_NONE : GH_MALFORMED;
    buf.len = fread(buf.at, 1, buf.cap, stream);
    if (ferror(stream) || buf.len == buf.cap)
        status = GH_MALFORMED;
    fclose(stream);
    *out = gh_buf_text(&buf);
    return status;
}

/* Complains about one file, at a line when there is one. */
static void
complain(const struct gh_settings *settings, const struct page *page,
         unsigned line, const char *what_z, struct gh_complaints *complaints)
{
    fprintf(complaints->out, "%.*s/%s:%u: %s\n",
            GH_TEXT_ARG(settings->gateway.pages), page->name_z, line, what_z);
    complaints->n++;
}

/* Loads and checks one file, or takes the built-in one. */
static enum gh_status
load_page(struct gh_settings *settings, const struct page *page,
          struct gh_complaints *complaints)
{
    struct gh_text *text = (void *)((char *)settings + page->offset);
    enum gh_status status = GH_NONE;
    unsigned line = 0;

    if (settings->gateway.pages.len > 0)
        status = read_file(settings, page->name_z, text);
    if (gh_is_fault(status))
        return status;
    if (status == GH_NONE)
        *text = page->builtin;
    if (status == GH_MALFORMED)
        complain(settings, page, 1, "cannot be read, or over 64 KiB",
                 complaints);
    else if (page->is_template &&
             gh_page_check(*text, gh_reply_names, gh_n_reply_names, &line) !=
                 GH_OK)
        complain(settings, page, line, "not a template", complaints);
    return GH_OK;
}

enum gh_status
gh_settings_load_pages(struct gh_settings *settings,
                       struct gh_complaints *complaints)
{
    const struct page pages[] = {
        {"page.html", offsetof(struct gh_settings, layout), gh_builtin_layout(),
         true},
        {"login.html", offsetof(struct gh_settings, login), gh_builtin_login(),
         true},
        {"logout.html", offsetof(struct gh_settings, logout),
         gh_builtin_logout(), true},
        {"logged-out.html", offsetof(struct gh_settings, logged_out),
         gh_builtin_logged_out(), true},
        {"account.html", offsetof(struct gh_settings, account),
         gh_builtin_account(), true},
        {"not-me.html", offsetof(struct gh_settings, not_me),
         gh_builtin_not_me(), true},
        {"session.html", offsetof(struct gh_settings, session_page),
         gh_builtin_session(), true},
        {"password.html", offsetof(struct gh_settings, new_password),
         gh_builtin_password(), true},
        {"preferences.html", offsetof(struct gh_settings, preferences),
         gh_builtin_preferences(), true},
        {"help.html", offsetof(struct gh_settings, help), gh_builtin_help(),
         true},
        {"style.css", offsetof(struct gh_settings, style), gh_builtin_style(),
         false},
    };
    enum gh_status status = GH_OK;

    if (settings->gateway.pages.len > 0 &&
        access(settings->gateway.pages.at, X_OK) != 0) {
        fprintf(complaints->out, "%s: pages: %.*s: %s\n", complaints->file_z,
                GH_TEXT_ARG(settings->gateway.pages), strerror(errno));
        complaints->n++;
    }
    for (size_t i = 0; i < GH_COUNT(pages) && status == GH_OK; i++)
        status = load_page(settings, &pages[i], complaints);
    return status;
}
