/* SPDX-License-Identifier: Apache-2.0
 *
 * What tests and the fuzz target need from inside core/keys: the parser
 * without the file. Owns nothing. Nobody else includes it.
 */
#ifndef GH_CORE_KEYS_INT_H
#define GH_CORE_KEYS_INT_H

#include "core/keys.h"

/* A ring from the bytes of a file; as gh_keys_read() otherwise. */
GH_MUST_CHECK enum gh_status
gh_keys_parse(struct gh_text bytes, struct gh_buf *why, struct gh_keys **out);

#endif
