/* SPDX-License-Identifier: Apache-2.0
 *
 * Places. Owns copies of the databases in memory: libmaxminddb maps what it
 * opens, and a file that is cut short while it is mapped would end the process
 * (SIGBUS) at the next look. Limits a database to GH_PLACES_FILE_MAX. Whatever
 * is damaged is not known: the library keeps within the bounds of the copy,
 * and here the form of what it finds is checked. Called by the gateway's
 * locate.
 */
#include "core/place.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <maxminddb.h>

#include "base/arena.h"

#include "base/banned.h"

enum {
    COPY_BYTES = 64 * 1024, /* at a time */
    HOME_MAX = 64 * 1024,   /* bytes of the snapshot itself */
};

/* One database. */
struct base {
    MMDB_s mmdb;  /* as the library has it */
    bool is_open; /* there is one */
};

struct gh_places {
    struct gh_arena home; /* where it stands itself */
    atomic_uint n_refs;   /* holders */
    struct base country;  /* countries */
    struct base asn;      /* autonomous systems */
};

/* --- opening -------------------------------------------------------------- */

static void
close_at(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* Whether an error is the machine's, which may be over in a moment, and not the
 * file's. */
static enum gh_status
blame(int error)
{
    switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOSPC:
    case EIO:
    case EINTR:
        return GH_FAULT_IO;
    default:
        return GH_MALFORMED;
    }
}

/* All of from into to. */
static enum gh_status
copy(int from, int to)
{
    char bytes[COPY_BYTES];
    size_t total = 0;
    ssize_t n;

    while ((n = read(from, bytes, sizeof(bytes))) > 0) {
        total += (size_t)n;
        if (total > GH_PLACES_FILE_MAX)
            return GH_MALFORMED;
        if (write(to, bytes, (size_t)n) != n)
            return GH_FAULT_IO;
    }
    return n == 0 ? GH_OK : blame(errno);
}

/* A copy of the file in memory, which nobody cuts short. Of a file only: a pipe
 * could keep us waiting. */
