/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of gateway/pipeline: every request comes through the six steps to
 * exactly one answer, and a fault in any of them is a refusal. Whole
 * exchanges against the scripted application (play.h).
 */
#include "pipeline.h"

#include "check.h"
#include "desk.h"
#include "play.h"
#include "random.h"

#include "base/banned.h"

static const struct app_script hello = {
    .answer = GH_TEXT_INIT("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
                           "Content-Type: text/plain\r\n\r\nhello")};

/* Plays one ask; the application must not hear of it. */
static void
check_refused(const struct play_ask *ask, unsigned status)
{
    const struct play_answer *answer = play_one(ask, &hello);

    check(answer->is_done && !answer->is_cut);
    check_number(status, answer->status);
    check(gh_text_starts(answer->head, GH_TEXT("Status: ")));
    check(play_has_line(answer, GH_TEXT("Cache-Control: no-store")));
    check(answer->body.len > 0);
    check_number(answer->body.len, answer->n_out);
    check_number(0, app_n_connections());
}

static void
permitted_request_is_answered_by_its_application(void)
{
    const struct play_ask ask = {0};
    const struct play_answer *answer = play_one(&ask, &hello);

    check(answer->is_done && !answer->is_cut);
    check_number(200, answer->status);
    check(gh_text_starts(answer->head, GH_TEXT("Status: 200 OK\r\n")));
    check(play_has_line(answer, GH_TEXT("Content-Length: 5")));
    check(play_has_line(answer, GH_TEXT("Content-Type: text/plain")));
    check_text(GH_TEXT("hello"), answer->body);
    check_number(5, answer->n_out);
    check_number(1, app_n_requests());
    check(
        gh_text_starts(app_request(0), GH_TEXT("GET /public/x HTTP/1.1\r\n")));
}

static void
request_that_parse_refuses_never_reaches_an_application(void)
{
    check_refused(&(struct play_ask){.target_z = "/public/%00"}, 400);
    check_refused(&(struct play_ask){.method_z = "TRACE"}, 405);
    check_refused(&(struct play_ask){.params_z = "HTTP_UPGRADE=websocket"},
                  501);
}

static void
PATH_035_what_is_mounted_nowhere_is_not_found(void)
{
    check_refused(&(struct play_ask){.target_z = "/"}, 404);
    check_refused(&(struct play_ask){.target_z = "/publicx"}, 404);
}

static void
verdicts_other_than_permit_refuse(void)
{
    check_refused(&(struct play_ask){.target_z = "/account/x"}, 401);
    check_refused(&(struct play_ask){.target_z = "/nobody/x"}, 403);
}

static void
PATH_037_own_addresses_never_reach_an_application(void)
{
    const struct play_ask style = {.target_z = "/auth/static/style.css"};
    const struct play_answer *answer;

    check_refused(&(struct play_ask){.target_z = "/auth/other"}, 404);
    check_refused(&(struct play_ask){.target_z = "/auth"}, 404);
    check_refused(
        &(struct play_ask){.target_z = style.target_z, .method_z = "POST"},
        405);
    answer = play_one(&style, &hello);
    check_number(200, answer->status);
    check(play_has_line(answer,
                        GH_TEXT("Content-Type: text/css; charset=utf-8")));
    check_number(0, app_n_connections());
}

static void
refusal_is_written_whole_however_little_is_taken_at_once(void)
{
    const struct play_ask ask = {.target_z = "/nothing"};
    size_t len = play_one(&ask, &hello)->bytes.len;

    for (size_t room = 1; room < 3000; room = room * 3 + 1) {
        const struct play_ask slow = {.target_z = "/nothing", .room = room};
        const struct play_answer *answer = play_one(&slow, &hello);

        check(!answer->is_cut);
        /* The page shows a time and an id, both of fixed length. */
        check_number(len, answer->bytes.len);
    }
}

static void
web_server_that_does_not_read_a_refusal_is_cut_off(void)
{
    const struct play_ask ask = {
        .target_z = "/nothing", .room = 100, .takes_no_more = true};
    const struct play play = {.timeouts_z = "send = 40ms",
                              .scripts = &hello,
                              .n_scripts = 1,
                              .asks = &ask,
                              .n_asks = 1};

    play_run(&play);
    check(play_answer(0)->is_done && play_answer(0)->is_cut);
    check_number(100, play_answer(0)->bytes.len);
}

static void
web_server_that_is_gone_ends_the_exchange(void)
{
    const struct play_ask ask = {.target_z = "/nothing", .gone_after = 1};
    const struct play_answer *answer = play_one(&ask, &hello);

    check(answer->is_done && answer->is_cut);
}

static void
lose_random_bytes(struct gh_worker *worker)
{
    worker->n_ids = 0;
    fake_random_fail(true);
}

static void
find_random_bytes(struct gh_worker *worker)
{
    (void)worker;
    fake_random_fail(false);
}

