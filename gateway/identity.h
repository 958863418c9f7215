/* SPDX-License-Identifier: Apache-2.0
 *
 * What applications are told of who asks: the fields of DESIGN's contract,
 * always all of them, empty when nobody is signed in, so that an application
 * never sees one that did not come from here. Called by the acts that forward
 * and that give a verdict.
 */
#ifndef GH_GATEWAY_IDENTITY_H
#define GH_GATEWAY_IDENTITY_H

#include "context.h"

/* The values. Plain; texts live as long as the exchange. */
struct gh_identity {
    const struct gh_principal *principal; /* who */
    struct gh_text groups;                /* roles, commas between */
    size_t size;                          /* most bytes of all fields */
};

/* Collects them. GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_identity_of(struct gh_context *context, const struct gh_principal *principal,
               struct gh_identity *out);

/* Writes the field lines, each with its CRLF, under the names of a preset. */
void gh_identity_write(struct gh_buf *buf, const struct gh_identity *identity,
                       enum gh_preset preset);

/* Writes them as an authorizer hands on variables: "Variable-REMOTE_USER: …".
 * Never Variable-HTTP_…, which would stand beside what the client sent. */
void gh_identity_variables(struct gh_buf *buf,
                           const struct gh_identity *identity);

#endif
