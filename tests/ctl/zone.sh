# SPDX-License-Identifier: Apache-2.0
#
# gatehousectl and zones: what holds for all applications of one. Owns nothing:
# sourced by tests/ctl/run, whose cluster, accounts and words it uses.
# shellcheck shell=bash disable=SC2154

zones_are_shown_and_changed() {
    same 'open cached,internal cached,confidential cached,restricted strict' \
        "$(ctl_as clerk zone list --output json | json '",".join(
            r["name"] + " " + r["freshness"] for r in rows)')"
    ctl_as clerk zone change internal --strict on
    same 'on strict shop,wiki' "$(ctl_as clerk zone list --output json |
        json '[" ".join((r["strict"], r["freshness"], r["applications"]))
            for r in rows if r["name"] == "internal"][0].replace(", ", ",")
            .replace("judged,", "")')"
    same strict "$(ctl_as clerk app show shop --output json |
        json 'rows[0]["freshness"]')"
    same 4 "$(parses zone list)"
    ctl_as clerk zone change internal --strict default
    same cached "$(ctl_as clerk app show shop --output json |
        json 'rows[0]["freshness"]')"
    ctl_as clerk zone change restricted --moved end
    same 'restricted' "$(ctl_as clerk zone list --output json | json '",".join(
        row["name"] for row in rows if row["on_session_moved"] == "end")')"
    ctl_as clerk zone change restricted --moved alert
    status 2 ctl_as clerk zone change internal --moved no
    status 2 ctl_as clerk zone change internal
    status 2 ctl_as clerk zone change internal --strict yes
    says 'strict is on, off or default' ctl_as clerk zone change internal \
        --strict yes
    status 3 ctl_as clerk zone change nowhere --strict on
}

zones_say_how_long_sessions_are_idle_and_what_is_recorded() {
    asked() {
        ctl_as clerk zone list --output json | json '[" ".join((
            row["idle"], row["record"]))
            for row in rows if row["name"] == "internal"][0]'
    }
    same 'session after' "$(asked)"
    ctl_as clerk zone change internal --idle 90s --record before
    same '90s before' "$(asked)"
    says 'idle is 1m to 1h, or session' ctl_as clerk zone change internal \
        --idle 2h
    says 'idle is a duration, or session' ctl_as clerk zone change internal \
        --idle soon
    says 'record is after or before' ctl_as clerk zone change internal \
        --record never
    same '90s before' "$(asked)"
    ctl_as clerk zone change internal --idle session --record after
    same 'session after' "$(asked)"
}

zones_say_how_they_are_reached() {
    reached() {
        ctl_as clerk zone list --output json | json '[" ".join((
            row["entries"].replace(", ", ","), row["condition"] or "-"))
            for row in rows if row["name"] == "internal"][0]'
    }
    same 'all -' "$(reached)"
    ctl_as clerk condition add in-house --networks 10.0.0.0/8
    ctl_as clerk zone change internal --entries admin,inside \
        --condition in-house
    same 'admin,inside in-house' "$(reached)"
    ctl_as clerk zone change internal --strict default
    same 'admin,inside in-house' "$(reached)"
    says 'the condition in-house is used' ctl_as clerk condition remove in-house
    says 'malformed entries' ctl_as clerk zone change internal --entries 'A b'
    status 3 ctl_as clerk zone change internal --condition nowhere
    same 'admin,inside in-house' "$(reached)"
    ctl_as clerk zone change internal --entries all --condition ''
    same 'all -' "$(reached)"
    ctl_as clerk condition remove in-house
}

# All of it, in this order.
check_zone() {
    check 'zones are shown and changed' zones_are_shown_and_changed
    check 'zones say how they are reached' zones_say_how_they_are_reached
    check 'zones say how long sessions are idle and what is recorded' \
        zones_say_how_long_sessions_are_idle_and_what_is_recorded
}
