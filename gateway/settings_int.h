/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of settings, as the files of the settings module share it. Not
 * for anybody else.
 */
#ifndef GH_GATEWAY_SETTINGS_INT_H
#define GH_GATEWAY_SETTINGS_INT_H

#include "base/buf.h"
#include "settings.h"

/* Which struct a key's value lands in. */
enum gh_section {
    GH_SECTION_GATEWAY,
    GH_SECTION_ENTRY,
    GH_SECTION_LIMITS,
    GH_SECTION_TIMEOUTS,
    GH_SECTION_DATABASE,
    GH_SECTION_KEYS,
    GH_SECTION_PASSWORD,
    GH_SECTION_SESSION,
    GH_SECTION_PLACE,
    GH_SECTION_APPLICATION,
    GH_N_SECTIONS,
};

/* How a value is written. */
enum gh_setting_type {
    GH_TYPE_TEXT,     /* anything on one line */
    GH_TYPE_SECRET,   /* the same, never printed */
    GH_TYPE_NUMBER,   /* decimal */
    GH_TYPE_SIZE,     /* decimal with K, M or G */
    GH_TYPE_DURATION, /* decimal with ms, s, m or h; kept in milliseconds */
    GH_TYPE_MODE,     /* octal file mode */
    GH_TYPE_WORD,     /* one of `words`; kept as its place in the list */
};

/* One key. Static memory. */
struct gh_setting {
    enum gh_section section;   /* where it stands */
    const char *key_z;         /* its name */
    enum gh_setting_type type; /* how it is written */
    size_t offset;             /* of its value in the section's struct */
    const char *default_z;     /* as written; NULL: must be given */
    uint64_t min, max;         /* of numbers, in the unit kept */
    const char *words_z;       /* of GH_TYPE_WORD: "a b c" */
    const char *sample_z;      /* shown in the sample instead of the default */
    const char *text_z;        /* what it means, for people */
};

/* One section. Static memory. */
struct gh_section_text {
    const char *name_z;   /* "limits"; "entry" is written [entry NAME] */
    const char *sample_z; /* NAME in the sample; NULL: the section is plain */
    const char *text_z;   /* what it is for */
};

/* Every key there is, section by section. */
extern const struct gh_setting gh_setting_table[];

/* How many. */
extern const size_t gh_n_settings;

/* Every section there is, by enum gh_section. */
extern const struct gh_section_text gh_section_table[GH_N_SECTIONS];

/* Parses value as the setting says and stores it in base + offset; texts are
 * copied into arena. GH_MALFORMED with a sentence in why;
 * GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_setting_parse(const struct gh_setting *setting,
                                              struct gh_arena *arena,
                                              struct gh_text value, void *base,
                                              struct gh_buf *why);

/* Writes the value at base + offset as it would be written in the file. */
void gh_setting_print(const struct gh_setting *setting, const void *base,
                      FILE *out);

/* Writes the bounds of a number, a size or a duration: "from 1m to 1h". */
void gh_setting_bounds(const struct gh_setting *setting, struct gh_buf *out);

/* Where messages about the file go, and how many there were. */
struct gh_complaints {
    FILE *out;          /* for people */
    const char *file_z; /* the main file */
    unsigned n;         /* written so far */
};

/* One complaint: "file:line: sentence". */
void gh_settings_complain(struct gh_complaints *complaints,
                          struct gh_text where, const char *format_z, ...)
    GH_PRINTF(3, 4);

/* True for a path that is already in the one form that is decided on. */
bool gh_settings_is_canonical(struct gh_settings *settings,
                              struct gh_text path);

/* Checks the applications of a gateway without a database and makes a policy
 * of them; with a database there must be none. As gh_settings_check(). */
GH_MUST_CHECK enum gh_status
gh_settings_make_mounts(struct gh_settings *settings,
                        struct gh_complaints *complaints);

/* Fills in what follows from the values (origins, networks, addresses,
 * mounts) and checks them against each other. Complains about each mistake;
 * GH_MALFORMED when there was one; GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status
gh_settings_check(struct gh_settings *settings,
                  struct gh_complaints *complaints);

/* Loads the layout and the style sheet and checks them; as above. */
GH_MUST_CHECK enum gh_status
gh_settings_load_pages(struct gh_settings *settings,
                       struct gh_complaints *complaints);

#endif
