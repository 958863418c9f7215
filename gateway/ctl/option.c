/* SPDX-License-Identifier: Apache-2.0
 *
 * Options: the table, and reading. Written by hand instead of getopt_long(),
 * which takes abbreviations: `--in` of a script would change its meaning with
 * the next option that begins so. Called by main.c, command.c and commands.
 */
#include "ctl/option.h"

#include <string.h>

#include "base/conf.h"
#include "ctl/say.h"

#include "base/banned.h"

static const struct ctl_option_text texts[CTL_N_OPTIONS] = {
    [OPTION_CONFIG] = {"config", "FILE", "the gateway's configuration (-c)", 1},
    [OPTION_DSN] = {"dsn", "DSN", "instead of its database.admin_dsn", 1},
    [OPTION_KEYS] = {"keys", "FILE", "instead of its keys.file", 1},
    [OPTION_SQL] = {"sql", "FOLDER", "SQL files of another version", 1},
    [OPTION_OUTPUT] = {"output", "FORMAT", "table, json or csv", 1},
    [OPTION_INSECURE] = {"insecure", NULL,
                         "allow TCP without sslmode=verify-full", 1},
    [OPTION_VERSION] = {"version", NULL, "print the version", 1},
    [OPTION_HELP] = {"help", NULL, "of all, of a noun, or of a command", 1},
    [OPTION_ROLE_PREFIX] = {"role-prefix", "PREFIX",
                            "of the roles' names, in shared clusters", 1},
    [OPTION_DISPLAY_NAME] = {"display-name", "TEXT", "as people are called", 1},
    [OPTION_EMAIL] = {"email", "TEXT", "e-mail address", 1},
    [OPTION_PASSWORD_STDIN] = {"password-stdin", NULL,
                               "first line of standard input", 1},
    [OPTION_PASSWORD_FILE] = {"password-file", "FILE", "first line of a file",
                              1},
    [OPTION_NO_PASSWORD] = {"no-password", NULL,
                            "an account that cannot sign in yet", 1},
    [OPTION_PATH] = {"path", "PATH", "where it is mounted, such as /shop/", 1},
    [OPTION_HOST] = {"host", "HOST", "on this host only; '' for every host", 1},
    [OPTION_BACKEND] = {"backend", "URL",
                        "where it lives: http://HOST:PORT or "
                        "http://unix:/PATH",
                        4},
    [OPTION_CARRYING] = {"carrying", "WAY", "forward or verdict", 1},
    [OPTION_ZONE] = {"zone", "ZONE", "open, internal, confidential, restricted",
                     1},
    [OPTION_FOR] = {"for", "ROLE", "this role may use all of it", 1},
    [OPTION_CONNECTIONS] = {"connections", "N", "to it, at once", 1},
    [OPTION_KEEP] = {"keep", "N", "of them kept when idle", 1},
    [OPTION_ENCODED_SLASH] = {"encoded-slash", "RULE",
                              "%2F in a path: refuse or keep", 1},
    [OPTION_SEMICOLON] = {"semicolon", "RULE",
                          "\";\" in a path: refuse or keep", 1},
    [OPTION_EMPTY_SEGMENTS] = {"empty-segments", "RULE",
                               "\"//\" in a path: refuse or keep", 1},
    [OPTION_AUTHORIZATION_FIELD] = {"authorization-field", "RULE",
                                    "what clients send: drop or pass", 1},
    [OPTION_IDENTITY] = {"identity", "NAMES",
                         "remote, x-remote, x-forwarded, x-auth-request or "
                         "auth",
                         1},
    [OPTION_ON_OUTAGE] = {"on-outage", "RULE",
                          "while the database is away: closed, or \"cached "
                          "5m\"",
                          1},
    [OPTION_SHARES_HOST_BECAUSE] = {"shares-host-because", "TEXT",
                                    "why it may share its host with others", 1},
    [OPTION_STRICT] = {"strict", "CHOICE",
                       "every request asks the database: on, off, default", 1},
    [OPTION_MOVED] = {"moved", "RULE",
                      "a session used from elsewhere: alert or end", 1},
    [OPTION_ENTRIES] = {"entries", "LIST",
                        "through which it is reached, or all", CTL_VALUES_MAX},
    [OPTION_IDLE] = {"idle", "SPAN",
                     "of sessions that were used there, such as 5m; or session",
                     1},
    [OPTION_RECORD] = {"record", "WHEN",
                       "each request, before its application hears of it, or "
                       "after",
                       1},
    [OPTION_HOURS] = {"hours", "BEGIN-END",
                      "such as 08:00-18:00, or 22:00-06:00", 1},
    [OPTION_DAYS] = {"days", "DAYS",
                     "of the week: mon-fri,sun; of policy shadow: a number", 1},
    [OPTION_DATES] = {"dates", "LIST", "such as 2026-12-25,2026-12-26",
                      CTL_VALUES_MAX},
    [OPTION_NETWORKS] = {"networks", "LIST", "such as 10.0.0.0/8",
                         CTL_VALUES_MAX},
    [OPTION_COUNTRY] = {"country", "LIST", "where the client is: DE,AT", 1},
    [OPTION_ASN] = {"asn", "LIST", "in which autonomous system: AS64496", 1},
    [OPTION_AGE] = {"age", "SPAN", "so long ago at most, such as 10m", 1},
    [OPTION_LEVEL] = {"level", "N", "authentication level: 1 to 3", 1},
    [OPTION_DEVICE_KNOWN] = {"device-known", "SPAN",
                             "in a browser that was known for so long: 7d, 0",
                             1},
    [OPTION_ALL] = {"all", "LIST", "conditions that all hold", CTL_VALUES_MAX},
    [OPTION_ANY] = {"any", "LIST", "conditions of which one holds",
                    CTL_VALUES_MAX},
    [OPTION_NONE] = {"none", "LIST", "conditions of which none holds",
                     CTL_VALUES_MAX},
    [OPTION_PARTS] = {"parts", "LIST", "other conditions that it looks at",
                      CTL_VALUES_MAX},
    [OPTION_TIME_ZONE] = {"time-zone", "NAME", "such as Europe/Berlin", 1},
    [OPTION_CONDITION] = {"condition", "NAME",
                          "under which it holds; of a zone, '' for none", 1},
    [OPTION_PATTERN] = {"pattern", "PATTERN",
                        "path in the application: /orders/**, /item/*", 1},
    [OPTION_METHODS] = {"methods", "LIST", "GET,HEAD or '*'", CTL_VALUES_MAX},
    [OPTION_ACTIVITY] = {"activity", "RULE",
                         "requests keep sessions alive: count or ignore", 1},
    [OPTION_MEANING] = {"meaning", "TEXT", "what it is for, in words", 1},
    [OPTION_ADMINISTRATIVE] = {"administrative", NULL,
                               "its holders administer Gatehouse", 1},
    [OPTION_ROLE] = {"role", "ROLE", "a role that it gets", CTL_VALUES_MAX},
    [OPTION_ACCOUNT] = {"account", "NAME", "whose", 1},
    [OPTION_PERMISSION] = {"permission", "APP/NAME", "which permission", 1},
    [OPTION_INHERITS] = {"inherits", "ROLE", "a role whose rights it has", 1},
    [OPTION_OTHER] = {"other", "ROLE", "the other role of the two", 1},
    [OPTION_UNCONFIRMED] = {"unconfirmed", "WHAT",
                            "becomes of grants that nobody confirms: end or "
                            "keep",
                            1},
    [OPTION_EVENT] = {"event", "EVENT", "such as authn_login_fail", 1},
    [OPTION_CLIENT] = {"client", "NETWORK", "address or network", 1},
    [OPTION_APPLICATION] = {"application", "NAME", "of this one", 1},
    [OPTION_EXCHANGE] = {"exchange", "ID", "of this one request", 1},
    [OPTION_FROM] = {"from", "TIME", "beginning, such as 2026-12-24", 1},
    [OPTION_UNTIL] = {"until", "TIME", "end, such as '2026-12-31 18:00'", 1},
    [OPTION_AT] = {"at", "TIME", "as it was then: '2026-03-03 21:00'", 1},
    [OPTION_LINES] = {"lines", "N", "so many at most", 1},
    [OPTION_REASON] = {"reason", "TEXT", "why; kept in the audit trail", 1},
    [OPTION_CONFIRM] = {"confirm", "N",
                        "so many sessions (review open: grants) may end", 1},
    [OPTION_EXPECT] = {"expect", "VERSION",
                       "only while the policy is of this version", 1},
    [OPTION_DRY_RUN] = {"dry-run", NULL, "tell what it does, and do nothing",
                        1},
};

