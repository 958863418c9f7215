/* SPDX-License-Identifier: Apache-2.0
 *
 * Random bytes that run out on command. Owns the flag; one thread only.
 * Called by whatever is linked with --wrap, and by the test that gives the
 * command.
 */
#include "random.h"

#include <errno.h>

#include "base/banned.h"

static bool fails;

void
fake_random_fail(bool is_failing)
{
    fails = is_failing;
}

ssize_t
__wrap_getrandom(void *out, size_t n, unsigned flags)
{
    if (!fails)
        return __real_getrandom(out, n, flags);
    errno = ENOSYS;
    return -1;
}
