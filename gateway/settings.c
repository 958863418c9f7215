/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the configuration: the file and conf.d beside it, section by
 * section into the structs of settings.h. Owns the struct gh_settings it
 * makes. Refuses unknown sections and keys, keys given twice and keys that
 * are missing; all mistakes are reported in one run. Called by main, at start
 * and at reload.
 */
#include "settings.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "settings_int.h"

#include "base/banned.h"

enum {
    SETTINGS_MAX = 16 * 1024 * 1024, /* bytes of one configuration */
    N_KEYS = 64, /* room for one section's rows in a bit set */
};

/* A configuration being read. */
struct reading {
    struct gh_settings *settings;    /* being filled */
    struct gh_complaints complaints; /* about what is wrong */
    uint64_t seen[GH_N_SECTIONS];    /* rows given, for plain sections */
    uint64_t seen_entry[GH_MAX_ENTRIES];
    uint64_t *seen_application; /* the same for each application */
};

/* Which section a line is in, and the struct it fills. */
struct place {
    enum gh_section section; /* kind of section */
    void *base;              /* its struct */
    uint64_t *seen;          /* its rows given so far */
};

static void
complain(struct reading *reading, const struct gh_conf_line *line,
         const char *what_z, struct gh_text word)
{
    fprintf(reading->complaints.out, "%s:%u: %s \"%.*s\"\n", line->file,
            line->line, what_z, GH_TEXT_ARG(gh_text_first(word, 80)));
    reading->complaints.n++;
}

/* "hint: did you mean X?" when some known name is near. */
static void
hint(struct reading *reading, struct gh_text word, const char *const *names,
     size_t n)
{
    const char *nearest = gh_conf_nearest(word, names, n);

    if (nearest != NULL)
        fprintf(reading->complaints.out, "hint: did you mean \"%s\"?\n",
                nearest);
}

/* True for names of entries and applications: what the log shows. */
static bool
is_name(struct gh_text name)
{
    if (name.len == 0 || name.len > 64 || name.at[0] == '-')
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.at[i];

        if (!gh_class_has((unsigned char)c, GH_CLASS_BASE64URL) ||
            gh_class_has((unsigned char)c, GH_CLASS_UPPER))
            return false;
    }
    return true;
}

/* "file:line" of a line, kept with the settings. */
static enum gh_status
keep_where(struct gh_settings *settings, const struct gh_conf_line *line,
           struct gh_text *out)
{
    char text[512];
    int len = snprintf(text, sizeof(text), "%s:%u", line->file, line->line);
    struct gh_text where = {.at = text, .len = (size_t)len};

    return gh_arena_copy(&settings->arena,
                         gh_text_first(where, sizeof(text) - 1), out);
}

/* The entry of that name, made when it is new; NULL when there are too many
 * or memory is short. */
static struct gh_settings_entry *
entry_named(struct gh_settings *settings, const struct gh_conf_line *line,
            struct gh_text name)
{
    struct gh_settings_entry *entry;

    for (size_t i = 0; i < settings->n_entries; i++) {
        if (gh_text_equal(settings->entries[i].name, name))
            return &settings->entries[i];
    }
    if (settings->n_entries == GH_MAX_ENTRIES)
        return NULL;
    entry = &settings->entries[settings->n_entries];
    if (gh_arena_copy(&settings->arena, name, &entry->name) != GH_OK ||
        keep_where(settings, line, &entry->where) != GH_OK)
        return NULL;
    settings->n_entries++;
    return entry;
}

/* The same for an application. */
static struct gh_settings_application *
application_named(struct gh_settings *settings, const struct gh_conf_line *line,
                  struct gh_text name)
{
    struct gh_settings_application *one;

    for (size_t i = 0; i < settings->n_applications; i++) {
        if (gh_text_equal(settings->applications[i].name, name))
            return &settings->applications[i];
    }
    if (settings->n_applications == GH_MAX_APPLICATIONS)
        return NULL;
    one = &settings->applications[settings->n_applications];
    if (gh_arena_copy(&settings->arena, name, &one->name) != GH_OK ||
        keep_where(settings, line, &one->where) != GH_OK)
        return NULL;
    settings->n_applications++;
    return one;
}

/* Finds the struct for a named section. */
static bool
find_named(struct reading *reading, const struct gh_conf_line *line,
           struct gh_text name, struct place *out)
{
    struct gh_settings *settings = reading->settings;
    struct gh_settings_application *one;
    struct gh_settings_entry *entry;

    if (out->section == GH_SECTION_ENTRY) {
        entry = entry_named(settings, line, name);
        if (entry == NULL)
            return false;
        out->base = entry;
        out->seen = &reading->seen_entry[entry - settings->entries];
        return true;
    }
    one = application_named(settings, line, name);
    if (one == NULL)
        return false;
    out->base = one;
    out->seen = &reading->seen_application[one - settings->applications];
    return true;
}

