/* SPDX-License-Identifier: Apache-2.0
 *
 * How long ago somebody signed in, how, and where they are: what conditions say
 * of it, alone and in sets, by the tables that SQL is tested against as well;
 * and what is decided with ages. Clocks, networks and sets are in
 * test_condition.c.
 */
#include "core/condition_int.h"

#include <stdio.h>

#include "check.h"
#include "ruling.h"

#include "base/banned.h"

enum {
    ARENA = 4 * 1024 * 1024,
    RULE = 7, /* id of the rule */
};

static const int64_t now_us = 1795430000000000;

/* The conditions of the table; their ids are their places, from 1. */
static const struct {
    struct gh_condition one;
    int64_t parts[2];
} rows[] = {
    {{.kind = GH_CONDITION_AGE,
      .name = GH_TEXT_INIT("fresh"),
      .list = GH_TEXT_INIT("600")},
     {0}},
    {{.kind = GH_CONDITION_NETWORK,
      .name = GH_TEXT_INIT("office"),
      .list = GH_TEXT_INIT("10.0.0.0/8")},
     {0}},
    {{.kind = GH_CONDITION_NONE, .name = GH_TEXT_INIT("stale")}, {1}},
    {{.kind = GH_CONDITION_ALL, .name = GH_TEXT_INIT("inside")}, {1, 2}},
    {{.kind = GH_CONDITION_ANY, .name = GH_TEXT_INIT("either")}, {1, 2}},
    {{.kind = GH_CONDITION_NONE, .name = GH_TEXT_INIT("neither")}, {1, 2}},
};

/* Of one question. */
struct asked {
    struct gh_arena arena;         /* of the principal */
    struct gh_rules *rules;        /* one role may everything */
    struct gh_principal principal; /* who has roles */
    struct gh_circumstances now;   /* as they ask */
    int64_t role_ids[2];           /* what they were given */
    int64_t condition_ids[2];      /* under which conditions */
    struct gh_decision decision;   /* what came of it */
};

/* Id of a condition; 0 for "". */
static int64_t
id_of(struct gh_text name)
{
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        if (gh_text_equal(rows[i].one.name, name))
            return (int64_t)i + 1;
    }
    check(name.len == 0);
    return 0;
}

/* The conditions, and a rule for RULING_USER under one of them. */
static struct gh_rules *
rule_under(const char *name_z)
{
    struct gh_rules *rules = ruling_new("/");
    struct gh_conditions *conditions = gh_rules_conditions(rules);
    struct gh_grant grant = ruling_grant(RULE, RULING_USER, "/**", "*");

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct gh_condition one = rows[i].one;

        one.id = (int64_t)i + 1;
        check_status(GH_OK, gh_conditions_add(conditions, &one));
        for (size_t k = 0; k < 2 && rows[i].parts[k] != 0; k++)
            check_status(GH_OK, gh_conditions_add_part(conditions, one.id,
                                                       rows[i].parts[k]));
    }
    grant.condition_id = id_of(gh_text_of_z(name_z));
    check_status(GH_OK, gh_rules_add_grant(rules, &grant));
    check_status(GH_OK, gh_rules_seal(rules));
    return rules;
}

/* Somebody who has RULING_USER under a condition ("": none). */
static struct asked
begin(const char *rule_z, const char *role_z)
{
    return (struct asked){
        .rules = rule_under(rule_z),
        .principal = {.kind = GH_PRINCIPAL_ACCOUNT, .held = {.n = 1}},
        .now = {.now_us = now_us},
        .role_ids = {RULING_USER},
        .condition_ids = {id_of(gh_text_of_z(role_z))}};
}

static void
decide(struct asked *asked)
{
    struct gh_principal *principal = &asked->principal;
    const struct gh_question question = {
        .application = gh_rules_application(asked->rules, 0),
        .path = GH_TEXT("/"),
        .method = GH_TEXT("GET"),
        .circumstances = asked->now};

    gh_arena_init(&asked->arena, ARENA);
    principal->held.role_ids = asked->role_ids;
    principal->held.condition_ids = asked->condition_ids;
    check_status(GH_OK, gh_rules_roles(&asked->arena, asked->rules,
                                       principal->kind == GH_PRINCIPAL_ACCOUNT,
                                       &principal->held, &asked->now,
                                       &principal->roles));
    asked->decision = gh_policy_decide(asked->rules, principal, &question);
}

