/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of lib/core/rules_read: the rows of policy_read as a server sends
 * them, and each word in them that is not understood. Each test owns its
 * server.
 */
#include "core/rules_read.h"

#include <string.h>

#include "check.h"
#include "peer.h"
#include "ruling.h"
#include "store/stmt.h"

#include "base/banned.h"

extern const struct check_case rules_read_cases[];

enum {
    N_COLUMNS = GH_POLICY_COLUMNS,
    MAX_ROWS = 16,
};

/* Types of the columns, as pg_type has them. */
static const unsigned oids[N_COLUMNS] = {
    [GH_POLICY_RELATION] = 23,      [GH_POLICY_ID] = 20,
    [GH_POLICY_OTHER_ID] = 20,      [GH_POLICY_ROLE_ID] = 20,
    [GH_POLICY_NAME] = 25,          [GH_POLICY_HOST] = 25,
    [GH_POLICY_PATH] = 25,          [GH_POLICY_LIST] = 25,
    [GH_POLICY_WORD] = 25,          [GH_POLICY_CONNECTIONS] = 23,
    [GH_POLICY_KEEP] = 23,          [GH_POLICY_ENCODED_SLASH] = 25,
    [GH_POLICY_SEMICOLON] = 25,     [GH_POLICY_EMPTY_SEGMENTS] = 25,
    [GH_POLICY_AUTHORIZATION] = 25, [GH_POLICY_IDENTITY] = 25,
    [GH_POLICY_FRESHNESS] = 25,     [GH_POLICY_MOVED] = 25,
    [GH_POLICY_OUTAGE] = 23,        [GH_POLICY_FROM] = 1184,
    [GH_POLICY_UNTIL] = 1184,       [GH_POLICY_CONDITION_ID] = 20,
    [GH_POLICY_TIME_ZONE] = 25,     [GH_POLICY_OFFSET] = 23,
    [GH_POLICY_DAYS] = 23,          [GH_POLICY_BEGINS] = 23,
    [GH_POLICY_ENDS] = 23,          [GH_POLICY_FIRST_DAY] = 23,
    [GH_POLICY_LAST_DAY] = 23,      [GH_POLICY_ENTRIES] = 25,
    [GH_POLICY_SESSION_IDLE] = 23,  [GH_POLICY_RECORDING] = 25,
};

/* One row; what is not set is null. */
struct row {
    struct gh_text cells[N_COLUMNS];
};

#define WORD(text) GH_TEXT_INIT(text)
#define INT4(n) GH_TEXT_INIT("\0\0\0" n)
#define INT8(n) GH_TEXT_INIT("\0\0\0\0\0\0\0" n)

static const struct row state_row = {
    {[GH_POLICY_RELATION] = INT4("\0"), [GH_POLICY_ID] = INT8("\x2a")}};
static const struct row application_row = {
    {[GH_POLICY_RELATION] = INT4("\1"),
     [GH_POLICY_ID] = INT8("\5"),
     [GH_POLICY_NAME] = WORD("shop"),
     [GH_POLICY_HOST] = WORD("www.test"),
     [GH_POLICY_PATH] = WORD("/shop/"),
     [GH_POLICY_LIST] = WORD("http://127.0.0.1:1 http://[::1]:2"),
     [GH_POLICY_WORD] = WORD("verdict"),
     [GH_POLICY_CONNECTIONS] = INT4("\7"),
     [GH_POLICY_KEEP] = INT4("\3"),
     [GH_POLICY_ENCODED_SLASH] = WORD("keep"),
     [GH_POLICY_SEMICOLON] = WORD("refuse"),
     [GH_POLICY_EMPTY_SEGMENTS] = WORD("keep"),
     [GH_POLICY_AUTHORIZATION] = WORD("pass"),
     [GH_POLICY_IDENTITY] = WORD("x-remote"),
     [GH_POLICY_FRESHNESS] = WORD("strict"),
     [GH_POLICY_MOVED] = WORD("end"),
     [GH_POLICY_OUTAGE] = GH_TEXT_INIT("\0\0\x0e\x10"),
     [GH_POLICY_ENTRIES] = WORD("public admin"),
     [GH_POLICY_SESSION_IDLE] = GH_TEXT_INIT("\0\0\x01\x2c"),
     [GH_POLICY_RECORDING] = WORD("before")}};
static const struct row role_row = {{[GH_POLICY_RELATION] = INT4("\2"),
                                     [GH_POLICY_ID] = INT8("\1"),
                                     [GH_POLICY_NAME] = WORD("anonymous"),
                                     [GH_POLICY_WORD] = WORD("anonymous")}};