_Static_assert(CTL_N_OPTIONS <= 128, "a set of options is 128 bits");

const struct ctl_option_text *
option_text(enum ctl_option option)
{
    gh_assert(option < CTL_N_OPTIONS);
    return &texts[option];
}

/* The option of a name, or CTL_N_OPTIONS after a sentence. */
static enum ctl_option
find_option(struct gh_text name)
{
    const char *names[CTL_N_OPTIONS];
    const char *nearest_z;

    for (size_t i = 0; i < CTL_N_OPTIONS; i++) {
        names[i] = texts[i].name_z;
        if (gh_text_equal(name, gh_text_of_z(names[i])))
            return (enum ctl_option)i;
    }
    nearest_z = gh_conf_nearest(name, names, CTL_N_OPTIONS);
    ctl_say("there is no option --%.*s", GH_TEXT_ARG(name));
    if (nearest_z != NULL)
        ctl_hint("did you mean --%s?", nearest_z);
    return CTL_N_OPTIONS;
}

/* --- reading ---------------------------------------------------------------
 */

/* What is still to be read. */
struct rest {
    int n;             /* words left */
    char *const *at_z; /* the next */
};

static const char *
next_word(struct rest *rest)
{
    if (rest->n == 0)
        return NULL;
    rest->n--;
    return *rest->at_z++;
}