static void
end(struct asked *asked)
{
    gh_arena_done(&asked->arena);
    gh_rules_release(asked->rules);
}

/* --- the table --------------------------------------------------------------
 */

static enum gh_holds
holds_of(struct gh_text word)
{
    if (gh_text_equal(word, GH_TEXT("yes")))
        return GH_HOLDS_YES;
    check(gh_text_equal(word, GH_TEXT("no")) ||
          gh_text_equal(word, GH_TEXT("unknown")));
    return gh_text_equal(word, GH_TEXT("no")) ? GH_HOLDS_NO : GH_HOLDS_UNKNOWN;
}

/* When they signed in: so many microseconds ago. */
static int64_t
signed_in(struct gh_text since)
{
    bool is_later = gh_text_starts(since, GH_TEXT("-"));
    uint64_t us = 0;

    if (gh_text_equal(since, GH_TEXT("-")))
        return 0;
    check_status(GH_OK, gh_text_number(gh_text_from(since, is_later ? 1 : 0),
                                       INT64_MAX, &us));
    return is_later ? now_us + (int64_t)us : now_us - (int64_t)us;
}

/* What is decided when a rule, or a role, is under the condition of a line. */
static void
check_line(const struct gh_text fields[RULING_FIELDS], bool is_of_rule)
{
    enum gh_holds now = holds_of(fields[3]);
    enum gh_holds anew = holds_of(fields[4]);
    enum gh_verdict verdict = now == GH_HOLDS_YES    ? GH_PERMIT
                              : anew == GH_HOLDS_YES ? GH_STEP_UP
                                                     : GH_DENY;
    int64_t id = id_of(fields[0]);
    const char *name_z = rows[id - 1].one.name.at;
    struct asked asked = is_of_rule ? begin(name_z, "") : begin("", name_z);

    asked.now.authenticated_us = signed_in(fields[1]);
    if (!gh_text_equal(fields[2], GH_TEXT("-")))
        check_status(GH_OK, gh_address_parse(fields[2], &asked.now.client));
    decide(&asked);
    if (!check_number(verdict, asked.decision.verdict) ||
        !check_text(now == GH_HOLDS_YES ? GH_TEXT("") : fields[0],
                    gh_policy_condition(asked.rules, &asked.decision)))
        fprintf(stderr, "    %.*s %.*s %.*s\n", GH_TEXT_ARG(fields[0]),
                GH_TEXT_ARG(fields[1]), GH_TEXT_ARG(fields[2]));
    check_number(RULE, asked.decision.grant->id);
    check_number(now,
                 gh_condition_holds(
                     gh_rules_conditions(asked.rules),
                     gh_conditions_find(gh_rules_conditions(asked.rules), id),
                     &asked.now));
    end(&asked);
}

static void
on_line(void *ctx, const struct gh_text fields[RULING_FIELDS], size_t n)
{
    (void)ctx;
    check_number(5, n);
    check_line(fields, true);
    check_line(fields, false);
}

static void
ages_are_what_sql_says(void)
{
    check(ruling_each_line("ages.tsv", on_line, NULL) > 25);
}

/* --- what is told, and who
 * ----------------------------------------------------
 */

