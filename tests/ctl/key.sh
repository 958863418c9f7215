# SPDX-License-Identifier: Apache-2.0
#
# gatehousectl and key rings: made, listed, rotated, and what is left when it is
# killed meanwhile. Owns nothing: sourced by tests/ctl/run, whose folder and
# words it uses.
# shellcheck shell=bash disable=SC2154

keys_are_made() {
    "$ctl" key generate "$world/keys"
    same 400 "$(stat -c %a "$world/keys")"
    same 8 "$(wc -l <"$world/keys")"
}

keys_are_not_overwritten() {
    local before
    before=$(sha256sum <"$world/keys")
    status 4 "$ctl" key generate "$world/keys"
    same "$before" "$(sha256sum <"$world/keys")"
}

keys_are_listed_without_secrets() {
    local secret
    same 7 "$("$ctl" key list "$world/keys" --output json | json 'len(rows)')"
    same True "$("$ctl" key list "$world/keys" --output json |
        json 'all(r["is_current"] is True for r in rows)')"
    "$ctl" key list "$world/keys" --output csv >"$scratch/list"
    cut -s -d ' ' -f 4 <"$world/keys" | grep . >"$scratch/secrets"
    same 7 "$(wc -l <"$scratch/secrets")"
    while read -r secret; do
        fails grep -qF -- "$secret" "$scratch/list"
    done <"$scratch/secrets"
}

a_key_is_rotated() {
    local ring=$world/rotated old
    cp -p "$world/keys" "$ring"
    chmod 440 "$ring"
    chown nobody "$ring"
    old=$("$ctl" key list "$ring" --output json |
        json '[r["kid"] for r in rows if r["name"] == "data"][0]')
    "$ctl" key rotate "$ring" data
    same "440 nobody" "$(stat -c '%a %U' "$ring")"
    same 8 "$("$ctl" key list "$ring" --output json | json 'len(rows)')"
    same "[True, False] $old" "$("$ctl" key list "$ring" --output json |
        json '[r["is_current"] for r in rows if r["name"] == "data"]') $(
        "$ctl" key list "$ring" --output json |
            json '[r["kid"] for r in rows if r["name"] == "data"][1]')"
    # Every older line is there as it was.
    same "" "$(grep -vxFf "$ring" "$world/keys")"
    [ ! -e "$ring.new" ]
}

a_name_that_a_ring_lacks_is_added() {
    local ring=$world/older.keys
    grep -v '^data ' "$world/keys" >"$ring"
    chmod 400 "$ring"
    status 1 "$ctl" key list "$ring"
    says 'key rotate adds' "$ctl" key list "$ring"
    "$ctl" key rotate "$ring" data
    same 7 "$("$ctl" key list "$ring" --output json | json 'len(rows)')"
}

a_rotation_that_cannot_be_changes_nothing() {
    local before
    before=$(sha256sum <"$world/keys")
    status 2 "$ctl" key rotate "$world/keys" nonsense
    status 2 "$ctl" key rotate "$world/keys"
    status 3 "$ctl" key rotate "$world/nowhere" data
    touch "$world/keys.new"
    status 4 "$ctl" key rotate "$world/keys" data
    rm "$world/keys.new"
    same "$before" "$(sha256sum <"$world/keys")"
}

# ring_is_whole RING: it is the one of $world/keys, or that and one key more, and
# can be read; n_keys is how many it has. (set -e is off in a substitution.)
ring_is_whole() {
    "$ctl" key list "$1" --output json >"$scratch/list"
    n_keys=$(json 'len(rows)' <"$scratch/list")
    same "" "$(grep -vxFf "$1" "$world/keys")"
    if [ "$n_keys" -eq 7 ]; then
        cmp "$1" "$world/keys"
    else
        same 8 "$n_keys"
        same $(($(wc -l <"$world/keys") + 1)) "$(wc -l <"$1")"
    fi
}

