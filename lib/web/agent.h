/* SPDX-License-Identifier: Apache-2.0
 *
 * What a browser calls itself (User-Agent), in words that a person knows it
 * by: "Firefox on Linux". A table of the common ones and no more: it is for
 * people who look for what is not theirs, never for a decision. Pure. Called
 * by the page about oneself and for access records and sign-ins.
 */
#ifndef GH_WEB_AGENT_H
#define GH_WEB_AGENT_H

#include "base/buf.h"

enum {
    GH_AGENT_MAX = 64, /* bytes of the words */
};

/* Appends the words, at most GH_AGENT_MAX bytes: browser and system, or one of
 * them, or the beginning of what it calls itself, or that it says nothing.
 * Always clean UTF-8. */
void gh_agent_write(struct gh_buf *buf, struct gh_text agent);

/* The same as a text that lives in arena. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_agent_words(struct gh_arena *arena,
                                            struct gh_text agent,
                                            struct gh_text *out);

#endif
