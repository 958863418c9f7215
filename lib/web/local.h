/* SPDX-License-Identifier: Apache-2.0
 *
 * Where to go afterwards: the one judge of every return_to, whether it comes
 * from a query, a form or the request itself. What it lets through is a path
 * on this very host and nothing that any browser could read as another one.
 * Pure. Called by the pages that lead back.
 */
#ifndef GH_WEB_LOCAL_H
#define GH_WEB_LOCAL_H

#include "base/arena.h"
#include "base/text.h"

enum {
    GH_LOCAL_MAX = 2048, /* bytes of a return_to, as sent */
};

/* The canonical path and query of raw, in arena: begins with exactly one "/",
 * holds no "//", no "\", no control or non-ASCII byte; a fragment is cut off.
 * Everything else, and pages below base_path that would only lead round in a
 * circle (login, logout, logged-out), gives "/": a bad return_to is an answer
 * of its own, not an error. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_local_parse(struct gh_arena *arena,
                                            struct gh_text raw,
                                            struct gh_text base_path,
                                            struct gh_text *out);

#endif
