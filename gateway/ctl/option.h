/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line, taken apart: a table of options, and the words between
 * them. Owns nothing; the texts are those of argv and live as long. Refuses
 * options that are not in the table, abbreviated, without their value, or
 * given more often than they may be. Called by main.c and command.c; commands
 * read what was given.
 */
#ifndef GH_GATEWAY_CTL_OPTION_H
#define GH_GATEWAY_CTL_OPTION_H

#include "base/text.h"

enum {
    CTL_VALUES_MAX = 16, /* values of one option */
    CTL_WORDS_MAX = 8,   /* words of one command line */
};

/* What a command may be told. The table in option.c says how it is written. */
enum ctl_option {
    /* Where things are: every command takes these. */
    OPTION_CONFIG,
    OPTION_DSN,
    OPTION_KEYS,
    OPTION_SQL,
    OPTION_OUTPUT,
    OPTION_INSECURE,
    OPTION_VERSION,
    OPTION_HELP,
    /* What a command is about. */
    OPTION_ROLE_PREFIX,
    OPTION_DISPLAY_NAME,
    OPTION_EMAIL,
    OPTION_PASSWORD_STDIN,
    OPTION_PASSWORD_FILE,
    OPTION_NO_PASSWORD,
    OPTION_PATH,
    OPTION_HOST,
    OPTION_BACKEND,
    OPTION_CARRYING,
    OPTION_ZONE,
    OPTION_FOR,
    OPTION_CONNECTIONS,
    OPTION_KEEP,
    OPTION_ENCODED_SLASH,
    OPTION_SEMICOLON,
    OPTION_EMPTY_SEGMENTS,
    OPTION_AUTHORIZATION_FIELD,
    OPTION_IDENTITY,
    OPTION_ON_OUTAGE,
    OPTION_SHARES_HOST_BECAUSE,
    OPTION_STRICT,
    OPTION_MOVED,
    OPTION_ENTRIES,
    OPTION_IDLE,
    OPTION_RECORD,
    OPTION_HOURS,
    OPTION_DAYS,
    OPTION_DATES,
    OPTION_NETWORKS,
    OPTION_COUNTRY,
    OPTION_ASN,
    OPTION_AGE,
    OPTION_LEVEL,
    OPTION_DEVICE_KNOWN,
    OPTION_ALL,
    OPTION_ANY,
    OPTION_NONE,
    OPTION_PARTS,
    OPTION_TIME_ZONE,
    OPTION_CONDITION,
    OPTION_PATTERN,
    OPTION_METHODS,
    OPTION_ACTIVITY,
    OPTION_MEANING,
    OPTION_ADMINISTRATIVE,
    OPTION_ROLE,
    OPTION_ACCOUNT,
    OPTION_PERMISSION,
    OPTION_INHERITS,
    OPTION_OTHER,
    OPTION_UNCONFIRMED,
    OPTION_EVENT,
    OPTION_CLIENT,
    OPTION_APPLICATION,
    OPTION_EXCHANGE,
    OPTION_FROM,
    OPTION_UNTIL,
    OPTION_AT,
    OPTION_LINES,
    OPTION_REASON,
    OPTION_CONFIRM,
    OPTION_EXPECT,
    OPTION_DRY_RUN,
    CTL_N_OPTIONS,
    /* The words behind noun and verb; command.c puts them beside the
     * options, so that a command reads both alike. */
    WORD_FIRST = CTL_N_OPTIONS,
    WORD_SECOND,
    CTL_N_PLACES,
};

/* A set of options, one bit each. C17 has no constant that is wide enough; gcc
 * and clang have. */
__extension__ typedef unsigned __int128 ctl_options;

/* The set of one option, by its number or by its name. */
#define OPTION_SET(option) ((ctl_options)1 << (option))
#define OPTION_BIT(name) OPTION_SET(OPTION_##name)

/* Options that every command takes. */
#define OPTIONS_GENERAL (OPTION_BIT(ROLE_PREFIX) - 1)

/* How an option is written; constant. */
struct ctl_option_text {
    const char *name_z;  /* behind "--" */
    const char *value_z; /* what its value is; NULL: it has none */
    const char *help_z;  /* for --help */
    unsigned most;       /* how often it may be given */
};

/* What was given of one kind, in order. */
struct ctl_values {
    size_t n;                         /* how many */
    const char *at_z[CTL_VALUES_MAX]; /* each; "" of an option without */
};

/* One command line. */
struct ctl_line {
    struct ctl_values places[CTL_N_PLACES]; /* by enum ctl_option */
    size_t n_words;                         /* of words_z */
    const char *words_z[CTL_WORDS_MAX];     /* what is no option */
};

/* The table's row. */
const struct ctl_option_text *option_text(enum ctl_option option);

/* Takes a command line apart; argv[0] is not looked at. "--" ends the
 * options. CTL_DONE, or CTL_USAGE after a sentence. */
int option_read(int argc, char *const *argv, struct ctl_line *out);

/* True when it was given. */
bool option_is_given(const struct ctl_line *line, enum ctl_option option);

/* Its first value, or NULL when it was not given. */
const char *option_value_z(const struct ctl_line *line, enum ctl_option option);

/* The set of options that were given. */
ctl_options option_given(const struct ctl_line *line);

#endif
