/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of core/place, with a small database that tests/e2e/harness/places.py
 * wrote: what is found in it, what is not taken for a place, and what becomes
 * of it when any of its bytes is another one or the end is missing. Each test
 * owns its file.
 */
#include "core/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "check.h"

#include "base/banned.h"

enum {
    FILE_MAX = 64 * 1024, /* bytes of the database */
    WORDS_MAX = 400,      /* of a reason */
};

/* Of the leak sanitizer, where there is one. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/* The database, and a file for what becomes of it. */
struct scene {
    char bytes[FILE_MAX];   /* of the database */
    size_t n;               /* how many */
    char file_z[64];        /* the file */
    char words[WORDS_MAX];  /* of the last refusal */
    struct gh_buf why;      /* over them */
    struct gh_places *open; /* what was opened last */
};

static void
begin(struct scene *scene)
{
    const char *folder = getenv("GH_TEST_DIR");
    char name[4096];
    FILE *stream;

    memset(scene, 0, sizeof(*scene));
    snprintf(name, sizeof(name), "%s/../../data/places.mmdb",
             folder == NULL ? "." : folder);
    stream = fopen(name, "rb");
    if (check(stream != NULL)) {
        scene->n = fread(scene->bytes, 1, sizeof(scene->bytes), stream);
        fclose(stream);
    }
    check(scene->n > 1000 && scene->n < sizeof(scene->bytes));
    snprintf(scene->file_z, sizeof(scene->file_z), "/tmp/gh-places-XXXXXX");
    close(mkstemp(scene->file_z));
}

static void
end(struct scene *scene)
{
    gh_places_release(scene->open);
    unlink(scene->file_z);
}

/* Writes the first n bytes to the file, in its place. */
static void
write_file(struct scene *scene, size_t n)
{
    FILE *stream = fopen(scene->file_z, "wb");

    if (check(stream != NULL)) {
        check_number(n, fwrite(scene->bytes, 1, n, stream));
        fclose(stream);
    }
}

/* Opens the file for both. */
static enum gh_status
open_file(struct scene *scene)
{
    const struct gh_place_files files = {gh_text_of_z(scene->file_z),
                                         gh_text_of_z(scene->file_z)};

    gh_places_release(scene->open);
    scene->open = NULL;
    scene->why = gh_buf_over(scene->words, sizeof(scene->words));
    return gh_places_open(&files, &scene->why, &scene->open);
}

/* The same when it is damaged: libmaxminddb 1.7.1 itself loses a few KiB when
 * it refuses some metadata, which is not looked for here. */
static enum gh_status
open_damaged(struct scene *scene)
{
    enum gh_status status;

    if (__lsan_disable != NULL)
        __lsan_disable();
    status = open_file(scene);
    if (__lsan_enable != NULL)
        __lsan_enable();
    return status;
}

static struct gh_location
find(const struct gh_places *places, const char *address_z)
{
    struct gh_address address = {0};

    if (address_z[0] != '\0')
        check_status(GH_OK,
                     gh_address_parse(gh_text_of_z(address_z), &address));
    return gh_places_find(places, &address);
}

/* What the sample says, and what it does not. */
static const struct {
    const char *address_z; /* who */
    const char *country_z; /* "": not known */
    uint32_t asn;          /* 0: likewise */
} table[] = {
    {"198.51.100.0", "DE", 64496},
    {"198.51.100.255", "DE", 64496},
    {"198.51.101.0", "", 0},
    {"203.0.113.7", "FR", 64500},
    /* As a listening socket of IPv6 has it. */
    {"::ffff:203.0.113.7", "FR", 64500},
    {"2001:db8:1::1", "AT", 4294967295},
    {"2001:db8:1:ffff:ffff:ffff:ffff:ffff", "AT", 4294967295},
    {"2001:db8:2::", "", 0},
    {"::", "", 0},
    {"", "", 0},
    {"127.0.0.1", "", 0},
    {"192.0.2.1", "", 0},
    {"192.0.2.17", "", 0},
    {"192.0.2.33", "", 0},
    {"192.0.2.49", "", 0},
    {"192.0.2.65", "", 0},
    {"192.0.2.81", "", 0},
    {"192.0.2.97", "", 0},
};

