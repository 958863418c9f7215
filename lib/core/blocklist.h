/* SPDX-License-Identifier: Apache-2.0
 *
 * Passwords that are long enough and yet guessed first. The list is built in;
 * core/blocklist/make makes it. Called by core/new_password.
 */
#ifndef GH_CORE_BLOCKLIST_H
#define GH_CORE_BLOCKLIST_H

#include "base/text.h"

/* True when the whole text, in lower case, is on the list. */
bool gh_blocklist_has(struct gh_text lower);

/* The list: one entry a line, lower case, in the order of their bytes, at
 * least 15 bytes each. Static memory. */
struct gh_text gh_blocklist_words(void);

#endif