/* The struct of a plain section. */
static struct place
plain_place(struct reading *reading, enum gh_section section)
{
    struct gh_settings *settings = reading->settings;
    void *const bases[GH_N_SECTIONS] = {
        [GH_SECTION_GATEWAY] = &settings->gateway,
        [GH_SECTION_LIMITS] = &settings->limits,
        [GH_SECTION_TIMEOUTS] = &settings->timeouts,
        [GH_SECTION_DATABASE] = &settings->database,
        [GH_SECTION_KEYS] = &settings->keys,
        [GH_SECTION_PASSWORD] = &settings->password,
        [GH_SECTION_SESSION] = &settings->session,
        [GH_SECTION_PLACE] = &settings->place,
    };

    gh_assert(bases[section] != NULL);
    return (struct place){.section = section,
                          .base = bases[section],
                          .seen = &reading->seen[section]};
}

/* Complains about a section that does not exist. */
static bool
refuse_section(struct reading *reading, const struct gh_conf_line *line,
               struct gh_text kind)
{
    const char *names[GH_N_SECTIONS];

    for (size_t i = 0; i < GH_N_SECTIONS; i++)
        names[i] = gh_section_table[i].name_z;
    complain(reading, line, "unknown section", line->section);
    hint(reading, kind, names, GH_N_SECTIONS);
    return false;
}

/* Finds where a line belongs; complains and returns false when nowhere. */
static bool
find_place(struct reading *reading, const struct gh_conf_line *line,
           struct place *out)
{
    size_t space = gh_text_find(line->section, ' ');
    struct gh_text kind = gh_text_first(line->section, space);
    struct gh_text name = gh_text_trim(gh_text_from(line->section, space));

    for (size_t i = 0; i < GH_N_SECTIONS; i++) {
        const struct gh_section_text *section = &gh_section_table[i];

        if (!gh_text_equal(kind, gh_text_of_z(section->name_z)))
            continue;
        if (section->sample_z == NULL && name.len == 0) {
            *out = plain_place(reading, (enum gh_section)i);
            return true;
        }
        *out = (struct place){.section = (enum gh_section)i};
        if (section->sample_z == NULL || !is_name(name)) {
            complain(reading, line, "bad section name", line->section);
            return false;
        }
        if (find_named(reading, line, name, out))
            return true;
        complain(reading, line, "one section too many:", line->section);
        return false;
    }
    return refuse_section(reading, line, kind);
}

/* The table's row for a key of a section, or its number of rows. */
static size_t
find_row(enum gh_section section, struct gh_text key)
{
    size_t i;

    for (i = 0; i < gh_n_settings; i++) {
        const struct gh_setting *setting = &gh_setting_table[i];

        if (setting->section == section &&
            gh_text_equal(key, gh_text_of_z(setting->key_z)))
            break;
    }
    return i;
}

/* The bit of a row in the set of its section's, which stand together. */
static uint64_t
bit_of(size_t row)
{
    size_t first = row;

    while (first > 0 &&
           gh_setting_table[first - 1].section == gh_setting_table[row].section)
        first--;
    gh_assert(row - first < N_KEYS);
    return UINT64_C(1) << (row - first);
}

/* Complains about a key that does not exist. */
static bool
refuse_key(struct reading *reading, const struct gh_conf_line *line,
           enum gh_section section)
{
    const char *names[N_KEYS];
    size_t n = 0;

    for (size_t i = 0; i < gh_n_settings; i++) {
        if (gh_setting_table[i].section == section)
            names[n++] = gh_setting_table[i].key_z;
    }
    complain(reading, line, "unknown key", line->key);
    hint(reading, line->key, names, n);
    return false;
}

/* Takes one "key = value" line. */
static bool
take_line(void *ctx, const struct gh_conf_line *line)
{
    struct reading *reading = ctx;
    struct place place;
    char words[400];
    struct gh_buf why = gh_buf_over(words, sizeof(words));
    size_t row;

    if (!find_place(reading, line, &place))
        return false;
    row = find_row(place.section, line->key);
    if (row == gh_n_settings)
        return refuse_key(reading, line, place.section);
    if (*place.seen & bit_of(row)) {
        complain(reading, line, "key given twice:", line->key);
        return false;
    }
    *place.seen |= bit_of(row);
    if (gh_setting_parse(&gh_setting_table[row], &reading->settings->arena,
                         line->value, place.base, &why) == GH_OK)
        return true;
    fprintf(reading->complaints.out, "%s:%u: %.*s = %.*s %.*s\n", line->file,
            line->line, GH_TEXT_ARG(line->key),
            GH_TEXT_ARG(gh_text_first(line->value, 80)),
            GH_TEXT_ARG(gh_buf_text(&why)));
    reading->complaints.n++;
    return false;
}

static void
take_error(void *ctx, const char *file, unsigned line, const char *text)
{
    struct reading *reading = ctx;

    fprintf(reading->complaints.out, "%s:%u: %s\n", file, line, text);
    reading->complaints.n++;
}

/* Gives the keys of one section that were not given their defaults; complains
 * about those that have none. */
