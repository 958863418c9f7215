/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/settings: sections, keys and files; every mistake of one
 * run is named with its file and line, and nothing is accepted half.
 */
#include "settings.h"

#include "check.h"
#include "config.h"
#include "log.h"

#include "base/banned.h"

/* The least that a configuration must say. */
#define ENTRY "[entry public]\nsocket = @/s\norigins = https://localhost:8443\n"
#define APPLICATION                                                            \
    "[application one]\npath = /one/\nbackend = http://127.0.0.1:9\n"          \
    "access = public\n"

/* Reads text, which must be refused with these words somewhere. */
static void
check_refused(struct gh_text text, struct gh_text words)
{
    struct gh_settings *settings = NULL;

    check_status(GH_MALFORMED, config_read(text, &settings));
    check(settings == NULL);
    if (!config_contains(config_complaints(), words))
        check_text(words, config_complaints());
}

/* Reads text, which must be accepted without a word. */
static struct gh_settings *
accepted(struct gh_text text)
{
    struct gh_settings *settings = NULL;

    check_status(GH_OK, config_read(text, &settings));
    check_text(GH_TEXT(""), config_complaints());
    return settings;
}

static void
defaults_are_filled_in(void)
{
    struct gh_settings *settings = accepted(GH_TEXT(ENTRY APPLICATION));

    if (settings == NULL)
        return;
    check_number(0, settings->gateway.workers);
    check_text(GH_TEXT("/auth"), settings->gateway.base_path);
    check_text(GH_TEXT("__Host-id"), settings->gateway.cookie_name);
    check_number(GH_LOG_INFO, settings->gateway.log_level);
    check_number(1, settings->gateway.access_log);
    check_number(0660, settings->entries[0].mode);
    check_number((gid_t)-1, settings->entries[0].gid);
    check_number(0, settings->entries[0].n_peers);
    check_number(4096, settings->limits.connections);
    check_number(65536, settings->limits.params);
    check_number(1024 * 1024 * 1024, settings->limits.body);
    check_number(3000, settings->timeouts.connect);
    check_number(75000, settings->timeouts.idle);
    check_number(256, settings->applications[0].connections);
    check_number(GH_TRAIT_REFUSE, settings->applications[0].semicolon);
    check_number(0, settings->applications[0].pass_authorization);
    gh_settings_release(settings);
}

static void
what_the_file_says_is_kept(void)
{
    struct gh_settings *settings = accepted(
        GH_TEXT(ENTRY "mode = 0600\n" APPLICATION
                      "[gateway]\nworkers = 3\nlog_level = debug\n"
                      "access_log = off\nhsts = off\n"
                      "[limits]\nbody = 10M\n[timeouts]\nsilence = 2h\n"
                      "[application two]\nhost = localhost\npath = /two\n"
                      "backend = http://unix:@/two.sock\naccess = account\n"
                      "semicolon = keep\nauthorization = pass\n"));

    if (settings == NULL)
        return;
    check_number(3, settings->gateway.workers);
    check_number(0, settings->gateway.access_log);
    check_number(0600, settings->entries[0].mode);
    check_number(10 * 1024 * 1024, settings->limits.body);
    check_number(7200000, settings->timeouts.silence);
    check_number(2, settings->n_applications);
    check_text(GH_TEXT("two"), settings->applications[1].name);
    check_number(GH_TRAIT_KEEP, settings->applications[1].semicolon);
    check_number(1, settings->applications[1].pass_authorization);
    check_number(GH_ACCESS_ACCOUNT, settings->applications[1].access);
    check_text(settings->applications[1].path,
               gh_rules_application(settings->mounts->rules, 1)->path);
    gh_settings_release(settings);
}

static void
section_may_be_continued_further_down(void)
{
    struct gh_settings *settings =
        accepted(GH_TEXT(ENTRY APPLICATION "[entry public]\nmode = 0600\n"
                                           "[application one]\nkeep = 7\n"));

    if (settings == NULL)
        return;
    check_number(1, settings->n_entries);
    check_number(1, settings->n_applications);
    check_number(7, settings->applications[0].keep);
    gh_settings_release(settings);
}

