/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes under test: started with their standard error in a file, watched
 * through waitpid and /proc, ended with a bound. Also the clock and the
 * bounded wait that every wire test uses instead of a sleep.
 */
#ifndef GH_TESTS_WIRE_PROCESS_H
#define GH_TESTS_WIRE_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/* One child; the zero value is none. */
struct process {
    pid_t pid;    /* 0 when none was started */
    int status;   /* as waitpid gave it, once is_over */
    bool is_over; /* it has ended and was waited for */
};

/* Milliseconds of a clock that only goes forward. */
long long now_ms(void);

/* Asks holds(what) every two milliseconds until it is true; false after ms. */
bool wait_until(bool (*holds)(void *what), void *what, int ms);

/* Starts argv[0] with standard error in log_z. A pass_fd >= 0 becomes its
 * descriptor 3. False when it cannot be started. */
bool process_start(struct process *process, char *const argv[],
                   const char *log_z, int pass_fd);

/* True while it runs; notices its end. */
bool process_is_alive(struct process *process);

/* True when it ends within ms. */
bool process_ends(struct process *process, int ms);

/* Ends it with SIGKILL when it still runs, and waits. */
void process_kill(struct process *process);

/* A figure of /proc/pid/status in KiB: "VmRSS", "VmSize"; -1 without one. */
long process_kib(const struct process *process, const char *name_z);

/* Open descriptors; -1 when they cannot be counted. */
int process_descriptors(const struct process *process);

#endif
