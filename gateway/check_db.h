/* SPDX-License-Identifier: Apache-2.0
 *
 * gatehouse -t --check-db: whether the database can be reached with the
 * gateway's own role and speaks the schema this program knows. Waits; called
 * by main only.
 */
#ifndef GH_GATEWAY_CHECK_DB_H
#define GH_GATEWAY_CHECK_DB_H

#include "settings.h"

/* Asks gateway_hello once; says what came of it on standard output, or on
 * standard error. GH_NONE: no database is configured; GH_MALFORMED: it is
 * another schema, or the role may not ask; GH_FAULT_DB: it cannot be reached;
 * GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_check_db(const struct gh_settings *settings);

#endif
