/* SPDX-License-Identifier: Apache-2.0
 *
 * The gateway's side of tests/differential/run: reads the policy of a database
 * as the gateway does, by its statement and its reader, keeps that snapshot,
 * and decides what standard input asks. Says "ready" when it has the policy.
 * Fields are separated by tabs, "-" is what is not known; instants are
 * microseconds since 1970.
 *
 *   G  ACCOUNT ROLE CONDITION FROM UNTIL   a role that an account was given;
 *                                          all of them, oldest first
 *   Q  AT CLIENT SIGNED_IN COUNTRY ASN LEVEL DEVICE HOST PATH METHOD ACCOUNT...
 *                                          one request, by each of these; "-"
 *                                          is nobody; DEVICE: for how many
 *                                          seconds the browser had been known,
 *                                          -1: it was not
 *
 * answers a line for each account: APPLICATION VERDICT REASON GRANT CONDITION.
 */
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/policy.h"
#include "core/rules_read.h"
#include "store/stmt.h"

#include "base/banned.h"

enum {
    LINE = 4096,
    FIELDS = 128,     /* of one line */
    GIVEN_MAX = 1024, /* roles of all accounts */
    ARENA = 64 * 1024 * 1024,
};

/* A role that an account was given. */
struct given {
    int64_t account_id;
    int64_t role_id;
    int64_t condition_id; /* 0: whenever */
    int64_t from_us;
    int64_t until_us;
};

/* What is known; one for the whole run. */
struct desk {
    struct gh_arena scratch; /* of one line */
    struct gh_rules *rules;
    struct given given[GIVEN_MAX];
    size_t n_given;
};

static void
fail(const char *what_z, const char *why_z)
{
    fprintf(stderr, "differential_decide: %s: %s\n", what_z, why_z);
    exit(1);
}

/* --- the policy ------------------------------------------------------------
 */

static void
read_policy(struct desk *desk, const char *dsn_z)
{
    PGconn *connection = PQconnectdb(dsn_z);
    struct gh_rules_bad bad;
    PGresult *result;
    struct gh_rows rows;

    if (PQstatus(connection) != CONNECTION_OK)
        fail("no connection", PQerrorMessage(connection));
    /* Binary, as the gateway asks for it. */
    result = PQexecParams(connection, gh_stmt_policy_read.sql_z, 0, NULL, NULL,
                          NULL, NULL, 1);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail("no policy", PQerrorMessage(connection));
    rows = (struct gh_rows){.result = result,
                            .n = (size_t)PQntuples(result),
                            .n_columns = (size_t)PQnfields(result)};
    if (gh_rules_read(&desk->scratch, &rows, &bad, &desk->rules) != GH_OK)
        fail("the policy is refused", bad.relation_z);
    PQclear(result);
    PQfinish(connection);
    gh_arena_reset(&desk->scratch);
}

/* --- lines -----------------------------------------------------------------
 */

/* A number; missing is what stands for "-". */
static int64_t
number_of(struct gh_text text, int64_t missing)
{
    char at[32];
    char *end;
    int64_t value;

    if (gh_text_equal(text, GH_TEXT("-")))
        return missing;
    if (text.len == 0 || text.len >= sizeof(at))
        fail("no number", "its length");
    memcpy(at, text.at, text.len);
    at[text.len] = '\0';
    value = strtoll(at, &end, 10);
    if (*end != '\0')
        fail("no number", at);
    return value;
}

static void
keep(struct desk *desk, const struct gh_text *fields, size_t n)
{
    if (n != 6 || desk->n_given == GIVEN_MAX)
        fail("a role that was given", "fields, or too many of them");
    desk->given[desk->n_given++] =
        (struct given){.account_id = number_of(fields[1], 0),
                       .role_id = number_of(fields[2], 0),
                       .condition_id = number_of(fields[3], 0),
                       .from_us = number_of(fields[4], INT64_MIN),
                       .until_us = number_of(fields[5], INT64_MAX)};
}

/* The roles that an account has at an instant, as session_find gives them. */
static struct gh_held
held_by(struct desk *desk, int64_t account_id, int64_t now_us)
{
    int64_t *roles = gh_arena_array(&desk->scratch, GIVEN_MAX, sizeof(*roles));
    int64_t *conditions =
        gh_arena_array(&desk->scratch, GIVEN_MAX, sizeof(*conditions));
    struct gh_held held = {.role_ids = roles, .condition_ids = conditions};

    if (roles == NULL || conditions == NULL)
        fail("no memory", "roles");
    for (size_t i = 0; i < desk->n_given; i++) {
        const struct given *one = &desk->given[i];

        if (one->account_id != account_id || now_us < one->from_us ||
            now_us >= one->until_us)
            continue;
        roles[held.n] = one->role_id;
        conditions[held.n++] = one->condition_id;
    }
    return held;
}

