# SPDX-License-Identifier: Apache-2.0
#
# gatehousectl and the policy as a file: written, checked, compared and applied
# in databases of its own, that of the demonstration world among them. Owns
# nothing: sourced by tests/ctl/run, whose cluster and words it uses.
# shellcheck shell=bash disable=SC2154

# ctl_in DATABASE WORD...: the tool as clerk in another database.
ctl_in() {
    local database=$1
    shift
    "$ctl" --dsn "host=$world dbname=$database user=clerk" \
        -c "$world/gatehouse.conf" "$@"
}

sql_in() {
    as_postgres psql -qXAt -v ON_ERROR_STOP=1 -h "$world" -d "$1" -c "$2"
}

make_databases() {
    local database verb
    for database in demo empty; do
        sql "create database $database owner installer encoding 'UTF8'"
        for verb in init migrate; do
            "$ctl" --dsn "host=$world dbname=$database user=installer" \
                --sql "$root/sql" db "$verb"
        done
    done
}

# The very commands of deploy/demo/run.
make_demo() (
    administer() {
        ctl_in demo "$@"
    }
    # shellcheck source=/dev/null
    . <(sed -n '/^make_policy()/,/^add_accounts()/{/^add_accounts()/!p}' \
        "$root/deploy/demo/world.sh")
    make_policy
    for name in alice carol; do
        ctl_in demo user add "$name" --no-password --role user
    done
    ctl_in demo role grant hr --account carol --until '2999-12-31 18:00+01' \
        --reason 'she "is" hr'
)

# apply WORD... < FILE: to demo.
apply() {
    ctl_in demo policy apply - "$@"
}

version_of() {
    sql_in "$1" 'select version from gatehouse_data.policy_state'
}

the_demonstration_goes_to_an_empty_database_and_back() {
    ctl_in demo policy export >"$scratch/demo" 2>"$scratch/said"
    grep -Fx "gatehousectl: this is version $(version_of demo)" "$scratch/said"
    grep -Fx 'application hr' "$scratch/demo"
    grep -Fx '    permission hr/use condition hr-work' "$scratch/demo"
    fails grep -E 'alice|carol' "$scratch/demo"
    status 0 ctl_in empty policy check "$scratch/demo"
    status 1 ctl_in empty policy diff "$scratch/demo"
    ctl_in empty policy apply "$scratch/demo"
    ctl_in empty policy export 2>/dev/null | cmp - "$scratch/demo"
    status 0 ctl_in empty policy diff "$scratch/demo"
    status 0 ctl_in empty policy check "$scratch/demo"
}

what_is_so_already_changes_nothing() {
    local before
    before=$(version_of demo)/$(sql_in demo \
        'select max(event_id) from gatehouse_audit.event')
    says 'nothing to change' ctl_in demo policy apply "$scratch/demo"
    same "$before" "$(version_of demo)/$(sql_in demo \
        'select max(event_id) from gatehouse_audit.event')"
}

who_has_which_role_goes_along() {
    ctl_in demo policy export accounts >"$scratch/accounts" 2>/dev/null
    # shellcheck disable=SC2016 # as in the file
    grep -Fx '    role hr until 2999-12-31T17:00:00Z reason "she \"is\" hr"' \
        "$scratch/accounts"
    status 2 ctl_in empty policy apply "$scratch/accounts"
    says 'there is no account alice' ctl_in empty policy apply \
        "$scratch/accounts"
    ctl_in empty user add alice --no-password
    ctl_in empty user add carol --no-password
    ctl_in empty policy apply "$scratch/accounts"
    ctl_in empty policy export accounts 2>/dev/null |
        cmp - "$scratch/accounts"
    status 2 ctl_in demo policy export everything
}

a_change_is_told_tried_and_made() {
    sed 's/methods GET,HEAD,POST/methods GET/; /shares-host/d
        s/hours 08:00-18:00/hours 09:00-17:00/' "$scratch/demo" \
        >"$scratch/new"
    status 1 ctl_in demo policy diff "$scratch/new"
    ctl_in demo policy diff "$scratch/new" --output json >"$scratch/diff" ||
        true
    same 'changed condition hr-hours hours: 08:00-18:00 -> 09:00-17:00
changed permission api/use methods: GET,HEAD,POST -> GET' \
        "$(json '"\n".join(" ".join(r.values()) for r in rows)' \
            <"$scratch/diff")"
    ctl_in demo policy apply --dry-run "$scratch/new" >"$scratch/said"
    grep -F 'nothing was changed' "$scratch/said"
    ctl_in demo policy export 2>/dev/null | cmp - "$scratch/demo"
    ctl_in demo policy apply "$scratch/new" --reason 'less is enough'
    ctl_in demo policy export 2>/dev/null | cmp - "$scratch/new"
    same "$(id -un)" "$(sql_in demo "select distinct actor
        from gatehouse_audit.event
        where detail ->> 'table' = 'gatehouse_data.permission'
          and detail ->> 'operation' = 'update' and not is_by_hand")"
    ctl_in demo policy apply "$scratch/demo"
}

