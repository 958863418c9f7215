/* SPDX-License-Identifier: Apache-2.0
 *
 * What all commands share: saying something, and the few settings that the
 * tool reads of the gateway's configuration. Owns nothing. Called by the
 * commands.
 */
#include "ctl/ctl.h"

#include <stdarg.h>
#include <string.h>

#include "settings.h"

#include "base/banned.h"

enum {
    DEFAULT_MEMORY_KIB = 64 * 1024, /* RFC 9106's second choice */
    DEFAULT_PASSES = 3,
};

static const char default_file[] = "/etc/gatehouse/gatehouse.conf";

void
ctl_tell(const struct ctl *ctl, const char *format, ...)
{
    va_list more;

    if (ctl->output != CTL_TABLE)
        return;
    va_start(more, format);
    vprintf(format, more);
    va_end(more);
    putchar('\n');
}

/* --- the command line ------------------------------------------------------
 */

const char *
ctl_value_z(const struct ctl *ctl, enum ctl_option option)
{
    return option_value_z(&ctl->line, option);
}

bool
ctl_has(const struct ctl *ctl, enum ctl_option option)
{
    return option_is_given(&ctl->line, option);
}

const char *
ctl_config_z(const struct ctl *ctl)
{
    const char *file_z = ctl_value_z(ctl, OPTION_CONFIG);

    return file_z != NULL ? file_z : default_file;
}

static int
take_output(struct ctl *ctl)
{
    static const char *const words[] = {
        [CTL_TABLE] = "table", [CTL_JSON] = "json", [CTL_CSV] = "csv"};
    const char *word_z = ctl_value_z(ctl, OPTION_OUTPUT);

    for (size_t i = 0; word_z != NULL && i < GH_COUNT(words); i++) {
        if (strcmp(words[i], word_z) != 0)
            continue;
        ctl->output = (enum ctl_output)i;
        return CTL_DONE;
    }
    if (word_z == NULL)
        return CTL_DONE;
    ctl_say("no such output: %s (there are: table, json, csv)", word_z);
    return CTL_USAGE;
}

int
ctl_begin(struct ctl *ctl)
{
    ctl->dsn_z = ctl_value_z(ctl, OPTION_DSN);
    ctl->keys_z = ctl_value_z(ctl, OPTION_KEYS);
    ctl->cost = (struct gh_password_cost){.memory_kib = DEFAULT_MEMORY_KIB,
                                          .passes = DEFAULT_PASSES};
    return take_output(ctl);
}

/* --- the configuration -----------------------------------------------------
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
    struct gh_settings *settings = NULL;

    if (ctl_has(ctl, OPTION_CONFIG) || !is_enough) {
        if (gh_settings_read(ctl_config_z(ctl), stderr, &settings) != GH_OK) {
            ctl_hint("another one is named with -c; --dsn and --keys need "
                     "none");
            return CTL_CONFIGURATION;
        }
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

static void
close_at(FILE **file)
{
    if (*file != NULL)
        fclose(*file);
}

struct gh_settings *
ctl_settings(const struct ctl *ctl)
{
    FILE *nowhere GH_CLEAN(close_at) = fopen("/dev/null", "we");
    struct gh_settings *settings = NULL;

    if (nowhere == NULL ||
        gh_settings_read(ctl_config_z(ctl), nowhere, &settings) != GH_OK)
        return NULL;
    return settings;
}