static void
unknown_keys_and_sections_are_refused_with_a_hint(void)
{
    check_refused(GH_TEXT("[limits]\nparms = 64K\n" ENTRY),
                  GH_TEXT("gatehouse.conf:2: unknown key \"parms\"\n"
                          "hint: did you mean \"params\"?\n"));
    check_refused(GH_TEXT(ENTRY "[limit]\nbody = 1G\n"),
                  GH_TEXT("gatehouse.conf:5: unknown section \"limit\"\n"
                          "hint: did you mean \"limits\"?\n"));
    check_refused(GH_TEXT(ENTRY "[limits]\nbody_size = 1G\nkind = public\n"),
                  GH_TEXT("gatehouse.conf:6: unknown key \"kind\"\n"));
}

static void
section_names_must_fit(void)
{
    check_refused(GH_TEXT("[entry]\nmode = 0600\n"),
                  GH_TEXT("bad section name \"entry\""));
    check_refused(GH_TEXT("[limits x]\nbody = 1\n"),
                  GH_TEXT("bad section name \"limits x\""));
    check_refused(GH_TEXT("[entry Public]\nmode = 0600\n"),
                  GH_TEXT("bad section name \"entry Public\""));
    check_refused(GH_TEXT("[entry -x]\nmode = 0600\n"),
                  GH_TEXT("bad section name"));
    check_refused(GH_TEXT("[entry a b]\nmode = 0600\n"),
                  GH_TEXT("bad section name"));
}

static void
key_given_twice_is_refused(void)
{
    check_refused(GH_TEXT(ENTRY "mode = 0600\nmode = 0600\n"),
                  GH_TEXT("gatehouse.conf:5: key given twice: \"mode\""));
    check_refused(GH_TEXT(ENTRY APPLICATION "keep = 1\n[application one]\n"
                                            "keep = 2\n"),
                  GH_TEXT("gatehouse.conf:10: key given twice: \"keep\""));
}

static void
keys_that_must_be_given_are_missed(void)
{
    check_refused(GH_TEXT("[entry public]\nmode = 0600\n"),
                  GH_TEXT("socket is missing"));
    check_refused(GH_TEXT("[entry public]\nmode = 0600\n"),
                  GH_TEXT("origins is missing"));
    check_refused(GH_TEXT(ENTRY "[application one]\nkeep = 1\n"),
                  GH_TEXT("access is missing"));
    check_refused(GH_TEXT(ENTRY "[application one]\nkeep = 1\n"),
                  GH_TEXT("backend is missing"));
    check_refused(GH_TEXT(ENTRY "[application one]\nkeep = 1\n"),
                  GH_TEXT("path is missing"));
    check_refused(GH_TEXT("[limits]\nbody = 1G\n"),
                  GH_TEXT("there is no [entry NAME]"));
}

static void
all_mistakes_are_named_in_one_run(void)
{
    const struct gh_text text =
        GH_TEXT("[gateway]\nlog_level = loud\nbase_path = auth\n"
                "[timeouts]\nbody = 60\n"
                "[entry public]\nsocket = 127.0.0.1:9000\n"
                "origins = http://localhost\n"
                "[application one]\npath = one\naccess = public\n"
                "backend = ftp://x\nextra = 1\n");
    static const struct gh_text words[] = {
        GH_TEXT_INIT("gatehouse.conf:2: log_level = loud is not one of: "),
        GH_TEXT_INIT("gatehouse.conf:5: body = 60 is not a duration"),
        GH_TEXT_INIT("gatehouse.conf:13: unknown key \"extra\""),
        GH_TEXT_INIT("base_path must be"),
        GH_TEXT_INIT("socket must be an absolute path"),
        GH_TEXT_INIT("origin \"http://localhost\" is not of the form"),
        GH_TEXT_INIT("path must be a canonical path"),
        GH_TEXT_INIT("backend must be http://host:port"),
    };

    for (size_t i = 0; i < GH_COUNT(words); i++)
        check_refused(text, words[i]);
}

static void
every_complaint_names_a_file_and_a_line(void)
{
    struct gh_settings *settings = NULL;
    struct gh_text rest;
    struct gh_text line;

    check_status(GH_MALFORMED,
                 config_read(GH_TEXT(ENTRY "[application one]\npath = /x/\n"
                                           "backend = http://127.0.0.1:9\n"
                                           "typo = 1\n"),
                             &settings));
    rest = config_complaints();
    while (gh_text_cut(&rest, '\n', &line) && line.len > 0)
        check(gh_text_starts(line, GH_TEXT("gatehouse.conf:")) ||
              gh_text_starts(line, GH_TEXT("hint: ")));
}