static void
fill_section(struct reading *reading, const struct place *place,
             struct gh_text where)
{
    for (size_t i = 0; i < gh_n_settings; i++) {
        const struct gh_setting *setting = &gh_setting_table[i];
        struct gh_buf why = {0};

        if (setting->section != place->section ||
            (*place->seen & bit_of(i)) != 0)
            continue;
        if (setting->default_z == NULL) {
            fprintf(reading->complaints.out, "%.*s: %s is missing\n",
                    GH_TEXT_ARG(where), setting->key_z);
            reading->complaints.n++;
            continue;
        }
        if (gh_setting_parse(setting, &reading->settings->arena,
                             gh_text_of_z(setting->default_z), place->base,
                             &why) != GH_OK)
            reading->complaints.n++;
    }
}

static void
fill_defaults(struct reading *reading)
{
    struct gh_settings *settings = reading->settings;
    struct place place;

    for (size_t i = 0; i < GH_N_SECTIONS; i++) {
        if (gh_section_table[i].sample_z != NULL)
            continue;
        place = plain_place(reading, (enum gh_section)i);
        fill_section(reading, &place, gh_text_of_z(reading->complaints.file_z));
    }
    for (size_t i = 0; i < settings->n_entries; i++) {
        place = (struct place){.section = GH_SECTION_ENTRY,
                               .base = &settings->entries[i],
                               .seen = &reading->seen_entry[i]};
        fill_section(reading, &place, settings->entries[i].where);
    }
    for (size_t i = 0; i < settings->n_applications; i++) {
        place = (struct place){.section = GH_SECTION_APPLICATION,
                               .base = &settings->applications[i],
                               .seen = &reading->seen_application[i]};
        fill_section(reading, &place, settings->applications[i].where);
    }
}

/* Reads one file into the configuration; false when it cannot be opened. */
static bool
read_file(struct reading *reading, const char *file)
{
    const struct gh_conf_handler handler = {
        .on_line = take_line, .on_error = take_error, .ctx = reading};
    FILE *stream = fopen(file, "re");

    if (stream == NULL) {
        fprintf(reading->complaints.out, "%s: cannot be read: %s\n", file,
                strerror(errno));
        reading->complaints.n++;
        return false;
    }
    if (gh_conf_read(stream, file, &handler) != GH_OK &&
        reading->complaints.n == 0) {
        fprintf(reading->complaints.out, "%s: cannot be read\n", file);
        reading->complaints.n++;
    }
    fclose(stream);
    return true;
}

/* Reads conf.d/ *.conf beside file, in the order of their names. */
static void
read_directory(struct reading *reading, const char *file)
{
    const char *slash = strrchr(file, '/');
    int len = slash == NULL ? 0 : (int)(slash - file + 1);
    char pattern[4096];
    glob_t found;

    if (snprintf(pattern, sizeof(pattern), "%.*sconf.d/*.conf", len, file) >=
        (int)sizeof(pattern))
        return;
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++)
            (void)read_file(reading, found.gl_pathv[i]);
    }
    globfree(&found);
}

/* Empty settings with room for everything; NULL without memory. */
static struct gh_settings *
new_settings(struct reading *reading)
{
    struct gh_settings *settings = calloc(1, sizeof(*settings));

    if (settings == NULL)
        return NULL;
    atomic_init(&settings->n_refs, 1);
    gh_arena_init(&settings->arena, SETTINGS_MAX);
    settings->applications = gh_arena_array(
        &settings->arena, GH_MAX_APPLICATIONS, sizeof(*settings->applications));
    reading->seen_application =
        gh_arena_array(&settings->arena, GH_MAX_APPLICATIONS,
                       sizeof(*reading->seen_application));
    if (settings->applications == NULL || reading->seen_application == NULL) {
        gh_settings_release(settings);
        return NULL;
    }
    return settings;
}

enum gh_status
gh_settings_read(const char *file, FILE *errors, struct gh_settings **out)
{
    struct reading reading = {.complaints = {.out = errors, .file_z = file}};
    enum gh_status status;

    reading.settings = new_settings(&reading);
    if (reading.settings == NULL)
        return GH_FAULT_MEMORY;

    /* Whatever else is wrong follows from that. */
    if (!read_file(&reading, file)) {
        gh_settings_release(reading.settings);
        return GH_MALFORMED;
    }
    read_directory(&reading, file);
    fill_defaults(&reading);
    status = gh_settings_check(reading.settings, &reading.complaints);
    if (status != GH_OK) {
        gh_settings_release(reading.settings);
        return status;
    }
    *out = reading.settings;
    return GH_OK;
}

void
gh_settings_hold(struct gh_settings *settings)
{
    atomic_fetch_add_explicit(&settings->n_refs, 1, memory_order_relaxed);
}

void
gh_settings_release(struct gh_settings *settings)
{
    if (settings == NULL || atomic_fetch_sub_explicit(&settings->n_refs, 1,
                                                      memory_order_acq_rel) > 1)
        return;
    gh_keys_free(settings->ring);
    gh_mounts_release(settings->mounts);
    gh_arena_done(&settings->arena);
    free(settings);
}
