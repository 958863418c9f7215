/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/identity: all fields are always there, under the names of
 * each preset, and their room is always enough.
 */
#include "identity.h"

#include <string.h>

#include "check.h"
#include "config.h"
#include "desk.h"
#include "estate.h"
#include "ruling.h"

#include "base/banned.h"

/* A desk with the policy of rulings, decided on for alice, or for whoever the
 * principal is. */
static struct desk *
begin(struct gh_principal principal)
{
    static const int64_t roles[] = {RULING_USER, RULING_ADMIN};
    struct desk *desk = desk_begin(NULL);
    struct gh_rules *rules = ruling_new("/");

    ruling_add(rules, 1, RULING_ANONYMOUS, "/**", "*");
    desk_rule(desk, rules);
    if (principal.kind == GH_PRINCIPAL_ACCOUNT &&
        principal.held.role_ids == NULL) {
        principal.held.role_ids = roles;
        principal.held.n = GH_COUNT(roles);
    }
    desk->exchange->principal = principal;
    check_number(0, desk_parse(desk));
    check_number(GH_PERMIT, desk_decide(desk));
    return desk;
}

/* The field lines for whoever is at the desk, which is taken down. */
static struct gh_text
lines(struct desk *desk, enum gh_preset preset)
{
    static char at[65536];
    struct gh_exchange *x = desk->exchange;
    struct gh_buf buf = gh_buf_over(at, 0);
    struct gh_identity identity;

    check_status(GH_OK, gh_identity_of(&x->context, &x->principal, &identity));
    if (check(identity.size <= sizeof(at)))
        buf = gh_buf_over(at, identity.size);
    gh_identity_write(&buf, &identity, preset);
    check(!buf.is_failed);
    desk_end(desk);
    return gh_buf_text(&buf);
}

static const struct gh_principal alice = {
    .kind = GH_PRINCIPAL_ACCOUNT,
    .account = GH_TEXT_INIT("alice"),
    .display_name = GH_TEXT_INIT("Alice Example"),
    .email = GH_TEXT_INIT("alice@example.org"),
    .reference = GH_TEXT_INIT("00112233445566778899aabbccddeeff"),
    .level = 1};

static void
account_is_named_in_every_field(void)
{
    check_text(GH_TEXT("Remote-User: alice\r\n"
                       "Remote-Name: Alice Example\r\n"
                       "Remote-Email: alice@example.org\r\n"
                       "Remote-Groups: user,admin\r\n"
                       "X-Gatehouse-Session: "
                       "00112233445566778899aabbccddeeff\r\n"
                       "X-Gatehouse-Level: 1\r\n"
                       "X-Gatehouse-Assertion: \r\n"),
               lines(begin(alice), GH_PRESET_REMOTE));
}

static void
HDR_029_fields_of_nobody_are_all_there_and_empty(void)
{
    static const enum gh_principal_kind kinds[] = {GH_PRINCIPAL_NOBODY,
                                                   GH_PRINCIPAL_UNKNOWN};

    for (size_t i = 0; i < GH_COUNT(kinds); i++)
        check_text(GH_TEXT("Remote-User: \r\nRemote-Name: \r\n"
                           "Remote-Email: \r\nRemote-Groups: \r\n"
                           "X-Gatehouse-Session: \r\nX-Gatehouse-Level: \r\n"
                           "X-Gatehouse-Assertion: \r\n"),
                   lines(begin((struct gh_principal){.kind = kinds[i]}),
                         GH_PRESET_REMOTE));
}

static void
every_preset_has_its_own_names(void)
{
    static const char *const names[GH_N_PRESETS][4] = {
        [GH_PRESET_REMOTE] = {"Remote-User", "Remote-Name", "Remote-Email",
                              "Remote-Groups"},
        [GH_PRESET_X_REMOTE] = {"X-Remote-User", "X-Remote-Name",
                                "X-Remote-Email", "X-Remote-Groups"},
        [GH_PRESET_X_FORWARDED] = {"X-Forwarded-User",
                                   "X-Forwarded-Preferred-Username",
                                   "X-Forwarded-Email", "X-Forwarded-Groups"},
        [GH_PRESET_X_AUTH_REQUEST] = {"X-Auth-Request-User",
                                      "X-Auth-Request-Preferred-Username",
                                      "X-Auth-Request-Email",
                                      "X-Auth-Request-Groups"},
        [GH_PRESET_AUTH] = {"Auth-User", "Auth-Name", "Auth-Email",
                            "Auth-Groups"},
    };
    static const char *const ours[] = {
        "X-Gatehouse-Session", "X-Gatehouse-Level", "X-Gatehouse-Assertion"};

    for (size_t i = 0; i < GH_N_PRESETS; i++) {
        struct gh_text rest = lines(begin(alice), (enum gh_preset)i);
        struct gh_text line;
        size_t n = 0;

        while (gh_text_cut(&rest, '\n', &line) && line.len > 0) {
            const char *name_z = n < 4 ? names[i][n] : ours[n - 4];

            check_text(gh_text_of_z(name_z),
                       gh_text_first(line, gh_text_find(line, ':')));
            n++;
        }
        check_number(7, n);
    }
}

