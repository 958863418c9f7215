/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/settings_print and settings_pages: what is printed can be
 * read again and says the same, the sample is a configuration, the manual
 * names every key; and pages of one's own are used or refused.
 */
#include "settings_int.h"

#include "check.h"
#include "config.h"

#include "base/banned.h"

#define WHOLE                                                                  \
    "[gateway]\nworkers = 2\nhsts = off\n"                                     \
    "[entry public]\nsocket = /x/s\norigins = https://localhost, https://b\n"  \
    "trusted_proxies = 10.0.0.0/8\n"                                           \
    "[entry more]\nsocket = /x/t\norigins = https://localhost:8443\n"          \
    "[limits]\nbody = 1536K\npath = 100\n"                                     \
    "[timeouts]\nsilence = 90s\nconnect = 1500ms\ndrain = 0s\n"                \
    "[application one]\npath = /one/\nbackend = http://127.0.0.1:9\n"          \
    "access = account\nencoded_slash = keep\nhost = b\n"                       \
    "[application two]\npath = /\nbackend = http://unix:/x/two\n"              \
    "access = nobody\n"

/* What a printer writes. */
static struct gh_text
printed(void (*print)(const struct gh_settings *settings, FILE *out),
        const struct gh_settings *settings, char *memory, size_t size)
{
    FILE *out = fmemopen(memory, size, "w");
    size_t len;

    if (!check(out != NULL))
        return (struct gh_text){0};
    print(settings, out);
    fflush(out);
    len = (size_t)ftell(out);
    fclose(out);
    return (struct gh_text){memory, len};
}

static void
print_sample(const struct gh_settings *settings, FILE *out)
{
    (void)settings;
    gh_settings_print_sample(out);
}

static void
print_manual(const struct gh_settings *settings, FILE *out)
{
    (void)settings;
    gh_settings_print_manual(out);
}

/* Prints what text comes to, reads that, prints again. */
static void
check_round_trip(struct gh_text text)
{
    static char first[32 * 1024];
    static char second[32 * 1024];
    struct gh_settings *settings = NULL;
    struct gh_text once;

    if (!check_status(GH_OK, config_read(text, &settings)))
        return;
    once = printed(gh_settings_print, settings, first, sizeof(first));
    gh_settings_release(settings);
    settings = NULL;
    if (!check_status(GH_OK, config_read(once, &settings)))
        return;
    check_text(once,
               printed(gh_settings_print, settings, second, sizeof(second)));
    gh_settings_release(settings);
}

static void
effective_configuration_reads_back_to_itself(void)
{
    check_round_trip(GH_TEXT(WHOLE));
    check_round_trip(
        GH_TEXT("[entry public]\nsocket = /x/s\norigins = https://a\n"));
}

static void
effective_configuration_has_every_key_and_the_values_given(void)
{
    static char memory[32 * 1024];
    struct gh_settings *settings = NULL;
    struct gh_text text;
    char line[80];

    if (!check_status(GH_OK, config_read(GH_TEXT(WHOLE), &settings)))
        return;
    text = printed(gh_settings_print, settings, memory, sizeof(memory));
    gh_settings_release(settings);
    for (size_t i = 0; i < gh_n_settings; i++) {
        int n =
            snprintf(line, sizeof(line), "\n%s = ", gh_setting_table[i].key_z);

        check(config_contains(text, (struct gh_text){line, (size_t)n}));
    }
    check(config_contains(text, GH_TEXT("\nsilence = 90s\n")));
    check(config_contains(text, GH_TEXT("\nconnect = 1500ms\n")));
    check(config_contains(text, GH_TEXT("\nbody = 1536K\n")));
    check(config_contains(text, GH_TEXT("\nmode = 0660\n")));
    check(config_contains(text, GH_TEXT("\nencoded_slash = keep\n")));
}

static void
sample_is_a_configuration(void)
{
    static char memory[64 * 1024];
    struct gh_text sample = printed(print_sample, NULL, memory, sizeof(memory));
    struct gh_settings *settings = NULL;
    struct gh_text rest = sample;
    struct gh_text line;

    check_status(GH_OK, config_read(sample, &settings));
    check_text(GH_TEXT(""), config_complaints());
    gh_settings_release(settings);
    while (gh_text_cut(&rest, '\n', &line))
        check(line.len <= 79);
}

static void
sample_with_every_comment_taken_off_is_one_too(void)
{
    static char memory[64 * 1024];
    static char active[64 * 1024];
    struct gh_buf buf = gh_buf_over(active, sizeof(active));
    struct gh_text rest = printed(print_sample, NULL, memory, sizeof(memory));
    struct gh_settings *settings = NULL;
    struct gh_text line;

    /* "#key = default" is a setting, "# text" is not. */
    while (gh_text_cut(&rest, '\n', &line)) {
        if (line.len > 1 && line.at[0] == '#' && line.at[1] != ' ')
            line = gh_text_from(line, 1);
        gh_buf_checked(&buf, line);
        gh_buf_lit(&buf, "\n");
    }
    check_status(GH_OK, config_read(gh_buf_text(&buf), &settings));
    check_text(GH_TEXT(""), config_complaints());
    gh_settings_release(settings);
}

