/* SPDX-License-Identifier: Apache-2.0
 *
 * Conditions: clocks of three time zones over their changes, days, networks,
 * sets of them with what is not known, and what is decided with them. Instants
 * are written in UTC. Attack ids are those of the group RBAC.
 */
#include "core/condition.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "ruling.h"

#include "base/banned.h"

enum {
    ARENA = 4 * 1024 * 1024,
    BERLIN_WORK = 1, /* ids of the conditions of every test */
    BERLIN_NIGHT,
    BERLIN_GAP,
    NEW_YORK_HOUR,
    LORD_HOWE_HALF,
    WHOLE_SUNDAY,
    SPRING_2026,
    HOLIDAYS,
    OFFICE,
    N_LEAVES = OFFICE,
};

static struct {
    struct gh_arena arena;
    struct gh_conditions all;
} now;

/* "2026-03-29 01:00:00" in microseconds since 1970. */
static int64_t
utc(const char *at_z)
{
    struct tm tm = {0};

    check(strptime(at_z, "%Y-%m-%d %H:%M:%S", &tm) != NULL);
    return (int64_t)timegm(&tm) * 1000000;
}

static int64_t
day_of(const char *day_z)
{
    char at_z[32];

    snprintf(at_z, sizeof(at_z), "%s 00:00:00", day_z);
    return utc(at_z) / 1000000 / GH_DAY_S;
}

static void
turn(const char *zone_z, const char *at_z, int64_t offset_s)
{
    check_status(GH_OK, gh_conditions_add_turn(&now.all, gh_text_of_z(zone_z),
                                               utc(at_z), true, offset_s));
}

/* Hours on all days of all years. */
static struct gh_condition
hours(int64_t id, const char *zone_z, int64_t begins_s, int64_t ends_s)
{
    return (struct gh_condition){.id = id,
                                 .kind = GH_CONDITION_HOURS,
                                 .name = GH_TEXT("hours"),
                                 .time_zone = gh_text_of_z(zone_z),
                                 .days = GH_DAYS_ALL,
                                 .begins_s = begins_s,
                                 .ends_s = ends_s,
                                 .first_day = -1000000,
                                 .last_day = 4000000};
}

static void
add(const struct gh_condition *one)
{
    check_status(GH_OK, gh_conditions_add(&now.all, one));
}

static void
add_hours(void)
{
    struct gh_condition one =
        hours(BERLIN_WORK, "Europe/Berlin", 8 * 3600, 18 * 3600);

    one.days = 0x1f;
    add(&one);
    /* From Friday 22:00 to Saturday 06:00. */
    one = hours(BERLIN_NIGHT, "Europe/Berlin", 22 * 3600, 6 * 3600);
    one.days = 1 << 4;
    add(&one);
    one = hours(BERLIN_GAP, "Europe/Berlin", 2 * 3600, 3 * 3600);
    add(&one);
    one = hours(NEW_YORK_HOUR, "America/New_York", 3600, 2 * 3600);
    add(&one);
    one = hours(LORD_HOWE_HALF, "Australia/Lord_Howe", 90 * 60, 2 * 3600);
    add(&one);
    one = hours(WHOLE_SUNDAY, "Europe/Berlin", 0, GH_DAY_S);
    one.days = 1 << 6;
    add(&one);
    one = hours(SPRING_2026, "Europe/Berlin", 0, GH_DAY_S);
    one.first_day = day_of("2026-03-20");
    one.last_day = day_of("2026-06-20");
    add(&one);
}

