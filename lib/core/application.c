/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding the application for a host and a path. Owns nothing. Called by
 * parse for every request, so it is a plain walk over a short table.
 */
#include "core/application.h"

#include "base/banned.h"

bool
gh_application_covers(struct gh_text prefix, struct gh_text path)
{
    if (!gh_text_starts(path, prefix))
        return false;
    return path.len == prefix.len || gh_text_ends(prefix, GH_TEXT("/")) ||
           path.at[prefix.len] == '/';
}

/* True when a is the better match of two that both cover the request. */
static bool
is_better(const struct gh_application *a, const struct gh_application *b)
{
    if (b == NULL || a->path.len != b->path.len)
        return b == NULL || a->path.len > b->path.len;
    return a->host.len > 0 && b->host.len == 0;
}

const struct gh_application *
gh_application_find(const struct gh_applications *applications,
                    struct gh_text host, struct gh_text path)
{
    const struct gh_application *best = NULL;

    for (size_t i = 0; i < applications->n; i++) {
        const struct gh_application *one = &applications->at[i];

        if (one->host.len > 0 && !gh_text_equal(one->host, host))
            continue;
        if (gh_application_covers(one->path, path) && is_better(one, best))
            best = one;
    }
    return best;
}