static void
manual_names_every_key_and_every_section(void)
{
    static char memory[64 * 1024];
    struct gh_text manual = printed(print_manual, NULL, memory, sizeof(memory));
    char line[80];

    for (size_t i = 0; i < gh_n_settings; i++) {
        int n = snprintf(line, sizeof(line), "\n.It Ic %s ",
                         gh_setting_table[i].key_z);

        check(config_contains(manual, (struct gh_text){line, (size_t)n}));
    }
    for (size_t i = 0; i < GH_N_SECTIONS; i++) {
        int n =
            snprintf(line, sizeof(line), ".Ss [%s", gh_section_table[i].name_z);

        check(config_contains(manual, (struct gh_text){line, (size_t)n}));
    }
}

/* Reads a configuration with pages of its own. */
static enum gh_status
with_pages(struct gh_text page, struct gh_text style, size_t n_files,
           struct gh_settings **out)
{
    const struct config_file files[] = {{"pages/page.html", page},
                                        {"pages/style.css", style}};

    *out = NULL;
    return config_read_with(GH_TEXT(WHOLE "[gateway]\npages = @/pages\n"),
                            files, n_files, out);
}

static void
pages_of_ones_own_take_the_place_of_the_built_in_ones(void)
{
    struct gh_settings *settings;

    check_status(GH_OK, with_pages(GH_TEXT("<p>{{title}}</p>"), GH_TEXT("p{}"),
                                   2, &settings));
    if (settings == NULL)
        return;
    check_text(GH_TEXT("<p>{{title}}</p>"), settings->layout);
    check_text(GH_TEXT("p{}"), settings->style);
    gh_settings_release(settings);
}

/* Pages that must be refused, with these words. */
static void
check_refused(struct gh_text page, struct gh_text style, struct gh_text words)
{
    struct gh_settings *settings;

    check_status(GH_MALFORMED, with_pages(page, style, 2, &settings));
    if (!config_contains(config_complaints(), words))
        check_text(words, config_complaints());
    gh_settings_release(settings);
}

static void
pages_that_are_broken_or_too_large_are_refused(void)
{
    static char large[64 * 1024];
    const struct gh_text too_much = {large, sizeof(large)};

    for (size_t i = 0; i < sizeof(large); i++)
        large[i] = 'x';
    check_refused(GH_TEXT("\n{{unknown}}"), GH_TEXT("x"),
                  GH_TEXT("pages/page.html:2: not a template"));
    check_refused(GH_TEXT("{{#host}}"), GH_TEXT("x"),
                  GH_TEXT("pages/page.html:1: not a template"));
    check_refused(too_much, GH_TEXT("x"),
                  GH_TEXT("pages/page.html:1: cannot be read, or over"));
    check_refused(GH_TEXT("x"), too_much,
                  GH_TEXT("pages/style.css:1: cannot be read, or over"));
}

static void
page_that_is_not_there_is_the_built_in_one(void)
{
    struct gh_settings *settings;
    struct gh_settings *ordinary = NULL;

    check_status(GH_OK,
                 with_pages(GH_TEXT("mine"), GH_TEXT("x"), 1, &settings));
    check_status(GH_OK, config_read(GH_TEXT(WHOLE), &ordinary));
    if (settings != NULL && ordinary != NULL) {
        check_text(GH_TEXT("mine"), settings->layout);
        check(settings->style.len > 0);
        check_text(ordinary->style, settings->style);
    }
    gh_settings_release(settings);
    gh_settings_release(ordinary);
}

static void
folder_of_pages_must_be_there(void)
{
    struct gh_settings *settings = NULL;

    check_status(
        GH_MALFORMED,
        config_read(GH_TEXT(WHOLE "[gateway]\npages = @/other\n"), &settings));
    check(config_contains(config_complaints(), GH_TEXT("other: ")));
    gh_settings_release(settings);
}

const struct check_case settings_print_cases[] = {
    CHECK_CASE(effective_configuration_reads_back_to_itself),
    CHECK_CASE(effective_configuration_has_every_key_and_the_values_given),
    CHECK_CASE(sample_is_a_configuration),
    CHECK_CASE(sample_with_every_comment_taken_off_is_one_too),
    CHECK_CASE(manual_names_every_key_and_every_section),
    CHECK_CASE(pages_of_ones_own_take_the_place_of_the_built_in_ones),
    CHECK_CASE(pages_that_are_broken_or_too_large_are_refused),
    CHECK_CASE(page_that_is_not_there_is_the_built_in_one),
    CHECK_CASE(folder_of_pages_must_be_there),
    {0},
};
