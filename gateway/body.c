/* SPDX-License-Identifier: Apache-2.0
 *
 * The waiting part of a request body. Owns nothing: the buffer lives in the
 * exchange's arena. Limits what waits to GH_BODY_BUFFER bytes. Called by the
 * front (adding) and by the relay (taking).
 */
#include "body.h"

#include <string.h>

#include "base/banned.h"

size_t
gh_body_room(const struct gh_body *body)
{
    return GH_BODY_BUFFER - (body->end - body->begin);
}

enum gh_status
gh_body_add(struct gh_body *body, struct gh_arena *arena, struct gh_text bytes)
{
    gh_assert(bytes.len <= gh_body_room(body));
    if (bytes.len == 0)
        return GH_OK;
    if (body->at == NULL)
        body->at = gh_arena_new(arena, GH_BODY_BUFFER);
    if (body->at == NULL)
        return GH_FAULT_MEMORY;
    if (bytes.len > GH_BODY_BUFFER - body->end) {
        memmove(body->at, body->at + body->begin, body->end - body->begin);
        body->end -= body->begin;
        body->begin = 0;
    }
    memcpy(body->at + body->end, bytes.at, bytes.len);
    body->end += bytes.len;
    body->n_come += bytes.len;
    return GH_OK;
}

struct gh_text
gh_body_waiting(const struct gh_body *body)
{
    if (body->at == NULL)
        return (struct gh_text){0};
    return (struct gh_text){.at = body->at + body->begin,
                            .len = body->end - body->begin};
}

void
gh_body_take(struct gh_body *body, size_t n)
{
    gh_assert(n <= body->end - body->begin);
    body->begin += n;
    if (body->begin == body->end) {
        body->begin = 0;
        body->end = 0;
    }
}
