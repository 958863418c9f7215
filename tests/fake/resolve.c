/* SPDX-License-Identifier: Apache-2.0
 *
 * The double of store/resolve. Owns the place in the script. Refuses, by
 * failing the test, names that are not the script's next and a second lookup
 * before the first is over. Linked with --wrap, beside the original.
 */
#include "resolve.h"

#include <stdio.h>
#include <string.h>

#include "check.h"

#include "base/banned.h"

static struct {
    const struct fake_name *names; /* the script */
    size_t n_names;                /* of it */
    size_t n_asked;                /* so far */
    unsigned n_waits;              /* left of the one under way */
    bool is_running;               /* one is under way */
    size_t n_ended;                /* ended while they ran */
} fake;

/* In the places of the originals. */
enum gh_status __wrap_gh_resolve_begin(struct gh_resolve *resolve,
                                       const char *host_z);
enum gh_status __wrap_gh_resolve_poll(struct gh_resolve *resolve,
                                      struct gh_resolved *out);
void __wrap_gh_resolve_done(struct gh_resolve *resolve);

void
fake_resolve_play(const struct fake_name *names, size_t n)
{
    memset(&fake, 0, sizeof(fake));
    fake.names = names;
    fake.n_names = n;
}

size_t
fake_resolve_asked(void)
{
    return fake.n_asked;
}

size_t
fake_resolve_ended(void)
{
    return fake.n_ended;
}

void
fake_resolve_end(void)
{
    check_number(fake.n_names, fake.n_asked);
    check(!fake.is_running);
}

enum gh_status
__wrap_gh_resolve_begin(struct gh_resolve *resolve, const char *host_z)
{
    const struct fake_name *name;

    check(!resolve->is_running && !fake.is_running);
    if (!check(fake.n_asked < fake.n_names))
        return GH_FAULT_BUG;
    name = &fake.names[fake.n_asked++];
    check_text(gh_text_of_z(name->host_z), gh_text_of_z(host_z));
    if (name->begun != GH_OK)
        return name->begun;
    fake.n_waits = name->n_waits;
    fake.is_running = resolve->is_running = true;
    return GH_OK;
}

enum gh_status
__wrap_gh_resolve_poll(struct gh_resolve *resolve, struct gh_resolved *out)
{
    const struct fake_name *name = &fake.names[fake.n_asked - 1];

    check(resolve->is_running);
    if (fake.n_waits > 0) {
        fake.n_waits--;
        return GH_WAIT;
    }
    fake.is_running = resolve->is_running = false;
    memset(out, 0, sizeof(*out));
    while (out->n < GH_RESOLVE_MAX && name->found_z[out->n] != NULL) {
        snprintf(out->at_z[out->n], sizeof(out->at_z[out->n]), "%s",
                 name->found_z[out->n]);
        out->n++;
    }
    return out->n > 0 ? GH_OK : GH_NONE;
}

void
__wrap_gh_resolve_done(struct gh_resolve *resolve)
{
    fake.n_ended += resolve->is_running ? 1 : 0;
    if (resolve->is_running)
        fake.is_running = resolve->is_running = false;
}
