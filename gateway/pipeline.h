/* SPDX-License-Identifier: Apache-2.0
 *
 * The row of six steps. Called by an exchange's task whenever something
 * happened that the exchange waits for.
 */
#ifndef GH_GATEWAY_PIPELINE_H
#define GH_GATEWAY_PIPELINE_H

#include "exchange.h"

/* Runs the steps from exchange->next on until one waits or all are done;
 * exchange->next tells which. */
void gh_pipeline_run(struct gh_exchange *exchange);

/* Nobody waits for the answer any more. Records what must be on record all
 * the same; exchange->next is GH_STEP_DONE when nothing is, or it is done,
 * else the exchange's task goes on with it. */
void gh_pipeline_leave(struct gh_exchange *exchange);

/* An exchange's task: runs the pipeline, or what is left to do of it, and once
 * that is through tells on_done. */
void gh_pipeline_task(struct gh_task *task);

#endif
