/* SPDX-License-Identifier: Apache-2.0
 *
 * Configurations for tests: the folder and its files. Owns one folder under
 * TMPDIR during a call and the static text of the complaints. Called by the
 * tests of the settings and by play.c.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "check.h"

#include "base/banned.h"

/* The complaints of the last read. */
static char said[64 * 1024];
static struct gh_text said_text;

bool
config_contains(struct gh_text text, struct gh_text part)
{
    for (size_t i = 0; i + part.len <= text.len; i++) {
        if (gh_text_starts(gh_text_from(text, i), part))
            return true;
    }
    return false;
}

struct gh_text
config_complaints(void)
{
    return said_text;
}

/* Removes every "FOLDER/" from the complaints. */
static void
shorten(size_t len, const char *folder)
{
    struct gh_text rest = {said, len};
    struct gh_text name = gh_text_of_z(folder);
    size_t n = 0;

    while (rest.len > 0) {
        if (gh_text_starts(rest, name)) {
            rest = gh_text_from(rest, name.len + 1);
            continue;
        }
        said[n++] = rest.at[0];
        rest = gh_text_from(rest, 1);
    }
    said_text = (struct gh_text){said, n};
}

/* Writes bytes to folder/name; "@" becomes the folder when it is a
 * configuration. */
static void
write_file(const char *folder, const char *name_z, struct gh_text bytes)
{
    bool is_config = gh_text_ends(gh_text_of_z(name_z), GH_TEXT(".conf"));
    char path[300];
    FILE *stream;

    snprintf(path, sizeof(path), "%s/%s", folder, name_z);
    stream = fopen(path, "we");
    if (!check(stream != NULL))
        return;
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.at[i] == '@' && is_config)
            fputs(folder, stream);
        else
            fputc(bytes.at[i], stream);
    }
    check(fclose(stream) == 0);
}

static void
each_subfolder(const char *folder, int (*change)(const char *path))
{
    static const char *const names[] = {"conf.d", "pages"};
    char path[300];

    for (size_t i = 0; i < GH_COUNT(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        (void)change(path);
    }
}

static int
make_folder(const char *path)
{
    return mkdir(path, 0700);
}

static void
remove_file(const char *folder, const char *name_z)
{
    char path[300];

    snprintf(path, sizeof(path), "%s/%s", folder, name_z);
    unlink(path);
}

enum gh_status
config_read_with(struct gh_text text, const struct config_file *files, size_t n,
                 struct gh_settings **out)
{
    const char *parent = getenv("TMPDIR");
    enum gh_status status;
    char folder[256];
    char path[300];
    FILE *errors = fmemopen(said, sizeof(said), "w");

    snprintf(folder, sizeof(folder), "%s/gatehouse-unit-XXXXXX",
             parent == NULL ? "/tmp" : parent);
    if (!check(errors != NULL) || !check(mkdtemp(folder) != NULL))
        return GH_FAULT_IO;
    each_subfolder(folder, make_folder);
    write_file(folder, "gatehouse.conf", text);
    for (size_t i = 0; i < n; i++)
        write_file(folder, files[i].name_z, files[i].text);

    gh_conf_setup();
    snprintf(path, sizeof(path), "%s/gatehouse.conf", folder);
    status = gh_settings_read(path, errors, out);
    fflush(errors);
    shorten((size_t)ftell(errors), folder);
    fclose(errors);

    remove_file(folder, "gatehouse.conf");
    for (size_t i = 0; i < n; i++)
        remove_file(folder, files[i].name_z);
    each_subfolder(folder, rmdir);
    rmdir(folder);
    return status;
}

enum gh_status
config_read(struct gh_text text, struct gh_settings **out)
{
    return config_read_with(text, NULL, 0, out);
}

struct gh_text
config_text(const char *timeouts_z, const char *settings_z)
{
    static char text[8192];
    int n = snprintf(text, sizeof(text),
                     "[gateway]\nlog_level = debug\n"
                     "[entry public]\nsocket = @/public.sock\n"
                     "origins = https://localhost:8443, https://[::1]\n"
                     "[timeouts]\n%s\n"
                     "[application account]\npath = /account/\n"
                     "backend = http://unix:@/none.sock\naccess = account\n"
                     "[application nobody]\npath = /nobody/\n"
                     "backend = http://unix:@/none.sock\naccess = nobody\n"
                     "[application public]\npath = /public/\n"
                     "backend = http://unix:@/app.sock\naccess = public\n%s\n",
                     timeouts_z == NULL ? "" : timeouts_z,
                     settings_z == NULL ? "" : settings_z);

    return (struct gh_text){text, (size_t)n};
}
