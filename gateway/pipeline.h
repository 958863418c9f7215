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

/* An exchange's task: runs the pipeline and, once it is through, tells
 * on_done. */
void gh_pipeline_task(struct gh_task *task);

#endif