static const struct row other_role_row = {{[GH_POLICY_RELATION] = INT4("\2"),
                                           [GH_POLICY_ID] = INT8("\2"),
                                           [GH_POLICY_NAME] = WORD("user")}};
static const struct row inheritance_row = {{[GH_POLICY_RELATION] = INT4("\3"),
                                            [GH_POLICY_ID] = INT8("\1"),
                                            [GH_POLICY_OTHER_ID] = INT8("\2")}};
/* A clock that shows the first second of 2000 at PostgreSQL's epoch. */
static const struct row turn_row = {{[GH_POLICY_RELATION] = INT4("\4"),
                                     [GH_POLICY_ID] = INT8("\1"),
                                     [GH_POLICY_NAME] = WORD("UTC"),
                                     [GH_POLICY_FROM] = INT8("\0"),
                                     [GH_POLICY_OFFSET] = INT4("\0")}};
static const struct row hours_row = {{
    [GH_POLICY_RELATION] = INT4("\5"),
    [GH_POLICY_ID] = INT8("\1"),
    [GH_POLICY_WORD] = WORD("hours"),
    [GH_POLICY_NAME] = WORD("early"),
    [GH_POLICY_PATH] = WORD("in the first seconds of a day"),
    [GH_POLICY_TIME_ZONE] = WORD("UTC"),
    [GH_POLICY_DAYS] = INT4("\x7f"),
    [GH_POLICY_BEGINS] = INT4("\0"),
    [GH_POLICY_ENDS] = INT4("\5"),
    [GH_POLICY_FIRST_DAY] = INT4("\0"),
    [GH_POLICY_LAST_DAY] = GH_TEXT_INIT("\0\0\x7f\xff"),
}};
static const struct row network_row = {{
    [GH_POLICY_RELATION] = INT4("\5"),
    [GH_POLICY_ID] = INT8("\2"),
    [GH_POLICY_WORD] = WORD("network"),
    [GH_POLICY_NAME] = WORD("office"),
    [GH_POLICY_PATH] = WORD(""),
    [GH_POLICY_LIST] = WORD("10.0.0.0/8"),
}};
static const struct row dates_row = {{
    [GH_POLICY_RELATION] = INT4("\5"),
    [GH_POLICY_ID] = INT8("\3"),
    [GH_POLICY_WORD] = WORD("dates"),
    [GH_POLICY_NAME] = WORD("turn"),
    [GH_POLICY_PATH] = WORD(""),
    [GH_POLICY_TIME_ZONE] = WORD("UTC"),
    [GH_POLICY_LIST] = WORD("10957"),
}};
static const struct row set_row = {{
    [GH_POLICY_RELATION] = INT4("\5"),
    [GH_POLICY_ID] = INT8("\4"),
    [GH_POLICY_WORD] = WORD("all"),
    [GH_POLICY_NAME] = WORD("both"),
    [GH_POLICY_PATH] = WORD(""),
}};
static const struct row part_row = {{[GH_POLICY_RELATION] = INT4("\6"),
                                     [GH_POLICY_ID] = INT8("\4"),
                                     [GH_POLICY_OTHER_ID] = INT8("\1")}};
static const struct row other_part_row = {{[GH_POLICY_RELATION] = INT4("\6"),
                                           [GH_POLICY_ID] = INT8("\4"),
                                           [GH_POLICY_OTHER_ID] = INT8("\3")}};
static const struct row grant_row = {{[GH_POLICY_RELATION] = INT4("\7"),
                                      [GH_POLICY_ID] = INT8("\x0b"),
                                      [GH_POLICY_OTHER_ID] = INT8("\5"),
                                      [GH_POLICY_ROLE_ID] = INT8("\2"),
                                      [GH_POLICY_NAME] = WORD("read"),
                                      [GH_POLICY_PATH] = WORD("/x/**"),
                                      [GH_POLICY_LIST] = WORD("GET,HEAD"),
                                      [GH_POLICY_FROM] = INT8("\0")}};

static const struct row ignored_row = {{[GH_POLICY_RELATION] = INT4("\x08"),
                                        [GH_POLICY_ID] = INT8("\x0c"),
                                        [GH_POLICY_OTHER_ID] = INT8("\5"),
                                        [GH_POLICY_PATH] = WORD("/x/now")}};

/* A policy on its way through a server. */
struct stage {
    struct row rows[MAX_ROWS];
    size_t n;
    struct gh_rules_bad bad;
    struct gh_rules *rules;
};

