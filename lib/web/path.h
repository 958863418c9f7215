/* SPDX-License-Identifier: Apache-2.0
 *
 * The request target in the one form that is decided on and sent: RFC 3986
 * 6.2.2 normalisation. Unreserved characters are decoded, other triplets kept
 * with upper-case hex, dot segments removed, the query left unchanged. Pure.
 * Called by parse; also by whatever validates a local path.
 */
#ifndef GH_WEB_PATH_H
#define GH_WEB_PATH_H

#include "base/arena.h"
#include "base/text.h"

/* What applications read in different ways, so that it is refused unless the
 * application says `keep`. Bits of gh_target.traits. */
enum gh_path_trait {
    GH_PATH_ENCODED_SLASH = 1 << 0, /* %2F somewhere in the path */
    GH_PATH_SEMICOLON = 1 << 1,     /* ; or %3B: path parameters */
    GH_PATH_EMPTY_SEGMENT = 1 << 2, /* // before dot segments were removed */
};

/* A plain value; its texts live in the arena given to gh_target_parse(). */
struct gh_target {
    struct gh_text path;  /* canonical, begins with "/" */
    struct gh_text query; /* as sent, with its "?"; empty when there is none */
    unsigned traits;      /* enum gh_path_trait, or-ed */
};

/* Parses an origin-form request target ("/path?query"). Refused as
 * GH_MALFORMED whatever an application says: no leading slash; bytes outside
 * visible ASCII; "#", "\", %5C and raw characters that RFC 3986 forbids in a
 * path (but [ ] | ^, which browsers send, become triplets); "%" without two
 * hex digits; triplets of control characters (C0, DEL, C1); triplets that do
 * not form UTF-8; "%25" followed by two hex digits, however those are spelt
 * (double encoding); ".." above the root; a segment of which a part is "." or
 * ".." once cut at %2F, ";" or %3B. The query may hold any visible ASCII but
 * "#". GH_LIMIT: path over max_path bytes as sent. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_target_parse(struct gh_arena *arena,
                                             struct gh_text raw,
                                             size_t max_path,
                                             struct gh_target *out);

#endif