static void
begin(void)
{
    char days_z[64];
    struct gh_condition one = {.id = HOLIDAYS,
                               .kind = GH_CONDITION_DATES,
                               .name = GH_TEXT("holidays"),
                               .time_zone = GH_TEXT("Europe/Berlin")};

    gh_arena_init(&now.arena, ARENA);
    gh_conditions_init(&now.all, &now.arena);
    turn("Europe/Berlin", "2023-10-29 01:00:00", 3600);
    turn("Europe/Berlin", "2026-03-29 01:00:00", 7200);
    turn("Europe/Berlin", "2026-10-25 01:00:00", 3600);
    check_status(GH_OK,
                 gh_conditions_add_turn(&now.all, GH_TEXT("Europe/Berlin"),
                                        utc("2027-01-10 00:00:00"), false, 0));
    turn("America/New_York", "2025-11-02 06:00:00", -5 * 3600);
    turn("America/New_York", "2026-03-08 07:00:00", -4 * 3600);
    turn("America/New_York", "2026-11-01 06:00:00", -5 * 3600);
    turn("Australia/Lord_Howe", "2025-10-04 15:30:00", 11 * 3600);
    turn("Australia/Lord_Howe", "2026-04-04 15:00:00", 10 * 3600 + 1800);
    turn("Australia/Lord_Howe", "2026-10-03 15:30:00", 11 * 3600);
    add_hours();
    snprintf(days_z, sizeof(days_z), "%lld %lld",
             (long long)day_of("2024-02-29"), (long long)day_of("2026-12-25"));
    one.list = gh_text_of_z(days_z);
    add(&one);
    one = (struct gh_condition){.id = OFFICE,
                                .kind = GH_CONDITION_NETWORK,
                                .name = GH_TEXT("office"),
                                .meaning = GH_TEXT("in the office"),
                                .list = GH_TEXT("10.0.0.0/8 2001:db8::/32")};
    add(&one);
}

static void
end(void)
{
    gh_arena_done(&now.arena);
}

static enum gh_holds
at(int64_t id, int64_t now_us, const char *client_z)
{
    struct gh_circumstances circumstances = {.now_us = now_us};
    uint32_t number = gh_conditions_find(&now.all, id);

    check(number != 0);
    if (client_z != NULL)
        check_status(GH_OK, gh_address_parse(gh_text_of_z(client_z),
                                             &circumstances.client));
    return gh_condition_holds(&now.all, number, &circumstances);
}

/* At an instant, and a microsecond before it. */
static void
check_turns(int64_t id, const char *at_z, enum gh_holds before,
            enum gh_holds after)
{
    check_number(before, at(id, utc(at_z) - 1, NULL));
    check_number(after, at(id, utc(at_z), NULL));
}

static void
hours_begin_and_end_to_the_second(void)
{
    static const struct {
        int64_t id;
        const char *at_z;
        bool is_before, is_after;
    } rows[] = {
        /* Monday to Friday, 08:00 to 18:00, in winter and in summer. */
        {BERLIN_WORK, "2026-01-05 07:00:00", false, true},
        {BERLIN_WORK, "2026-01-05 17:00:00", true, false},
        {BERLIN_WORK, "2026-07-03 06:00:00", false, true},
        {BERLIN_WORK, "2026-07-03 16:00:00", true, false}, /* RBAC-009 */
        {BERLIN_WORK, "2026-07-04 06:00:00", false, false},
        {BERLIN_WORK, "2026-07-05 16:00:00", false, false},
        /* Over midnight: what counts is the day on which it begins. */
        {BERLIN_NIGHT, "2026-07-03 20:00:00", false, true},
        {BERLIN_NIGHT, "2026-07-03 22:00:00", true, true},
        {BERLIN_NIGHT, "2026-07-04 04:00:00", true, false},
        {BERLIN_NIGHT, "2026-07-04 20:00:00", false, false},
        {BERLIN_NIGHT, "2026-07-03 04:00:00", false, false},
        /* A day to its end, with 25 hours and with 23. */
        {WHOLE_SUNDAY, "2026-03-28 23:00:00", false, true},
        {WHOLE_SUNDAY, "2026-03-29 22:00:00", true, false},
        {WHOLE_SUNDAY, "2026-10-24 22:00:00", false, true},
        {WHOLE_SUNDAY, "2026-10-25 23:00:00", true, false},
        /* From one day to another, both included. */
        {SPRING_2026, "2026-03-19 23:00:00", false, true},
        {SPRING_2026, "2026-06-20 22:00:00", true, false},
        /* A leap day; days of a list. */
        {HOLIDAYS, "2024-02-28 23:00:00", false, true},
        {HOLIDAYS, "2024-02-29 23:00:00", true, false},
        {HOLIDAYS, "2026-12-24 23:00:00", false, true},
        {HOLIDAYS, "2026-12-25 23:00:00", true, false},
    };

    begin();
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        check_turns(rows[i].id, rows[i].at_z,
                    rows[i].is_before ? GH_HOLDS_YES : GH_HOLDS_NO,
                    rows[i].is_after ? GH_HOLDS_YES : GH_HOLDS_NO);
    end();
}