a_bad_file_changes_nothing() {
    local before
    before=$(version_of demo)
    sed 's/^role hr$/role hr\n    permision hr\/use/' "$scratch/demo" |
        status 2 apply
    sed 's/^role hr$/role hr\n    permision hr\/use/' "$scratch/demo" |
        says 'did you mean permission?' apply
    sed 's/hr\/use/hr\/usee/' "$scratch/demo" >"$scratch/bad"
    status 1 ctl_in demo policy check "$scratch/bad"
    same "line $(grep -n 'hr/usee' "$scratch/bad" | cut -d : -f 1)" \
        "$({ ctl_in demo policy check "$scratch/bad" --output json || true; } |
            json 'rows[0]["subject"]')"
    head -c 300 "$scratch/demo" | status 2 apply
    printf 'gatehouse-policy 1\0' | status 1 apply
    printf 'gatehouse-policy 1\nrole \xff\n' | status 2 apply
    head -c 17000000 /dev/zero | tr '\0' '\n' | status 1 apply
    status 2 apply </dev/null
    status 3 ctl_in demo policy apply "$scratch/nowhere"
    status 1 ctl_in demo policy apply "$scratch"
    status 2 ctl_in demo policy apply
    same "$before" "$(version_of demo)"
}

# Somebody changes the policy after it was exported.
a_change_meanwhile_is_noticed() {
    local version
    version=$(version_of demo)
    ctl_in demo role add meanwhile
    status 4 ctl_in demo policy apply "$scratch/demo" --expect "$version"
    says "the policy is of version $((version + 1)), not $version" \
        ctl_in demo policy apply "$scratch/demo" --expect "$version"
    status 0 ctl_in demo policy apply "$scratch/demo" \
        --expect "$((version + 1))"
    status 3 ctl_in demo role members meanwhile
}

# hold_until_waiting N: holds the policy until so many wait for it, half a minute
# at most.
hold_until_waiting() {
    as_postgres psql -qX -v ON_ERROR_STOP=1 -h "$world" -d demo >/dev/null <<END
set application_name = holder;
begin;
select from gatehouse_data.policy_state for no key update;
do \$\$ begin
    for i in 1 .. 3000 loop
        perform pg_stat_clear_snapshot();
        if (select count(*) from pg_stat_activity a
            where a.datname = 'demo' and a.wait_event_type = 'Lock') = $1
        then
            return;
        end if;
        perform pg_sleep(0.01);
    end loop;
    raise 'they do not wait';
end \$\$;
commit;
END
}

# One holds the policy; the other waits, and then sees what that one did.
two_at_a_time_wait_for_each_other() {
    local version holder first second
    version=$(version_of demo)
    sed 's/^role hr$/&\n    meaning "one"/' "$scratch/demo" >"$scratch/one"
    sed 's/^role hr$/&\n    meaning "two"/' "$scratch/demo" >"$scratch/two"
    hold_until_waiting 2 & holder=$!
    until same 1 "$(sql_in demo "select count(*) from pg_stat_activity
        where application_name = 'holder' and backend_xid is not null")"; do
        kill -0 "$holder"
    done
    ctl_in demo policy apply "$scratch/one" --expect "$version" \
        >"$scratch/said.one" 2>&1 & first=$!
    ctl_in demo policy apply "$scratch/two" --expect "$version" \
        >"$scratch/said.two" 2>&1 & second=$!
    local got=0 other=0
    wait "$first" || got=$?
    wait "$second" || other=$?
    wait "$holder"
    same 4 "$((got + other))"
    same "$((version + 1))" "$(version_of demo)"
    ctl_in demo policy apply "$scratch/demo"
}

whose_access_it_changes_is_told() {
    sql_in demo "insert into gatehouse_audit.access (at, account_id, client,
            application, method, resource, status, exchange, node)
        select clock_timestamp(), account_id, '127.0.0.1', 'api', 'POST',
            '/api/x', 200, '00000000-0000-0000-0000-00000000e0e0', 'here'
        from gatehouse_data.account where name = 'alice'"
    sed 's/methods GET,HEAD,POST/methods GET/' "$scratch/demo" >"$scratch/new"
    ctl_in demo policy shadow "$scratch/new" --days 2 >"$scratch/said"
    grep -E '^alice +api +permit +deny +1 +1 +/api/x +0{8}-.*e0e0$' \
        "$scratch/said"
    status 2 ctl_in demo policy shadow "$scratch/new" --days 0
    status 0 ctl_in demo policy diff "$scratch/demo"
}

