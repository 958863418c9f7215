/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl(1): options and the table of commands. Owns the process and
 * the arena of its one call. Refuses secrets on the command line: there is no
 * option that takes one. Commands are thin: each is one SQL function, so that
 * a DBA can do the same in psql.
 */
#include <getopt.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/conf.h"
#include "base/secret.h"
#include "ctl/ctl.h"
#include "settings.h"
#include "version.h"

#include "base/banned.h"

enum {
    ARENA_CAP = 64 * 1024 * 1024,
    DEFAULT_MEMORY_KIB = 64 * 1024, /* REQUIREMENTS: RFC 9106's second choice */
    DEFAULT_PASSES = 3,
};

static const char default_file[] = "/etc/gatehouse/gatehouse.conf";

/* Every command: its two words, whether it takes a name, what it does. */
static const struct command {
    const char *noun_z;          /* first word */
    const char *verb_z;          /* second word */
    const char *name_z;          /* what the third word is, or NULL for none */
    const char *help_z;          /* for --help */
    int (*run)(struct ctl *ctl); /* the exit status */
} commands[] = {
    {"key", "generate", "FILE", "make a key ring (mode 0400)",
     cmd_key_generate},
    {"key", "list", "FILE", "show its keys, never a secret", cmd_key_list},
    {"db", "init", NULL, "make the roles, as a role with CREATEROLE",
     cmd_db_init},
    {"db", "migrate", NULL, "bring the schema up to date", cmd_db_migrate},
    {"db", "status", NULL, "show what is installed and what is not",
     cmd_db_status},
    {"user", "add", "NAME", "add an account, with its password", cmd_user_add},
    {"user", "list", NULL, "show all accounts", cmd_user_list},
    {"user", "show", "NAME", "show one account", cmd_user_show},
    {"user", "passwd", "NAME", "set a password", cmd_user_passwd},
    {"user", "disable", "NAME", "end its sessions, let it in no more",
     cmd_user_disable},
    {"user", "enable", "NAME", "let it in again", cmd_user_enable},
    {"user", "lock", "NAME", "lock it after something suspicious",
     cmd_user_lock},
    {"user", "unlock", "NAME", "unlock it, forget its failures",
     cmd_user_unlock},
};

void
ctl_say(const char *format, ...)
{
    va_list more;

    fputs("gatehousectl: ", stderr);
    va_start(more, format);
    vfprintf(stderr, format, more);
    va_end(more);
    fputc('\n', stderr);
}

void
ctl_hint(const char *format, ...)
{
    va_list more;

    fputs("hint: ", stderr);
    va_start(more, format);
    vfprintf(stderr, format, more);
    va_end(more);
    fputc('\n', stderr);
}

static void
print_help(void)
{
    puts("usage: gatehousectl [OPTION]... NOUN VERB [NAME]\n");
    for (size_t i = 0; i < GH_COUNT(commands); i++) {
        const struct command *command = &commands[i];

        printf("  %-4s %-9s %-5s %s\n", command->noun_z, command->verb_z,
               command->name_z == NULL ? "" : command->name_z, command->help_z);
    }
    puts("\n"
         "  -c, --config FILE      the gateway's configuration\n"
         "      --dsn DSN          instead of its database.admin_dsn\n"
         "      --keys FILE        instead of its keys.file\n"
         "      --sql FOLDER       SQL files of another version\n"
         "      --role-prefix P    of the roles' names, in shared clusters\n"
         "      --output FORMAT    table, json or csv\n"
         "      --display-name T, --email T, --reason T\n"
         "      --password-stdin   first line of standard input\n"
         "      --password-file F  first line of a file\n"
         "      --no-password      an account that cannot sign in yet\n"
         "      --insecure         allow TCP without sslmode=verify-full\n"
         "      --version, --help\n"
         "\n"
         "A password is asked for when no option says where it is.\n"
         "Exit: 0 done, 1 failed, 2 usage, 3 not found, 4 conflict, 5 denied,\n"
         "69 database unavailable, 78 configuration. See gatehousectl(1).");
}

/* --- options ---------------------------------------------------------------
 */

/* Options without a letter. */
enum {
    OPTION_TEXT = 256, /* and the index of the text option */
    OPTION_STDIN = 512,
    OPTION_NO_PASSWORD,
    OPTION_INSECURE,
    OPTION_OUTPUT,
    OPTION_VERSION,
    OPTION_HELP,
};

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"dsn", required_argument, NULL, OPTION_TEXT + 0},
    {"keys", required_argument, NULL, OPTION_TEXT + 1},
    {"sql", required_argument, NULL, OPTION_TEXT + 2},
    {"role-prefix", required_argument, NULL, OPTION_TEXT + 3},
    {"password-file", required_argument, NULL, OPTION_TEXT + 4},
    {"display-name", required_argument, NULL, OPTION_TEXT + 5},
    {"email", required_argument, NULL, OPTION_TEXT + 6},
    {"reason", required_argument, NULL, OPTION_TEXT + 7},
    {"password-stdin", no_argument, NULL, OPTION_STDIN},
    {"no-password", no_argument, NULL, OPTION_NO_PASSWORD},
    {"insecure", no_argument, NULL, OPTION_INSECURE},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"help", no_argument, NULL, OPTION_HELP},
    {0},
};

/* Where a text option goes, in the order of OPTION_TEXT. */
static const char **
text_of(struct ctl *ctl, int option)
{
    const char **const places[] = {
        &ctl->dsn_z,         &ctl->keys_z,          &ctl->sql_z,
        &ctl->role_prefix_z, &ctl->password_file_z, &ctl->display_name_z,
        &ctl->email_z,       &ctl->reason_z,
    };

    return places[option - OPTION_TEXT];
}

