/* SPDX-License-Identifier: Apache-2.0
 *
 * Many connections at once, each test with a gateway of its own: half-sent
 * ones cost nothing, the limit holds, and at the limit an idle connection
 * gives way while busy ones make new ones wait.
 */
#include <stdio.h>
#include <string.h>

#include "rig.h"

#include "base/banned.h"

/* Half a request on each of n connections. */
static void
open_half(const struct rig *own, struct peer *peers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        peers[i] = peer_open(own->socket);
        check(peer_send(&peers[i], GH_TEXT("\x01\x01\x00\x01\x00\x08\x00")));
    }
}

static void
close_all(struct peer *peers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        peer_close(&peers[i]);
}

static void
five_hundred_half_sent_connections_delay_nobody(void)
{
    enum {
        N = 500
    };
    struct rig *own = rig_new(&(struct rig_plan){.params_z = "30s"});
    struct peer peers[N];
    long before;
    long long since;

    if (!check(own != NULL))
        return;
    check(rig_serves(own));
    before = process_kib(&own->gateway, "VmRSS");
    open_half(own, peers, N);
    since = now_ms();
    for (int i = 0; i < 10; i++)
        check(rig_serves(own));
    check(now_ms() - since < 1000);
    check(process_descriptors(&own->gateway) >= N);
    check(process_kib(&own->gateway, "VmRSS") - before <
          rig_growth_kib(N * 16));
    close_all(peers, N);
    check(rig_serves(own));
    check(rig_free(own));
}

/* Requests and kept connections of a test. */
enum {
    LIMIT = 16
};

static const struct rig_plan narrow = {
    .limits_z = "connections = 16", .params_z = "30s", .idle_z = "30s"};

static void
busy_connections_at_the_limit_make_new_ones_wait(void)
{
    struct rig *own = rig_new(&narrow);
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};
    GH_CLEAN(peer_close) struct peer late = {.fd = -1};
    struct peer peers[LIMIT];

    if (!check(own != NULL))
        return;
    check(rig_serves(own));
    open_half(own, peers, LIMIT);
    late = peer_open(own->socket);
    ask_get(&request, 1, false, "/app/");
    check(peer_send(&late, bytes_text(&request)));
    check(!peer_answer(&late, 1, &answer, 300));
    check(process_is_alive(&own->gateway));
    peer_close(&peers[0]);
    check(peer_answer(&late, 1, &answer, RIG_SLACK_MS));
    check_number(200, answer_status(&answer));
    close_all(peers, LIMIT);
    check(rig_serves(own));
    check(rig_free(own));
}

static void
idle_connections_at_the_limit_give_way(void)
{
    struct rig *own = rig_new(&narrow);
    GH_CLEAN(bytes_done) struct bytes request = {.len = 0};
    struct peer peers[LIMIT];

    if (!check(own != NULL))
        return;
    ask_get(&request, 1, true, "/app/");
    for (size_t i = 0; i < LIMIT; i++) {
        GH_CLEAN(answer_done) struct answer answer = {.n_ends = 0};

        peers[i] = peer_open(own->socket);
        check(peer_send(&peers[i], bytes_text(&request)));
        check(peer_answer(&peers[i], 1, &answer, RIG_SLACK_MS));
    }
    for (int i = 0; i < 4; i++)
        check(rig_serves(own));
    check(process_descriptors(&own->gateway) < LIMIT + 40);
    close_all(peers, LIMIT);
    check(rig_serves(own));
    check(rig_free(own));
}

static void
many_more_connections_than_the_limit_are_survived(void)
{
    enum {
        N = 50
    }; /* within the listener's backlog */
    struct rig *own = rig_new(&narrow);
    struct peer peers[N];

    if (!check(own != NULL))
        return;
    open_half(own, peers, N);
    check(process_descriptors(&own->gateway) < LIMIT + 40);
    close_all(peers, N);
    check(rig_serves(own));
    check(rig_free(own));
}

const struct check_case limit_cases[] = {
    CHECK_CASE(five_hundred_half_sent_connections_delay_nobody),
    CHECK_CASE(busy_connections_at_the_limit_make_new_ones_wait),
    CHECK_CASE(idle_connections_at_the_limit_give_way),
    CHECK_CASE(many_more_connections_than_the_limit_are_survived),
    {NULL, NULL},
};
