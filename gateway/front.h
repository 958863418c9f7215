/* SPDX-License-Identifier: Apache-2.0
 *
 * The front border as the pipeline sees it: where the answer goes and who is
 * told that the body may go on. One of the two places with function pointers,
 * so that the row of steps is the same under FastCGI and under test.
 */
#ifndef GH_GATEWAY_FRONT_H
#define GH_GATEWAY_FRONT_H

#include "base/text.h"

struct gh_front;

/* What a front can do. */
struct gh_front_ops {
    /* Bytes that can be written now. 0: wait; the exchange is run again when
     * there is room. */
    size_t (*room)(struct gh_front *front);

    /* Appends bytes (at most room()) to the answer. GH_CLOSED: the web server
     * is gone. */
    enum gh_status (*write)(struct gh_front *front, struct gh_text bytes);

    /* Sends what was appended and is not yet on its way. GH_CLOSED. */
    enum gh_status (*flush)(struct gh_front *front);

    /* Something was taken from the body: its buffer has room again. */
    void (*more)(struct gh_front *front);
};

/* Embedded first in whatever stands behind it. */
struct gh_front {
    const struct gh_front_ops *ops; /* static memory */
};

#endif
