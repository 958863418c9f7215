# SPDX-License-Identifier: Apache-2.0
#
# gatehousectl, sessions and the trail, and what gatehouse-schema(7) says of the
# schema. Owns nothing: sourced by tests/ctl/run, whose cluster, accounts and
# words it uses, and those of policy.sh.
# shellcheck shell=bash disable=SC2154

make_sessions() {
    sql "insert into gatehouse_data.session (token_hash, reference, binding,
            account_id, created_at, authenticated_at, last_seen_at, idle,
            absolute, expires_at, client, user_agent, rights_version)
        select sha256(n::text::bytea), substr(sha256(n::text::bytea), 1, 16),
            sha256(n::text::bytea), account_id, now(), now(), now(),
            '1 hour', '8 hours', now() + interval '1 hour', '192.0.2.7',
            'Browser/1', (select version from gatehouse_data.policy_state)
        from gatehouse_data.account, generate_series(1, 3) n
        where name = 'alice'"
}

sessions_are_listed_and_revoked() {
    local reference
    same 3 "$(parses session list)"
    same 3 "$(parses session list alice)"
    reference=$(ctl_as clerk session list --output json |
        json 'rows[0]["reference"]')
    ctl_as clerk session revoke "$reference" | grep -Ex 'was_live +yes'
    ctl_as clerk session revoke "$reference" | grep -Ex 'was_live +no'
    same 2 "$(parses session list)"
    same 2 "$(ctl_as clerk session revoke --account alice --output json |
        json 'rows[0]["sessions_ended"]')"
    same 0 "$(parses session list)"
    status 3 ctl_as clerk session list nobody
    status 3 ctl_as clerk session revoke --account nobody
    status 3 ctl_as clerk session revoke 00000000000000000000000000000000
    status 2 ctl_as clerk session revoke nonsense
    status 2 ctl_as clerk session revoke
    status 2 ctl_as clerk session revoke "$reference" --account alice
}

the_trail_is_read_and_searched() {
    same 3 "$(parses audit tail --lines 3)"
    same True "$(ctl_as clerk audit tail --output json | json \
        'len(rows) == 20 and rows == sorted(rows, key=lambda r: r["at"])')"
    same alice "$(ctl_as clerk audit search --account alice --event \
        authz_change --output json | json '"".join(sorted({r["account"]
            for r in rows}))')"
    same 0 "$(parses audit search --from 2999-01-01)"
    same 0 "$(parses audit search --until 2000-01-01)"
    same 0 "$(parses audit search --client 203.0.113.0/24 --application shop \
        --exchange 00000000-0000-0000-0000-000000000000)"
    status 2 ctl_as clerk audit search --client 300.1.1.1
    status 2 ctl_as clerk audit search --exchange x
    status 2 ctl_as clerk audit search --from 'some day'
    status 3 ctl_as clerk audit search --event nonsense
    status 2 ctl_as clerk audit tail --lines 0
    ctl_as clerk audit search --account bob >/dev/null
    same 'sensitive_read audit_search bob clerk' "$(ctl_as clerk audit tail \
        --lines 1 --output json | json '" ".join(rows[0][k] for k in
            ("event", "reason", "account", "database_user"))')"
}

a_restored_backup_ends_all_sessions() {
    sql "delete from gatehouse_data.session"
    make_sessions
    ctl_as clerk db restored | grep -Ex 'sessions_ended +3'
    ctl_as clerk db restored | grep -Ex 'sessions_ended +0'
    same 0 "$(parses session list)"
    says database_restored ctl_as clerk audit tail
}

# listed: what gatehouse-schema(7) lists, with the parameters of functions that
# have them in the page.
listed() {
    /usr/bin/python3 - "$root/deploy/man/gatehouse-schema.7" <<'END'
import re, sys
for item in re.findall(r"^\.It (Xo Li .*?^\.Xc$|Li .*?$)",
                       open(sys.argv[1]).read(), re.M | re.S):
    words = re.sub(r"\n\.", " ", item).split()
    name, rest = words[words.index("Li") + 1], words[words.index("Li") + 2:]
    params = [w for w in rest if w not in
              ("Ns", "Pq", "Po", "Pc", "Xc", "Ar", ",", "()")]
    print(f"{name}({','.join(params)})" if rest else name)
END
}

the_manual_lists_every_object() {
    listed | sort >"$scratch/page"
    [ -s "$scratch/page" ]
    sql "select n.nspname || '.' || c.relname
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname like 'gatehouse%' and c.relkind in ('r', 'p', 'v')
          and not c.relispartition
        union all
        select n.nspname || '.' || p.proname || case
            when has_function_privilege('gatehouse_admin', p.oid, 'execute')
            then '(' || coalesce((
                select string_agg(regexp_replace(u.name, '^p_', ''), ','
                                  order by u.place)
                from unnest(p.proargnames[1:p.pronargs])
                    with ordinality u (name, place)), '') || ')'
            else '' end
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname like 'gatehouse%'" | sort -u >"$scratch/catalogue"
    diff "$scratch/catalogue" <(sort -u "$scratch/page")
    same "" "$(uniq -d "$scratch/page")"
}

the_queries_of_the_manual_run() {
    sql 'create role looker login; grant gatehouse_auditor to looker'
    sed -n '/BEGIN QUERIES/,/END QUERIES/p' \
        "$root/deploy/man/gatehouse-schema.7" |
        sed -n '/^\.Bd/,/^\.Ed/{/^\./!p}' >"$scratch/queries"
    [ "$(grep -c '^select' "$scratch/queries")" -ge 10 ]
    as_postgres psql -qX -v ON_ERROR_STOP=1 -h "$world" -d house -U looker \
        <"$scratch/queries"
}

check_session() {
    check 'somebody is signed in' make_sessions
    check 'sessions are listed and revoked' sessions_are_listed_and_revoked
    check 'the trail is read and searched' the_trail_is_read_and_searched
    check 'a restored backup ends all sessions' \
        a_restored_backup_ends_all_sessions
    check 'the manual lists every object' the_manual_lists_every_object
    check 'the queries of the manual run' the_queries_of_the_manual_run
}
