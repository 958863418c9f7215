/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables behind gh_field_rule_request() and gh_field_rule_response(), for
 * the tests that walk them. Constant; never installed.
 */
#ifndef GH_WEB_RULE_INT_H
#define GH_WEB_RULE_INT_H

#include "web/fields.h"

/* What is known about one name, or about all names with one beginning. */
struct gh_rule_row {
    struct gh_text name;     /* folded: a-z, 0-9 and "-"; at most 64 bytes */
    enum gh_field_rule rule; /* never GH_FIELD_PASSES */
};

/* One direction. Both arrays are in byte order. */
struct gh_rule_table {
    const struct gh_rule_row *names;    /* whole names; these come first */
    size_t n_names;                     /* how many */
    const struct gh_rule_row *prefixes; /* beginnings; none begins another */
    size_t n_prefixes;                  /* how many */
};

/* What a client may not send. */
extern const struct gh_rule_table gh_rule_request;

/* What an application may not answer. */
extern const struct gh_rule_table gh_rule_response;

#endif
