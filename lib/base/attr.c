/* SPDX-License-Identifier: Apache-2.0
 *
 * What happens when an assertion fails: one line on standard error, then
 * abort(). Owns nothing. Called by every floor through gh_assert().
 */
#include "base/attr.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

_Noreturn void
gh_assert_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "gatehouse: assertion failed: %s (%s:%d)\n", what, file,
            line);
    abort();
}