static void
places_are_what_the_database_says(void)
{
    struct scene scene;

    begin(&scene);
    write_file(&scene, scene.n);
    check_status(GH_OK, open_file(&scene));
    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct gh_location found = find(scene.open, table[i].address_z);

        if (!check_text(gh_text_of_z(table[i].country_z),
                        gh_location_country(&found)) ||
            !check_number(table[i].asn, found.asn))
            fprintf(stderr, "    %s\n", table[i].address_z);
    }
    check_number(1767225600, gh_places_made_s(scene.open));
    end(&scene);
}

/* Changes when the database was made: four bytes behind the name and the kind
 * of that number. */
static void
made_at(struct scene *scene, uint32_t at_s)
{
    const struct gh_text name = GH_TEXT("build_epoch");
    char *at = memmem(scene->bytes, scene->n, name.at, name.len);

    if (!check(at != NULL))
        return;
    at += name.len;
    check(memcmp(at, "\x04\x02", 2) == 0);
    for (size_t i = 0; i < 4; i++)
        at[2 + i] = (char)(at_s >> (24 - 8 * i) & 0xff);
}

static void
of_two_files_the_older_one_says_when_they_were_made(void)
{
    const uint32_t older = 1767225600;
    struct scene scene;
    struct scene other;

    begin(&scene);
    begin(&other);
    for (uint32_t i = 0; i < 2; i++) {
        const struct gh_place_files files = {gh_text_of_z(scene.file_z),
                                             gh_text_of_z(other.file_z)};
        struct gh_places *places = NULL;

        made_at(&scene, older + i * 86400);
        made_at(&other, older + (1 - i) * 86400);
        write_file(&scene, scene.n);
        write_file(&other, other.n);
        scene.why = gh_buf_over(scene.words, sizeof(scene.words));
        check_status(GH_OK, gh_places_open(&files, &scene.why, &places));
        check_number(older, gh_places_made_s(places));
        gh_places_release(places);
    }
    end(&scene);
    end(&other);
}

static void
each_file_is_asked_for_what_it_is_for(void)
{
    struct gh_place_files files = {.asn = {0}};
    struct gh_location found;
    struct scene scene;

    begin(&scene);
    write_file(&scene, scene.n);
    scene.why = gh_buf_over(scene.words, sizeof(scene.words));
    files.country = gh_text_of_z(scene.file_z);
    check_status(GH_OK, gh_places_open(&files, &scene.why, &scene.open));
    found = find(scene.open, "198.51.100.1");
    check_text(GH_TEXT("DE"), gh_location_country(&found));
    check_number(0, found.asn);
    gh_places_release(scene.open);

    files = (struct gh_place_files){.asn = gh_text_of_z(scene.file_z)};
    check_status(GH_OK, gh_places_open(&files, &scene.why, &scene.open));
    found = find(scene.open, "198.51.100.1");
    check_text(GH_TEXT(""), gh_location_country(&found));
    check_number(64496, found.asn);
    gh_places_release(scene.open);

    files = (struct gh_place_files){.asn = {0}};
    check_status(GH_OK, gh_places_open(&files, &scene.why, &scene.open));
    found = find(scene.open, "198.51.100.1");
    check_number(0, found.asn);
    check_number(0, gh_places_made_s(scene.open));
    found = find(NULL, "198.51.100.1");
    check_number(0, found.asn);
    end(&scene);
}

/* What a file was is kept: it is cut short while it is in use, and still all
 * of it is there. */
static void
file_that_is_cut_short_stays_as_it_was(void)
{
    struct gh_location found;
    struct scene scene;

    begin(&scene);
    write_file(&scene, scene.n);
    check_status(GH_OK, open_file(&scene));
    check_number(0, truncate(scene.file_z, 0));
    gh_places_hold(scene.open);
    gh_places_release(scene.open);
    found = find(scene.open, "203.0.113.7");
    check_text(GH_TEXT("FR"), gh_location_country(&found));
    end(&scene);
}

/* Looks for everything in what was opened, if it was: a place or none, and
 * nothing else, under the sanitizers. */
