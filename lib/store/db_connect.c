/* SPDX-License-Identifier: Apache-2.0
 *
 * Making the connection and making it again. Owns the attempt: which host,
 * which of its addresses, until when. Limits every attempt to connect_ms and
 * waits 100 ms to 2 s, with jitter, between rounds that found no host. Called
 * by db.c and db_query.c.
 *
 * A round tries every address of every host once. The first round after a
 * connection was lost begins at once; queued statements wait for it. When a
 * round fails, whatever waits fails too and new statements are refused until a
 * later round succeeds: an outage is said quickly. So does a connection that
 * lived for less than a second, for whatever reason it ended: nobody who can
 * make statements fail makes us connect more often (PGX-005).
 */
#include <string.h>

#include "base/secret.h"
#include "store/db_int.h"

#include "base/banned.h"

enum {
    LOOK_MS = 10,          /* between two looks at a lookup */
    RETRY_FIRST_MS = 100,  /* pause after the first failed round */
    RETRY_MAX_MS = 2000,   /* longest pause */
    SHORT_LIFE_MS = 1000,  /* a connection that died sooner was no success */
    LEAST_SERVER = 150000, /* PostgreSQL 15 */
};

/* libpq tells of notices on standard error unless told otherwise. */
static void
ignore_notice(void *ctx, const PGresult *result)
{
    (void)ctx;
    (void)result;
}

void
gh_db_close(struct gh_db *db)
{
    /* A lookup cannot be stopped without waiting, so it goes on and the next
     * round finds its answer. */
    db->is_looking_up = false;
    if (db->conn != NULL)
        PQfinish(db->conn);
    db->conn = NULL;
    db->serial++;
    db->wants_read = false;
    db->wants_write = false;
    db->is_stale = false;
    db->n_prepared = 0;
}

/* --- a round has failed -------------------------------------------------- */

/* 100 ms, 200 ms … 2 s, of which a random half is taken off, so that the
 * gateways of a house do not all come back in the same instant. */
static int64_t
pause_ms(unsigned n_failures)
{
    int64_t ms = RETRY_MAX_MS;
    uint32_t jitter = 0;

    if (n_failures < 7)
        ms = (int64_t)RETRY_FIRST_MS << n_failures;
    if (ms > RETRY_MAX_MS)
        ms = RETRY_MAX_MS;
    if (gh_random(&jitter, sizeof(jitter)) != GH_OK)
        jitter = 0;
    return ms - (int64_t)(jitter % (uint32_t)(ms / 2));
}

static void
fail_round(struct gh_db *db, int64_t now_ms)
{
    db->state = GH_DB_DOWN;
    db->retry_ms = now_ms + pause_ms(db->n_failures);
    db->n_failures++;
    gh_db_fail_all(&db->queued, db->trouble.words_z);
}

/* --- one attempt --------------------------------------------------------- */

static const struct gh_dsn_host *
current_host(const struct gh_db *db)
{
    return &db->dsn.hosts[db->host];
}

/* Adds a pair for PQconnectStartParams(), unless there is nothing to say. */
static void
add_pair(const char **keywords, const char **values, const char *keyword,
         const char *value)
{
    size_t n = 0;

    if (value == NULL || value[0] == '\0')
        return;
    while (keywords[n] != NULL)
        n++;
    keywords[n] = keyword;
    values[n] = value;
}

/* Begins connecting to one address; false when libpq refuses at once. */
static bool
begin_attempt(struct gh_db *db, const char *address_z)
{
    const struct gh_dsn_host *host = current_host(db);
    const char *keywords[GH_DSN_OPTIONS_MAX + 8] = {NULL};
    const char *values[GH_DSN_OPTIONS_MAX + 8] = {NULL};

    /* Ours first: of a keyword that comes twice the last one counts. */
    add_pair(keywords, values, "application_name", db->application_z);
    for (size_t i = 0; i < db->dsn.n_options; i++)
        add_pair(keywords, values, db->dsn.keywords[i], db->dsn.values[i]);
    add_pair(keywords, values, "host", host->name_z);
    add_pair(keywords, values, "hostaddr", address_z);
    add_pair(keywords, values, "port", host->port_z);

    db->conn = PQconnectStartParams(keywords, values, 0);
    db->serial++;
    if (db->conn == NULL || PQstatus(db->conn) == CONNECTION_BAD) {
        gh_db_say(&db->trouble, PQerrorMessage(db->conn));
        return false;
    }
    (void)PQsetNoticeReceiver(db->conn, ignore_notice, NULL);
    db->wants_read = false;
    db->wants_write = true;
    return true;
}

/* The next address of this host that is not tried yet; false when there is
 * none. A host without a numeric address must have been looked up. */