static void
rule_and_condition_are_those_that_will_do(void)
{
    static const struct {
        const char *rule_z, *role_z; /* the conditions of both */
        const char *other_z;         /* of the role once more; NULL: not */
        enum gh_verdict verdict;     /* an hour after signing in, outside */
        const char *condition_z;     /* that is named */
    } table[] = {
        {"fresh", "fresh", NULL, GH_STEP_UP, "fresh"},
        {"", "fresh", NULL, GH_STEP_UP, "fresh"},
        /* It is enough when one of two does. */
        {"", "office", "fresh", GH_STEP_UP, "fresh"},
        {"fresh", "office", "", GH_STEP_UP, "fresh"},
        {"fresh", "office", "office", GH_DENY, ""},
        {"", "office", "inside", GH_DENY, "office"},
        /* What they have now they would not have then. */
        {"fresh", "stale", NULL, GH_DENY, "fresh"},
        {"fresh", "stale", "", GH_STEP_UP, "fresh"},
        {"stale", "", NULL, GH_PERMIT, ""},
        {"office", "", NULL, GH_DENY, "office"},
    };

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct asked asked = begin(table[i].rule_z, table[i].role_z);

        check_status(GH_OK,
                     gh_address_parse(GH_TEXT("11.0.0.1"), &asked.now.client));
        asked.now.authenticated_us = now_us - INT64_C(3600000000);
        if (table[i].other_z != NULL) {
            asked.principal.held.n = 2;
            asked.role_ids[1] = RULING_USER;
            asked.condition_ids[1] = id_of(gh_text_of_z(table[i].other_z));
        }
        decide(&asked);
        if (!check_number(table[i].verdict, asked.decision.verdict) ||
            !check_text(gh_text_of_z(table[i].condition_z),
                        gh_policy_condition(asked.rules, &asked.decision)))
            fprintf(stderr, "    row %zu\n", i);
        check_number(table[i].verdict == GH_STEP_UP ? GH_REASON_AGE
                                                    : asked.decision.reason,
                     asked.decision.reason);
        end(&asked);
    }
}

static void
only_who_is_signed_in_is_asked_once_more(void)
{
    static const struct {
        enum gh_principal_kind kind;
        enum gh_verdict verdict;
    } table[] = {{GH_PRINCIPAL_NOBODY, GH_SIGN_IN},
                 {GH_PRINCIPAL_ACCOUNT, GH_STEP_UP},
                 {GH_PRINCIPAL_UNKNOWN, GH_UNSURE}};

    for (size_t i = 0; i < GH_COUNT(table); i++) {
        struct asked asked = begin("fresh", "");

        asked.principal.kind = table[i].kind;
        decide(&asked);
        check_number(table[i].verdict, asked.decision.verdict);
        end(&asked);
    }
}

/* --- where ------------------------------------------------------------------
 */

/* The conditions of the table; their ids are their places, from 1. */
static const struct {
    struct gh_condition one;
    int64_t parts[2];
} there[] = {
    {{.kind = GH_CONDITION_COUNTRY,
      .name = GH_TEXT_INIT("home"),
      .list = GH_TEXT_INIT("AT DE")},
     {0}},
    {{.kind = GH_CONDITION_ASN,
      .name = GH_TEXT_INIT("carrier"),
      .list = GH_TEXT_INIT("64496 4294967295")},
     {0}},
    {{.kind = GH_CONDITION_NONE, .name = GH_TEXT_INIT("abroad")}, {1}},
    {{.kind = GH_CONDITION_ALL, .name = GH_TEXT_INIT("both")}, {1, 2}},
    {{.kind = GH_CONDITION_ANY, .name = GH_TEXT_INIT("either")}, {1, 2}},
    {{.kind = GH_CONDITION_NONE, .name = GH_TEXT_INIT("neither")}, {1, 2}},
};

static void
on_location(void *ctx, const struct gh_text fields[RULING_FIELDS], size_t n)
{
    struct gh_conditions *all = ctx;
    struct gh_circumstances asked = {.now_us = now_us};
    uint64_t asn = 0;
    uint32_t number = 0;

    check_number(4, n);
    for (uint32_t i = 0; i < GH_COUNT(there); i++)
        number = gh_text_equal(there[i].one.name, fields[0]) ? i + 1 : number;
    check(number != 0);
    if (!gh_text_equal(fields[1], GH_TEXT("-")))
        check_status(GH_OK,
                     gh_country_parse(fields[1], asked.location.country));
    if (!gh_text_equal(fields[2], GH_TEXT("-")))
        check_status(GH_OK, gh_text_number(fields[2], UINT32_MAX, &asn));
    asked.location.asn = (uint32_t)asn;
    if (!check_number(holds_of(fields[3]),
                      gh_condition_holds(all, number, &asked)))
        fprintf(stderr, "    %.*s %.*s %.*s\n", GH_TEXT_ARG(fields[0]),
                GH_TEXT_ARG(fields[1]), GH_TEXT_ARG(fields[2]));
}

