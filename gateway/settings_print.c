/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration written out: what is in effect (-T), a sample with
 * explanations, and the settings section of the manual page. All three walk
 * the same table, so they cannot miss a key. Owns nothing. Called by main.
 */
#include "settings_int.h"

#include <inttypes.h>
#include <string.h>

#include "base/banned.h"

/* The rows of one section with the values in base. */
static void
print_section(enum gh_section section, struct gh_text name, const void *base,
              FILE *out)
{
    fprintf(out, "\n[%s%s%.*s]\n", gh_section_table[section].name_z,
            name.len > 0 ? " " : "", GH_TEXT_ARG(name));
    for (size_t i = 0; i < gh_n_settings; i++) {
        if (gh_setting_table[i].section != section)
            continue;
        fprintf(out, "%s = ", gh_setting_table[i].key_z);
        gh_setting_print(&gh_setting_table[i], base, out);
        fputc('\n', out);
    }
}

void
gh_settings_print(const struct gh_settings *settings, FILE *out)
{
    const struct gh_text none = {0};

    fputs("# The configuration in effect, defaults included.\n", out);
    print_section(GH_SECTION_GATEWAY, none, &settings->gateway, out);
    for (size_t i = 0; i < settings->n_entries; i++)
        print_section(GH_SECTION_ENTRY, settings->entries[i].name,
                      &settings->entries[i], out);
    print_section(GH_SECTION_LIMITS, none, &settings->limits, out);
    print_section(GH_SECTION_TIMEOUTS, none, &settings->timeouts, out);
    print_section(GH_SECTION_DATABASE, none, &settings->database, out);
    print_section(GH_SECTION_KEYS, none, &settings->keys, out);
    print_section(GH_SECTION_PASSWORD, none, &settings->password, out);
    print_section(GH_SECTION_SESSION, none, &settings->session, out);
    print_section(GH_SECTION_PLACE, none, &settings->place, out);
    for (size_t i = 0; i < settings->n_applications; i++)
        print_section(GH_SECTION_APPLICATION, settings->applications[i].name,
                      &settings->applications[i], out);
}

/* Writes text_z in lines of at most 78 columns, each after prefix_z. With
 * by_sentence every sentence begins a line, as mdoc(7) wants it. */
static void
print_wrapped(const char *text_z, const char *prefix_z, bool by_sentence,
              FILE *out)
{
    struct gh_text rest = gh_text_of_z(text_z);
    struct gh_text word;
    size_t column = 0;
    bool is_end = false;

    while (gh_text_cut(&rest, ' ', &word)) {
        if (column > 0 &&
            (column + 1 + word.len > 78 || (by_sentence && is_end))) {
            fputc('\n', out);
            column = 0;
        }
        column += (size_t)fprintf(out, "%s%.*s", column == 0 ? prefix_z : " ",
                                  GH_TEXT_ARG(word));
        is_end = gh_text_ends(word, GH_TEXT("."));
    }
    fputc('\n', out);
}

static void
print_comment(const char *text_z, FILE *out)
{
    print_wrapped(text_z, "# ", false, out);
}

/* "#key = default", without a space at the end when it is empty. */
static void
print_default(const struct gh_setting *setting, FILE *out)
{
    if (setting->default_z[0] == '\0')
        fprintf(out, "#%s =\n", setting->key_z);
    else
        fprintf(out, "#%s = %s\n", setting->key_z, setting->default_z);
}