static bool
try_host(struct gh_db *db)
{
    const struct gh_dsn_host *host = current_host(db);

    if (host->is_local || host->address_z != NULL)
        return db->address++ == 0 && begin_attempt(db, host->address_z);
    while (db->address < db->resolved.n) {
        if (begin_attempt(db, db->resolved.at_z[db->address++]))
            return true;
        gh_db_close(db);
    }
    return false;
}

/* Whether the host's addresses have yet to be found. */
static bool
needs_lookup(const struct gh_db *db)
{
    const struct gh_dsn_host *host = current_host(db);

    return !host->is_local && host->address_z == NULL && db->address == 0 &&
           db->resolved.n == 0;
}

static bool
begin_lookup(struct gh_db *db, int64_t now_ms)
{
    if (gh_resolve_begin(&db->lookups[db->host], current_host(db)->name_z) !=
        GH_OK) {
        gh_db_say(&db->trouble, "the host's name cannot be looked up");
        return false;
    }
    db->is_looking_up = true;
    db->look_ms = now_ms + LOOK_MS;
    return true;
}

/* Goes on to the next address or host; ends the round behind the last. */
static void
try_next(struct gh_db *db, int64_t now_ms)
{
    gh_db_close(db);
    for (; db->host < db->dsn.n_hosts;
         db->host++, db->address = 0, db->resolved.n = 0) {
        db->attempt_due_ms = now_ms + db->settings.connect_ms;
        if (needs_lookup(db) ? begin_lookup(db, now_ms) : try_host(db))
            return;
        gh_db_close(db);
    }
    fail_round(db, now_ms);
}

void
gh_db_connect(struct gh_db *db, int64_t now_ms)
{
    db->state = GH_DB_CONNECTING;
    db->host = 0;
    db->address = 0;
    db->resolved.n = 0;
    try_next(db, now_ms);
}

/* --- progress ------------------------------------------------------------ */

/* The server let us in. */
static void
come_up(struct gh_db *db)
{
    const char *words_z = NULL;

    if (PQserverVersion(db->conn) < LEAST_SERVER)
        words_z = "the server is older than PostgreSQL 15";
    else if (PQsetnonblocking(db->conn, 1) != 0 ||
             (!db->settings.is_script && PQenterPipelineMode(db->conn) != 1))
        words_z = "libpq cannot pipeline";
    if (words_z != NULL) {
        gh_db_say(&db->trouble, words_z);
        try_next(db, gh_db_clock());
        return;
    }
    db->state = GH_DB_UP;
    db->up_since_ms = gh_db_clock();
    db->wants_read = true;
    db->wants_write = false;
    gh_db_say(&db->trouble, "");
    gh_db_greet(db);
    gh_db_pump(db);
}

void
gh_db_connect_on_ready(struct gh_db *db)
{
    PostgresPollingStatusType polled;

    if (db->conn == NULL)
        return;
    polled = PQconnectPoll(db->conn);
    /* It may have closed its socket and opened another. */
    db->serial++;
    switch (polled) {
    case PGRES_POLLING_OK:
        come_up(db);
        return;
    case PGRES_POLLING_READING:
    case PGRES_POLLING_WRITING:
        db->wants_read = polled == PGRES_POLLING_READING;
        db->wants_write = !db->wants_read;
        return;
    case PGRES_POLLING_FAILED:
    case PGRES_POLLING_ACTIVE:
        gh_db_say(&db->trouble, PQerrorMessage(db->conn));
        try_next(db, gh_db_clock());
        return;
    }
}

void
gh_db_connect_on_time(struct gh_db *db, int64_t now_ms)
{
    enum gh_status status = GH_WAIT;

    if (db->is_looking_up && now_ms >= db->look_ms) {
        status = gh_resolve_poll(&db->lookups[db->host], &db->resolved);
        db->look_ms = now_ms + LOOK_MS;
    }
    if (status == GH_WAIT && now_ms < db->attempt_due_ms)
        return;
    if (status == GH_NONE)
        gh_db_say(&db->trouble, "the host's name is not known");
    else if (status == GH_WAIT)
        gh_db_say(&db->trouble, "the host does not answer in time");
    if (status != GH_OK && needs_lookup(db))
        db->address = 1; /* this host is used up */
    try_next(db, now_ms);
}

void
gh_db_lose(struct gh_db *db, const char *words_z)
{
    int64_t now_ms = gh_db_clock();
    bool was_short = now_ms - db->up_since_ms < SHORT_LIFE_MS;

    gh_db_say(&db->trouble,
              words_z != NULL ? words_z : PQerrorMessage(db->conn));
    gh_db_close(db);
    gh_db_fail_all(&db->sent, db->trouble.words_z);
    if (was_short) {
        fail_round(db, now_ms);
        return;
    }
    db->n_failures = 0;
    gh_db_connect(db, now_ms);
}
