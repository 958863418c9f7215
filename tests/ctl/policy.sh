# SPDX-License-Identifier: Apache-2.0
#
# gatehousectl and the policy: applications, permissions, roles, and what is
# decided. Owns nothing: sourced by tests/ctl/run, whose cluster, accounts and
# words it uses.
# shellcheck shell=bash disable=SC2154

# parses WORD...: what the command prints as JSON and as CSV can be read, and
# both have the same columns and rows; prints how many rows.
parses() {
    ctl_as clerk "$@" --output json >"$scratch/json"
    ctl_as clerk "$@" --output csv >"$scratch/csv"
    /usr/bin/python3 - "$scratch/json" "$scratch/csv" <<'END'
import csv, json, sys
rows = json.load(open(sys.argv[1]))
table = list(csv.reader(open(sys.argv[2], newline="")))
assert not rows or list(rows[0]) == table[0], (rows[0], table[0])
assert len(rows) == len(table) - 1, (len(rows), len(table))
print(len(rows))
END
}

every_administration_statement_fits_the_schema() {
    "$(dirname "$ctl")/../tests/ctl/ctl_statements" \
        "host=$world dbname=house user=clerk" administration
}

the_first_administrator_is_made_by_the_bootstrap() {
    ctl_as clerk user add root1 --no-password --role admin --reason 'the first'
    same 'bootstrap the first' "$(ctl_as clerk role members admin \
        --output json | json 'rows[0]["granted_by"] + " " +
            rows[0]["reason"]')"
    ctl_as clerk user add root2 --no-password --role admin
    same "$(id -un)" "$(ctl_as clerk role members admin --output json |
        json '[r["granted_by"] for r in rows if r["account"] == "root2"][0]')"
}

an_account_with_a_role_that_is_not_there_is_not_added() {
    status 3 ctl_as clerk user add carol --no-password --role nowhere
    says 'no role nowhere' ctl_as clerk user add carol --no-password \
        --role nowhere
    status 5 ctl_as clerk user add carol --no-password --role authenticated
    status 3 ctl_as clerk user show carol
}

an_application_is_added() {
    says 'nobody may reach it yet' ctl_as clerk app add shop --path /shop/ \
        --backend http://127.0.0.1:8080 --backend http://127.0.0.1:8081
    same 'http://127.0.0.1:8080 http://127.0.0.1:8081 forward internal' \
        "$(ctl_as clerk app show shop --output json | json '" ".join(
            rows[0][c] for c in ("backends", "carrying", "zone"))')"
    status 4 ctl_as clerk app add shop --path /other/ --backend http://a:1
    status 4 ctl_as clerk app add store --path /shop/ --backend http://a:1
    status 2 ctl_as clerk app add store --path '/a b' --backend http://a:1
    status 2 ctl_as clerk app add store --path /store/
    status 3 ctl_as clerk app add store --path /store/ --backend http://a:1 \
        --zone nowhere
    ctl_as clerk app add judged --path /judged/ --carrying verdict
}

an_application_for_a_role_is_there_whole_or_not_at_all() {
    status 3 ctl_as clerk app add wiki --path /wiki/ --backend http://a:1 \
        --for staff
    status 3 ctl_as clerk app show wiki
    ctl_as clerk role add staff --meaning 'whoever works here'
    ctl_as clerk app add wiki --path /wiki/ --backend http://a:1 --for staff \
        >"$scratch/said"
    grep -Fx 'application wiki is mounted at /wiki/' "$scratch/said"
    grep -Fx 'permission wiki/all is every method on /**' "$scratch/said"
    grep -Fx 'role staff has permission wiki/all' "$scratch/said"
    same 'wiki /wiki/** * staff' "$(ctl_as clerk policy show --output json |
        json '" ".join(rows[0][c] for c in
            ("application", "path", "methods", "role"))')"
}