static int
add_value(struct ctl_line *line, enum ctl_option option, const char *value_z)
{
    struct ctl_values *values = &line->places[option];
    const struct ctl_option_text *text = &texts[option];

    if (values->n == text->most) {
        if (text->most == 1)
            ctl_say("--%s is given twice", text->name_z);
        else
            ctl_say("--%s is given more than %u times", text->name_z,
                    text->most);
        return CTL_USAGE;
    }
    values->at_z[values->n++] = value_z;
    return CTL_DONE;
}

/* One option; behind_z is what stands behind its name: NULL, or the value
 * after "=" or after a letter. */
static int
take_option(struct ctl_line *line, enum ctl_option option, const char *behind_z,
            struct rest *rest)
{
    const struct ctl_option_text *text = &texts[option];

    if (text->value_z == NULL && behind_z != NULL) {
        ctl_say("--%s takes no value", text->name_z);
        return CTL_USAGE;
    }
    if (text->value_z == NULL)
        return add_value(line, option, "");
    if (behind_z == NULL)
        behind_z = next_word(rest);
    if (behind_z == NULL) {
        ctl_say("--%s needs a value: --%s %s", text->name_z, text->name_z,
                text->value_z);
        return CTL_USAGE;
    }
    return add_value(line, option, behind_z);
}

static int
take_word(struct ctl_line *line, const char *word_z)
{
    if (line->n_words == CTL_WORDS_MAX) {
        ctl_say("too many words");
        ctl_hint("a value with spaces is quoted: --reason 'left the house'");
        return CTL_USAGE;
    }
    line->words_z[line->n_words++] = word_z;
    return CTL_DONE;
}

/* A word that begins with "-". */
static int
take_dashed(struct ctl_line *line, const char *word_z, struct rest *rest)
{
    struct gh_text name = gh_text_of_z(word_z);
    const char *behind_z = NULL;
    enum ctl_option option;

    if (gh_text_starts(name, GH_TEXT("-c"))) {
        behind_z = name.len > 2 ? word_z + 2 : NULL;
        return take_option(line, OPTION_CONFIG, behind_z, rest);
    }
    if (!gh_text_starts(name, GH_TEXT("--"))) {
        ctl_say("there is no option %s", word_z);
        return CTL_USAGE;
    }
    name = gh_text_from(name, 2);
    if (gh_text_find(name, '=') < name.len) {
        behind_z = name.at + gh_text_find(name, '=') + 1;
        name = gh_text_first(name, gh_text_find(name, '='));
    }
    option = find_option(name);
    if (option == CTL_N_OPTIONS)
        return CTL_USAGE;
    return take_option(line, option, behind_z, rest);
}

int
option_read(int argc, char *const *argv, struct ctl_line *out)
{
    struct rest rest = {.n = argc - 1, .at_z = argv + 1};
    bool is_over = false;
    int status = CTL_DONE;

    memset(out, 0, sizeof(*out));
    while (status == CTL_DONE && rest.n > 0) {
        const char *word_z = next_word(&rest);

        if (is_over || word_z[0] != '-' || word_z[1] == '\0')
            status = take_word(out, word_z);
        else if (strcmp(word_z, "--") == 0)
            is_over = true;
        else
            status = take_dashed(out, word_z, &rest);
    }
    return status;
}

bool
option_is_given(const struct ctl_line *line, enum ctl_option option)
{
    return line->places[option].n > 0;
}

const char *
option_value_z(const struct ctl_line *line, enum ctl_option option)
{
    return option_is_given(line, option) ? line->places[option].at_z[0] : NULL;
}

ctl_options
option_given(const struct ctl_line *line)
{
    ctl_options given = 0;

    for (unsigned i = 0; i < CTL_N_OPTIONS; i++) {
        if (line->places[i].n > 0)
            given |= OPTION_SET(i);
    }
    return given;
}
