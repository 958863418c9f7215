/* SPDX-License-Identifier: Apache-2.0
 *
 * A scripted HTTP/1.1 application on a unix socket, in a thread of the test
 * program. It keeps what it received byte for byte and answers as the test
 * says. Limits: 128 connections at once, head and body of a request in
 * memory. Every call may be made while it runs. Only the wire tests use it.
 */
#ifndef GH_TESTS_WIRE_APP_H
#define GH_TESTS_WIRE_APP_H

#include "bytes.h"

/* Lives until app_free(). */
struct app;

/* What it does with each whole request. */
struct app_script {
    struct gh_text answer; /* bytes to send; empty: close without a word */
    size_t hold_at;        /* send so many, the rest after app_lets_go() */
    size_t flood;          /* then so many bytes "x" */
    bool hangs_up;         /* then close */
};

/* For hold_at: never waits. */
#define APP_NEVER_HOLDS SIZE_MAX

/* Listens on path and serves; anybody may connect. Ends the program when it
 * cannot listen. */
struct app *app_new(const char *path_z);

/* Ends the thread and closes everything; NULL is fine. */
void app_free(struct app *app);

/* Forgets everything received; answers 200 with the body "hello" again. */
void app_reset(struct app *app);

/* Answers so from the next request on; the text is copied. */
void app_answers(struct app *app, struct app_script script);

/* Answers nothing until app_lets_go(), then 200 "hello". */
void app_holds(struct app *app);

/* Sends a good head and then n bytes "x". */
void app_floods(struct app *app, size_t n);

/* Lets the answers go on that wait at hold_at, now and later. */
void app_lets_go(struct app *app);

/* Stops or resumes reading from every connection. */
void app_reads(struct app *app, bool reads);

/* Whole requests received. */
size_t app_requests(struct app *app);

/* Bytes received, whole requests or not. */
size_t app_received(struct app *app);

/* Connections that the other side closed in the middle of a request or before
 * its answer was complete. */
size_t app_aborted(struct app *app);

/* True when app_received(), app_requests(), app_aborted() is at least n within
 * ms. */
bool app_gets_bytes(struct app *app, size_t n, int ms);
bool app_gets_requests(struct app *app, size_t n, int ms);
bool app_sees_aborts(struct app *app, size_t n, int ms);

/* Replaces *out by the bytes of the last whole request. */
void app_last(struct app *app, struct bytes *out);

/* The body of the last whole request in *out, without chunk framing. */
void app_last_body(struct app *app, struct bytes *out);

#endif