void
gh_settings_print_sample(FILE *out)
{
    fputs("# gatehouse.conf: how the gateway starts. See gatehouse.conf(5).\n"
          "#\n"
          "# Lines that are commented out show the default. An unknown key is "
          "an error.\n"
          "# Files conf.d/*.conf beside this one are read too.\n",
          out);
    for (size_t s = 0; s < GH_N_SECTIONS; s++) {
        const struct gh_section_text *section = &gh_section_table[s];

        fputs("\n\n", out);
        print_comment(section->text_z, out);
        fprintf(out, "[%s%s%s]\n", section->name_z,
                section->sample_z == NULL ? "" : " ",
                section->sample_z == NULL ? "" : section->sample_z);
        for (size_t i = 0; i < gh_n_settings; i++) {
            const struct gh_setting *setting = &gh_setting_table[i];

            if (setting->section != (enum gh_section)s)
                continue;
            fputc('\n', out);
            print_comment(setting->text_z, out);
            if (setting->sample_z != NULL)
                fprintf(out, "%s = %s\n", setting->key_z, setting->sample_z);
            else
                print_default(setting, out);
        }
    }
}

/* What may be written, for the manual. */
static void
print_form(const struct gh_setting *setting, FILE *out)
{
    static const char *const forms[] = {
        [GH_TYPE_TEXT] = "text",         [GH_TYPE_SECRET] = "text",
        [GH_TYPE_NUMBER] = "number",     [GH_TYPE_SIZE] = "size",
        [GH_TYPE_DURATION] = "duration", [GH_TYPE_MODE] = "mode",
        [GH_TYPE_WORD] = "number",
    };
    struct gh_text rest = gh_text_of_z(setting->words_z);
    struct gh_text word;

    if (setting->type != GH_TYPE_WORD) {
        fprintf(out, "Ar %s", forms[setting->type]);
        return;
    }
    /* A word list with a maximum is "auto" and then numbers. */
    if (gh_text_cut(&rest, ' ', &word))
        fprintf(out, "Cm %.*s", GH_TEXT_ARG(word));
    if (setting->max > 0)
        fprintf(out, " | Ar %s", forms[GH_TYPE_NUMBER]);
    else
        while (gh_text_cut(&rest, ' ', &word))
            fprintf(out, " | Cm %.*s", GH_TEXT_ARG(word));
}

/* What is accepted, where that is a range. */
static void
print_bounds(const struct gh_setting *setting, FILE *out)
{
    char at[64];
    struct gh_buf bounds = gh_buf_over(at, sizeof(at));

    switch (setting->type) {
    case GH_TYPE_NUMBER:
    case GH_TYPE_SIZE:
    case GH_TYPE_DURATION:
        gh_setting_bounds(setting, &bounds);
        fprintf(out, "Accepted %.*s.\n", GH_TEXT_ARG(gh_buf_text(&bounds)));
        break;
    case GH_TYPE_WORD:
        if (setting->max > 0)
            fprintf(out, "Accepted from 1 to %" PRIu64 ".\n", setting->max);
        break;
    case GH_TYPE_TEXT:
    case GH_TYPE_SECRET:
    case GH_TYPE_MODE:
        break;
    }
}

/* One .It of the manual's list. */
static void
print_manual_item(const struct gh_setting *setting, FILE *out)
{
    fprintf(out, ".It Ic %s No = ", setting->key_z);
    print_form(setting, out);
    fputc('\n', out);
    print_wrapped(setting->text_z, "", true, out);
    if (setting->default_z == NULL)
        fputs("Must be given.\n", out);
    else if (setting->default_z[0] == '\0')
        fputs("Default: empty.\n", out);
    else
        fprintf(out, "Default: %s.\n", setting->default_z);
    print_bounds(setting, out);
}

void
gh_settings_print_manual(FILE *out)
{
    for (size_t s = 0; s < GH_N_SECTIONS; s++) {
        const struct gh_section_text *section = &gh_section_table[s];

        fprintf(out, ".Ss [%s%s]\n", section->name_z,
                section->sample_z == NULL ? "" : " NAME");
        print_wrapped(section->text_z, "", true, out);
        fputs(".Bl -tag -width Ds\n", out);
        for (size_t i = 0; i < gh_n_settings; i++) {
            if (gh_setting_table[i].section == (enum gh_section)s)
                print_manual_item(&gh_setting_table[i], out);
        }
        fputs(".El\n", out);
    }
}