applications_are_shown_and_changed() {
    ctl_as clerk app list | grep -E '^wiki +/wiki/|^wiki +.*staff'
    status 3 ctl_as clerk app show nowhere
    ctl_as clerk app change shop --connections 9 --encoded-slash keep \
        --host shop.example.org
    same '9 keep shop.example.org refuse /shop/' "$(ctl_as clerk app show \
        shop --output json | json '" ".join(str(rows[0][c]) for c in
        ("connections", "encoded_slash", "host", "semicolon", "path"))')"
    ctl_as clerk app change shop --host ''
    same "" "$(ctl_as clerk app show shop --output json |
        json 'rows[0]["host"]')"
    ctl_as clerk app change judged --backend '' --identity x-forwarded
    same x-forwarded "$(ctl_as clerk app show judged --output json |
        json 'rows[0]["identity"]')"
    status 2 ctl_as clerk app change shop --backend ''
    status 2 ctl_as clerk app change shop
    status 2 ctl_as clerk app change shop --connections many
    status 2 ctl_as clerk app change shop --encoded-slash maybe
    status 3 ctl_as clerk app change nowhere --connections 9
    status 4 ctl_as clerk app change shop --path /wiki/
}

applications_go_on_or_not() {
    outage_of() {
        ctl_as clerk app show shop --output json | json 'rows[0]["on_outage"]'
    }
    same closed "$(outage_of)"
    ctl_as clerk app change shop --on-outage 'cached 90s'
    same 'cached 90s' "$(outage_of)"
    says 'application shop would go on without the database in zone internal' \
        ctl_as clerk zone change internal --strict on
    says 'on_outage is closed, or cached with a duration' \
        ctl_as clerk app change shop --on-outage 5m
    status 2 ctl_as clerk app change shop --on-outage 'cached 2h'
    ctl_as clerk app change shop --on-outage closed
    same closed "$(outage_of)"
}

applications_are_removed() {
    ctl_as clerk app remove judged --reason 'nobody needs it'
    status 3 ctl_as clerk app remove judged
}

permissions_are_added_and_removed() {
    ctl_as clerk permission add shop/orders:read --pattern '/orders/**' \
        --methods HEAD,GET
    ctl_as clerk permission add shop/pay --pattern /pay --methods POST
    same '/shop/orders/** GET,HEAD' "$(ctl_as clerk permission list shop \
        --output json | json 'rows[0]["full_path"] + " " +
            rows[0]["methods"].replace(" ", ",")')"
    status 4 ctl_as clerk permission add shop/pay --pattern / --methods GET
    status 2 ctl_as clerk permission add shop/x --pattern 'x' --methods GET
    status 2 ctl_as clerk permission add shop/x --pattern '/**/x' --methods GET
    status 2 ctl_as clerk permission add shop/x --pattern / --methods get
    status 2 ctl_as clerk permission add shop --pattern / --methods GET
    status 2 ctl_as clerk permission add shop/x --pattern /
    status 3 ctl_as clerk permission add nowhere/x --pattern / --methods GET
    ctl_as clerk permission change shop/pay --activity ignore
    ctl_as clerk permission add shop/live --pattern /live --methods GET \
        --activity ignore
    same 'ignore count ignore' "$(ctl_as clerk permission list shop \
        --output json | json '" ".join(row["activity"] for row in rows)')"
    status 2 ctl_as clerk permission change shop/pay
    status 2 ctl_as clerk permission change shop/pay --activity no
    status 3 ctl_as clerk permission change shop/none --activity count
    ctl_as clerk permission remove shop/live
    ctl_as clerk permission remove shop/pay --reason 'pays elsewhere'
    status 3 ctl_as clerk permission remove shop/pay
    status 3 ctl_as clerk permission list nowhere
}

roles_are_granted_and_revoked() {
    ctl_as clerk role add buyer
    ctl_as clerk role grant buyer --permission shop/orders:read
    ctl_as clerk role grant staff --inherits buyer --reason 'staff may buy'
    ctl_as clerk role grant staff --account Alice --reason 'works here'
    same 'alice:through staff' "$(ctl_as clerk role members buyer \
        --output json | json '",".join(r["account"] + ":" + r["how"]
            for r in rows)')"
    status 4 ctl_as clerk role grant buyer --permission shop/orders:read
    status 4 ctl_as clerk role grant staff --account alice
    status 4 ctl_as clerk role grant staff --inherits buyer
    status 4 ctl_as clerk role grant buyer --inherits staff
    status 3 ctl_as clerk role grant nowhere --account alice
    status 3 ctl_as clerk role grant staff --account nobody
    status 3 ctl_as clerk role grant staff --permission shop/nowhere
    status 3 ctl_as clerk role grant staff --inherits nowhere
    status 5 ctl_as clerk role grant anonymous --account alice
    ctl_as clerk role revoke staff --inherits buyer
    ctl_as clerk role revoke buyer --permission shop/orders:read
    status 3 ctl_as clerk role revoke buyer --permission shop/orders:read
    status 3 ctl_as clerk role revoke staff --inherits buyer
    status 3 ctl_as clerk role revoke staff --account bob
    ctl_as clerk role grant staff --inherits buyer
    ctl_as clerk role grant buyer --permission shop/orders:read
}

