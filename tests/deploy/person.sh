# SPDX-License-Identifier: Apache-2.0
#
# A person with a browser, for tests that are shell scripts: asks, signs in,
# signs out. Owns the cookies in $scratch/jar and the page of the last answer
# in $scratch/page. Needs tests/lib.sh, and $trust: a list of options by which
# curl finds and trusts the front. Sourced by tests/deploy/run and walk.
# shellcheck shell=bash

trust=()
: "${scratch:?tests/lib.sh}"

# browse ARGUMENT...: curl with the cookies and the manners of a browser.
browse() {
    curl -sS --max-time 20 "${trust[@]}" -b "$scratch/jar" \
        -c "$scratch/jar" -H 'Sec-Fetch-Mode: navigate' \
        -H 'Sec-Fetch-Site: same-origin' -H 'Accept: text/html' "$@"
}

status_of() {
    browse -o "$scratch/page" -w '%{http_code}' "$@"
}

# The form token of a page of Gatehouse.
form_token() {
    browse "$1" | sed -n 's/.*name="csrf" value="\([^"]*\)".*/\1/p' | head -n 1
}

# signing_in ORIGIN ACCOUNT PASSWORD [PATH]: prints the status of the answer.
signing_in() {
    local token
    rm -f "$scratch/jar"
    token=$(form_token "$1/auth/login")
    status_of --data-urlencode "username=$2" --data-urlencode "password=$3" \
        --data-urlencode "csrf=$token" \
        --data-urlencode "return_to=${4:-/app/}" "$1/auth/login"
}

# turned_out URL: within a second the session is over, because its rights
# changed, and the way to the form says so.
turned_out() {
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        case $(browse -o "$scratch/page" -w '%{redirect_url}' "$1") in
        */auth/login*reason=permissions) return 0 ;;
        esac
    done
    return 1
}

# signing_out ORIGIN: prints the status of the answer.
signing_out() {
    status_of --data-urlencode "csrf=$(form_token "$1/auth/logout")" \
        "$1/auth/logout"
}
