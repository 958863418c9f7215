/* SPDX-License-Identifier: Apache-2.0
 *
 * What a person is told for a status, and the phrase that stands beside the
 * number in the answer's head. Owns the English texts of our own pages as
 * constant tables. The texts are vague about the inside of the house; what
 * exactly happened is in the log, under the exchange id that the page shows.
 * Called by the acts that choose an answer, and by respond.
 */
#ifndef GH_GATEWAY_MESSAGE_H
#define GH_GATEWAY_MESSAGE_H

#include <stdbool.h>

#include "base/text.h"

/* One message in constant memory; every text is UTF-8 and never empty. */
struct gh_message {
    unsigned status;        /* HTTP status; 0 is the general message */
    bool is_worth_again;    /* asking once more, later, can help */
    struct gh_text title;   /* the window's title: two to four words */
    struct gh_text heading; /* one sentence without a final stop */
    struct gh_text text;    /* what it means, in full sentences */
    struct gh_text hint;    /* the way out: what the person can do now */
};

/* The message for status, or the general one (its status is 0) when there is
 * none of its own. Never NULL. */
const struct gh_message *gh_message_of(unsigned status);

/* The message for somebody who lacks the right: 403, but not that of a form
 * that is not ours. Never NULL. */
const struct gh_message *gh_message_denied(void);

/* … who has access, but not now or not from where they are. */
const struct gh_message *gh_message_closed(void);

/* The reason phrase of a status line: the registered phrase for a final
 * status, or a phrase for its class. Never empty, always printable ASCII;
 * outside 200 to 599 it is "Unknown". */
struct gh_text gh_reason_of(unsigned status);

#endif
