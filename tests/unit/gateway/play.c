/* SPDX-License-Identifier: Apache-2.0
 *
 * Plays: the web server's side of whole exchanges, and the stage around them.
 * Owns one static stage; takes no memory of its own while a play runs. Ends a
 * play that is stuck after GUARD_MS. Called by tests of the pipeline and by
 * the run that makes allocations fail.
 */
#include "play.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "body.h"
#include "check.h"
#include "config.h"
#include "estate.h"
#include "pipeline.h"

#include "base/banned.h"

enum {
    GUARD_MS = 20000,
    MAX_ASKS = 32,
    MAX_BYTES = 8 * 1024 * 1024,
    MAX_PARAMS = 256,
    PAUSE = 2, /* turns until a web server that was full takes more */
};

/* The web server's side of the exchange that is running. */
static struct {
    struct gh_front front;
    struct gh_task refill; /* takes more after a pause */
    int pause;
    size_t room;         /* bytes that are taken now */
    struct gh_task feed; /* sends more of the body */
    int feed_pause;
    struct gh_text left; /* of the body */
    struct gh_deadline abandon;
    struct gh_exchange *exchange;
    const struct play_ask *ask;
    struct play_answer *answer;
    struct gh_field params[MAX_PARAMS];
    char digits[24];
} web;

/* Everything else. */
static struct {
    const struct play *play;
    struct gh_gateway gateway;
    struct gh_worker worker;
    struct gh_deadline guard;
    struct gh_task next;
    size_t n_begun;
    bool is_stuck;
    struct play_answer answers[MAX_ASKS];
    char bytes[MAX_BYTES]; /* of all answers */
    size_t n_bytes;
} stage;

const struct play_answer *
play_answer(size_t i)
{
    return &stage.answers[i];
}

bool
play_has_line(const struct play_answer *answer, struct gh_text line)
{
    struct gh_text rest = answer->head;
    struct gh_text one;

    while (gh_text_cut(&rest, '\n', &one)) {
        if (gh_text_ends(one, GH_TEXT("\r")) &&
            gh_text_equal(gh_text_first(one, one.len - 1), line))
            return true;
    }
    return false;
}

/* --- the front ---------------------------------------------------------- */

static void
post_exchange(void)
{
    if (web.exchange != NULL)
        gh_loop_post(stage.worker.loop, &web.exchange->task);
}

static size_t
front_room(struct gh_front *front)
{
    (void)front;
    web.answer->n_asked++;
    if (web.room == 0 && !web.ask->takes_no_more &&
        !gh_link_is_in(&web.refill.link)) {
        web.pause = PAUSE;
        gh_loop_post(stage.worker.loop, &web.refill);
    }
    return web.room;
}

static void
refill(struct gh_task *task)
{
    if (web.pause-- > 0) {
        gh_loop_post(stage.worker.loop, task);
        return;
    }
    web.room = web.ask->room;
    post_exchange();
}

static enum gh_status
front_write(struct gh_front *front, struct gh_text bytes)
{
    struct play_answer *answer = web.answer;

    (void)front;
    check(bytes.len > 0 && bytes.len <= web.room);
    if (!check(stage.n_bytes + bytes.len <= MAX_BYTES))
        return GH_CLOSED;
    memcpy(stage.bytes + stage.n_bytes, bytes.at, bytes.len);
    stage.n_bytes += bytes.len;
    answer->bytes.len += bytes.len;
    if (web.ask->room > 0)
        web.room -= bytes.len;
    return web.ask->gone_after > 0 && answer->bytes.len >= web.ask->gone_after
               ? GH_CLOSED
               : GH_OK;
}

static enum gh_status
front_flush(struct gh_front *front)
{
    (void)front;
    web.answer->n_flushes++;
    return GH_OK;
}

static void
front_more(struct gh_front *front)
{
    (void)front;
    gh_loop_post(stage.worker.loop, &web.feed);
}

static const struct gh_front_ops front_ops = {
    .room = front_room,
    .write = front_write,
    .flush = front_flush,
    .more = front_more,
};

/* Takes the exchange down and goes on to the next. */
static void
leave(void)
{
    gh_link_leave(&web.refill.link);
    gh_link_leave(&web.feed.link);
    gh_deadline_clear(&web.abandon);
    gh_exchange_end(web.exchange);
    gh_exchange_free(web.exchange);
    web.exchange = NULL;
    gh_loop_post(stage.worker.loop, &stage.next);
}