roles_exclude_each_other() {
    ctl_as clerk role add approver
    ctl_as clerk role exclude buyer --other approver \
        --reason 'who orders does not pay'
    same 'buyer:approver' "$(ctl_as clerk role list --output json |
        json '[r["name"] + ":" + r["excludes"] for r in rows
            if r["name"] == "buyer"][0]')"
    status 4 ctl_as clerk role exclude approver --other buyer
    status 3 ctl_as clerk role exclude buyer --other nowhere
    status 2 ctl_as clerk role exclude buyer
    # alice has buyer through staff.
    status 5 ctl_as clerk role grant approver --account alice
    says "the account alice would have both buyer and approver" \
        ctl_as clerk role grant approver --account alice
    says "the role staff would have both buyer and approver" \
        ctl_as clerk role grant staff --inherits approver
    ctl_as clerk role unexclude approver --other buyer
    status 3 ctl_as clerk role unexclude approver --other buyer
    ctl_as clerk role remove approver
}

a_grant_has_one_target() {
    status 2 ctl_as clerk role grant staff
    status 2 ctl_as clerk role grant staff --account bob --inherits buyer
    status 2 ctl_as clerk role grant staff --inherits buyer --until tomorrow
    status 2 ctl_as clerk role revoke staff --account bob --until tomorrow
}

a_grant_has_its_times() {
    ctl_as clerk role grant staff --account bob --from '2026-01-01 08:00+01' \
        --until '2999-12-31'
    same '2026-01-01 07:00:00+00 2999-12-31 00:00:00+00' \
        "$(PGTZ=UTC ctl_as clerk role members staff --output json |
        json '[r["valid_from"] + " " + r["valid_until"] for r in rows
            if r["account"] == "bob"][0]')"
    ctl_as clerk role revoke staff --account bob --reason 'left the house'
    status 2 ctl_as clerk role grant staff --account bob --until 'some day'
    says "times are 2026-12-24" ctl_as clerk role grant staff --account bob \
        --until 'some day'
    status 2 ctl_as clerk role grant staff --account bob --until 2026-02-30
    status 2 ctl_as clerk role grant staff --account bob --until yesterday
}

# One session stands for many.
many_sessions_want_a_word() {
    sql "update gatehouse_data.policy_state set rights_change_confirm = 0;
        insert into gatehouse_data.session (token_hash, reference, binding,
            account_id, created_at, authenticated_at, last_seen_at, idle,
            absolute, expires_at, rights_version)
        select sha256('c'), substring(sha256('c') from 1 for 16),
            sha256('b'), account_id, now(), now(), now(), '1 h', '2 h',
            now() + interval '2 h', (select version
                                     from gatehouse_data.policy_state)
        from gatehouse_data.account where name = 'bob'"
    ctl_as clerk role add visitor
    status 5 ctl_as clerk role grant visitor --account bob
    says 'this change would end 1 sessions, more than 0' \
        ctl_as clerk role grant visitor --account bob
    says 'give the number back: --confirm 1' \
        ctl_as clerk role grant visitor --account bob
    status 5 ctl_as clerk role grant visitor --account bob --confirm 0
    status 2 ctl_as clerk role grant visitor --account bob --confirm many
    ctl_as clerk role grant visitor --account bob --confirm 1
    ctl_as clerk role remove visitor --confirm 1
    sql "update gatehouse_data.policy_state
        set rights_change_confirm = 1000;
        delete from gatehouse_data.session where token_hash = sha256('c')"
}

