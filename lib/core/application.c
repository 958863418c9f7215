/* SPDX-License-Identifier: Apache-2.0
 *
 * Prefixes by whole segments. Owns nothing. Called by rules, policy and the
 * gateway's settings.
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

bool
gh_application_is_served(const struct gh_application *application,
                         struct gh_text entry)
{
    struct gh_text entries = application->entries;
    struct gh_text one;

    if (entries.len == 0)
        return true;
    while (gh_text_cut(&entries, ' ', &one)) {
        if (gh_text_equal(one, entry))
            return true;
    }
    return false;
}

struct gh_text
gh_application_rest(struct gh_text prefix, struct gh_text path)
{
    size_t skip = prefix.len;

    if (gh_text_ends(prefix, GH_TEXT("/")))
        skip--;
    return path.len > skip ? gh_text_from(path, skip) : GH_TEXT("/");
}
