/* SPDX-License-Identifier: Apache-2.0
 *
 * Locating. Owns one hold on the current databases. Limits itself to reading
 * files that changed: another file of the name, another size or another time.
 * A file that is written in place is read again when it changes again, so what
 * was read half is not kept for long. Called by main and identify.
 */
#include "locate.h"

#include <string.h>

#include "base/banned.h"

enum {
    WHY_MAX = 4200, /* bytes of a path, and what is wrong with it */
};

/* Whether it is the file that was seen, as it was; who may read it is another
 * time, too. */
static bool
is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
           a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Looks at a file; nothing but zeros when it is not there. True when it is
 * another one than the last time. */
static bool
look_at(struct gh_text file, struct stat *seen)
{
    struct stat now;
    bool is_new;

    memset(&now, 0, sizeof(now));
    if (file.len > 0 && stat(file.at, &now) != 0)
        memset(&now, 0, sizeof(now));
    is_new = !is_same(&now, seen);
    *seen = now;
    return is_new;
}

/* What operators are told, and metrics show. */
static void
say_loaded(struct gh_gateway *gateway, struct gh_log *log)
{
    int64_t made_s = gh_places_made_s(gateway->locate.current);
    struct gh_log_line line;

    atomic_store_explicit(&gateway->counters.places_made_s, (uint64_t)made_s,
                          memory_order_relaxed);
    gh_log_begin(&line, log, GH_LOG_INFO, "places_loaded");
    gh_log_number(&line, "made_at", (uint64_t)made_s);
    gh_log_end(&line);
}

static void
say_rejected(struct gh_log *log, struct gh_text why)
{
    struct gh_log_line line;

    gh_log_begin(&line, log, GH_LOG_ERROR, "places_rejected");
    gh_log_text(&line, "why", why);
    gh_log_end(&line);
}

bool
gh_locate_look(struct gh_gateway *gateway, const struct gh_settings *settings,
               struct gh_log *log)
{
    struct gh_locate *locate = &gateway->locate;
    const struct gh_place_files files = {settings->place.country,
                                         settings->place.asn};
    char words[WHY_MAX];
    struct gh_buf why = gh_buf_over(words, sizeof(words));
    struct gh_places *places = NULL;
    bool is_new = look_at(files.country, &locate->seen[0]);
    enum gh_status status;

    is_new = look_at(files.asn, &locate->seen[1]) || is_new;
    if (!is_new)
        return false;
    status = gh_places_open(&files, &why, &places);
    if (status != GH_OK) {
        /* What was not the files' fault is tried again, and told once. */
        if (gh_is_fault(status))
            memset(locate->seen, 0, sizeof(locate->seen));
        if (status == GH_MALFORMED)
            say_rejected(log, gh_buf_text(&why));
        else if (!locate->is_told)
            say_rejected(log, gh_text_of_z(gh_status_word(status)));
        locate->is_told = gh_is_fault(status);
        return false;
    }
    locate->is_told = false;
    gh_places_release(locate->current);
    locate->current = places;
    say_loaded(gateway, log);
    return true;
}

void
gh_locate_done(struct gh_locate *locate)
{
    gh_places_release(locate->current);
    locate->current = NULL;
}

struct gh_location
gh_locate_client(const struct gh_worker *worker, const struct gh_rules *rules,
                 const struct gh_address *client)
{
    if (!gh_rules_asks_location(rules))
        return (struct gh_location){.asn = 0};
    return gh_places_find(worker->places, client);
}