what_is_given_ends_or_renews() {
    says end ctl_as clerk policy given
    says renew ctl_as clerk policy given renew
    says renew ctl_as clerk policy given
    status 2 ctl_as clerk policy given keep
    says 'end or renew' ctl_as clerk policy given keep
    says end ctl_as clerk policy given end
}

roles_are_made_and_removed() {
    ctl_as clerk role add helpdesk --administrative
    same administrative "$(ctl_as clerk role list --output json |
        json '[r["kind"] for r in rows if r["name"] == "helpdesk"][0]')"
    status 4 ctl_as clerk role add helpdesk
    status 2 ctl_as clerk role add 'help desk'
    ctl_as clerk role remove helpdesk --reason 'not needed'
    status 3 ctl_as clerk role remove helpdesk
    status 3 ctl_as clerk role members helpdesk
    status 5 ctl_as clerk role remove anonymous
}

the_policy_is_checked() {
    status 0 ctl_as clerk policy check
    ctl_as clerk app change wiki --zone restricted
    status 1 ctl_as clerk policy check
    same error "$(ctl_as clerk policy check --output json | json \
        '[r["severity"] for r in rows if r["code"] == "host_shared"][0]')"
    ctl_as clerk app change wiki --shares-host-because 'both are read only'
    ctl_as clerk app change shop --shares-host-because 'both are read only'
    status 0 ctl_as clerk policy check
}

a_host_that_no_entry_serves_is_found() {
    ctl_as clerk app change shop --host shop.example.org
    ctl_as clerk policy check --output json >"$scratch/check"
    same 'shop' "$(json '[r["subject"] for r in rows
        if r["code"] == "host_unserved"][0]' <"$scratch/check")"
    ctl_as clerk app change shop --host localhost
    fails says host_unserved ctl_as clerk policy check
    "$ctl" --dsn "host=$world dbname=house user=clerk" policy check \
        >"$scratch/check" 2>&1 || true
    grep -F 'hosts are not compared' "$scratch/check"
    ctl_as clerk app change shop --host ''
}

# verdict WORD...: the first row of an explanation.
verdict() {
    ctl_as clerk explain "$@" --output json | json 'rows[0]["verdict"]'
}

conditions_are_added_and_used() {
    ctl_as clerk condition add office --networks 10.0.0.0/8,2001:db8::/32 \
        --meaning 'in the office'
    ctl_as clerk condition add work --hours 08:00-18:00 --days mon-fri \
        --time-zone Europe/Berlin
    ctl_as clerk condition add holidays --dates 2026-12-25 \
        --dates 2026-12-26 --time-zone Europe/Berlin
    ctl_as clerk condition add no-holiday --none holidays
    ctl_as clerk condition add staff --all office,work,no-holiday
    same 'Mon-Fri 08:00:00-18:00:00 Europe/Berlin' \
        "$(ctl_as clerk condition list --output json | json '[
            r["asks_for"] for r in rows if r["condition"] == "work"][0]')"
    same 'all of no-holiday, office, work' \
        "$(ctl_as clerk condition list --output json | json '[
            r["asks_for"] for r in rows if r["condition"] == "staff"][0]')"
    ctl_as clerk condition add lately --age 10m
    ctl_as clerk condition change lately --age 1h
    same 'signed in at most 01:00:00 ago' \
        "$(ctl_as clerk condition list --output json | json '[
            r["asks_for"] for r in rows if r["condition"] == "lately"][0]')"
    status 2 ctl_as clerk condition add longer --age 2d
    ctl_as clerk condition add near --country FR,DE
    ctl_as clerk condition change near --country DE,AT
    ctl_as clerk condition add carrier --asn AS64496,64500
    same 'in AS64496, AS64500;in AT, DE' \
        "$(ctl_as clerk condition list --output json | json '";".join(
            r["asks_for"] for r in rows
            if r["condition"] in ("carrier", "near"))')"
    says 'two capital letters' ctl_as clerk condition add far --country de
    says 'systems as AS64496' ctl_as clerk condition add far --asn AS
    same 8 "$(parses condition list)"
    ctl_as clerk condition change work --hours 07:00-19:00
    ctl_as clerk condition change staff --parts office
    ctl_as clerk condition remove work
    status 4 ctl_as clerk condition remove office
    status 3 ctl_as clerk condition remove work
    status 2 ctl_as clerk condition add broken --hours 8-18 --time-zone UTC
    says 'such as 08:00-18:00' ctl_as clerk condition add broken --hours 8-18 \
        --time-zone UTC
    status 2 ctl_as clerk condition add broken
    status 2 ctl_as clerk condition change office
    status 4 ctl_as clerk condition add office --networks ::1/128

    ctl_as clerk role add guard
    ctl_as clerk permission add shop/guarded --pattern '/guarded/**' \
        --methods GET
    ctl_as clerk role grant guard --permission shop/guarded --condition staff
    ctl_as clerk role grant guard --account bob --condition office
    status 3 ctl_as clerk role grant guard --account bob --condition nowhere
    same permit "$(verdict GET /shop/guarded/x --account bob \
        --client 10.1.2.3)"
    same deny "$(verdict GET /shop/guarded/x --account bob \
        --client 192.0.2.1)"
    says 'asks for what is not known' ctl_as clerk explain GET \
        /shop/guarded/x --account alice
    status 2 ctl_as clerk explain GET /shop/guarded/x --client office
    ctl_as clerk condition add there --all near,carrier
    ctl_as clerk condition change staff --parts there
    ctl_as clerk role grant buyer --permission shop/guarded --condition there
    same permit "$(verdict GET /shop/guarded/x --account alice \
        --country DE --asn 64496)"
    same deny "$(verdict GET /shop/guarded/x --account alice --country DE)"
    same True "$(ctl_as clerk review who GET /shop/guarded/x --country AT \
        --asn AS64500 --output json | json 'any(
            r["can"] for r in rows if r["account"] == "alice")')"
    same True "$(ctl_as clerk review what alice --country AT \
        --asn AS64500 --output json | json 'any(
            r["can"] for r in rows if r["permission"] == "guarded")')"
    status 2 ctl_as clerk explain GET /shop/guarded/x --country Germany
    status 2 ctl_as clerk role grant guard --inherits clerk --condition office
    ctl_as clerk role revoke guard --account bob
    ctl_as clerk role remove guard
    ctl_as clerk permission remove shop/guarded
}

