/* SPDX-License-Identifier: Apache-2.0
 *
 * Stopping and reloading, each test with a gateway of its own: SIGTERM lets
 * running exchanges finish within the drain time and ends with status 0,
 * SIGHUP disturbs nobody, and a broken file keeps the old configuration.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rig.h"

#include "base/banned.h"

/* A slow exchange of the rig: the application has it and does not answer. */
static struct peer
begin_slow(struct rig *own)
{
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    struct peer peer = peer_open(own->socket);
    size_t n = app_requests(own->app);

    app_holds(own->app);
    ask_get(&request, 1, true, "/app/slow");
    check(peer_send(&peer, bytes_text(&request)));
    check(app_gets_requests(own->app, n + 1, RIG_SLACK_MS));
    return peer;
}

/* Nobody is listening any more. */
static bool
is_refusing(void *socket_z)
{
    struct peer peer = peer_open(socket_z);
    bool is_refused = peer.fd < 0;

    peer_close(&peer);
    return is_refused;
}

static void
sigterm_lets_a_slow_exchange_finish(void)
{
    struct rig *own = rig_new(NULL);
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};
    GH_CLEAN(peer_close) struct peer peer = {.fd = -1};

    if (!check(own != NULL))
        return;
    peer = begin_slow(own);
    kill(own->gateway.pid, SIGTERM);
    check(wait_until(is_refusing, own->socket, RIG_SLACK_MS));
    check(process_is_alive(&own->gateway));
    app_lets_go(own->app);
    check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
    check_text(GH_TEXT("hello"), answer_body(&answer));
    check(peer_sees_close(&peer, 1000));
    check(process_ends(&own->gateway, 1000));
    check_number(0, own->gateway.status);
    check(rig_free(own));
}

static void
sigterm_does_not_wait_for_idle_and_half_sent_peers(void)
{
    struct rig *own =
        rig_new(&(struct rig_plan){.params_z = "30s", .idle_z = "30s"});
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};
    GH_CLEAN(peer_close) struct peer idle = {.fd = -1};
    GH_CLEAN(peer_close) struct peer half = {.fd = -1};

    if (!check(own != NULL))
        return;
    idle = peer_open(own->socket);
    half = peer_open(own->socket);
    ask_get(&request, 1, true, "/app/");
    check(peer_send(&idle, bytes_text(&request)));
    check(peer_answer(&idle, 1, &answer, RIG_SLACK_MS));
    check(peer_send(&half, GH_TEXT("\x01\x01\x00\x01")));
    check(rig_serves(own));
    kill(own->gateway.pid, SIGTERM);
    check(process_ends(&own->gateway, RIG_DRAIN_MS + 1000));
    check_number(0, own->gateway.status);
    check(rig_free(own));
}

static void
sigterm_ends_what_outlasts_the_drain_time(void)
{
    struct rig *own = rig_new(NULL);
    GH_CLEAN(peer_close) struct peer peer = {.fd = -1};
    unsigned n_ends = 0;

    if (!check(own != NULL))
        return;
    peer = begin_slow(own);
    kill(own->gateway.pid, SIGTERM);
    check(process_ends(&own->gateway, RIG_DRAIN_MS + RIG_SLACK_MS));
    check_number(0, own->gateway.status);
    check(peer_drains(&peer, &n_ends, 1000));
    check(rig_free(own));
}

static void
two_sigterms_are_one(void)
{
    struct rig *own = rig_new(NULL);

    if (!check(own != NULL))
        return;
    kill(own->gateway.pid, SIGTERM);
    kill(own->gateway.pid, SIGTERM);
    check(process_ends(&own->gateway, RIG_SLACK_MS));
    check_number(0, own->gateway.status);
    check(rig_free(own));
}

static void
sighup_does_not_disturb_a_running_exchange(void)
{
    struct rig *own = rig_new(NULL);
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};
    GH_CLEAN(peer_close) struct peer peer = {.fd = -1};

    if (!check(own != NULL))
        return;
    peer = begin_slow(own);
    for (int i = 0; i < 20; i++) {
        kill(own->gateway.pid, SIGHUP);
        check_number(404, rig_get(own, "/nowhere"));
    }
    app_lets_go(own->app);
    check(peer_answer(&peer, 1, &answer, RIG_SLACK_MS));
    check_text(GH_TEXT("hello"), answer_body(&answer));
    app_reset(own->app);
    check(rig_serves(own));
    check(rig_free(own));
}

/* The style sheet is under the new base path, and only there. Every loop takes
 * the file in its own time, so it is asked often enough to meet them all. */
static bool
has_moved(void *own)
{
    for (int i = 0; i < 8; i++) {
        if (rig_get(own, "/moved/static/style.css") != 200 ||
            rig_get(own, "/auth/static/style.css") != 404)
            return false;
    }
    return true;
}

static void
sighup_takes_a_changed_file(void)
{
    struct rig *own = rig_new(NULL);

    if (!check(own != NULL))
        return;
    check_number(200, rig_get(own, "/auth/static/style.css"));
    rig_configure(own, "base_path = /moved");
    kill(own->gateway.pid, SIGHUP);
    check(wait_until(has_moved, own, RIG_SLACK_MS));
    check(rig_serves(own));
    check(rig_free(own));
}

static void
sighup_with_a_broken_file_keeps_the_old_configuration(void)
{
    struct rig *own = rig_new(NULL);

    if (!check(own != NULL))
        return;
    rig_configure(own, "base_path = /moved\nno_such_key = 1");
    for (int i = 0; i < 5; i++) {
        kill(own->gateway.pid, SIGHUP);
        check(rig_serves(own));
    }
    check_number(200, rig_get(own, "/auth/static/style.css"));
    check(!has_moved(own));
    rig_configure(own, "base_path = /moved");
    kill(own->gateway.pid, SIGHUP);
    check(wait_until(has_moved, own, RIG_SLACK_MS));
    check(rig_free(own));
}

static void
sighup_without_a_file_keeps_the_old_configuration(void)
{
    struct rig *own = rig_new(NULL);

    if (!check(own != NULL))
        return;
    check(unlink(own->config) == 0);
    kill(own->gateway.pid, SIGHUP);
    for (int i = 0; i < 5; i++)
        check(rig_serves(own));
    check(rig_free(own));
}

const struct check_case stop_cases[] = {
    CHECK_CASE(sigterm_lets_a_slow_exchange_finish),
    CHECK_CASE(sigterm_does_not_wait_for_idle_and_half_sent_peers),
    CHECK_CASE(sigterm_ends_what_outlasts_the_drain_time),
    CHECK_CASE(two_sigterms_are_one),
    CHECK_CASE(sighup_does_not_disturb_a_running_exchange),
    CHECK_CASE(sighup_takes_a_changed_file),
    CHECK_CASE(sighup_with_a_broken_file_keeps_the_old_configuration),
    CHECK_CASE(sighup_without_a_file_keeps_the_old_configuration),
    {NULL, NULL},
};
