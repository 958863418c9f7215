/* SPDX-License-Identifier: Apache-2.0
 *
 * CUnit behind checks that print what was expected and what came, and a
 * runner whose exit status is the number of failures (returning
 * CU_get_error(), as many examples do, gives 0 with failing tests). The raw
 * CU_ASSERT macros are forbidden by the lint. Test names are sentences.
 */
#ifndef GH_TESTS_CHECK_H
#define GH_TESTS_CHECK_H

#include "base/text.h"

/* One test; its name is what the report prints. */
struct check_case {
    const char *name;  /* a sentence: path_above_the_root_is_refused */
    void (*run)(void); /* the test */
};

/* A suite is one module's tests; terminated by a case without a name. */
struct check_suite {
    const char *name;               /* the module */
    const struct check_case *cases; /* up to one without a name */
};

#define CHECK_CASE(function)                                                   \
    {                                                                          \
#function, function                                                    \
    }

/* Runs n suites; the process's exit status: 0, or 1 when anything failed. */
int check_run(const char *program, const struct check_suite *suites, size_t n);

/* Each returns whether it held, so that a test can stop itself. */
bool check_true_at(bool holds, const char *what, const char *file, int line);
bool check_number_at(long long expected, long long actual, const char *what,
                     const char *file, int line);
bool check_text_at(struct gh_text expected, struct gh_text actual,
                   const char *what, const char *file, int line);
bool check_status_at(enum gh_status expected, enum gh_status actual,
                     const char *what, const char *file, int line);

#define check(condition)                                                       \
    check_true_at(condition, #condition, __FILE__, __LINE__)
#define check_number(expected, actual)                                         \
    check_number_at((long long)(expected), (long long)(actual), #actual,       \
                    __FILE__, __LINE__)
#define check_text(expected, actual)                                           \
    check_text_at(expected, actual, #actual, __FILE__, __LINE__)
#define check_status(expected, actual)                                         \
    check_status_at(expected, actual, #actual, __FILE__, __LINE__)

#endif