/* RBAC-007: an hour that the clock jumps over does not come, one that it shows
 * twice comes twice, and at no other time is it open. */
static void
changes_of_the_clock_open_nothing_else(void)
{
    static const struct {
        int64_t id;
        const char *from_z;   /* a day and a half are looked at from here */
        const char *opens_z;  /* first minute; NULL: none */
        const char *closes_z; /* behind the last one */
    } rows[] = {
        {BERLIN_GAP, "2026-03-28 12:00:00", NULL, NULL},
        {BERLIN_GAP, "2026-10-24 12:00:00", "2026-10-25 00:00:00",
         "2026-10-25 02:00:00"},
        {NEW_YORK_HOUR, "2026-03-07 12:00:00", "2026-03-08 06:00:00",
         "2026-03-08 07:00:00"},
        {NEW_YORK_HOUR, "2026-10-31 12:00:00", "2026-11-01 05:00:00",
         "2026-11-01 07:00:00"},
        {LORD_HOWE_HALF, "2026-04-04 02:00:00", "2026-04-04 14:30:00",
         "2026-04-04 15:30:00"},
        {LORD_HOWE_HALF, "2026-10-03 02:00:00", "2026-10-03 15:00:00",
         "2026-10-03 15:30:00"},
    };

    begin();
    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        int64_t from_us = utc(rows[i].from_z);
        int64_t opens_us =
            rows[i].opens_z == NULL ? INT64_MAX : utc(rows[i].opens_z);
        int64_t closes_us =
            rows[i].opens_z == NULL ? INT64_MAX : utc(rows[i].closes_z);

        for (int64_t minute = 0; minute < 24 * 60; minute++) {
            int64_t us = from_us + minute * 60 * 1000000;
            bool is_open = us >= opens_us && us < closes_us;

            check_number(is_open ? GH_HOLDS_YES : GH_HOLDS_NO,
                         at(rows[i].id, us, NULL));
        }
    }
    end();
}

static void
what_the_database_has_not_said_of_a_clock_is_not_known(void)
{
    begin();
    check_turns(BERLIN_WORK, "2023-10-29 01:00:00", GH_HOLDS_UNKNOWN,
                GH_HOLDS_NO);
    check_turns(WHOLE_SUNDAY, "2027-01-10 00:00:00", GH_HOLDS_YES,
                GH_HOLDS_UNKNOWN);
    check_number(GH_HOLDS_UNKNOWN, at(HOLIDAYS, 0, NULL));
    end();
}

/* RBAC-011, XFF-013 */
static void
networks_hold_their_clients(void)
{
    static const struct {
        const char *client_z;
        enum gh_holds holds;
    } rows[] = {
        {"9.255.255.255", GH_HOLDS_NO},    {"10.0.0.0", GH_HOLDS_YES},
        {"10.255.255.255", GH_HOLDS_YES},  {"11.0.0.0", GH_HOLDS_NO},
        {"::ffff:10.0.0.1", GH_HOLDS_YES}, {"2002:a00:1::", GH_HOLDS_NO},
        {"64:ff9b::a01:101", GH_HOLDS_NO}, {"2001:db8::1", GH_HOLDS_YES},
        {"2001:db9::1", GH_HOLDS_NO},      {NULL, GH_HOLDS_UNKNOWN},
    };

    begin();
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        check_number(rows[i].holds, at(OFFICE, 1, rows[i].client_z));
    end();
}

/* --- sets -------------------------------------------------------------------
 */

/* A set of these parts, and what it is. */
static int64_t
set_of(int64_t id, enum gh_condition_kind kind, const int64_t *parts, size_t n)
{
    const struct gh_condition one = {
        .id = id, .kind = kind, .name = GH_TEXT("set")};

    add(&one);
    for (size_t i = 0; i < n; i++)
        check_status(GH_OK, gh_conditions_add_part(&now.all, id, parts[i]));
    return id;
}