static struct stage
whole_policy(void)
{
    return (struct stage){.rows = {state_row, application_row, role_row,
                                   other_role_row, inheritance_row, grant_row,
                                   ignored_row},
                          .n = 7};
}

/* The same, when one may read at the turn of the year 2000 only. */
static struct stage
policy_with_conditions(void)
{
    static const struct gh_text id = INT8("\4");
    struct stage stage = {.rows = {state_row, application_row, role_row,
                                   other_role_row, inheritance_row, turn_row,
                                   hours_row, network_row, dates_row, set_row,
                                   part_row, other_part_row, grant_row},
                          .n = 13};

    stage.rows[12].cells[GH_POLICY_CONDITION_ID] = id;
    return stage;
}

/* Sends the rows and reads them; what came of it. */
static enum gh_status
read_stage(struct stage *stage)
{
    struct gh_query *query = NULL;
    const struct gh_rows *rows = NULL;
    struct gh_arena scratch;
    struct peer peer;
    struct gh_db *db;
    char at[16];
    enum gh_status status;

    gh_arena_init(&scratch, 1 << 20);
    peer_open(&peer);
    db = peer_db(&peer, NULL);
    peer_welcome(&peer, db);
    check_status(GH_OK,
                 gh_db_send(db, &gh_stmt_policy_read, NULL, NULL, &query));
    peer_take(&peer, db, at, sizeof(at));
    peer_put(&peer, '1', NULL, 0);
    peer_put(&peer, '2', NULL, 0);
    peer_put_columns(&peer, oids, N_COLUMNS, true);
    for (size_t i = 0; i < stage->n; i++)
        peer_put_row(&peer, stage->rows[i].cells, N_COLUMNS);
    peer_put(&peer, 'C', "SELECT 1", 9);
    peer_put(&peer, 'Z', "I", 1);
    peer_send(&peer);
    check_status(GH_OK, peer_wait(db, query, &rows));
    status = gh_rules_read(&scratch, rows, &stage->bad, &stage->rules);
    gh_query_give_back(query);
    gh_db_free(db);
    peer_close(&peer);
    gh_arena_done(&scratch);
    return status;
}

static void
rows_become_a_policy(void)
{
    struct stage stage = whole_policy();
    const struct gh_application *one;
    const struct gh_principal nobody = {0};
    struct gh_decision decision;

    if (!check_status(GH_OK, read_stage(&stage)))
        return;
    check_number(42, gh_rules_version(stage.rules));
    check_number(1, gh_rules_n_applications(stage.rules));
    one = gh_rules_application(stage.rules, 0);
    check_text(GH_TEXT("shop"), one->name);
    check_text(GH_TEXT("www.test"), one->host);
    check_text(GH_TEXT("http://127.0.0.1:1 http://[::1]:2"), one->backends);
    check_number(GH_CARRY_VERDICT, one->carrying);
    check_number(7, one->connections);
    check_number(3, one->keep);
    check(one->keeps_encoded_slash && !one->keeps_semicolon);
    check(one->keeps_empty_segments && one->passes_authorization);
    check_number(GH_PRESET_X_REMOTE, one->identity);
    check(one->is_strict);
    check(one->ends_moved);
    check_number(3600, one->outage_s);
    check_number(300, one->idle_s);
    check(one->begins_recorded);
    check_text(GH_TEXT("public admin"), one->entries);
    check_number(0, one->condition_id);
    /* Everybody has user here, because anonymous implies it. */
    decision = ruling_decide(stage.rules, &nobody, "HEAD", GH_TEXT("/shop/x/y"),
                             INT64_MAX - 1);
    check_number(GH_PERMIT, decision.verdict);
    check_number(11, decision.grant->id);
    check(decision.is_activity);
    decision = ruling_decide(stage.rules, &nobody, "HEAD",
                             GH_TEXT("/shop/x/now"), INT64_MAX - 1);
    check_number(GH_PERMIT, decision.verdict);
    check(!decision.is_activity);
    gh_rules_release(stage.rules);
}

static void
instants_are_read_from_postgresql_s_epoch(void)
{
    struct stage stage = whole_policy();
    const struct gh_principal nobody = {0};
    const int64_t epoch_us = 946684800000000;
    static const struct gh_text one_us = INT8("\1");

    stage.rows[5].cells[GH_POLICY_UNTIL] = one_us;
    if (!check_status(GH_OK, read_stage(&stage)))
        return;
    check_number(GH_DENY, ruling_decide(stage.rules, &nobody, "GET",
                                        GH_TEXT("/shop/x"), epoch_us - 1)
                              .verdict);
    check_number(GH_PERMIT, ruling_decide(stage.rules, &nobody, "GET",
                                          GH_TEXT("/shop/x"), epoch_us)
                                .verdict);
    check_number(GH_DENY, ruling_decide(stage.rules, &nobody, "GET",
                                        GH_TEXT("/shop/x"), epoch_us + 1)
                              .verdict);
    gh_rules_release(stage.rules);
}

