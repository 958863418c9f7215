/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding a command, and telling people about commands. Owns nothing. Refuses
 * a command line that has a word or an option too many or too few, each with
 * a sentence that says what to write. Called by main.c.
 */
#include "ctl/command.h"

#include <string.h>

#include "base/conf.h"

#include "base/banned.h"

enum {
    NAMES_MAX = 32,  /* verbs of one noun, or nouns */
    LINE_WIDTH = 78, /* of a usage line */
    LEFT_WIDTH = 30, /* of the help's left column */
};

const struct ctl_noun command_nouns[] = {
    {"app", app_commands},
    {"zone", zone_commands},
    {"condition", condition_commands},
    {"permission", permission_commands},
    {"role", role_commands},
    {"user", user_commands},
    {"session", session_commands},
    {"policy", policy_commands},
    {"explain", explain_commands},
    {"review", review_commands},
    {"audit", audit_commands},
    {"db", db_commands},
    {"key", key_commands},
    {NULL, NULL},
};

/* --- help ------------------------------------------------------------------
 */

/* "--name VALUE" of an option. */
static struct gh_text
write_option(enum ctl_option option, char *at, size_t size)
{
    const struct ctl_option_text *text = option_text(option);
    int len = snprintf(at, size, "--%s%s%s", text->name_z,
                       text->value_z == NULL ? "" : " ",
                       text->value_z == NULL ? "" : text->value_z);

    return (struct gh_text){.at = at, .len = (size_t)len};
}

/* Where the next piece of a usage line goes. */
struct cursor {
    FILE *out;     /* where */
    size_t column; /* bytes on this line */
};

static void
put_piece(struct cursor *cursor, const char *before_z, struct gh_text piece,
          const char *behind_z)
{
    size_t len = strlen(before_z) + piece.len + strlen(behind_z);

    if (cursor->column + 1 + len > LINE_WIDTH) {
        fputs("\n       ", cursor->out);
        cursor->column = 7;
    }
    fprintf(cursor->out, " %s%.*s%s", before_z, GH_TEXT_ARG(piece), behind_z);
    cursor->column += 1 + len;
}

static void
put_options(struct cursor *cursor, ctl_options options, bool is_needed)
{
    char at[64];

    for (unsigned i = 0; i < CTL_N_OPTIONS; i++) {
        bool is_many = option_text((enum ctl_option)i)->most > 1;

        if ((options >> i & 1) == 0)
            continue;
        put_piece(cursor, is_needed ? "" : "[",
                  write_option((enum ctl_option)i, at, sizeof(at)),
                  is_needed ? (is_many ? " ..." : "")
                            : (is_many ? " ...]" : "]"));
    }
}

static void
print_usage(FILE *out, const char *noun_z, const struct ctl_command *command)
{
    struct cursor cursor = {.out = out, .column = 19};

    fputs("usage: gatehousectl", out);
    put_piece(&cursor, "", gh_text_of_z(noun_z), "");
    if (command->verb_z[0] != '\0')
        put_piece(&cursor, "", gh_text_of_z(command->verb_z), "");
    if (command->words_z != NULL)
        put_piece(&cursor, "", gh_text_of_z(command->words_z), "");
    put_options(&cursor, command->needs, true);
    put_options(&cursor, command->takes, false);
    fputc('\n', out);
}

static void
print_pair(const char *left_z, const char *right_z)
{
    printf("  %-*s %s\n", LEFT_WIDTH, left_z, right_z);
}

static void
print_options(ctl_options options)
{
    char at[64];

    for (unsigned i = 0; i < CTL_N_OPTIONS; i++) {
        if ((options >> i & 1) == 0)
            continue;
        write_option((enum ctl_option)i, at, sizeof(at));
        print_pair(at, option_text((enum ctl_option)i)->help_z);
    }
}

static void
print_command(const char *noun_z, const struct ctl_command *command)
{
    print_usage(stdout, noun_z, command);
    printf("\n%s\n", command->help_z);
    if ((command->needs | command->takes) != 0) {
        putchar('\n');
        print_options(command->needs | command->takes);
    }
    puts("\nEvery command takes the options that `gatehousectl --help` shows.");
}

static void
print_noun(const struct ctl_noun *noun)
{
    for (const struct ctl_command *one = noun->commands; one->help_z != NULL;
         one++) {
        char at[80];

        snprintf(at, sizeof(at), "%s%s%s %s", noun->noun_z,
                 one->verb_z[0] == '\0' ? "" : " ", one->verb_z,
                 one->words_z == NULL ? "" : one->words_z);
        print_pair(at, one->help_z);
    }
}

static void
print_all(void)
{
    puts("usage: gatehousectl NOUN VERB [NAME] [OPTION]...\n");
    for (const struct ctl_noun *noun = command_nouns; noun->noun_z != NULL;
         noun++)
        print_noun(noun);
    puts(
        "\nOptions of every command; `gatehousectl NOUN VERB --help` shows its "
        "own:\n");
    print_options(OPTIONS_GENERAL);
    puts("\n"
         "Exit: 0 done, 1 failed, 2 usage, 3 not found, 4 conflict, 5 denied,\n"
         "69 database unavailable, 78 configuration. See gatehousectl(1).");
}

/* --- finding ---------------------------------------------------------------
 */