static void
locations_are_what_sql_says(void)
{
    struct gh_conditions all;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA);
    gh_conditions_init(&all, &arena);
    for (size_t i = 0; i < GH_COUNT(there); i++) {
        struct gh_condition one = there[i].one;

        one.id = (int64_t)i + 1;
        check_status(GH_OK, gh_conditions_add(&all, &one));
        for (size_t k = 0; k < 2 && there[i].parts[k] != 0; k++)
            check_status(
                GH_OK, gh_conditions_add_part(&all, one.id, there[i].parts[k]));
    }
    check_status(GH_OK, gh_conditions_seal(&all));
    check(all.asks_location);
    check(ruling_each_line("locations.tsv", on_location, &all) > 40);
    gh_arena_done(&arena);
}

/* --- at which level, and in which browser -----------------------------------
 */

/* The conditions of the table; their ids are their places, from 1. */
static const struct {
    struct gh_condition one;
    int64_t parts[2];
} how[] = {
    {{.kind = GH_CONDITION_LEVEL,
      .name = GH_TEXT_INIT("first"),
      .list = GH_TEXT_INIT("1")},
     {0}},
    {{.kind = GH_CONDITION_LEVEL,
      .name = GH_TEXT_INIT("second"),
      .list = GH_TEXT_INIT("2")},
     {0}},
    {{.kind = GH_CONDITION_DEVICE,
      .name = GH_TEXT_INIT("known"),
      .list = GH_TEXT_INIT("0")},
     {0}},
    {{.kind = GH_CONDITION_DEVICE,
      .name = GH_TEXT_INIT("week"),
      .list = GH_TEXT_INIT("604800")},
     {0}},
    {{.kind = GH_CONDITION_NONE, .name = GH_TEXT_INIT("strange")}, {3}},
    {{.kind = GH_CONDITION_ALL, .name = GH_TEXT_INIT("both")}, {2, 4}},
    {{.kind = GH_CONDITION_ANY, .name = GH_TEXT_INIT("either")}, {2, 4}},
    {{.kind = GH_CONDITION_NONE, .name = GH_TEXT_INIT("neither")}, {2, 4}},
};

/* How they signed in. */
static struct gh_circumstances
signed_in_how(struct gh_text level, struct gh_text device)
{
    struct gh_circumstances asked = {.now_us = now_us};
    uint64_t number = 0;

    if (!gh_text_equal(level, GH_TEXT("-")))
        check_status(GH_OK, gh_text_number(level, 9, &number));
    asked.level = (int)number;
    if (gh_text_equal(device, GH_TEXT("-")))
        return asked;
    asked.device = GH_DEVICE_NEW;
    if (gh_text_equal(device, GH_TEXT("no")))
        return asked;
    check_status(GH_OK, gh_text_number(device, UINT32_MAX, &number));
    asked.device = GH_DEVICE_KNOWN;
    asked.device_s = (int64_t)number;
    return asked;
}

static void
on_device(void *ctx, const struct gh_text fields[RULING_FIELDS], size_t n)
{
    struct gh_conditions *all = ctx;
    struct gh_circumstances asked = signed_in_how(fields[1], fields[2]);
    uint32_t number = 0;

    check_number(4, n);
    for (uint32_t i = 0; i < GH_COUNT(how); i++)
        number = gh_text_equal(how[i].one.name, fields[0]) ? i + 1 : number;
    check(number != 0);
    if (!check_number(holds_of(fields[3]),
                      gh_condition_holds(all, number, &asked)))
        fprintf(stderr, "    %.*s %.*s %.*s\n", GH_TEXT_ARG(fields[0]),
                GH_TEXT_ARG(fields[1]), GH_TEXT_ARG(fields[2]));
}

