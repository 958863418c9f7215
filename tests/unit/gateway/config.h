/* SPDX-License-Identifier: Apache-2.0
 *
 * Configurations for tests: text becomes a file in a folder of its own, is
 * read as the program reads it, and the folder is removed again. Owns the
 * folder for the length of one call, and what was complained about until the
 * next one.
 */
#ifndef GH_TESTS_UNIT_GATEWAY_CONFIG_H
#define GH_TESTS_UNIT_GATEWAY_CONFIG_H

#include "settings.h"

/* One more file beside gatehouse.conf. */
struct config_file {
    const char *name_z;  /* "conf.d/10-app.conf", "pages/page.html" */
    struct gh_text text; /* its bytes */
};

/* Reads text as gatehouse.conf; a "@" in it stands for the folder. GH_OK:
 * *out is the caller's. */
enum gh_status config_read(struct gh_text text, struct gh_settings **out);

/* The same with n files beside it. */
enum gh_status config_read_with(struct gh_text text,
                                const struct config_file *files, size_t n,
                                struct gh_settings **out);

/* What the last read complained about, the folder's name left out; valid
 * until the next one. */
struct gh_text config_complaints(void);

/* The configuration of desks and plays: one entry and three applications, of
 * each access one; with lines for [timeouts], and lines for its end, which is
 * in [application public]. NULL: none. */
struct gh_text config_text(const char *timeouts_z, const char *settings_z);

/* True when text has part somewhere. */
bool config_contains(struct gh_text text, struct gh_text part);

#endif