static bool
take_output(struct ctl *ctl, const char *word_z)
{
    static const char *const words[] = {
        [CTL_TABLE] = "table", [CTL_JSON] = "json", [CTL_CSV] = "csv"};

    for (size_t i = 0; i < GH_COUNT(words); i++) {
        if (strcmp(words[i], word_z) == 0) {
            ctl->output = (enum ctl_output)i;
            return true;
        }
    }
    ctl_say("no such output: %s (there are: table, json, csv)", word_z);
    return false;
}

/* One option; false when it is wrong. *is_over is set by those that answer
 * by themselves. */
static bool
take_option(struct ctl *ctl, int option, bool *is_over)
{
    if (option >= OPTION_TEXT && option < OPTION_STDIN) {
        *text_of(ctl, option) = optarg;
        return true;
    }
    switch (option) {
    case 'c':
        ctl->config_z = optarg;
        return true;
    case OPTION_STDIN:
        ctl->is_password_stdin = true;
        return true;
    case OPTION_NO_PASSWORD:
        ctl->is_without_password = true;
        return true;
    case OPTION_INSECURE:
        ctl->is_insecure_allowed = true;
        return true;
    case OPTION_OUTPUT:
        return take_output(ctl, optarg);
    case OPTION_VERSION:
        puts("gatehousectl " GH_VERSION);
        *is_over = true;
        return true;
    case OPTION_HELP:
        print_help();
        *is_over = true;
        return true;
    default:
        return false;
    }
}

/* --- configuration ---------------------------------------------------------
 */

static const char *
copy_of(struct ctl *ctl, struct gh_text text)
{
    struct gh_text copy = {0};

    if (text.len == 0 || gh_arena_copy(&ctl->arena, text, &copy) != GH_OK)
        return NULL;
    return copy.at;
}

/* What the file says where no option did. */
static void
take_settings(struct ctl *ctl, const struct gh_settings *settings)
{
    if (ctl->dsn_z == NULL)
        ctl->dsn_z = copy_of(ctl, settings->database.admin_dsn);
    if (ctl->keys_z == NULL)
        ctl->keys_z = copy_of(ctl, settings->keys.file);
    ctl->cost.memory_kib = settings->password.memory / 1024;
    ctl->cost.passes = (unsigned)settings->password.passes;
    ctl->connect_ms = (unsigned)settings->database.connect;
}

int
ctl_configure(struct ctl *ctl, bool needs_dsn, bool needs_keys)
{
    bool is_enough = (ctl->dsn_z != NULL || !needs_dsn) &&
                     (ctl->keys_z != NULL || !needs_keys);
    const char *file = ctl->config_z != NULL ? ctl->config_z : default_file;
    struct gh_settings *settings = NULL;

    if (ctl->config_z != NULL || !is_enough) {
        if (gh_settings_read(file, stderr, &settings) != GH_OK)
            return CTL_CONFIGURATION;
        take_settings(ctl, settings);
        gh_settings_release(settings);
    }
    if (needs_dsn && ctl->dsn_z == NULL) {
        ctl_say("no connection string");
        ctl_hint("set admin_dsn in section [database], or use --dsn");
        return CTL_CONFIGURATION;
    }
    if (needs_keys && ctl->keys_z == NULL) {
        ctl_say("no key ring");
        ctl_hint("set file in section [keys], or use --keys");
        return CTL_CONFIGURATION;
    }
    return CTL_DONE;
}

/* --- commands --------------------------------------------------------------
 */

/* The command of the words behind the options; NULL after a sentence. */
static const struct command *
find_command(struct ctl *ctl, int n, char **words)
{
    for (size_t i = 0; n >= 2 && i < GH_COUNT(commands); i++) {
        const struct command *command = &commands[i];

        if (strcmp(words[0], command->noun_z) != 0 ||
            strcmp(words[1], command->verb_z) != 0)
            continue;
        if (n != (command->name_z == NULL ? 2 : 3)) {
            ctl_say("usage: gatehousectl %s %s %s", command->noun_z,
                    command->verb_z,
                    command->name_z == NULL ? "" : command->name_z);
            return NULL;
        }
        ctl->name_z = n == 3 ? words[2] : NULL;
        return command;
    }
    ctl_say("no such command");
    ctl_hint("gatehousectl --help lists them");
    return NULL;
}

/* What it holds in memory is worth a core file's trouble to nobody but a
 * thief. */
static void
keep_secrets(void)
{
    const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0);
}

int
main(int argc, char **argv)
{
    struct ctl ctl = {
        .cost = {.memory_kib = DEFAULT_MEMORY_KIB, .passes = DEFAULT_PASSES}};
    const struct command *command;
    bool is_over = false;
    int option;
    int status;

    while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
        if (!take_option(&ctl, option, &is_over))
            return CTL_USAGE;
        if (is_over)
            return CTL_DONE;
    }
    command = find_command(&ctl, argc - optind, argv + optind);
    if (command == NULL)
        return CTL_USAGE;

    keep_secrets();
    gh_conf_setup();
    if (gh_secret_setup() != GH_OK) {
        ctl_say("libsodium does not work here");
        return CTL_FAILED;
    }
    gh_arena_init(&ctl.arena, ARENA_CAP);
    status = command->run(&ctl);
    gh_arena_done(&ctl.arena);
    /* A full disk or a closed pipe must not look like success. */
    if (fflush(stdout) != 0 && status == CTL_DONE) {
        ctl_say("the result cannot be written");
        status = CTL_FAILED;
    }
    return status;
}
