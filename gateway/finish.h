/* SPDX-License-Identifier: Apache-2.0
 *
 * What is left of an exchange when it is over. Called once for each.
 */
#ifndef GH_GATEWAY_FINISH_H
#define GH_GATEWAY_FINISH_H

#include "exchange.h"

/* Notes the exchange in the journal and, when access_log is on, writes its
 * one line to the log. */
void gh_finish(const struct gh_exchange *exchange);

#endif