/* Kleene's tables, as SQL has them: of two parts that are each of the three. */
static void
sets_are_what_sql_says(void)
{
    /* By the office and by the calendar: unknown, no, yes. */
    static const char *const clients[] = {"11.0.0.0", NULL, "10.0.0.0"};
    static const char *const instants[] = {
        "2026-12-24 12:00:00", "2027-02-01 00:00:00", "2026-12-25 12:00:00"};
    static const int64_t both[] = {OFFICE, HOLIDAYS};

    begin();
    (void)set_of(N_LEAVES + 1, GH_CONDITION_ALL, both, 2);
    (void)set_of(N_LEAVES + 2, GH_CONDITION_ANY, both, 2);
    (void)set_of(N_LEAVES + 3, GH_CONDITION_NONE, both, 2);
    check_status(GH_OK, gh_conditions_seal(&now.all));
    for (int a = GH_HOLDS_NO; a <= GH_HOLDS_YES; a++) {
        for (int b = GH_HOLDS_NO; b <= GH_HOLDS_YES; b++) {
            int64_t us = utc(instants[b]);
            int most = a > b ? a : b;

            check_number(a, at(OFFICE, us, clients[a]));
            check_number(b, at(HOLIDAYS, us, clients[a]));
            check_number(a < b ? a : b, at(N_LEAVES + 1, us, clients[a]));
            check_number(most, at(N_LEAVES + 2, us, clients[a]));
            check_number(2 - most, at(N_LEAVES + 3, us, clients[a]));
        }
    }
    end();
}

static void
sets_without_parts_hold_never(void)
{
    begin();
    for (int kind = GH_CONDITION_ALL; kind <= GH_CONDITION_NONE; kind++) {
        int64_t id =
            set_of(N_LEAVES + 1 + kind, (enum gh_condition_kind)kind, NULL, 0);

        check_number(GH_HOLDS_NO, at(id, 1, "10.0.0.0"));
    }
    end();
}

static void
sets_of_sets_are_no_deeper_than_they_may(void)
{
    int64_t inside = OFFICE;

    begin();
    for (int64_t depth = 2; depth <= GH_CONDITION_DEPTH; depth++)
        inside = set_of(N_LEAVES + depth, GH_CONDITION_NONE, &inside, 1);
    check_status(GH_OK, gh_conditions_seal(&now.all));
    /* Seven times the other way round. */
    check_number(GH_HOLDS_NO, at(inside, 1, "10.0.0.0"));
    check_number(GH_HOLDS_YES, at(inside, 1, "11.0.0.0"));
    (void)set_of(100, GH_CONDITION_ALL, &inside, 1);
    check_status(GH_LIMIT, gh_conditions_seal(&now.all));
    end();
}

static void
set_that_is_a_part_of_itself_is_refused(void)
{
    static const int64_t other[] = {N_LEAVES + 2};

    begin();
    (void)set_of(N_LEAVES + 1, GH_CONDITION_ANY, NULL, 0);
    (void)set_of(N_LEAVES + 2, GH_CONDITION_ANY, NULL, 0);
    check_status(GH_OK,
                 gh_conditions_add_part(&now.all, N_LEAVES + 2, N_LEAVES + 1));
    check_status(GH_OK, gh_conditions_seal(&now.all));
    check_status(GH_OK,
                 gh_conditions_add_part(&now.all, N_LEAVES + 1, other[0]));
    check_status(GH_LIMIT, gh_conditions_seal(&now.all));
    end();
}

static void
sets_look_at_no_more_than_they_may(void)
{
    int64_t parts[GH_CONDITION_LOOKS];

    begin();
    for (size_t i = 0; i < GH_COUNT(parts); i++)
        parts[i] = OFFICE;
    (void)set_of(N_LEAVES + 1, GH_CONDITION_ALL, parts, GH_CONDITION_LOOKS - 1);
    check_status(GH_OK, gh_conditions_seal(&now.all));
    (void)set_of(N_LEAVES + 2, GH_CONDITION_ALL, parts, GH_CONDITION_LOOKS);
    check_status(GH_LIMIT, gh_conditions_seal(&now.all));
    end();
}

/* --- what is refused --------------------------------------------------------
 */