static void
HDR_003_every_name_is_taken_from_clients(void)
{
    for (size_t i = 0; i < GH_N_PRESETS; i++) {
        struct gh_text rest = lines(begin(alice), (enum gh_preset)i);
        struct gh_text line;

        while (gh_text_cut(&rest, '\n', &line) && line.len > 0) {
            struct gh_text name = gh_text_first(line, gh_text_find(line, ':'));
            struct desk *desk = desk_begin(NULL);
            char variable[80] = "HTTP_";
            size_t n = 5;

            for (size_t k = 0; k < name.len; k++)
                variable[n++] = name.at[k] == '-' ? '_' : name.at[k];
            desk_set(desk, variable, GH_TEXT("forged"));
            check_number(0, desk_parse(desk));
            check(desk_field(desk, name).at == NULL);
            desk_end(desk);
        }
    }
}

static void
what_is_not_ascii_is_percent_encoded(void)
{
    struct gh_principal principal = alice;
    struct gh_text text;

    principal.display_name = GH_TEXT("\xc3\x84 100%\r\nRemote-User: root");
    principal.email = GH_TEXT("\xff@\x7f");
    text = lines(begin(principal), GH_PRESET_REMOTE);
    check(config_contains(text, GH_TEXT("\r\nRemote-Name: %C3%84 100%25%0D%0A"
                                        "Remote-User: root\r\n")));
    check(config_contains(text, GH_TEXT("\r\nRemote-Email: %FF@%7F\r\n")));
    check(!config_contains(text, GH_TEXT("\nRemote-User: root")));
}

static void
longest_values_have_room(void)
{
    static char bytes[4000];
    const struct gh_text all = {bytes, sizeof(bytes)};
    struct gh_principal principal = alice;

    memset(bytes, 0xff, sizeof(bytes));
    principal.display_name = principal.email = all;
    for (size_t i = 0; i < GH_N_PRESETS; i++)
        check(lines(begin(principal), (enum gh_preset)i).len >
              6 * sizeof(bytes));
}

static void
groups_are_the_roles_of_the_policy_that_decided(void)
{
    static const int64_t roles[] = {RULING_ADMIN, 99};
    struct gh_principal principal = alice;
    struct desk *desk;

    principal.held.role_ids = roles;
    principal.held.n = 2;
    desk = begin(principal);
    /* A newer one, in which the role has another name, does not matter. */
    desk_rule(desk, gh_rules_new(2));
    check(config_contains(lines(desk, GH_PRESET_REMOTE),
                          GH_TEXT("\r\nRemote-Groups: admin\r\n")));
    principal.held.n = 0;
    check(config_contains(lines(begin(principal), GH_PRESET_REMOTE),
                          GH_TEXT("\r\nRemote-Groups: \r\n")));
}

static void
KILL_013_without_memory_it_is_a_fault(void)
{
    struct desk *desk = begin(alice);
    struct gh_exchange *x = desk->exchange;
    struct gh_identity identity;
    enum gh_status status = GH_OK;

    x->arena.cap = x->arena.held;
    for (size_t i = 0; i < 100000 && status == GH_OK; i++)
        status = gh_identity_of(&x->context, &x->principal, &identity);
    check_status(GH_FAULT_MEMORY, status);
    desk_end(desk);
}

const struct check_case identity_cases[] = {
    CHECK_CASE(account_is_named_in_every_field),
    CHECK_CASE(HDR_029_fields_of_nobody_are_all_there_and_empty),
    CHECK_CASE(every_preset_has_its_own_names),
    CHECK_CASE(HDR_003_every_name_is_taken_from_clients),
    CHECK_CASE(what_is_not_ascii_is_percent_encoded),
    CHECK_CASE(longest_values_have_room),
    CHECK_CASE(groups_are_the_roles_of_the_policy_that_decided),
    CHECK_CASE(KILL_013_without_memory_it_is_a_fault),
    {0},
};