static void
DISK_007_without_random_bytes_every_answer_is_503(void)
{
    const struct play_ask asks[] = {{0},
                                    {.target_z = "/auth/static/style.css"}};
    const struct play play = {.scripts = &hello,
                              .n_scripts = 1,
                              .asks = asks,
                              .n_asks = GH_COUNT(asks),
                              .on_ready = lose_random_bytes,
                              .on_over = find_random_bytes};

    play_run(&play);
    for (size_t i = 0; i < GH_COUNT(asks); i++) {
        const struct play_answer *answer = play_answer(i);

        check(answer->is_done && !answer->is_cut);
        check_number(503, answer->status);
        check(play_has_line(answer, GH_TEXT("Retry-After: 5")));
        check_number(0, app_n_connections());
    }
}

static void
HDR_031_every_exchange_has_an_id_of_its_own(void)
{
    const struct play_ask asks[2] = {{.target_z = "/nothing"},
                                     {.target_z = "/nothing"}};
    const struct play play = {
        .scripts = &hello, .n_scripts = 1, .asks = asks, .n_asks = 2};
    const struct gh_text field = GH_TEXT("X-Request-Id: ");
    struct gh_text ids[2] = {{0}};

    play_run(&play);
    for (size_t i = 0; i < 2; i++) {
        struct gh_text rest = play_answer(i)->head;

        while (rest.len > 0 && !gh_text_starts(rest, field))
            rest = gh_text_from(rest, 1);
        ids[i] = gh_text_first(gh_text_from(rest, field.len), 32);
        check_number(32, ids[i].len);
        check(gh_text_all(ids[i], GH_CLASS_HEX));
    }
    check(!gh_text_equal(ids[0], ids[1]));
}

static void
abandoned_exchange_leaves_nothing_behind(void)
{
    const struct play_ask ask = {.is_abandoned = true};
    const struct app_script silent = {.end = APP_HANGS};
    const struct play_answer *answer = play_one(&ask, &silent);

    check(!answer->is_done);
    check_number(1, app_n_requests());
    check_number(0, answer->bytes.len);
}

static void
steps_behind_a_refusal_do_not_run(void)
{
    static const char *const targets[] = {"/public/x", "/auth/x"};

    for (size_t i = 0; i < GH_COUNT(targets); i++) {
        struct desk *desk = desk_begin(NULL);
        struct gh_exchange *x = desk->exchange;

        desk_set(desk, "REQUEST_URI", gh_text_of_z(targets[i]));
        desk_set(desk, "HTTP_UPGRADE", GH_TEXT("websocket"));
        x->receipt.is_recorded = true;
        x->next = GH_STEP_PARSE;
        x->responding.is_begun = true; /* nothing is to be sent */
        gh_pipeline_run(x);
        check_number(501, x->stop.status);
        check_number(GH_DENY, x->decision.verdict);
        check(x->decision.application == NULL);
        check(x->decision.grant == NULL);
        desk_end(desk);
    }
}

static void
next_request_works_after_every_refusal(void)
{
    const struct play_ask asks[] = {
        {.target_z = "/../x"},
        {.target_z = "/nothing"},
        {.method_z = "get"},
        {.target_z = "/account/"},
        {.params_z = "HTTP_COOKIE=__Host-id=a; __Host-id=b"},
        {0},
    };
    const struct play play = {.scripts = &hello,
                              .n_scripts = 1,
                              .asks = asks,
                              .n_asks = GH_COUNT(asks)};
    static const unsigned statuses[] = {400, 404, 400, 401, 400, 200};

    play_run(&play);
    for (size_t i = 0; i < GH_COUNT(asks); i++)
        check_number(statuses[i], play_answer(i)->status);
    check_number(1, app_n_requests());
}

const struct check_case pipeline_cases[] = {
    CHECK_CASE(permitted_request_is_answered_by_its_application),
    CHECK_CASE(request_that_parse_refuses_never_reaches_an_application),
    CHECK_CASE(PATH_035_what_is_mounted_nowhere_is_not_found),
    CHECK_CASE(verdicts_other_than_permit_refuse),
    CHECK_CASE(PATH_037_own_addresses_never_reach_an_application),
    CHECK_CASE(refusal_is_written_whole_however_little_is_taken_at_once),
    CHECK_CASE(web_server_that_does_not_read_a_refusal_is_cut_off),
    CHECK_CASE(web_server_that_is_gone_ends_the_exchange),
    CHECK_CASE(DISK_007_without_random_bytes_every_answer_is_503),
    CHECK_CASE(HDR_031_every_exchange_has_an_id_of_its_own),
    CHECK_CASE(abandoned_exchange_leaves_nothing_behind),
    CHECK_CASE(steps_behind_a_refusal_do_not_run),
    CHECK_CASE(next_request_works_after_every_refusal),
    {0},
};
