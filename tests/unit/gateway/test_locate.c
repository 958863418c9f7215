/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/locate: when files are read, which of what was read counts,
 * and who is looked up. The database is the one of core/test_place.c, which is
 * copied to a file of each test's own.
 */
#include "locate.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "ruling.h"

#include "base/banned.h"

enum {
    FILE_MAX = 64 * 1024, /* bytes of the database */
};

/* A gateway's main thread, with a file. */
struct scene {
    struct gh_gateway gateway;
    struct gh_settings settings;
    struct gh_log *log;    /* to a file that has no name */
    char bytes[FILE_MAX];  /* of the database */
    size_t n;              /* how many */
    char file_z[64];       /* the file that the settings name */
    char beside_z[64 + 4]; /* one that is put in its place */
};

/* Puts the first n bytes in the place of the file. */
static void
put(struct scene *scene, size_t n)
{
    FILE *stream = fopen(scene->beside_z, "wb");

    if (check(stream != NULL)) {
        check_number(n, fwrite(scene->bytes, 1, n, stream));
        fclose(stream);
    }
    check_number(0, rename(scene->beside_z, scene->file_z));
}

/* A file that goes with its descriptor. */
static int
nameless(void)
{
    char name[] = "/tmp/gh-locate-XXXXXX";
    int fd = mkstemp(name);

    unlink(name);
    return fd;
}

static struct scene *
begin(void)
{
    static struct scene scene;
    const char *folder = getenv("GH_TEST_DIR");
    char name[4096];
    FILE *stream;

    scene = (struct scene){
        .gateway.sink = {.fd = nameless(), .level = GH_LOG_INFO}};
    check_status(GH_OK, gh_log_new(&scene.gateway.sink, &scene.log));
    snprintf(name, sizeof(name), "%s/../../data/places.mmdb",
             folder == NULL ? "." : folder);
    stream = fopen(name, "rb");
    if (check(stream != NULL)) {
        scene.n = fread(scene.bytes, 1, sizeof(scene.bytes), stream);
        fclose(stream);
    }
    snprintf(scene.file_z, sizeof(scene.file_z), "/tmp/gh-locate-XXXXXX");
    close(mkstemp(scene.file_z));
    snprintf(scene.beside_z, sizeof(scene.beside_z), "%s.new", scene.file_z);
    scene.settings.place.country = gh_text_of_z(scene.file_z);
    put(&scene, scene.n);
    return &scene;
}

static void
end(struct scene *scene)
{
    gh_locate_done(&scene->gateway.locate);
    gh_log_free(scene->log);
    close(scene->gateway.sink.fd);
    unlink(scene->file_z);
}

static bool
look(struct scene *scene)
{
    return gh_locate_look(&scene->gateway, &scene->settings, scene->log);
}

/* How often the log has a word. */
static size_t
said(struct scene *scene, struct gh_text word)
{
    char bytes[8192];
    ssize_t n;
    size_t count = 0;

    check(!gh_log_flush(scene->log));
    n = pread(scene->gateway.sink.fd, bytes, sizeof(bytes), 0);
    if (!check(n >= 0 && (size_t)n < sizeof(bytes)))
        return 0;
    for (const char *at = bytes, *end = bytes + n;
         (at = memmem(at, (size_t)(end - at), word.at, word.len)) != NULL;
         at += word.len)
        count++;
    return count;
}

static void
files_are_read_when_they_change(void)
{
    struct scene *scene = begin();
    struct gh_places *first;

    check(look(scene));
    check(scene->gateway.locate.current != NULL);
    check(!look(scene));
    first = scene->gateway.locate.current;
    put(scene, scene->n);
    check(look(scene));
    check(scene->gateway.locate.current != first);
    check(!look(scene));
    check_number(1767225600,
                 atomic_load(&scene->gateway.counters.places_made_s));
    /* Another setting is another file. */
    scene->settings.place.asn = scene->settings.place.country;
    check(look(scene));
    scene->settings.place.country = (struct gh_text){0};
    check(look(scene));
    end(scene);
}

static void
what_cannot_be_used_changes_nothing(void)
{
    struct scene *scene = begin();
    struct gh_places *first;

    check(look(scene));
    first = scene->gateway.locate.current;
    put(scene, scene->n / 2);
    check(!look(scene));
    check(scene->gateway.locate.current == first);
    unlink(scene->file_z);
    check(!look(scene));
    check(scene->gateway.locate.current == first);
    put(scene, scene->n);
    check(look(scene));
    /* Who may read it is changed, and nothing else. */
    check_number(0, chmod(scene->file_z, 0640));
    check(look(scene));
    end(scene);
}

/* However often it is looked at. */
static void
what_cannot_be_used_is_told_once(void)
{
    const struct gh_text rejected = GH_TEXT("places_rejected");
    struct scene *scene = begin();

    check(look(scene));
    check_number(0, said(scene, rejected));
    for (size_t i = 1; i < 4; i++) {
        put(scene, scene->n / 2 - i);
        for (size_t k = 0; k < 3; k++)
            check(!look(scene));
        check_number(i, said(scene, rejected));
    }
    unlink(scene->file_z);
    for (size_t k = 0; k < 3; k++)
        check(!look(scene));
    check_number(4, said(scene, rejected));
    check_number(1, said(scene, GH_TEXT("places_loaded")));
    end(scene);
}

static void
without_files_there_are_no_places(void)
{
    struct scene *scene = begin();

    scene->settings.place.country = (struct gh_text){0};
    check(!look(scene));
    check(scene->gateway.locate.current == NULL);
    end(scene);
}

/* Rules with one condition of a kind. */
static struct gh_rules *
rules_with(enum gh_condition_kind kind, const char *list_z)
{
    struct gh_rules *rules = ruling_new("/");
    const struct gh_condition one = {.id = 1,
                                     .kind = kind,
                                     .name = GH_TEXT("there"),
                                     .list = gh_text_of_z(list_z)};

    check_status(GH_OK, gh_conditions_add(gh_rules_conditions(rules), &one));
    check_status(GH_OK, gh_rules_seal(rules));
    return rules;
}

static void
only_a_policy_that_asks_has_clients_looked_up(void)
{
    static const struct {
        enum gh_condition_kind kind;
        const char *list_z;
        const char *country_z;
    } table[] = {{GH_CONDITION_NETWORK, "198.51.100.0/24", ""},
                 {GH_CONDITION_COUNTRY, "AT", "DE"},
                 {GH_CONDITION_ASN, "64500", "DE"}};
    struct scene *scene = begin();
    struct gh_worker worker = {.gateway = &scene->gateway};
    struct gh_address client;

    check_status(GH_OK, gh_address_parse(GH_TEXT("198.51.100.1"), &client));
    check(look(scene));
    worker.places = scene->gateway.locate.current;
    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct gh_rules *rules = rules_with(table[i].kind, table[i].list_z);
        struct gh_location found = gh_locate_client(&worker, rules, &client);

        check_text(gh_text_of_z(table[i].country_z),
                   gh_location_country(&found));
        gh_rules_release(rules);
    }
    end(scene);
}

const struct check_case locate_cases[] = {
    CHECK_CASE(files_are_read_when_they_change),
    CHECK_CASE(what_cannot_be_used_changes_nothing),
    CHECK_CASE(what_cannot_be_used_is_told_once),
    CHECK_CASE(without_files_there_are_no_places),
    CHECK_CASE(only_a_policy_that_asks_has_clients_looked_up),
    {0},
};