static void
malformed_conditions_are_refused(void)
{
    const struct gh_condition good = hours(50, "Europe/Berlin", 3600, 7200);
    struct gh_condition rows[12];
    struct gh_condition list = {.id = 50,
                                .kind = GH_CONDITION_NETWORK,
                                .time_zone = GH_TEXT("Europe/Berlin")};
    static const struct gh_text lists[] = {
        GH_TEXT_INIT(""),
        GH_TEXT_INIT("10.0.0.1/8"),
        GH_TEXT_INIT("10.0.0.0/8 "),
        GH_TEXT_INIT(" 10.0.0.0/8"),
        GH_TEXT_INIT("office"),
    };

    begin();
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        rows[i] = good;
    rows[0].id = OFFICE;
    rows[1].days = 0;
    rows[2].days = GH_DAYS_ALL + 1;
    rows[3].begins_s = -1;
    rows[4].begins_s = GH_DAY_S;
    rows[5].ends_s = GH_DAY_S + 1;
    rows[6].ends_s = rows[6].begins_s;
    rows[7].time_zone = GH_TEXT("Europe/Bonn");
    rows[8].kind = (enum gh_condition_kind)99;
    rows[9].last_day = INT64_MAX;
    rows[10].first_day = INT64_MIN;
    rows[11].ends_s = -1;
    for (size_t i = 0; i < GH_COUNT(rows); i++)
        check_status(GH_MALFORMED, gh_conditions_add(&now.all, &rows[i]));
    for (size_t i = 0; i < GH_COUNT(lists); i++) {
        list.list = lists[i];
        check_status(GH_MALFORMED, gh_conditions_add(&now.all, &list));
    }
    list.kind = GH_CONDITION_DATES;
    list.list = GH_TEXT("20 20");
    check_status(GH_MALFORMED, gh_conditions_add(&now.all, &list));
    list.list = GH_TEXT("20 19");
    check_status(GH_MALFORMED, gh_conditions_add(&now.all, &list));
    check_status(GH_OK, gh_conditions_add(&now.all, &good));
    end();
}

static void
parts_are_of_sets_and_both_are_there(void)
{
    begin();
    (void)set_of(N_LEAVES + 1, GH_CONDITION_ALL, NULL, 0);
    check_status(GH_MALFORMED,
                 gh_conditions_add_part(&now.all, OFFICE, HOLIDAYS));
    check_status(GH_MALFORMED,
                 gh_conditions_add_part(&now.all, N_LEAVES + 1, 99));
    check_status(GH_MALFORMED, gh_conditions_add_part(&now.all, 99, OFFICE));
    check_number(0, gh_conditions_find(&now.all, 0));
    check_number(0, gh_conditions_find(&now.all, -1));
    end();
}

static void
clocks_come_in_their_order_and_first(void)
{
    struct gh_conditions fresh;

    begin();
    check_status(
        GH_MALFORMED,
        gh_conditions_add_turn(&now.all, GH_TEXT("Asia/Tokyo"), 1, true, 0));
    gh_conditions_init(&fresh, &now.arena);
    check_status(GH_OK,
                 gh_conditions_add_turn(&fresh, GH_TEXT("A"), 5, true, 0));
    check_status(GH_MALFORMED,
                 gh_conditions_add_turn(&fresh, GH_TEXT("A"), 5, true, 60));
    check_status(GH_MALFORMED,
                 gh_conditions_add_turn(&fresh, GH_TEXT("A"), 6, true, 90000));
    check_status(GH_OK,
                 gh_conditions_add_turn(&fresh, GH_TEXT("B"), 5, true, 0));
    check_status(GH_MALFORMED,
                 gh_conditions_add_turn(&fresh, GH_TEXT("A"), 7, true, 0));
    end();
}

static void
names_are_kept(void)
{
    uint32_t number;

    begin();
    number = gh_conditions_find(&now.all, OFFICE);
    check_text(GH_TEXT("office"), gh_condition_name(&now.all, number));
    check_text(GH_TEXT("in the office"),
               gh_condition_meaning(&now.all, number));
    check_number(GH_HOLDS_YES, gh_condition_holds(
                                   &now.all, 0, &(struct gh_circumstances){0}));
    end();
}

/* --- decisions --------------------------------------------------------------
 */