static void
conditions_are_read_with_their_clocks(void)
{
    struct stage stage = policy_with_conditions();
    const struct gh_principal nobody = {0};
    const int64_t epoch_us = 946684800000000;
    static const struct {
        int64_t later_us;
        enum gh_verdict verdict;
    } rows[] = {{0, GH_PERMIT},
                {4999999, GH_PERMIT},
                {5000000, GH_DENY},
                {INT64_C(86400000000), GH_DENY}};

    if (!check_status(GH_OK, read_stage(&stage)))
        return;
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct gh_decision decision =
            ruling_decide(stage.rules, &nobody, "GET", GH_TEXT("/shop/x"),
                          epoch_us + rows[i].later_us);

        check_number(rows[i].verdict, decision.verdict);
    }
    gh_rules_release(stage.rules);
}

/* That policy with one cell changed. */
static enum gh_status
change(struct stage stage, size_t row, size_t column, struct gh_text cell,
       struct gh_rules_bad *bad)
{
    enum gh_status status;

    stage.rows[row].cells[column] = cell;
    status = read_stage(&stage);
    *bad = stage.bad;
    gh_rules_release(stage.rules);
    return status;
}

static void
conditions_that_are_not_understood_refuse_the_policy(void)
{
    static const struct {
        size_t row, column;
        struct gh_text cell;
        const char *relation_z;
    } table[] = {
        {5, GH_POLICY_NAME, WORD("CET"), "condition"},
        {6, GH_POLICY_WORD, WORD("weather"), "condition"},
        {6, GH_POLICY_DAYS, INT4("\0"), "condition"},
        {6, GH_POLICY_DAYS, INT4("\x80"), "condition"},
        {6, GH_POLICY_ENDS, INT4("\0"), "condition"},
        {7, GH_POLICY_LIST, WORD("10.0.0.1/8"), "condition"},
        {7, GH_POLICY_WORD, WORD("age"), "condition"},
        {8, GH_POLICY_LIST, WORD("2000-01-01"), "condition"},
        {9, GH_POLICY_ID, INT8("\3"), "condition"},
        {10, GH_POLICY_OTHER_ID, INT8("\5"), "condition_part"},
        {12, GH_POLICY_CONDITION_ID, INT8("\5"), "role_permission"},
    };

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct gh_rules_bad bad;

        check_status(GH_MALFORMED,
                     change(policy_with_conditions(), table[i].row,
                            table[i].column, table[i].cell, &bad));
        check_text(gh_text_of_z(table[i].relation_z),
                   gh_text_of_z(bad.relation_z));
    }
}

/* A policy with one cell changed. */
static enum gh_status
read_changed(size_t row, size_t column, struct gh_text cell,
             struct gh_rules_bad *bad)
{
    return change(whole_policy(), row, column, cell, bad);
}

static void
zone_s_condition_is_read(void)
{
    struct stage stage = policy_with_conditions();
    static const struct gh_text network = INT8("\2");
    const struct gh_principal nobody = {0};
    const int64_t epoch_us = 946684800000000;

    stage.rows[1].cells[GH_POLICY_CONDITION_ID] = network;
    if (!check_status(GH_OK, read_stage(&stage)))
        return;
    check_number(2, gh_rules_application(stage.rules, 0)->condition_id);
    check_number(GH_SIGN_IN, ruling_decide(stage.rules, &nobody, "GET",
                                           GH_TEXT("/shop/x"), epoch_us)
                                 .verdict);
    gh_rules_release(stage.rules);
}

