/* SPDX-License-Identifier: Apache-2.0
 *
 * Fuzz target of web/agent. The input is a User-Agent. Properties: the words
 * fit, are UTF-8 without control characters, and say something.
 */
#include "web/agent.h"

#include "fuzz.h"

#include "base/banned.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char at[GH_AGENT_MAX];
    struct gh_buf buf = gh_buf_over(at, sizeof(at));
    struct gh_text words;

    gh_agent_write(&buf, fuzz_text(data, size));
    gh_assert(!buf.is_failed);
    words = gh_buf_text(&buf);
    gh_assert(words.len > 0);
    while (words.len > 0) {
        size_t len = gh_utf8_first(words);

        gh_assert(len > 0 && !gh_text_is_control(words));
        words = gh_text_from(words, len);
    }
    return 0;
}
