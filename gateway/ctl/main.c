/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehousectl(1): the process. Owns the arena of its one call. Refuses
 * secrets on the command line: there is no option that takes one. Commands
 * are thin: each is one SQL function, so that a DBA can do the same in psql.
 */
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/conf.h"
#include "base/secret.h"
#include "ctl/command.h"
#include "version.h"

#include "base/banned.h"

enum {
    ARENA_CAP = 64 * 1024 * 1024,
};

/* What it holds in memory is worth a core file's trouble to nobody but a
 * thief. */
static void
keep_secrets(void)
{
    const struct rlimit none = {0, 0};

    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0);
}

static int
run(struct ctl *ctl, const struct ctl_command *command)
{
    int status;

    keep_secrets();
    gh_conf_setup();
    if (gh_secret_setup() != GH_OK) {
        ctl_say("the system gives no random bytes");
        return CTL_FAILED;
    }
    gh_arena_init(&ctl->arena, ARENA_CAP);
    status = command_run(ctl, command);
    gh_arena_done(&ctl->arena);
    /* A full disk or a closed pipe must not look like success. */
    if ((fflush(stdout) != 0 || ferror(stdout) != 0) && status == CTL_DONE) {
        ctl_say("the result cannot be written");
        status = CTL_FAILED;
    }
    return status;
}

int
main(int argc, char **argv)
{
    struct ctl ctl = {.connect_ms = 0};
    const struct ctl_command *command;

    if (option_read(argc, argv, &ctl.line) != CTL_DONE)
        return CTL_USAGE;
    if (ctl_has(&ctl, OPTION_VERSION)) {
        puts("gatehousectl " GH_VERSION);
        return CTL_DONE;
    }
    if (ctl_has(&ctl, OPTION_HELP)) {
        command_help(&ctl.line);
        return CTL_DONE;
    }
    if (ctl_begin(&ctl) != CTL_DONE)
        return CTL_USAGE;
    command = command_find(&ctl);
    return command != NULL ? run(&ctl, command) : CTL_USAGE;
}