/* What of the body comes next. */
static struct gh_text
next_part(const struct gh_body *body)
{
    size_t n = gh_body_room(body);

    if (web.ask->body_step > 0 && n > web.ask->body_step)
        n = web.ask->body_step;
    return gh_text_first(web.left, n);
}

/* Sends the next part of the body, or its end. */
static void
feed(struct gh_task *task)
{
    struct gh_body *body = &web.exchange->body;
    struct gh_text part = next_part(body);

    if (web.feed_pause-- > 0) {
        gh_loop_post(stage.worker.loop, task);
        return;
    }
    web.feed_pause = 0;
    if (gh_body_add(body, &web.exchange->arena, part) != GH_OK) {
        leave(); /* as the edge, which closes the connection */
        return;
    }
    web.left = gh_text_from(web.left, part.len);
    if (gh_body_waiting(body).len > web.answer->most_waiting)
        web.answer->most_waiting = gh_body_waiting(body).len;
    if (web.left.len == 0 && !web.ask->is_body_stuck) {
        body->is_ended = true;
        body->is_broken = web.ask->is_body_broken;
    } else if (web.left.len > 0 && gh_body_room(body) > 0) {
        web.feed_pause = PAUSE;
        gh_loop_post(stage.worker.loop, task);
    }
    post_exchange();
}

/* --- one exchange ------------------------------------------------------- */

static void
add_param(struct gh_fields *params, struct gh_text name, struct gh_text value)
{
    check_status(GH_OK, gh_fields_add(params, name, value));
}

static struct gh_text
text_or(const char *text_z, struct gh_text otherwise)
{
    return text_z == NULL ? otherwise : gh_text_of_z(text_z);
}

static void
fill_params(const struct play_ask *ask, struct gh_fields *params)
{
    struct gh_text rest = gh_text_of_z(ask->params_z);
    struct gh_buf digits = gh_buf_over(web.digits, sizeof(web.digits));
    struct gh_text line;

    *params = (struct gh_fields){.at = web.params, .cap = MAX_PARAMS};
    add_param(params, GH_TEXT("REQUEST_METHOD"),
              text_or(ask->method_z, GH_TEXT("GET")));
    add_param(params, GH_TEXT("REQUEST_URI"),
              text_or(ask->target_z, GH_TEXT("/public/x")));
    add_param(params, GH_TEXT("REMOTE_ADDR"), GH_TEXT("192.0.2.7"));
    add_param(params, GH_TEXT("HTTPS"), GH_TEXT("on"));
    add_param(params, GH_TEXT("HTTP_HOST"), GH_TEXT("localhost:8443"));
    gh_buf_number(&digits, ask->body.len);
    if (ask->has_length)
        add_param(params, GH_TEXT("CONTENT_LENGTH"), gh_buf_text(&digits));
    while (rest.len > 0 && gh_text_cut(&rest, '\n', &line)) {
        size_t at = gh_text_find(line, '=');

        add_param(params, gh_text_first(line, at), gh_text_from(line, at + 1));
    }
}

static void
split_answer(struct play_answer *answer)
{
    size_t i = 0;

    while (i < answer->bytes.len &&
           !gh_text_starts(gh_text_from(answer->bytes, i), GH_TEXT("\r\n\r\n")))
        i++;
    answer->head = gh_text_first(answer->bytes, i + 2);
    answer->body = gh_text_from(answer->bytes, i + 4);
}

static void
on_done(struct gh_exchange *exchange)
{
    struct play_answer *answer = web.answer;

    answer->is_done = true;
    answer->is_cut = exchange->receipt.is_cut;
    answer->status = exchange->receipt.status;
    answer->n_in = exchange->receipt.n_in;
    answer->n_out = exchange->receipt.n_out;
    answer->ms = gh_loop_now(stage.worker.loop) - exchange->began_ms;
    split_answer(answer);
    leave();
}

static void
abandon(struct gh_deadline *deadline)
{
    (void)deadline;
    leave();
}