/* What is decided for a principal when one role may, in the office. */
static struct gh_decision
decide_in_office(enum gh_principal_kind kind, int64_t has, int64_t may,
                 const char *client_z)
{
    struct gh_rules *rules = ruling_new("/");
    struct gh_principal principal;
    struct gh_decision decision;
    struct gh_arena arena;
    bool is_told;

    gh_arena_init(&arena, ARENA);
    ruling_add_office(rules, 7, may);
    check_status(GH_OK, gh_rules_seal(rules));
    principal = ruling_principal(rules, &arena, kind, has);
    decision = ruling_decide_from(rules, &principal, client_z);
    if (decision.grant != NULL)
        check_number(7, decision.grant->id);
    is_told = decision.reason == GH_REASON_CONDITION;
    check_text(is_told ? GH_TEXT("office") : GH_TEXT(""),
               gh_policy_condition(rules, &decision));
    check_text(is_told ? GH_TEXT("in the office") : GH_TEXT(""),
               gh_policy_meaning(rules, &decision));
    gh_arena_done(&arena);
    gh_rules_release(rules);
    return decision;
}

static void
rule_permits_only_while_its_condition_holds(void)
{
    static const struct {
        enum gh_principal_kind kind;
        int64_t has, may;
        const char *client_z;
        enum gh_verdict verdict;
        enum gh_reason reason;
        bool is_named;
    } rows[] = {
        {GH_PRINCIPAL_ACCOUNT, RULING_USER, RULING_USER, "10.1.2.3", GH_PERMIT,
         GH_REASON_RULE, true},
        {GH_PRINCIPAL_ACCOUNT, RULING_USER, RULING_USER, "11.1.2.3", GH_DENY,
         GH_REASON_CONDITION, true},
        {GH_PRINCIPAL_ACCOUNT, RULING_USER, RULING_USER, NULL, GH_DENY,
         GH_REASON_CONDITION, true},
        {GH_PRINCIPAL_ACCOUNT, 0, RULING_USER, "10.1.2.3", GH_DENY,
         GH_REASON_NO_ROLE, false},
        {GH_PRINCIPAL_ACCOUNT, 0, RULING_USER, "11.1.2.3", GH_DENY,
         GH_REASON_NO_ROLE, false},
        /* Who is elsewhere would gain nothing by signing in. */
        {GH_PRINCIPAL_NOBODY, 0, RULING_USER, "10.1.2.3", GH_SIGN_IN,
         GH_REASON_NOBODY, false},
        {GH_PRINCIPAL_NOBODY, 0, RULING_USER, NULL, GH_SIGN_IN,
         GH_REASON_NOBODY, false},
        {GH_PRINCIPAL_NOBODY, 0, RULING_USER, "11.1.2.3", GH_DENY,
         GH_REASON_NO_ROLE, false},
        {GH_PRINCIPAL_NOBODY, 0, RULING_ANONYMOUS, "10.1.2.3", GH_PERMIT,
         GH_REASON_RULE, true},
        {GH_PRINCIPAL_NOBODY, 0, RULING_ANONYMOUS, "11.1.2.3", GH_DENY,
         GH_REASON_CONDITION, true},
        /* What is open to everybody under a condition is not, when it is not
         * known who asks. */
        {GH_PRINCIPAL_UNKNOWN, 0, RULING_ANONYMOUS, "10.1.2.3", GH_UNSURE,
         GH_REASON_UNKNOWN, false},
    };

    for (size_t i = 0; i < GH_COUNT(rows); i++) {
        struct gh_decision decision = decide_in_office(
            rows[i].kind, rows[i].has, rows[i].may, rows[i].client_z);

        check_number(rows[i].verdict, decision.verdict);
        check_number(rows[i].reason, decision.reason);
        check(rows[i].is_named == (decision.grant != NULL));
    }
}

const struct check_case condition_cases[] = {
    CHECK_CASE(hours_begin_and_end_to_the_second),
    CHECK_CASE(changes_of_the_clock_open_nothing_else),
    CHECK_CASE(what_the_database_has_not_said_of_a_clock_is_not_known),
    CHECK_CASE(networks_hold_their_clients),
    CHECK_CASE(sets_are_what_sql_says),
    CHECK_CASE(sets_without_parts_hold_never),
    CHECK_CASE(sets_of_sets_are_no_deeper_than_they_may),
    CHECK_CASE(set_that_is_a_part_of_itself_is_refused),
    CHECK_CASE(sets_look_at_no_more_than_they_may),
    CHECK_CASE(malformed_conditions_are_refused),
    CHECK_CASE(parts_are_of_sets_and_both_are_there),
    CHECK_CASE(clocks_come_in_their_order_and_first),
    CHECK_CASE(names_are_kept),
    CHECK_CASE(rule_permits_only_while_its_condition_holds),
    {0},
};