static void
levels_and_browsers_are_what_sql_says(void)
{
    struct gh_conditions all;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA);
    gh_conditions_init(&all, &arena);
    for (size_t i = 0; i < GH_COUNT(how); i++) {
        struct gh_condition one = how[i].one;

        one.id = (int64_t)i + 1;
        check_status(GH_OK, gh_conditions_add(&all, &one));
        for (size_t k = 0; k < 2 && how[i].parts[k] != 0; k++)
            check_status(GH_OK,
                         gh_conditions_add_part(&all, one.id, how[i].parts[k]));
    }
    check_status(GH_OK, gh_conditions_seal(&all));
    check(!all.asks_age);
    check(!all.asks_location);
    check(ruling_each_line("devices.tsv", on_device, &all) > 60);
    gh_arena_done(&arena);
}

/* --- what is malformed ------------------------------------------------------
 */

static void
malformed_lists_are_refused(void)
{
    static const struct {
        enum gh_condition_kind kind;
        struct gh_text list;
    } table[] = {
        {GH_CONDITION_LEVEL, GH_TEXT_INIT("")},
        {GH_CONDITION_LEVEL, GH_TEXT_INIT("0")},
        {GH_CONDITION_LEVEL, GH_TEXT_INIT("4")},
        {GH_CONDITION_LEVEL, GH_TEXT_INIT("1 2")},
        {GH_CONDITION_DEVICE, GH_TEXT_INIT("")},
        {GH_CONDITION_DEVICE, GH_TEXT_INIT("-1")},
        {GH_CONDITION_DEVICE, GH_TEXT_INIT("7d")},
        {GH_CONDITION_DEVICE, GH_TEXT_INIT("31536001")},
        {GH_CONDITION_COUNTRY, GH_TEXT_INIT("")},
        {GH_CONDITION_COUNTRY, GH_TEXT_INIT("de")},
        {GH_CONDITION_COUNTRY, GH_TEXT_INIT("DEU")},
        {GH_CONDITION_COUNTRY, GH_TEXT_INIT("DE AT")},
        {GH_CONDITION_COUNTRY, GH_TEXT_INIT("DE DE")},
        {GH_CONDITION_COUNTRY, GH_TEXT_INIT("AT  DE")},
        {GH_CONDITION_ASN, GH_TEXT_INIT("")},
        {GH_CONDITION_ASN, GH_TEXT_INIT("0")},
        {GH_CONDITION_ASN, GH_TEXT_INIT("AS64496")},
        {GH_CONDITION_ASN, GH_TEXT_INIT("2 1")},
        {GH_CONDITION_ASN, GH_TEXT_INIT("4294967296")},
    };
    struct gh_conditions all;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA);
    gh_conditions_init(&all, &arena);
    for (size_t i = 0; i < GH_COUNT(table); i++) {
        const struct gh_condition one = {.id = 1,
                                         .kind = table[i].kind,
                                         .name = GH_TEXT("there"),
                                         .list = table[i].list};

        if (!check_status(GH_MALFORMED, gh_conditions_add(&all, &one)))
            fprintf(stderr, "    row %zu\n", i);
    }
    gh_arena_done(&arena);
}

static void
malformed_ages_are_refused(void)
{
    static const struct gh_text lists[] = {
        GH_TEXT_INIT(""),    GH_TEXT_INIT("-1"),    GH_TEXT_INIT("10m"),
        GH_TEXT_INIT("6 0"), GH_TEXT_INIT("86401"),
    };
    struct gh_conditions all;
    struct gh_arena arena;

    gh_arena_init(&arena, ARENA);
    gh_conditions_init(&all, &arena);
    for (size_t i = 0; i < GH_COUNT(lists); i++) {
        const struct gh_condition one = {.id = 1,
                                         .kind = GH_CONDITION_AGE,
                                         .name = GH_TEXT("age"),
                                         .list = lists[i]};

        check_status(GH_MALFORMED, gh_conditions_add(&all, &one));
    }
    check(!all.asks_age);
    gh_arena_done(&arena);
}

const struct check_case condition_ask_cases[] = {
    CHECK_CASE(ages_are_what_sql_says),
    CHECK_CASE(rule_and_condition_are_those_that_will_do),
    CHECK_CASE(only_who_is_signed_in_is_asked_once_more),
    CHECK_CASE(malformed_ages_are_refused),
    CHECK_CASE(locations_are_what_sql_says),
    CHECK_CASE(levels_and_browsers_are_what_sql_says),
    CHECK_CASE(malformed_lists_are_refused),
    {0},
};
