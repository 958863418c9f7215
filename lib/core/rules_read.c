/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of the policy into a snapshot. Owns nothing. Refuses words that it does
 * not know: a policy that is half understood is not used. Called by the
 * gateway's keeper of the policy.
 */
#include "core/rules_read.h"

#include "core/method.h"
#include "store/stmt.h"

#include "base/banned.h"

enum {
    OUTAGE_MAX_S = 3600, /* that an application goes on without the database */
    IDLE_MAX_S = 3600,   /* of a zone's sessions */
};

/* One row being read: the first failure is kept, and the rest is skipped. */
struct reader {
    struct gh_arena *scratch;   /* for texts */
    const struct gh_rows *rows; /* the answer */
    size_t row;                 /* which */
    enum gh_status status;      /* the first failure */
};

/* A null where none can be is a bug, like a column that is missing. */
static void
note(struct reader *reader, enum gh_status status)
{
    if (reader->status == GH_OK && status != GH_OK)
        reader->status = status == GH_NONE ? GH_FAULT_BUG : status;
}

static struct gh_text
take_text(struct reader *reader, size_t column)
{
    struct gh_text text = {0};

    note(reader, gh_row_text(reader->scratch, reader->rows, reader->row, column,
                             &text));
    return text;
}

static int64_t
take_number(struct reader *reader, size_t column)
{
    int64_t value = 0;

    note(reader, gh_row_int8(reader->rows, reader->row, column, &value));
    return value;
}

/* A count that fits into an unsigned. */
static unsigned
take_count(struct reader *reader, size_t column)
{
    int64_t value = take_number(reader, column);

    if (value < 0 || value > 1000000) {
        note(reader, GH_MALFORMED);
        return 0;
    }
    return (unsigned)value;
}

/* Seconds, up to an hour. */
static unsigned
take_outage(struct reader *reader)
{
    unsigned seconds = take_count(reader, GH_POLICY_OUTAGE);

    if (seconds > OUTAGE_MAX_S)
        note(reader, GH_MALFORMED);
    return seconds;
}

/* Seconds, up to an hour; null is 0. */
static unsigned
take_idle(struct reader *reader)
{
    unsigned seconds;

    if (gh_row_is_null(reader->rows, reader->row, GH_POLICY_SESSION_IDLE))
        return 0;
    seconds = take_count(reader, GH_POLICY_SESSION_IDLE);
    if (seconds == 0 || seconds > IDLE_MAX_S)
        note(reader, GH_MALFORMED);
    return seconds;
}

/* An instant; null is the end of time. */
static int64_t
take_time(struct reader *reader, size_t column)
{
    int64_t at_us = INT64_MAX;
    enum gh_status status =
        gh_row_time(reader->rows, reader->row, column, &at_us);

    if (status != GH_NONE)
        note(reader, status);
    return at_us;
}

/* A condition; null is none. */
static int64_t
take_condition_id(struct reader *reader)
{
    if (gh_row_is_null(reader->rows, reader->row, GH_POLICY_CONDITION_ID))
        return 0;
    return take_number(reader, GH_POLICY_CONDITION_ID);
}

/* True for yes_z, false for no_z; anything else is malformed. */
static bool
take_choice(struct reader *reader, size_t column, const char *no_z,
            const char *yes_z)
{
    struct gh_text word = take_text(reader, column);
    bool is_yes = gh_text_equal(word, gh_text_of_z(yes_z));

    if (!is_yes && !gh_text_equal(word, gh_text_of_z(no_z)))
        note(reader, GH_MALFORMED);
    return is_yes;
}

/* The words for presets, in their order. */
static const struct gh_text presets[GH_N_PRESETS] = {
    [GH_PRESET_REMOTE] = GH_TEXT_INIT("remote"),
    [GH_PRESET_X_REMOTE] = GH_TEXT_INIT("x-remote"),
    [GH_PRESET_X_FORWARDED] = GH_TEXT_INIT("x-forwarded"),
    [GH_PRESET_X_AUTH_REQUEST] = GH_TEXT_INIT("x-auth-request"),
    [GH_PRESET_AUTH] = GH_TEXT_INIT("auth"),
};

