/* SPDX-License-Identifier: Apache-2.0
 *
 * Judging return_to. Owns nothing. Refuses, by answering "/", whatever
 * gh_target_parse() refuses and every empty segment: browsers take "//host"
 * and its many spellings for another host (CWE-601). Called by the pages that
 * lead back.
 */
#include "web/local.h"

#include "base/buf.h"
#include "web/path.h"

#include "base/banned.h"

/* Pages of ours that nobody wants to come back to. */
static const struct gh_text circles[] = {
    GH_TEXT_INIT("/login"),
    GH_TEXT_INIT("/logout"),
    GH_TEXT_INIT("/logged-out"),
};

/* True for one of those pages, or anything below it. */
static bool
is_circle(struct gh_text path, struct gh_text base_path)
{
    struct gh_text rest = gh_text_from(path, base_path.len);

    if (!gh_text_starts(path, base_path))
        return false;
    for (size_t i = 0; i < GH_COUNT(circles); i++) {
        struct gh_text behind = gh_text_from(rest, circles[i].len);

        if (gh_text_starts(rest, circles[i]) &&
            (behind.len == 0 || behind.at[0] == '/'))
            return true;
    }
    return false;
}

/* Path and query in one text. */
static enum gh_status
join(struct gh_arena *arena, const struct gh_target *target,
     struct gh_text *out)
{
    struct gh_buf buf;
    enum gh_status status =
        gh_buf_in(arena, target->path.len + target->query.len, &buf);

    if (status != GH_OK)
        return status;
    /* Both were checked by gh_target_parse(). */
    gh_buf_checked(&buf, target->path);
    gh_buf_checked(&buf, target->query);
    *out = gh_buf_text(&buf);
    return GH_OK;
}

enum gh_status
gh_local_parse(struct gh_arena *arena, struct gh_text raw,
               struct gh_text base_path, struct gh_text *out)
{
    struct gh_target target;
    enum gh_status status = GH_MALFORMED;

    raw = gh_text_first(raw, gh_text_find(raw, '#'));
    if (raw.len > 0 && raw.len <= GH_LOCAL_MAX)
        status = gh_target_parse(arena, raw, GH_LOCAL_MAX, &target);
    if (gh_is_fault(status))
        return status;
    if (status != GH_OK || (target.traits & GH_PATH_EMPTY_SEGMENT) != 0 ||
        is_circle(target.path, base_path)) {
        *out = GH_TEXT("/");
        return GH_OK;
    }
    return join(arena, &target, out);
}
