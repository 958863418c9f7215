# SPDX-License-Identifier: Apache-2.0
#
# Counting and telling for tests that are shell scripts: check runs one
# command and prints one line, finish prints the sum. Owns one scratch folder,
# which goes with the script. Sourced by tests/deploy/run,
# tests/ctl/run and tests/model/run.
# shellcheck shell=bash

passed=0
failed=0
scratch=$(mktemp -d /tmp/gatehouse-test.XXXX)
trap 'rm -rf "$scratch"' EXIT

# check SENTENCE COMMAND...: the sentence is true when the command succeeds.
# A function stops at its first failing line, which "if" would not allow.
check() {
    local sentence=$1 status
    shift
    set +e
    (set -e && "$@") >"$scratch/output" 2>&1
    status=$?
    set -e
    if [ "$status" -eq 0 ]; then
        echo "ok $sentence"
        passed=$((passed + 1))
    else
        echo "not ok $sentence"
        tail -n 20 "$scratch/output" | sed 's/^/    /'
        failed=$((failed + 1))
    fi
}

# same EXPECTED ACTUAL
same() {
    [ "$1" = "$2" ] || {
        printf 'expected: %s\ngot:      %s\n' "$1" "$2"
        return 1
    }
}

# fails COMMAND...: it has to end with a failure. (A "!" before a command is
# lost where a function is given on to check.)
fails() {
    ! "$@"
}

finish() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