static enum gh_preset
take_preset(struct reader *reader, size_t column)
{
    struct gh_text word = take_text(reader, column);

    for (size_t i = 0; i < GH_N_PRESETS; i++) {
        if (gh_text_equal(word, presets[i]))
            return (enum gh_preset)i;
    }
    note(reader, GH_MALFORMED);
    return GH_PRESET_REMOTE;
}

static enum gh_status
read_application(struct gh_rules *rules, struct reader *reader)
{
    const struct gh_application one = {
        .id = take_number(reader, GH_POLICY_ID),
        .name = take_text(reader, GH_POLICY_NAME),
        .host = take_text(reader, GH_POLICY_HOST),
        .path = take_text(reader, GH_POLICY_PATH),
        .backends = take_text(reader, GH_POLICY_LIST),
        .carrying = take_choice(reader, GH_POLICY_WORD, "forward", "verdict")
                        ? GH_CARRY_VERDICT
                        : GH_CARRY_FORWARD,
        .connections = take_count(reader, GH_POLICY_CONNECTIONS),
        .keep = take_count(reader, GH_POLICY_KEEP),
        .keeps_encoded_slash =
            take_choice(reader, GH_POLICY_ENCODED_SLASH, "refuse", "keep"),
        .keeps_semicolon =
            take_choice(reader, GH_POLICY_SEMICOLON, "refuse", "keep"),
        .keeps_empty_segments =
            take_choice(reader, GH_POLICY_EMPTY_SEGMENTS, "refuse", "keep"),
        .passes_authorization =
            take_choice(reader, GH_POLICY_AUTHORIZATION, "drop", "pass"),
        .identity = take_preset(reader, GH_POLICY_IDENTITY),
        .is_strict =
            take_choice(reader, GH_POLICY_FRESHNESS, "cached", "strict"),
        .ends_moved = take_choice(reader, GH_POLICY_MOVED, "alert", "end"),
        .outage_s = take_outage(reader),
        .entries = take_text(reader, GH_POLICY_ENTRIES),
        .idle_s = take_idle(reader),
        .begins_recorded =
            take_choice(reader, GH_POLICY_RECORDING, "after", "before"),
        .condition_id = take_condition_id(reader)};

    if (reader->status != GH_OK)
        return reader->status;
    return gh_rules_add_application(rules, &one);
}

static enum gh_status
read_role(struct gh_rules *rules, struct reader *reader)
{
    int64_t id = take_number(reader, GH_POLICY_ID);
    struct gh_text name = take_text(reader, GH_POLICY_NAME);
    enum gh_builtin builtin = GH_ROLE_GRANTED;

    if (!gh_row_is_null(reader->rows, reader->row, GH_POLICY_WORD))
        builtin =
            take_choice(reader, GH_POLICY_WORD, "anonymous", "authenticated")
                ? GH_ROLE_AUTHENTICATED
                : GH_ROLE_ANONYMOUS;
    if (reader->status != GH_OK)
        return reader->status;
    return gh_rules_add_role(rules, id, name, builtin);
}

static enum gh_status
read_implied(struct gh_rules *rules, struct reader *reader)
{
    int64_t role_id = take_number(reader, GH_POLICY_ID);
    int64_t implied_id = take_number(reader, GH_POLICY_OTHER_ID);

    if (reader->status != GH_OK)
        return reader->status;
    return gh_rules_add_implied(rules, role_id, implied_id);
}

