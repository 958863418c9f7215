# SPDX-License-Identifier: Apache-2.0
#
# gatehousectl and conditions that ask how somebody signed in: at which level,
# and in which browser. Owns nothing: sourced by tests/ctl/run, whose cluster,
# accounts and words it uses.
# shellcheck shell=bash disable=SC2154

# asks NAME: what the list of conditions says of one.
asks() {
    ctl_as clerk condition list --output json |
        json "[r['asks_for'] for r in rows if r['condition'] == '$1'][0]"
}

conditions_ask_how_somebody_signed_in() {
    ctl_as clerk condition add second --level 1
    ctl_as clerk condition change second --level 2
    same 'signed in at level 2 or higher' "$(asks second)"
    ctl_as clerk condition add usual --device-known 0
    same 'in a known browser' "$(asks usual)"
    ctl_as clerk condition change usual --device-known 7d
    same 'in a known browser, for at least 7 days' "$(asks usual)"
    says 'a level is 1 to 3' ctl_as clerk condition add third --level 4
    says 'for 0 (at all) to 365d' ctl_as clerk condition add long \
        --device-known 366d
    status 2 ctl_as clerk condition add long --device-known week
    status 2 ctl_as clerk condition add both --level 2 --device-known 7d
    ctl_as clerk condition add both --all second,usual
    same 'all of second, usual' "$(asks both)"
}

who_signed_in_how_is_explained() {
    ctl_as clerk permission add shop/guarded --pattern '/guarded/**' \
        --methods GET
    ctl_as clerk role grant buyer --permission shop/guarded --condition both
    same permit "$(verdict GET /shop/guarded/x --account alice --level 2 \
        --device-known 8d)"
    same deny "$(verdict GET /shop/guarded/x --account alice --level 1 \
        --device-known 8d)"
    same deny "$(verdict GET /shop/guarded/x --account alice --level 2 \
        --device-known no)"
    same deny "$(verdict GET /shop/guarded/x --account alice --level 2)"
    says 'asks for what is not known' ctl_as clerk explain GET \
        /shop/guarded/x --account alice --level 2
    same sign_in "$(verdict GET /shop/guarded/x --level 2 --device-known 8d)"
    same True "$(ctl_as clerk review who GET /shop/guarded/x --level 3 \
        --device-known 8d --output json | json 'any(
            r["can"] for r in rows if r["account"] == "alice")')"
    same True "$(ctl_as clerk review what alice --level 3 \
        --device-known 8d --output json | json 'any(
            r["can"] for r in rows if r["permission"] == "guarded")')"
    status 2 ctl_as clerk explain GET /shop/guarded/x --level high
    status 2 ctl_as clerk explain GET /shop/guarded/x --device-known ever
    ctl_as clerk role revoke buyer --permission shop/guarded
    ctl_as clerk permission remove shop/guarded
}

# All of it, in this order.
check_condition() {
    check 'conditions ask how somebody signed in' \
        conditions_ask_how_somebody_signed_in
    check 'who signed in how is explained' who_signed_in_how_is_explained
}