# One session stands for many.
sessions_that_it_ends_are_told() {
    sql_in demo "update gatehouse_data.policy_state
            set rights_change_confirm = 0;
        insert into gatehouse_data.session (token_hash, reference, binding,
            account_id, created_at, authenticated_at, last_seen_at, idle,
            absolute, expires_at, rights_version)
        select sha256('c'), substring(sha256('c') from 1 for 16),
            sha256('b'), account_id, now(), now(), now(), '1 h', '2 h',
            now() + interval '2 h', (select version
                                     from gatehouse_data.policy_state)
        from gatehouse_data.account where name = 'alice'"
    grep -v 'permission api/use' "$scratch/demo" >"$scratch/less"
    ctl_in demo policy apply --dry-run "$scratch/less" >"$scratch/said"
    grep -E '^ends +1 session +wants --confirm 1$' "$scratch/said"
    status 5 ctl_in demo policy apply "$scratch/less"
    ctl_in demo policy export 2>/dev/null | cmp - "$scratch/demo"
    ctl_in demo policy apply "$scratch/less" --confirm 1 >"$scratch/said"
    grep -E '^ends +1 session' "$scratch/said"
    same rights_changed "$(sql_in demo "select state
        from gatehouse.session_find(sha256('c'))")"
    sql_in demo "update gatehouse_data.policy_state
            set rights_change_confirm = 1000"
    ctl_in demo policy apply "$scratch/demo"
}

# A reason that somebody wrote by hand comes back as it was.
hostile_texts_come_back() {
    sql_in demo "update gatehouse_data.role
        set meaning = E'\"; drop\\\\ table \\u202e x \\u00e4 \\U0001F600'
        where name = 'user';
        update gatehouse_data.zone set meaning = E'a\\nrole admin\\r\\n\\x7f'
        where name = 'open';
        update gatehouse_data.role_permission g
        set ended_at = clock_timestamp()
        where ended_at is null
          and condition_id is not null;
        insert into gatehouse_data.role_permission (role_id, permission_id,
            reason)
        select r.role_id, p.permission_id, E'\\x1b[31m\\n    permission admin/all'
        from gatehouse_data.role r, gatehouse_data.permission p
        where r.name = 'hr' and p.name = 'use' and p.application_id = (
            select application_id from gatehouse_data.application
            where name = 'hr')"
    ctl_in demo policy export >"$scratch/hostile" 2>/dev/null
    fails grep -nP '[\x00-\x08\x0b-\x1f\x7f]|\x{202e}' "$scratch/hostile"
    grep -F '\u202e' "$scratch/hostile"
    same 1 "$(grep -c '^role admin' "$scratch/hostile")"
    ctl_in empty policy apply "$scratch/hostile"
    ctl_in empty policy export 2>/dev/null | cmp - "$scratch/hostile"
    same t "$(sql_in empty "select meaning = E'a\\nrole admin\\r\\n\\x7f'
        from gatehouse_data.zone where name = 'open'")"
}

# What a program made of noise: never anything but a sentence.
noise_is_refused() {
    /usr/bin/python3 - "$scratch/demo" "$scratch/noise" <<'END'
import random, sys
lines = open(sys.argv[1]).read().split("\n")
words = [w for line in lines for w in line.split()] + [
    '"', '\\', '"\\u0000"', '"\\ud800"', '-', '*', '%', "'", '$$', '\t', '#',
    '{}', 'null', '9' * 40, 'x' * 5000, '::1/129', 'infinity', '24:00-24:00']
random.seed(7)
for n in range(60):
    made = list(lines)
    for _ in range(random.randrange(1, 6)):
        i = random.randrange(len(made))
        parts = made[i].split(" ")
        parts[random.randrange(len(parts))] = random.choice(words)
        made[i] = " ".join(parts)
    open(f"{sys.argv[2]}.{n}", "w").write("\n".join(made))
END
    local file got
    for file in "$scratch"/noise.*; do
        got=0
        ctl_in empty policy apply --dry-run "$file" >"$scratch/said" 2>&1 ||
            got=$?
        case $got in
        0 | 2 | 3 | 4 | 5) ;;
        *)
            cat "$file" "$scratch/said"
            return 1
            ;;
        esac
    done
}

who_may_not_gets_no_file() {
    sql_in demo 'create role stranger login'
    status 5 "$ctl" --dsn "host=$world dbname=demo user=stranger" \
        policy export
}

# All of it, in this order.
check_policy_file() {
    check 'databases of its own' make_databases
    check 'the policy of the demonstration' make_demo
    check 'the demonstration goes to an empty database and back' \
        the_demonstration_goes_to_an_empty_database_and_back
    check 'what is so already changes nothing' \
        what_is_so_already_changes_nothing
    check 'who has which role goes along' who_has_which_role_goes_along
    check 'a change is told, tried and made' a_change_is_told_tried_and_made
    check 'a bad file changes nothing' a_bad_file_changes_nothing
    check 'a change meanwhile is noticed' a_change_meanwhile_is_noticed
    check 'two at a time wait for each other' \
        two_at_a_time_wait_for_each_other
    check 'whose access it changes is told' whose_access_it_changes_is_told
    check 'sessions that it ends are told' sessions_that_it_ends_are_told
    check 'hostile texts come back' hostile_texts_come_back
    check 'noise is refused' noise_is_refused
    check 'who may not gets no file' who_may_not_gets_no_file
}
