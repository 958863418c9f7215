/* SPDX-License-Identifier: Apache-2.0
 *
 * The checks on top of CUnit. Owns the registry for the length of one run.
 */
#include "check.h"

#include <stdio.h>

#include <CUnit/Automated.h>
#include <CUnit/Basic.h>

#include "base/banned.h"

/* Tells CUnit, with the sentence that explains the failure. */
static bool
report(bool holds, const char *sentence, const char *file, int line)
{
    CU_assertImplementation(holds ? CU_TRUE : CU_FALSE, (unsigned)line,
                            sentence, file, "", CU_FALSE);
    return holds;
}

bool
check_true_at(bool holds, const char *what, const char *file, int line)
{
    return report(holds, what, file, line);
}

bool
check_number_at(long long expected, long long actual, const char *what,
                const char *file, int line)
{
    char sentence[512];

    snprintf(sentence, sizeof(sentence), "%s: expected %lld, got %lld", what,
             expected, actual);
    return report(expected == actual, sentence, file, line);
}

bool
check_text_at(struct gh_text expected, struct gh_text actual, const char *what,
              const char *file, int line)
{
    char sentence[1024];

    snprintf(sentence, sizeof(sentence),
             "%s: expected \"%.*s\" (%zu bytes), got \"%.*s\" (%zu bytes)",
             what, GH_TEXT_ARG(gh_text_first(expected, 200)), expected.len,
             GH_TEXT_ARG(gh_text_first(actual, 200)), actual.len);
    return report(gh_text_equal(expected, actual), sentence, file, line);
}

bool
check_status_at(enum gh_status expected, enum gh_status actual,
                const char *what, const char *file, int line)
{
    char sentence[512];

    snprintf(sentence, sizeof(sentence), "%s: expected %s, got %s", what,
             gh_status_word(expected), gh_status_word(actual));
    return report(expected == actual, sentence, file, line);
}

int
check_run(const char *program, const struct check_suite *suites, size_t n)
{
    unsigned failures;

    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    for (size_t i = 0; i < n; i++) {
        CU_pSuite suite = CU_add_suite(suites[i].name, NULL, NULL);

        if (suite == NULL)
            return 1;
        for (const struct check_case *c = suites[i].cases; c->name; c++) {
            if (CU_add_test(suite, c->name, c->run) == NULL)
                return 1;
        }
    }

    CU_basic_set_mode(CU_BRM_NORMAL);
    if (CU_basic_run_tests() != CUE_SUCCESS)
        return 1;
    failures = CU_get_number_of_failures() + CU_get_number_of_tests_failed() +
               CU_get_number_of_suites_failed();
    printf("%s: %u tests, %u passed, %u failed\n", program,
           CU_get_number_of_tests_run(),
           CU_get_number_of_tests_run() - CU_get_number_of_tests_failed(),
           CU_get_number_of_tests_failed());
    CU_cleanup_registry();
    return failures == 0 ? 0 : 1;
}