static void
values_out_of_bounds_name_the_bounds(void)
{
    check_refused(GH_TEXT(ENTRY "[limits]\nfields = 1001\n"),
                  GH_TEXT("gatehouse.conf:5: fields = 1001 must be from 1 to "
                          "1000"));
    check_refused(GH_TEXT(ENTRY "[timeouts]\nbody = 1ms\n"),
                  GH_TEXT("must be from 10ms to 1h"));
    check_refused(GH_TEXT(ENTRY "mode = 0777\n"), GH_TEXT("mode = 0777 must"));
}

static void
files_of_conf_d_are_read_in_their_order(void)
{
    const struct config_file files[] = {
        {"conf.d/20-two.conf",
         GH_TEXT_INIT("[application two]\npath = /two/\naccess = public\n"
                      "backend = http://unix:@/two.sock\n")},
        {"conf.d/10-one.conf", GH_TEXT_INIT(APPLICATION)},
    };
    struct gh_settings *settings = NULL;

    check_status(GH_OK, config_read_with(GH_TEXT(ENTRY), files, 2, &settings));
    if (settings == NULL)
        return;
    check_number(2, settings->n_applications);
    check_text(GH_TEXT("one"), settings->applications[0].name);
    check_text(GH_TEXT("two"), settings->applications[1].name);
    gh_settings_release(settings);
}

static void
mistakes_in_conf_d_are_named_by_their_file(void)
{
    const struct config_file files[] = {
        {"conf.d/10-one.conf", GH_TEXT_INIT(APPLICATION "\n[entry public]\n"
                                                        "socket = @/t\n")},
    };
    struct gh_settings *settings = NULL;

    check_status(GH_MALFORMED,
                 config_read_with(GH_TEXT(ENTRY), files, 1, &settings));
    check(config_contains(
        config_complaints(),
        GH_TEXT("conf.d/10-one.conf:7: key given twice: \"socket\"")));
}

static void
file_that_is_not_there_is_refused(void)
{
    struct gh_settings *settings = NULL;
    char said[512] = {0};
    FILE *errors = fmemopen(said, sizeof(said), "w");

    if (!check(errors != NULL))
        return;
    check_status(GH_MALFORMED,
                 gh_settings_read("/nonexistent/g.conf", errors, &settings));
    fclose(errors);
    check(gh_text_starts(gh_text_of_z(said),
                         GH_TEXT("/nonexistent/g.conf: cannot be read: ")));
}

static void
more_entries_than_there_is_room_for_are_refused(void)
{
    char text[2048];
    struct gh_buf buf = gh_buf_over(text, sizeof(text));

    for (uint64_t i = 0; i <= GH_MAX_ENTRIES; i++) {
        gh_buf_lit(&buf, "[entry e");
        gh_buf_number(&buf, i);
        gh_buf_lit(&buf, "]\nsocket = @/s");
        gh_buf_number(&buf, i);
        gh_buf_lit(&buf, "\norigins = https://localhost\n");
    }
    check_refused(gh_buf_text(&buf),
                  GH_TEXT("one section too many: \"entry e8\""));
}

static void
settings_live_until_their_last_holder_lets_go(void)
{
    struct gh_settings *settings = accepted(GH_TEXT(ENTRY));

    if (settings == NULL)
        return;
    gh_settings_hold(settings);
    gh_settings_release(settings);
    check_number(1, settings->n_entries);
    gh_settings_release(settings);
    gh_settings_release(NULL);
}

const struct check_case settings_cases[] = {
    CHECK_CASE(defaults_are_filled_in),
    CHECK_CASE(what_the_file_says_is_kept),
    CHECK_CASE(section_may_be_continued_further_down),
    CHECK_CASE(unknown_keys_and_sections_are_refused_with_a_hint),
    CHECK_CASE(section_names_must_fit),
    CHECK_CASE(key_given_twice_is_refused),
    CHECK_CASE(keys_that_must_be_given_are_missed),
    CHECK_CASE(all_mistakes_are_named_in_one_run),
    CHECK_CASE(every_complaint_names_a_file_and_a_line),
    CHECK_CASE(values_out_of_bounds_name_the_bounds),
    CHECK_CASE(files_of_conf_d_are_read_in_their_order),
    CHECK_CASE(mistakes_in_conf_d_are_named_by_their_file),
    CHECK_CASE(file_that_is_not_there_is_refused),
    CHECK_CASE(more_entries_than_there_is_room_for_are_refused),
    CHECK_CASE(settings_live_until_their_last_holder_lets_go),
    {0},
};