decisions_are_explained() {
    same permit "$(verdict GET https://localhost:8443/shop/orders/7?a=b#x \
        --account alice)"
    same permit "$(verdict HEAD /shop/%6frders/7 --account Alice)"
    same deny "$(verdict POST https://LOCALHOST/shop/orders/7 --account alice)"
    same deny "$(verdict GET /shop/orders/7 --account bob)"
    same sign_in "$(verdict GET /shop/orders/7)"
    says 'buyer' ctl_as clerk explain GET /shop/orders/7 --account bob
    status 3 ctl_as clerk explain GET /shop/ --account nobody
    status 2 ctl_as clerk explain GET shop/orders
    status 2 ctl_as clerk explain GET https://user@localhost/shop/
    says 'write https://HOST/PATH' ctl_as clerk explain GET shop/orders
}

ambiguous_paths_are_explained_as_refused() {
    same refused "$(verdict GET '/shop/..%2forders' --account alice)"
    same refused "$(verdict GET '/wiki/a%2Fb' --account alice)"
    says 'encoded_slash is refuse' ctl_as clerk explain GET '/wiki/a%2Fb'
    says 'semicolon is refuse' ctl_as clerk explain GET '/shop/orders/7;v=1'
    says 'empty_segments is refuse' ctl_as clerk explain GET '/nowhere//x'
    same permit "$(verdict GET '/shop/orders/a%2Fb' --account alice)"
    same own "$(verdict GET https://localhost/auth/login)"
}

# rows WORD...: all rows of the answer, each on a line, cells with | between.
rows() {
    ctl_as clerk "$@" --output csv | tail -n +2 | tr -d '\r' | tr , '|'
}