static enum gh_status
read_turn(struct gh_rules *rules, struct reader *reader)
{
    struct gh_text name = take_text(reader, GH_POLICY_NAME);
    int64_t at_us = take_time(reader, GH_POLICY_FROM);
    bool is_known =
        !gh_row_is_null(reader->rows, reader->row, GH_POLICY_OFFSET);
    int64_t offset_s = is_known ? take_number(reader, GH_POLICY_OFFSET) : 0;

    if (reader->status != GH_OK)
        return reader->status;
    return gh_conditions_add_turn(gh_rules_conditions(rules), name, at_us,
                                  is_known, offset_s);
}

/* The words for kinds of conditions, in their order. */
static const struct gh_text kinds[] = {
    [GH_CONDITION_ALL] = GH_TEXT_INIT("all"),
    [GH_CONDITION_ANY] = GH_TEXT_INIT("any"),
    [GH_CONDITION_NONE] = GH_TEXT_INIT("none"),
    [GH_CONDITION_HOURS] = GH_TEXT_INIT("hours"),
    [GH_CONDITION_DATES] = GH_TEXT_INIT("dates"),
    [GH_CONDITION_NETWORK] = GH_TEXT_INIT("network"),
    [GH_CONDITION_AGE] = GH_TEXT_INIT("age"),
    [GH_CONDITION_COUNTRY] = GH_TEXT_INIT("country"),
    [GH_CONDITION_ASN] = GH_TEXT_INIT("asn"),
    [GH_CONDITION_LEVEL] = GH_TEXT_INIT("level"),
    [GH_CONDITION_DEVICE] = GH_TEXT_INIT("device"),
};

static enum gh_condition_kind
take_kind(struct reader *reader)
{
    struct gh_text word = take_text(reader, GH_POLICY_WORD);

    for (size_t i = 0; i < GH_COUNT(kinds); i++) {
        if (gh_text_equal(word, kinds[i]))
            return (enum gh_condition_kind)i;
    }
    note(reader, GH_MALFORMED);
    return GH_CONDITION_ALL;
}

/* What the hours of a condition are. */
static void
take_hours(struct reader *reader, struct gh_condition *one)
{
    int64_t days = take_number(reader, GH_POLICY_DAYS);

    if (days <= 0 || days > GH_DAYS_ALL)
        note(reader, GH_MALFORMED);
    else
        one->days = (unsigned)days;
    one->begins_s = take_number(reader, GH_POLICY_BEGINS);
    one->ends_s = take_number(reader, GH_POLICY_ENDS);
    one->first_day = take_number(reader, GH_POLICY_FIRST_DAY);
    one->last_day = take_number(reader, GH_POLICY_LAST_DAY);
}

static enum gh_status
read_condition(struct gh_rules *rules, struct reader *reader)
{
    struct gh_condition one = {.id = take_number(reader, GH_POLICY_ID),
                               .kind = take_kind(reader),
                               .name = take_text(reader, GH_POLICY_NAME),
                               .meaning = take_text(reader, GH_POLICY_PATH)};

    if (one.kind == GH_CONDITION_HOURS)
        take_hours(reader, &one);
    if (one.kind == GH_CONDITION_HOURS || one.kind == GH_CONDITION_DATES)
        one.time_zone = take_text(reader, GH_POLICY_TIME_ZONE);
    if (one.kind > GH_CONDITION_HOURS)
        one.list = take_text(reader, GH_POLICY_LIST);
    if (reader->status != GH_OK)
        return reader->status;
    return gh_conditions_add(gh_rules_conditions(rules), &one);
}

static enum gh_status
read_part(struct gh_rules *rules, struct reader *reader)
{
    int64_t id = take_number(reader, GH_POLICY_ID);
    int64_t part_id = take_number(reader, GH_POLICY_OTHER_ID);

    if (reader->status != GH_OK)
        return reader->status;
    return gh_conditions_add_part(gh_rules_conditions(rules), id, part_id);
}