# What it wrote of the new ring is for nobody else, and in the way of the next
# rotation until somebody has looked.
rest_is_in_the_way() {
    same 400 "$(stat -c %a "$1.new")"
    status 4 "$ctl" key rotate "$1" data
    rm -f "$1.new"
}

# A file may not be longer than so many bytes: the byte after them kills.
a_rotation_that_dies_while_it_writes_changes_nothing() {
    local ring=$world/dying n size n_keys
    cp -p "$world/keys" "$ring"
    "$ctl" key rotate "$ring" data
    size=$(wc -c <"$ring")
    cp -fp "$world/keys" "$ring"
    for ((n = 0; n < size; n += 29)); do
        status 153 prlimit --fsize="$n" "$ctl" key rotate "$ring" data
        same "$n" "$(wc -c <"$ring.new")"
        ring_is_whole "$ring"
        same 7 "$n_keys"
        rest_is_in_the_way "$ring"
    done
    prlimit --fsize="$size" "$ctl" key rotate "$ring" data
    ring_is_whole "$ring"
    same 8 "$n_keys"
}

# killed_rotation RING ROUND: kills at once when the new file is there, or after
# so many fiftieths of the time that a rotation takes.
killed_rotation() {
    local ring=$1 round=$2 after=$((took_us * $2 / 50)) pid
    if [ $((round % 2)) -eq 0 ]; then
        timeout -s KILL \
            "$(printf '%d.%06d' $((after / 1000000)) $((after % 1000000)))" \
            "$ctl" key rotate "$ring" data || true
        return
    fi
    "$ctl" key rotate "$ring" data & pid=$!
    until [ -e "$ring.new" ] || ! kill -0 "$pid"; do
        :
    done
    kill -KILL "$pid" || true
    wait "$pid" || true
}

a_rotation_that_is_killed_leaves_one_whole_ring() {
    local ring=$world/killed round began took_us n_keys rests=0 old=0
    cp -p "$world/keys" "$ring"
    began=${EPOCHREALTIME/./}
    "$ctl" key rotate "$ring" data
    took_us=$((${EPOCHREALTIME/./} - began))
    for round in {1..50}; do
        cp -fp "$world/keys" "$ring"
        killed_rotation "$ring" "$round"
        ring_is_whole "$ring"
        [ "$n_keys" -eq 8 ] || old=$((old + 1))
        if [ -e "$ring.new" ]; then
            same 7 "$n_keys"
            rest_is_in_the_way "$ring"
            rests=$((rests + 1))
        fi
    done
    echo "old: $old, with a rest: $rests"
    [ "$old" -gt 0 ]
}

a_missing_ring_is_not_found() {
    status 3 "$ctl" key list "$world/nowhere"
}

a_ring_for_everybody_is_refused() {
    cp "$world/keys" "$world/open-keys"
    chmod 644 "$world/open-keys"
    status 1 "$ctl" key list "$world/open-keys"
    says 'others can read' "$ctl" key list "$world/open-keys"
}

# All of it, in this order; the ring of $world/keys is that of all that follows.
check_keys() {
    check 'keys are made' keys_are_made
    check 'keys are not overwritten' keys_are_not_overwritten
    check 'keys are listed without secrets' keys_are_listed_without_secrets
    check 'a key is rotated' a_key_is_rotated
    check 'a name that a ring lacks is added' a_name_that_a_ring_lacks_is_added
    check 'a rotation that cannot be changes nothing' \
        a_rotation_that_cannot_be_changes_nothing
    check 'KILL-007 a rotation that dies while it writes changes nothing' \
        a_rotation_that_dies_while_it_writes_changes_nothing
    check 'KILL-007 a rotation that is killed leaves one whole ring' \
        a_rotation_that_is_killed_leaves_one_whole_ring
    check 'a missing ring is not found' a_missing_ring_is_not_found
    check 'a ring for everybody is refused' a_ring_for_everybody_is_refused
}