static void
look_everywhere(const struct scene *scene)
{
    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct gh_location found = find(scene->open, table[i].address_z);
        struct gh_text country = gh_location_country(&found);
        char letters[GH_COUNTRY_LEN];

        check(country.len == 0 || gh_country_parse(country, letters) == GH_OK);
    }
}

static void
damaged_databases_are_harmless(void)
{
    struct scene scene;
    size_t n_open = 0;

    begin(&scene);
    for (size_t i = 0; i < scene.n; i++) {
        static const char masks[] = {'\x20', '\x1f'};

        for (size_t k = 0; k < GH_COUNT(masks); k++) {
            scene.bytes[i] = (char)(scene.bytes[i] ^ masks[k]);
            write_file(&scene, scene.n);
            if (open_damaged(&scene) == GH_OK) {
                look_everywhere(&scene);
                n_open++;
            }
            scene.bytes[i] = (char)(scene.bytes[i] ^ masks[k]);
        }
    }
    check(n_open > scene.n);
    end(&scene);
}

static void
databases_without_their_end_are_refused(void)
{
    struct scene scene;

    begin(&scene);
    for (size_t n = 0; n < scene.n; n++) {
        write_file(&scene, n);
        if (!check_status(GH_MALFORMED, open_damaged(&scene)))
            fprintf(stderr, "    %zu bytes\n", n);
    }
    end(&scene);
}

static void
what_is_no_file_is_refused_in_words(void)
{
    static const struct {
        const char *file_z; /* what is named */
        const char *why_z;  /* what is said */
    } files[] = {
        {"/nonexistent.mmdb", "cannot read /nonexistent.mmdb"},
        {"/tmp", "cannot read /tmp"},
        {"/dev/zero", "cannot read /dev/zero"},
        {"/proc/self/stat",
         "/proc/self/stat is no database of places: The MaxMind DB file "
         "contains invalid metadata"},
    };
    char words[WORDS_MAX];

    for (size_t i = 0; i < GH_COUNT(files); i++) {
        const struct gh_place_files one = {.country =
                                               gh_text_of_z(files[i].file_z)};
        struct gh_buf why = gh_buf_over(words, sizeof(words));
        struct gh_places *places = NULL;

        check_status(GH_MALFORMED, gh_places_open(&one, &why, &places));
        check_text(gh_text_of_z(files[i].why_z), gh_buf_text(&why));
        check(places == NULL);
    }
}

/* A file that is good is not to blame for a process without a descriptor left.
 */
static void
what_is_not_the_files_fault_is_another_fault(void)
{
    struct gh_places *places = NULL;
    struct gh_place_files files = {.asn = {0}};
    struct rlimit before;
    struct scene scene;
    int fd;

    begin(&scene);
    files.country = gh_text_of_z(scene.file_z);
    write_file(&scene, scene.n);
    check_number(0, getrlimit(RLIMIT_NOFILE, &before));
    fd = dup(0);
    check(fd >= 0);
    for (int room = 0; room < 2; room++) {
        const struct rlimit few = {(rlim_t)(fd + room), before.rlim_max};
        char words[WORDS_MAX];
        struct gh_buf why = gh_buf_over(words, sizeof(words));

        close(fd);
        check_number(0, setrlimit(RLIMIT_NOFILE, &few));
        check_status(GH_FAULT_IO, gh_places_open(&files, &why, &places));
        check_number(0, setrlimit(RLIMIT_NOFILE, &before));
        check(places == NULL);
        check_number(fd, dup(0));
    }
    close(fd);
    end(&scene);
}

const struct check_case place_cases[] = {
    CHECK_CASE(places_are_what_the_database_says),
    CHECK_CASE(of_two_files_the_older_one_says_when_they_were_made),
    CHECK_CASE(each_file_is_asked_for_what_it_is_for),
    CHECK_CASE(file_that_is_cut_short_stays_as_it_was),
    CHECK_CASE(damaged_databases_are_harmless),
    CHECK_CASE(what_is_not_the_files_fault_is_another_fault),
    CHECK_CASE(databases_without_their_end_are_refused),
    CHECK_CASE(what_is_no_file_is_refused_in_words),
    {0},
};