static const struct ctl_noun *
find_noun(const char *word_z)
{
    for (const struct ctl_noun *noun = command_nouns; noun->noun_z != NULL;
         noun++) {
        if (strcmp(noun->noun_z, word_z) == 0)
            return noun;
    }
    return NULL;
}

/* The verb's row, or the only one of a noun without verbs. */
static const struct ctl_command *
find_verb(const struct ctl_noun *noun, const char *word_z)
{
    const struct ctl_command *one = noun->commands;

    if (one->verb_z[0] == '\0')
        return one;
    for (; one->help_z != NULL && word_z != NULL; one++) {
        if (strcmp(one->verb_z, word_z) == 0)
            return one;
    }
    return NULL;
}

static void
hint_nearest(const char *word_z, const char *const *names, size_t n,
             const char *help_z)
{
    const char *nearest_z = gh_conf_nearest(gh_text_of_z(word_z), names, n);

    if (nearest_z != NULL)
        ctl_hint("did you mean %s?", nearest_z);
    else
        ctl_hint("%s lists them", help_z);
}

static void
tell_no_noun(const char *word_z)
{
    const char *names[NAMES_MAX];
    size_t n = 0;

    if (word_z == NULL) {
        ctl_say("no command");
        ctl_hint("gatehousectl --help lists them");
        return;
    }
    for (const struct ctl_noun *noun = command_nouns; noun->noun_z != NULL;
         noun++)
        names[n++] = noun->noun_z;
    ctl_say("there is no command %s", word_z);
    hint_nearest(word_z, names, n, "gatehousectl --help");
}

static void
tell_no_verb(const struct ctl_noun *noun, const char *word_z)
{
    const char *names[NAMES_MAX];
    char help_z[64];
    size_t n = 0;

    snprintf(help_z, sizeof(help_z), "gatehousectl %s --help", noun->noun_z);
    if (word_z == NULL) {
        ctl_say("%s needs a verb", noun->noun_z);
        ctl_hint("%s lists them", help_z);
        return;
    }
    for (const struct ctl_command *one = noun->commands; one->help_z != NULL;
         one++)
        names[n++] = one->verb_z;
    ctl_say("there is no command %s %s", noun->noun_z, word_z);
    hint_nearest(word_z, names, n, help_z);
}

/* Sentences about options that a command must have or does not take. */
static bool
has_its_options(const struct ctl_line *line, const struct ctl_noun *noun,
                const struct ctl_command *command)
{
    ctl_options given = option_given(line);
    ctl_options known = OPTIONS_GENERAL | command->needs | command->takes;
    const char *gap_z = command->verb_z[0] == '\0' ? "" : " ";

    for (unsigned i = 0; i < CTL_N_OPTIONS; i++) {
        ctl_options bit = OPTION_SET(i);
        const char *name_z = option_text((enum ctl_option)i)->name_z;

        if ((given & bit & ~known) != 0)
            ctl_say("%s%s%s does not take --%s", noun->noun_z, gap_z,
                    command->verb_z, name_z);
        else if ((command->needs & bit & ~given) != 0)
            ctl_say("%s%s%s needs --%s", noun->noun_z, gap_z, command->verb_z,
                    name_z);
        else
            continue;
        print_usage(stderr, noun->noun_z, command);
        return false;
    }
    if (command->changes != 0 && (given & command->changes) == 0) {
        ctl_say("nothing to change");
        ctl_hint("gatehousectl %s %s --help shows what can be changed",
                 noun->noun_z, command->verb_z);
        return false;
    }
    return true;
}

/* Puts the words behind the command where it reads them. */
static void
place_words(struct ctl_line *line, size_t used)
{
    for (size_t i = used; i < line->n_words; i++) {
        struct ctl_values *place = &line->places[WORD_FIRST + (i - used)];

        place->n = 1;
        place->at_z[0] = line->words_z[i];
    }
}

const struct ctl_command *
command_find(struct ctl *ctl)
{
    struct ctl_line *line = &ctl->line;
    const char *verb_z = line->n_words > 1 ? line->words_z[1] : NULL;
    const struct ctl_noun *noun =
        line->n_words > 0 ? find_noun(line->words_z[0]) : NULL;
    const struct ctl_command *command;
    size_t used;

    if (noun == NULL) {
        tell_no_noun(line->n_words > 0 ? line->words_z[0] : NULL);
        return NULL;
    }
    command = find_verb(noun, verb_z);
    if (command == NULL) {
        tell_no_verb(noun, verb_z);
        return NULL;
    }
    used = command->verb_z[0] == '\0' ? 1 : 2;
    if (line->n_words < used + command->least ||
        line->n_words > used + command->most) {
        print_usage(stderr, noun->noun_z, command);
        return NULL;
    }
    if (!has_its_options(line, noun, command))
        return NULL;
    place_words(line, used);
    return command;
}

int
command_run(struct ctl *ctl, const struct ctl_command *command)
{
    return command->run != NULL ? command->run(ctl)
                                : call_run(ctl, &command->call);
}

void
command_help(const struct ctl_line *line)
{
    const struct ctl_noun *noun =
        line->n_words > 0 ? find_noun(line->words_z[0]) : NULL;
    const struct ctl_command *command;

    if (noun == NULL) {
        print_all();
        return;
    }
    command = find_verb(noun, line->n_words > 1 ? line->words_z[1] : NULL);
    if (command == NULL)
        print_noun(noun);
    else
        print_command(noun->noun_z, command);
}