static enum gh_status
read_grant(struct gh_rules *rules, struct reader *reader)
{
    struct gh_grant one = {.id = take_number(reader, GH_POLICY_ID),
                           .application_id =
                               take_number(reader, GH_POLICY_OTHER_ID),
                           .role_id = take_number(reader, GH_POLICY_ROLE_ID),
                           .name = take_text(reader, GH_POLICY_NAME),
                           .pattern = take_text(reader, GH_POLICY_PATH),
                           .from_us = take_time(reader, GH_POLICY_FROM),
                           .until_us = take_time(reader, GH_POLICY_UNTIL)};

    note(reader,
         gh_methods_parse(take_text(reader, GH_POLICY_LIST), &one.methods));
    one.condition_id = take_condition_id(reader);
    if (reader->status != GH_OK)
        return reader->status;
    return gh_rules_add_grant(rules, &one);
}

static enum gh_status
read_ignored(struct gh_rules *rules, struct reader *reader)
{
    int64_t application_id = take_number(reader, GH_POLICY_OTHER_ID);
    struct gh_text pattern = take_text(reader, GH_POLICY_PATH);

    if (reader->status != GH_OK)
        return reader->status;
    return gh_rules_ignore(rules, application_id, pattern);
}

/* How a row of each relation is taken in; the state was read before. */
static const struct {
    const char *name_z; /* for who looks for the row */
    enum gh_status (*read)(struct gh_rules *rules, struct reader *reader);
} relations[] = {
    [GH_POLICY_STATE] = {"state", NULL},
    [GH_POLICY_APPLICATION] = {"application", read_application},
    [GH_POLICY_ROLE] = {"role", read_role},
    [GH_POLICY_INHERITANCE] = {"role_inheritance", read_implied},
    [GH_POLICY_TURN] = {"time_zone", read_turn},
    [GH_POLICY_CONDITION] = {"condition", read_condition},
    [GH_POLICY_PART] = {"condition_part", read_part},
    [GH_POLICY_GRANT] = {"role_permission", read_grant},
    [GH_POLICY_IGNORED] = {"resource", read_ignored},
};

static enum gh_status
read_row(struct gh_rules *rules, struct reader *reader,
         struct gh_rules_bad *bad)
{
    int64_t relation = take_number(reader, GH_POLICY_RELATION);
    enum gh_status status;

    if (reader->status != GH_OK || relation <= GH_POLICY_STATE ||
        relation > GH_POLICY_IGNORED)
        return GH_FAULT_BUG;
    status = relations[relation].read(rules, reader);
    if (status == GH_OK)
        return GH_OK;
    bad->relation_z = relations[relation].name_z;
    if (gh_row_int8(reader->rows, reader->row, GH_POLICY_ID, &bad->id) != GH_OK)
        bad->id = 0;
    return status;
}

enum gh_status
gh_rules_read(struct gh_arena *scratch, const struct gh_rows *rows,
              struct gh_rules_bad *bad, struct gh_rules **out)
{
    struct gh_rules *rules;
    int64_t relation = -1;
    int64_t version = 0;
    enum gh_status status = gh_row_int8(rows, 0, GH_POLICY_RELATION, &relation);

    *bad = (struct gh_rules_bad){.relation_z = relations[0].name_z};
    if (status == GH_OK)
        status = gh_row_int8(rows, 0, GH_POLICY_ID, &version);
    if (status != GH_OK || relation != GH_POLICY_STATE)
        return GH_FAULT_BUG;
    rules = gh_rules_new(version);
    if (rules == NULL)
        return GH_FAULT_MEMORY;
    for (size_t i = 1; i < rows->n && status == GH_OK; i++) {
        struct reader reader = {.scratch = scratch, .rows = rows, .row = i};

        status = read_row(rules, &reader, bad);
    }
    if (status == GH_OK)
        status = gh_rules_seal(rules);
    if (status != GH_OK) {
        gh_rules_release(rules);
        return status;
    }
    *out = rules;
    return GH_OK;
}
