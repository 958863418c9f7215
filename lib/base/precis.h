/* SPDX-License-Identifier: Apache-2.0
 *
 * Names and passwords in their one form (RFC 8264, RFC 8265), so that what a
 * person typed on any keyboard compares equal to what is stored. Limits are
 * those of accounts and of the password hash. The only user of libunistring.
 * Called by the steps that read forms and by gatehousectl.
 */
#ifndef GH_BASE_PRECIS_H
#define GH_BASE_PRECIS_H

#include "base/arena.h"

/* Bytes of the longest account name. */
#define GH_ACCOUNT_NAME_MAX 64

/* Code points and bytes of the longest password, in its one form. */
#define GH_PASSWORD_POINTS_MAX 256
#define GH_PASSWORD_BYTES_MAX 1024

/* An account name: UsernameCaseMapped (wide and narrow forms become ordinary
 * ones, letters lower case), then [a-z0-9][a-z0-9._@+-]{0,63}. The result is
 * stored, looked up and counted by. GH_MALFORMED for anything else, also when
 * it is too long; GH_FAULT_MEMORY. The text lives in arena. */
GH_MUST_CHECK enum gh_status gh_precis_account(struct gh_arena *arena,
                                               struct gh_text raw,
                                               struct gh_text *out);

/* A password: OpaqueString. Every space becomes U+0020, the whole NFC; case,
 * width and compatibility forms stay as they are, and so do spaces at both
 * ends. GH_MALFORMED when it is empty, not UTF-8, or has a character that the
 * profile forbids: controls, unassigned ones, those that show nothing;
 * GH_LIMIT over 256 code points or 1,024 bytes, never cut; GH_FAULT_MEMORY.
 * The text lives in arena, which is wiped with it. */
GH_MUST_CHECK enum gh_status gh_precis_password(struct gh_arena *arena,
                                                struct gh_text raw,
                                                struct gh_text *out);

/* A text in lower case, letter by letter, for comparing without case. It must
 * be UTF-8. GH_FAULT_MEMORY. The text lives in arena. */
GH_MUST_CHECK enum gh_status gh_precis_lower(struct gh_arena *arena,
                                             struct gh_text text,
                                             struct gh_text *out);

/* Code points of a text, which must be UTF-8. */
size_t gh_precis_points(struct gh_text text);

#endif