static void
words_that_nobody_knows_refuse_the_policy(void)
{
    static const struct {
        size_t row, column;
        struct gh_text cell;
        const char *relation_z;
        int64_t id;
    } table[] = {
        {1, GH_POLICY_WORD, WORD("handoff"), "application", 5},
        {1, GH_POLICY_ENCODED_SLASH, WORD("Keep"), "application", 5},
        {1, GH_POLICY_SEMICOLON, WORD(""), "application", 5},
        {1, GH_POLICY_EMPTY_SEGMENTS, WORD("yes"), "application", 5},
        {1, GH_POLICY_AUTHORIZATION, WORD("keep"), "application", 5},
        {1, GH_POLICY_IDENTITY, WORD("X-Remote"), "application", 5},
        {1, GH_POLICY_FRESHNESS, WORD("remembered"), "application", 5},
        {1, GH_POLICY_MOVED, WORD("step-up"), "application", 5},
        {1, GH_POLICY_OUTAGE, GH_TEXT_INIT("\0\0\x0e\x11"), "application", 5},
        {1, GH_POLICY_SESSION_IDLE, GH_TEXT_INIT("\0\0\0\0"), "application", 5},
        {1, GH_POLICY_SESSION_IDLE, GH_TEXT_INIT("\0\0\x0e\x11"), "application",
         5},
        {1, GH_POLICY_RECORDING, WORD("never"), "application", 5},
        {1, GH_POLICY_PATH, WORD("shop"), "application", 5},
        {1, GH_POLICY_KEEP, GH_TEXT_INIT("\xff\xff\xff\xff"), "application", 5},
        {2, GH_POLICY_WORD, WORD("everybody"), "role", 1},
        {3, GH_POLICY_ID, INT8("\1"), "role", 1},
        {4, GH_POLICY_OTHER_ID, INT8("\x09"), "role_inheritance", 1},
        {5, GH_POLICY_OTHER_ID, INT8("\6"), "role_permission", 11},
        {5, GH_POLICY_ROLE_ID, INT8("\x09"), "role_permission", 11},
        {5, GH_POLICY_PATH, WORD("/**/x"), "role_permission", 11},
        {5, GH_POLICY_LIST, WORD("GET,BREW"), "role_permission", 11},
        {6, GH_POLICY_OTHER_ID, INT8("\6"), "resource", 12},
        {6, GH_POLICY_PATH, WORD("now"), "resource", 12},
    };

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct gh_rules_bad bad;

        check_status(GH_MALFORMED, read_changed(table[i].row, table[i].column,
                                                table[i].cell, &bad));
        check_text(gh_text_of_z(table[i].relation_z),
                   gh_text_of_z(bad.relation_z));
        check_number(table[i].id, bad.id);
    }
}

static void
nulls_where_none_can_be_are_a_bug(void)
{
    static const struct {
        size_t row, column;
    } table[] = {
        {0, GH_POLICY_ID},       {1, GH_POLICY_ID},   {1, GH_POLICY_NAME},
        {1, GH_POLICY_HOST},     {1, GH_POLICY_PATH}, {1, GH_POLICY_LIST},
        {1, GH_POLICY_IDENTITY}, {2, GH_POLICY_NAME}, {4, GH_POLICY_OTHER_ID},
        {5, GH_POLICY_ROLE_ID},  {5, GH_POLICY_PATH}, {0, GH_POLICY_RELATION},
        {3, GH_POLICY_RELATION}, {6, GH_POLICY_PATH}, {6, GH_POLICY_OTHER_ID},
    };

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct gh_rules_bad bad;

        check_status(GH_FAULT_BUG, read_changed(table[i].row, table[i].column,
                                                (struct gh_text){0}, &bad));
    }
}

static void
rows_of_no_relation_are_a_bug(void)
{
    static const struct gh_text relations[] = {
        INT4("\0"), INT4("\x09"), GH_TEXT_INIT("\xff\xff\xff\xff")};
    struct gh_rules_bad bad;

    for (size_t i = 0; i < GH_COUNT(relations); i++)
        check_status(GH_FAULT_BUG,
                     read_changed(2, GH_POLICY_RELATION, relations[i], &bad));
}

static void
without_its_state_it_is_no_policy(void)
{
    struct stage stage = {.rows = {application_row}, .n = 1};

    check_status(GH_FAULT_BUG, read_stage(&stage));
    stage = (struct stage){.n = 0};
    check_status(GH_FAULT_BUG, read_stage(&stage));
    stage = (struct stage){.rows = {state_row}, .n = 1};
    check_status(GH_OK, read_stage(&stage));
    gh_rules_release(stage.rules);
}

const struct check_case rules_read_cases[] = {
    CHECK_CASE(rows_become_a_policy),
    CHECK_CASE(instants_are_read_from_postgresql_s_epoch),
    CHECK_CASE(conditions_are_read_with_their_clocks),
    CHECK_CASE(conditions_that_are_not_understood_refuse_the_policy),
    CHECK_CASE(zone_s_condition_is_read),
    CHECK_CASE(words_that_nobody_knows_refuse_the_policy),
    CHECK_CASE(nulls_where_none_can_be_are_a_bug),
    CHECK_CASE(rows_of_no_relation_are_a_bug),
    CHECK_CASE(without_its_state_it_is_no_policy),
    {0},
};