static enum gh_status
copy_file(struct gh_text file, int *out)
{
    int from GH_CLEAN(close_at) =
        open(file.at, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat facts;

    if (from < 0 || fstat(from, &facts) != 0)
        return blame(errno);
    if (!S_ISREG(facts.st_mode))
        return GH_MALFORMED;
    *out = memfd_create("gatehouse-places", MFD_CLOEXEC);
    return *out < 0 ? blame(errno) : copy(from, *out);
}

/* The library opens by name only: the copy's is that of its descriptor. */
static enum gh_status
open_base(struct gh_text file, struct gh_buf *why, struct base *base)
{
    char name[64];
    int fd GH_CLEAN(close_at) = -1;
    enum gh_status status;
    int error;

    if (file.len == 0)
        return GH_OK;
    status = copy_file(file, &fd);
    if (status != GH_OK) {
        gh_buf_lit(why, "cannot read ");
        gh_buf_checked(why, file);
        return status;
    }
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    error = MMDB_open(name, MMDB_MODE_MMAP, &base->mmdb);
    base->is_open = error == MMDB_SUCCESS;
    if (base->is_open)
        return GH_OK;
    if (error == MMDB_OUT_OF_MEMORY_ERROR)
        return GH_FAULT_MEMORY;
    /* Of our own copy. */
    if (error == MMDB_FILE_OPEN_ERROR)
        return GH_FAULT_IO;
    gh_buf_checked(why, file);
    gh_buf_lit(why, " is no database of places: ");
    gh_buf_checked(why, gh_text_of_z(MMDB_strerror(error)));
    return GH_MALFORMED;
}

enum gh_status
gh_places_open(const struct gh_place_files *files, struct gh_buf *why,
               struct gh_places **out)
{
    struct gh_places *places;
    struct gh_arena home;
    enum gh_status status;

    gh_arena_init(&home, HOME_MAX);
    places = gh_arena_new(&home, sizeof(*places));
    if (places == NULL)
        return GH_FAULT_MEMORY;
    places->home = home;
    atomic_init(&places->n_refs, 1);
    status = open_base(files->country, why, &places->country);
    if (status == GH_OK)
        status = open_base(files->asn, why, &places->asn);
    if (status != GH_OK) {
        gh_places_release(places);
        return status;
    }
    *out = places;
    return GH_OK;
}

void
gh_places_hold(struct gh_places *places)
{
    if (places != NULL)
        atomic_fetch_add_explicit(&places->n_refs, 1, memory_order_relaxed);
}

void
gh_places_release(struct gh_places *places)
{
    struct gh_arena home;

    if (places == NULL ||
        atomic_fetch_sub_explicit(&places->n_refs, 1, memory_order_acq_rel) > 1)
        return;
    if (places->country.is_open)
        MMDB_close(&places->country.mmdb);
    if (places->asn.is_open)
        MMDB_close(&places->asn.mmdb);
    home = places->home;
    gh_arena_done(&home);
}

/* --- looking -------------------------------------------------------------- */

/* What a database has for an address under a path of keys. */
static bool
look_up(const struct base *base, const struct gh_address *address,
        const char *const *path, MMDB_entry_data_s *out)
{
    struct sockaddr_in ipv4 = {.sin_family = AF_INET};
    struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};
    MMDB_lookup_result_s found;
    int error = MMDB_SUCCESS;

    if (!base->is_open || address->family == 0)
        return false;
    memcpy(&ipv4.sin_addr, address->bytes, sizeof(ipv4.sin_addr));
    memcpy(&ipv6.sin6_addr, address->bytes, sizeof(ipv6.sin6_addr));
    found = MMDB_lookup_sockaddr(&base->mmdb,
                                 address->family == 4
                                     ? (const struct sockaddr *)&ipv4
                                     : (const struct sockaddr *)&ipv6,
                                 &error);
    return error == MMDB_SUCCESS && found.found_entry &&
           MMDB_aget_value(&found.entry, out, path) == MMDB_SUCCESS &&
           out->has_data;
}

enum gh_status
gh_country_parse(struct gh_text text, char out[GH_COUNTRY_LEN])
{
    if (text.len != GH_COUNTRY_LEN)
        return GH_MALFORMED;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < 'A' || text.at[i] > 'Z')
            return GH_MALFORMED;
    }
    memcpy(out, text.at, GH_COUNTRY_LEN);
    return GH_OK;
}

struct gh_location
gh_places_find(const struct gh_places *places, const struct gh_address *address)
{
    /* Where it is, not where it is registered: only that is asked for. */
    static const char *const country_path[] = {"country", "iso_code", NULL};
    static const char *const asn_path[] = {"autonomous_system_number", NULL};
    struct gh_location location = {.asn = 0};
    MMDB_entry_data_s data;
    char country[GH_COUNTRY_LEN];

    if (places == NULL)
        return location;
    if (look_up(&places->country, address, country_path, &data) &&
        data.type == MMDB_DATA_TYPE_UTF8_STRING &&
        gh_country_parse((struct gh_text){data.utf8_string, data.data_size},
                         country) == GH_OK)
        memcpy(location.country, country, sizeof(country));
    if (look_up(&places->asn, address, asn_path, &data) &&
        data.type == MMDB_DATA_TYPE_UINT32)
        location.asn = data.uint32;
    return location;
}

int64_t
gh_places_made_s(const struct gh_places *places)
{
    const struct base *bases[] = {&places->country, &places->asn};
    uint64_t oldest = 0;

    for (size_t i = 0; i < GH_COUNT(bases); i++) {
        uint64_t made = bases[i]->mmdb.metadata.build_epoch;

        if (bases[i]->is_open && (oldest == 0 || made < oldest))
            oldest = made;
    }
    return oldest > INT64_MAX ? 0 : (int64_t)oldest;
}

struct gh_text
gh_location_country(const struct gh_location *location)
{
    return (struct gh_text){location->country,
                            location->country[0] == '\0' ? 0 : GH_COUNTRY_LEN};
}