static struct gh_principal
principal_of(struct desk *desk, struct gh_text account,
             const struct gh_circumstances *circumstances)
{
    struct gh_principal principal = {.kind = GH_PRINCIPAL_NOBODY};

    if (!gh_text_equal(account, GH_TEXT("-"))) {
        principal.kind = GH_PRINCIPAL_ACCOUNT;
        principal.held =
            held_by(desk, number_of(account, 0), circumstances->now_us);
    }
    if (gh_rules_roles(&desk->scratch, desk->rules,
                       principal.kind == GH_PRINCIPAL_ACCOUNT, &principal.held,
                       circumstances, &principal.roles) != GH_OK)
        fail("no memory", "roles");
    return principal;
}

static const char *
verdict_word_z(enum gh_verdict verdict)
{
    switch (verdict) {
    case GH_DENY:
        return "deny";
    case GH_PERMIT:
        return "permit";
    case GH_SIGN_IN:
        return "sign_in";
    case GH_STEP_UP:
        return "step_up";
    case GH_UNSURE:
        return "unsure";
    }
    return "?";
}

static void
say(const struct desk *desk, const struct gh_decision *decision)
{
    struct gh_text reason = gh_reason_word(decision->reason);
    struct gh_text condition = gh_policy_condition(desk->rules, decision);

    printf("%" PRId64 "\t%s\t%.*s\t%" PRId64 "\t%.*s\n",
           decision->application == NULL ? 0 : decision->application->id,
           verdict_word_z(decision->verdict), GH_TEXT_ARG(reason),
           decision->grant == NULL ? 0 : decision->grant->id,
           GH_TEXT_ARG(condition));
}

/* Whether the browser was known, and for how many seconds. */
static void
take_device(struct gh_text text, struct gh_circumstances *now)
{
    int64_t known_s = number_of(text, 0);

    if (gh_text_equal(text, GH_TEXT("-")))
        return;
    now->device = known_s < 0 ? GH_DEVICE_NEW : GH_DEVICE_KNOWN;
    now->device_s = known_s < 0 ? 0 : known_s;
}

/* One request, by one account after the other. */
static void
answer(struct desk *desk, const struct gh_text *fields, size_t n)
{
    struct gh_question question = {.path = fields[9], .method = fields[10]};
    struct gh_circumstances now = {.now_us = number_of(fields[1], 0),
                                   .authenticated_us = number_of(fields[3], 0)};
    size_t place;

    if (!gh_text_equal(fields[2], GH_TEXT("-")) &&
        gh_address_parse(fields[2], &now.client) != GH_OK)
        fail("no address", "of a client");
    if (!gh_text_equal(fields[4], GH_TEXT("-")) &&
        gh_country_parse(fields[4], now.location.country) != GH_OK)
        fail("no country", "of a client");
    now.location.asn = (uint32_t)number_of(fields[5], 0);
    now.level = (int)number_of(fields[6], 0);
    take_device(fields[7], &now);
    question.application =
        gh_rules_find(desk->rules, fields[8], question.path, &place);
    for (size_t i = 11; i < n; i++) {
        struct gh_decision decision = {.reason = GH_REASON_NOT_MOUNTED};
        struct gh_principal principal;

        question.circumstances = now;

        /* Who is not signed in has not signed in at any time, nor in any
         * way. */
        if (gh_text_equal(fields[i], GH_TEXT("-"))) {
            question.circumstances.authenticated_us = 0;
            question.circumstances.level = 0;
            question.circumstances.device = GH_DEVICE_UNTOLD;
        }
        principal = principal_of(desk, fields[i], &question.circumstances);
        if (question.application != NULL)
            decision = gh_policy_decide(desk->rules, &principal, &question);
        say(desk, &decision);
    }
}

static void
take_line(struct desk *desk, struct gh_text line)
{
    struct gh_text fields[FIELDS];
    size_t n = 0;

    while (n < FIELDS && gh_text_cut(&line, '\t', &fields[n]))
        n++;
    if (n > 0 && gh_text_equal(fields[0], GH_TEXT("G")))
        keep(desk, fields, n);
    else if (n > 11 && gh_text_equal(fields[0], GH_TEXT("Q")))
        answer(desk, fields, n);
    else
        fail("a line", "neither a role nor a request");
    gh_arena_reset(&desk->scratch);
}

int
main(int argc, char **argv)
{
    static struct desk desk;
    static char line[LINE];

    if (argc != 2)
        fail("usage", "differential_decide DSN");
    gh_arena_init(&desk.scratch, ARENA);
    read_policy(&desk, argv[1]);
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        struct gh_text text = gh_text_of_z(line);

        if (!gh_text_ends(text, GH_TEXT("\n")))
            fail("a line", "too long");
        text.len--;
        take_line(&desk, text);
    }
    gh_rules_release(desk.rules);
    gh_arena_done(&desk.scratch);
    return 0;
}
