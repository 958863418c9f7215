/* SPDX-License-Identifier: Apache-2.0
 *
 * The one result type. Zero is success, positive values are answers that the
 * caller must handle, negative values are faults that are passed up unchanged
 * and become 503. "No" and "broken" are never the same value.
 */
#ifndef GH_BASE_STATUS_H
#define GH_BASE_STATUS_H

/* What a function that can fail returns. */
enum gh_status {
    GH_OK = 0,

    /* Answers. Each header lists which of them a function can give. */
    GH_WAIT,      /* not yet: call again when something has happened */
    GH_NONE,      /* there is nothing (more) of what was asked for */
    GH_MALFORMED, /* the input breaks its grammar */
    GH_LIMIT,     /* the input or the demand is over a stated ceiling */
    GH_CONFLICT,  /* two values where there must be one */
    GH_EXPIRED,   /* it was good once */
    GH_CLOSED,    /* the other side is gone */
    GH_STOP,      /* a step refuses: the pipeline goes on with act */

    /* Faults. */
    GH_FAULT_MEMORY = -1,
    GH_FAULT_IO = -2,
    GH_FAULT_CRYPTO = -3,
    GH_FAULT_DB = -4,
    GH_FAULT_BUG = -5,
};

/* True for faults, which nobody but the pipeline turns into an answer. */
static inline _Bool
gh_is_fault(enum gh_status status)
{
    return (int)status < 0;
}

/* The status in one lower-case word for logs and tests; static memory. */
const char *gh_status_word(enum gh_status status);

#endif
