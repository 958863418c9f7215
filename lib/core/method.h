/* SPDX-License-Identifier: Apache-2.0
 *
 * Methods as sets. A permission names methods of a fixed list (the IANA
 * registry of HTTP methods without CONNECT, PRI and TRACE, and PURGE), or all
 * of them, also those that are on no list. Pure. Called by rules and policy.
 */
#ifndef GH_CORE_METHOD_H
#define GH_CORE_METHOD_H

#include "base/text.h"

/* Every method, known or not: what "*" stands for. */
#define GH_METHODS_ALL UINT64_MAX

/* The set of one method, as a request has it. A method on no list is in a
 * place that only GH_METHODS_ALL has. */
uint64_t gh_method_bit(struct gh_text method);

/* A set as a permission has it: "*", or names of the list separated by
 * commas. GH_MALFORMED for anything else. */
GH_MUST_CHECK enum gh_status gh_methods_parse(struct gh_text list,
                                              uint64_t *out);

#endif