the_past_is_asked() {
    local then url=https://localhost/shop/orders/7
    says 'alice|t|staff|buyer|' rows review who GET $url
    says '/shop/orders/' rows review what alice
    then=$(sql 'select clock_timestamp()')
    ctl_as clerk role revoke staff --account alice --reason 'done'
    same deny "$(verdict GET $url --account alice)"
    same permit "$(verdict GET $url --account alice --at "$then")"
    same '' "$(rows review who GET $url | grep '^alice' || true)"
    says 'alice|t|staff|buyer|' rows review who GET $url --at "$then"
    says '/shop/orders/' rows review what alice --at "$then"
    same deny "$(verdict GET $url --at 2000-01-01)"
    ctl_as clerk role grant staff --account alice
    status 2 ctl_as clerk review who GET shop/orders
    status 2 ctl_as clerk review who GET $url --at yesterdayish
    status 3 ctl_as clerk review what nobody
    status 3 ctl_as clerk review what alice --at 2000-01-01
    says 'encoded_slash is refuse' ctl_as clerk review who GET '/wiki/a%2Fb'
}

a_recorded_request_is_explained() {
    local id=00000000-0000-0000-0000-00000000e0e0
    status 3 ctl_as clerk review exchange $id
    sql "insert into gatehouse_audit.access (at, account_id, client,
            application, method, resource, status, exchange, node)
        select clock_timestamp(), account_id, '192.0.2.7', 'shop', 'GET',
            '/shop/orders/7', 200, '$id', 'here'
        from gatehouse_data.account where name = 'alice'"
    same 3 "$(parses review exchange $id)"
    says 'then|' rows review exchange $id
    status 2 ctl_as clerk review exchange x
}

what_is_listed_can_be_read_by_programs() {
    parses app list
    parses app show shop
    parses permission list
    parses role list
    parses role members staff
    parses policy show
    parses policy check
    parses explain GET /shop/orders/7 --account alice
    parses explain GET '/shop/..%2f'
}

accounts_are_changed_and_removed() {
    ctl_as clerk user change bob --email bob@example.org
    same bob@example.org "$(ctl_as clerk user show bob --output json |
        json 'rows[0]["email"]')"
    status 2 ctl_as clerk user change bob
    status 3 ctl_as clerk user change nobody --email x@example.org
    ctl_as clerk user remove root2 --reason 'left the house' |
        grep -Ex 'sessions_ended +0'
    status 3 ctl_as clerk user remove root2
    status 3 ctl_as clerk user show root2
}

who_may_not_administer_is_denied() {
    status 5 ctl_as nobody_much app list
    status 5 ctl_as nobody_much role grant staff --account bob
    status 5 ctl_as nobody_much explain GET /shop/
    status 5 ctl_as nobody_much audit tail
    status 5 ctl_as nobody_much db restored
}

# All of it, in this order.
check_policy() {
    check 'every administration statement fits the schema' \
        every_administration_statement_fits_the_schema
    check 'the first administrator is made by the bootstrap' \
        the_first_administrator_is_made_by_the_bootstrap
    check 'an account with a role that is not there is not added' \
        an_account_with_a_role_that_is_not_there_is_not_added
    check 'an application is added' an_application_is_added
    check 'an application for a role is there whole or not at all' \
        an_application_for_a_role_is_there_whole_or_not_at_all
    check 'applications are shown and changed' \
        applications_are_shown_and_changed
    check_zone
    check 'applications go on without the database, or not' \
        applications_go_on_or_not
    check 'applications are removed' applications_are_removed
    check 'permissions are added and removed' permissions_are_added_and_removed
    check 'roles are granted and revoked' roles_are_granted_and_revoked
    check 'roles exclude each other' roles_exclude_each_other
    check 'a grant has one target' a_grant_has_one_target
    check 'a grant has its times' a_grant_has_its_times
    check 'conditions are added and used' conditions_are_added_and_used
    check_condition
    check 'roles are made and removed' roles_are_made_and_removed
    check 'many sessions want a word' many_sessions_want_a_word
    check 'what is given ends or renews' what_is_given_ends_or_renews
    check 'the policy is checked' the_policy_is_checked
    check 'a host that no entry serves is found' \
        a_host_that_no_entry_serves_is_found
    check 'decisions are explained' decisions_are_explained
    check 'ambiguous paths are explained as refused' \
        ambiguous_paths_are_explained_as_refused
    check 'the past is asked' the_past_is_asked
    check 'a recorded request is explained' a_recorded_request_is_explained
    check_session
    check 'what is listed can be read by programs' \
        what_is_listed_can_be_read_by_programs
    check 'accounts are changed and removed' accounts_are_changed_and_removed
    check 'who may not administer is denied' who_may_not_administer_is_denied
}