/* Makes the exchange for one ask and starts it. */
static bool
enter(const struct play_ask *ask)
{
    struct gh_loop *loop = stage.worker.loop;

    web.ask = ask;
    web.answer = &stage.answers[stage.n_begun++];
    *web.answer = (struct play_answer){.bytes.at = stage.bytes + stage.n_bytes};
    web.left = ask->body;
    web.room = ask->room == 0 ? SIZE_MAX : ask->room;
    web.feed_pause = 0;
    if (ask->stops_app_before)
        app_stop_listening();
    web.exchange = gh_exchange_new(gh_pipeline_task);
    if (web.exchange == NULL)
        return false;
    gh_exchange_begin(web.exchange, &stage.worker,
                      &stage.worker.site->settings->entries[0]);
    web.exchange->front = &web.front;
    web.exchange->on_done = on_done;
    fill_params(ask, &web.exchange->input.params);
    gh_loop_post(loop, &web.feed);
    gh_loop_post(loop, &web.exchange->task);
    if (ask->is_abandoned)
        gh_deadline_set(loop, &web.abandon, 20);
    return true;
}

static void
next(struct gh_task *task)
{
    const struct play *play = stage.play;

    if (stage.n_begun == play->n_asks)
        gh_loop_stop(stage.worker.loop);
    else if (!enter(&play->asks[stage.n_begun]))
        gh_loop_post(stage.worker.loop, task);
}

static void
stuck(struct gh_deadline *deadline)
{
    (void)deadline;
    stage.is_stuck = true;
    gh_loop_stop(stage.worker.loop);
}

/* --- the stage ---------------------------------------------------------- */

static void
wake(void *ctx)
{
    (void)ctx;
}

static bool
set_up(const struct play *play)
{
    struct gh_settings *settings = NULL;
    struct gh_gateway *gateway = &stage.gateway;

    stage.play = play;
    stage.n_begun = stage.n_bytes = 0;
    stage.is_stuck = false;
    stage.worker = (struct gh_worker){.gateway = gateway};
    gh_list_init(&stage.worker.policy_waiters);
    gh_list_init(&stage.worker.look_waiters);
    stage.next = (struct gh_task){.run = next};
    stage.guard = (struct gh_deadline){.on_late = stuck};
    web.front.ops = &front_ops;
    web.refill = (struct gh_task){.run = refill};
    web.feed = (struct gh_task){.run = feed};
    web.abandon = (struct gh_deadline){.on_late = abandon};
    gateway->sink.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    atomic_flag_clear(&gateway->sink.is_busy);
    atomic_init(&gateway->sink.level, GH_LOG_DEBUG);

    if (!check_status(
            GH_OK, config_read(config_text(play->timeouts_z, play->settings_z),
                               &settings)) ||
        gh_log_new(&gateway->sink, &stage.worker.log) != GH_OK ||
        gh_loop_new(wake, NULL, &stage.worker.loop) != GH_OK)
        return false;
    return check(app_begin(stage.worker.loop, play->scripts, play->n_scripts,
                           &settings->mounts->reaches[2])) &&
           gh_site_new(settings, &stage.worker.site) == GH_OK &&
           gh_estate_install(&stage.worker, settings->mounts, false) == GH_OK;
}

static void
take_down(void)
{
    /* Whatever happened, nothing is borrowed any more. */
    for (size_t i = 0; i < GH_BUSY_SLOTS; i++)
        check_number(0, atomic_load(&stage.gateway.n_busy[i]));
    check_number(1, stage.worker.site->n_users);
    check_number(1, stage.worker.estate->n_users);
    gh_estate_release(stage.worker.estate);
    gh_site_release(stage.worker.site);
    app_end();
    gh_loop_free(stage.worker.loop);
    gh_log_free(stage.worker.log);
    close(stage.gateway.sink.fd);
}

bool
play_run(const struct play *play)
{
    if (!check(play->n_asks <= MAX_ASKS) || !check(set_up(play)))
        return false;
    gh_loop_post(stage.worker.loop, &stage.next);
    gh_deadline_set(stage.worker.loop, &stage.guard, GUARD_MS);
    if (play->on_ready != NULL)
        play->on_ready(&stage.worker);
    gh_loop_run(stage.worker.loop);
    if (play->on_over != NULL)
        play->on_over(&stage.worker);
    if (stage.is_stuck && web.exchange != NULL)
        leave();
    gh_link_leave(&stage.next.link);
    gh_deadline_clear(&stage.guard);
    check(!stage.is_stuck);
    take_down();
    return !stage.is_stuck;
}

const struct play_answer *
play_one(const struct play_ask *ask, const struct app_script *script)
{
    const struct play play = {
        .scripts = script, .n_scripts = 1, .asks = ask, .n_asks = 1};

    (void)play_run(&play);
    return play_answer(0);
}
