/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a file that somebody named. Owns the open file while it reads.
 * Refuses what is larger than the limit or has a NUL byte. Called by call.c.
 */
#include "ctl/given.h"

#include <errno.h>
#include <string.h>

#include "base/banned.h"

enum {
    MAX_BYTES = 16 * 1024 * 1024,
};

static void
close_file(FILE **file)
{
    if (*file != NULL && *file != stdin)
        fclose(*file);
}

static int
fail(const char *path_z, const char *words_z)
{
    ctl_say("%s: %s", path_z, words_z);
    return CTL_FAILED;
}

int
given_read(struct ctl *ctl, const char *path_z, struct gh_text *out)
{
    bool is_input = strcmp(path_z, "-") == 0;
    FILE *file GH_CLEAN(close_file) = is_input ? stdin : fopen(path_z, "re");
    char *at;
    size_t size;

    if (file == NULL) {
        int error = errno;

        ctl_say("%s: %s", path_z, strerrordesc_np(error));
        return error == ENOENT ? CTL_NOT_FOUND : CTL_FAILED;
    }
    at = gh_arena_new(&ctl->arena, MAX_BYTES + 1);
    if (at == NULL)
        return fail(path_z, "out of memory");
    size = fread(at, 1, MAX_BYTES + 1, file);
    if (ferror(file) != 0)
        return fail(path_z, "cannot be read");
    if (size > MAX_BYTES)
        return fail(path_z, "over 16 MiB");
    if (memchr(at, '\0', size) != NULL)
        return fail(path_z, "has a NUL byte");
    *out = (struct gh_text){.at = at, .len = size};
    return CTL_DONE;
}
