#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What needs several sessions at once: guessing limits that admit exactly as
many as they say, sign-in against a change of the account, ends that are told
once, new passwords and ends by several browsers of one person, values that are
limited together, a failover that several gateways find, and no deadlock, here
or before. Owns the rows it makes in a test database; refuses nothing. Prints ok
or not ok for each test. Called by tests/sql/run; the other files that are named
so take their means from it.

    tests/sql/concurrency.py DSN
"""

import collections
import subprocess
import sys
import threading

DSN = sys.argv[1]
GATE = 4711
failures = 0


def psql(script):
    """Runs a script in a session of its own: lines of results, SQLSTATEs."""
    done = subprocess.run(
        ["psql", "-qXAt", "-v", "VERBOSITY=sqlstate", "-d", DSN],
        input=script, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError("psql died: " + done.stderr)
    errors = [line.split("ERROR:")[1].strip()
              for line in done.stderr.splitlines() if "ERROR:" in line]
    return done.stdout.split(), errors


def value(statement):
    results, errors = psql(statement)
    if errors:
        raise RuntimeError("%s: %s" % (errors[0], statement))
    return " ".join(results)


def await_word(process, word):
    """Until psql has said it; from one that died there is nothing to hear."""
    line = "\n"
    while line.strip() != word:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("psql died and never said " + word)


class Gate:
    """Holds sessions back until all of them stand at it."""

    def __enter__(self):
        self.keeper = subprocess.Popen(
            ["psql", "-qXAt", "-d", DSN], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.keeper.stdin.write("select pg_advisory_lock(%d);\n"
                                "\\echo shut\n" % GATE)
        self.keeper.stdin.flush()
        await_word(self.keeper, "shut")
        return self

    def open_for(self, count):
        self.keeper.stdin.write("""
            do $$ begin
                while (select count(*) from pg_locks
                       where locktype = 'advisory' and objid = %d
                         and not granted) < %d loop
                    perform pg_sleep(0.01), pg_stat_clear_snapshot();
                end loop;
            end $$;
            select pg_advisory_unlock(%d);\n""" % (GATE, count, GATE))
        self.keeper.stdin.flush()

    def __exit__(self, *_):
        self.keeper.stdin.close()
        self.keeper.wait(60)
        self.keeper.stdout.close()


def together(scripts):
    """All scripts at once: all results, all SQLSTATEs."""
    answers = [None] * len(scripts)

    def run(i):
        answers[i] = psql("select pg_advisory_lock_shared(%d) is null;\n%s"
                          % (GATE, scripts[i]))

    threads = [threading.Thread(target=run, args=(i,))
               for i in range(len(scripts))]
    with Gate() as gate:
        for thread in threads:
            thread.start()
        gate.open_for(len(scripts))
        for thread in threads:
            thread.join()
    results = [r for answer in answers for r in answer[0][1:]]
    errors = [e for answer in answers for e in answer[1]]
    return results, errors


def check(name, got, expected):
    global failures
    if got == expected:
        print("ok - " + name)
    else:
        failures += 1
        print("not ok - %s\n#   expected %r\n#   got      %r"
              % (name, expected, got))
    sys.stdout.flush()


def key(text):
    return "sha256('%s')" % text


def reserve(name, sources):
    return ("select is_allowed from gatehouse.sign_in_reserve('%s', %s, null,"
            " null, '192.0.2.1', array[%s]);\n"
            % (name, key(name), ", ".join(key(s) for s in sources)))


def succeed(name, token, limit=10, version=1, sources=("s",)):
    return ("select session_id > 0 from gatehouse.sign_in_succeed("
            "gatehouse.account_id_of('%s'), %d, %s, null, array[%s], %s,"
            " substring(%s from 1 for 16), %s, null, '192.0.2.1', 'B', 'e',"
            " gen_random_uuid(), 'n', '12 h', '24 h', %d);\n"
            % (name, version, key(name), ", ".join(key(s) for s in sources),
               key(token), key(token), key("binding"), limit))


def account(name):
    value("select test.account('%s');" % name)


def events(event, name):
    return int(value("select count(*) from gatehouse_audit.event"
                     " where event = '%s' and account = '%s';"
                     % (event, name)))


def limits_admit_exactly_as_many_as_they_say():
    account("race")
    for name, what in (("race", "a_name"), ("ghost", "a_name_nobody_has")):
        results, errors = together(
            ["".join(reserve(name, ["%s %d %d" % (name, i, j)])
                     for j in range(5)) for i in range(40)])
        check("BRUTE-002 200_parallel_attempts_at_%s_admit_5" % what,
              (results.count("t"), len(results), errors), (5, 200, []))
    results, errors = together(
        ["".join(reserve("spray %d %d" % (i, j), ["one network"])
                 for j in range(5)) for i in range(40)])
    check("BRUTE-005 200_parallel_names_from_one_network_admit_20",
          (results.count("t"), len(results), errors), (20, 200, []))


def sign_in_races_a_change(change, what):
    names = ["%s%02d" % (what, i) for i in range(20)]
    value("select test.account(n) from unnest(array['%s']) n;"
          % "','".join(names))
    _, errors = together([succeed(n, "token " + n) for n in names]
                         + [change % n for n in names])
    live = value("select count(*) from gatehouse_data.session s"
                 " join gatehouse_data.account a using (account_id)"
                 " where a.name like '%s%%' and s.ended_at is null;" % what)
    check("RACE-003 no_session_outlives_%s" % what,
          (live, set(errors) <= {"GH002"}), ("0", True))
    ended = int(value("select count(*) from gatehouse_audit.event"
                      " where event = 'session_expired'"
                      " and account like '%s%%';" % what))
    check("and_every_sign_in_ended_or_conflicted_" + what,
          ended + len(errors), 20)


def sign_in_races_a_change_of_roles():
    """Whichever comes first: who is signed in afterwards was signed in after
    it, with what holds then."""
    names = ["roles%02d" % i for i in range(20)]
    value("select test.account(n) from unnest(array['%s']) n;"
          % "','".join(names))
    value("select gatehouse.role_add('raced', '', false, 'me');")
    value("".join("select gatehouse.role_grant_account('raced', '%s', null,"
                  " null, '', 'me');\n" % n for n in names))
    _, errors = together(
        [succeed(n, "raced " + n) for n in names]
        + ["select gatehouse.role_revoke_account('raced', '%s', '', 'me')"
           " is null;" % n for n in names])
    check("RACE-001 both_succeed_in_every_order", errors, [])
    check("RACE-001 no_session_outlives_what_it_was_begun_with",
          value("select count(*) from gatehouse_data.session s"
                " join gatehouse_data.account a using (account_id)"
                " join gatehouse_data.account_rights r using (account_id)"
                " cross join gatehouse.session_find(s.token_hash) f"
                " where a.name like 'roles%' and (f.state = 'live')"
                " <> (s.rights_version >= r.version);"), "0")
    check("RACE-001 who_is_turned_out_signs_in_again",
          value("".join(succeed(n, "again " + n) for n in names)
                + "select string_agg(distinct f.state, ' ')"
                  " from gatehouse_data.session s"
                  " cross join gatehouse.session_find(s.token_hash) f"
                  " where s.token_hash in (select sha256(convert_to('again '"
                  " || n, 'UTF8')) from unnest(array['%s']) n);"
                % "','".join(names)).split()[-1], "live")


def rights_change_under_every_request():
    """A role may less while its holders are found, seen, given other tokens,
    told of, swept and signed in, in every order: whose session is over is
    never alive again, and one event says so."""
    names = ["held%02d" % i for i in range(20)]
    value("select gatehouse.application_add('held', null, '/held/',"
          " '{http://localhost:1}', null, null, 'me');\n"
          "select gatehouse.permission_add('held', 'all', '/**', '{GET}',"
          " 'me');\nselect gatehouse.role_add('held', '', false, 'me');\n"
          "select gatehouse.role_grant_permission('held', 'held', 'all', null,"
          " null, '', 'me');\nselect test.account(n)"
          " from unnest(array['%s']) n;" % "','".join(names))
    value("".join("select gatehouse.role_grant_account('held', '%s', null,"
                  " null, '', 'me');\n" % n + succeed(n, "held " + n)
                  for n in names)
          + "select test.age('held ' || n, '10 hours')"
            " from unnest(array['%s']) n;" % "','".join(names))

    def found(name, token):
        return ("select '%s:' || state from gatehouse.session_find(%s);\n"
                % (name, key(token)))

    def uses(name):
        own = "substring(%s from 1 for 16)" % key("held " + name)
        return (
            found(name, "held " + name) * 3
            + "select gatehouse.session_seen(array[s.session_id],"
              " array[clock_timestamp()]) >= 0, gatehouse.session_offer("
              "s.token_hash, s.generation, %s, %s) is null"
              " from gatehouse_data.session s where s.reference = %s;\n"
              % (key("next " + name), key("binding"), own)
            + found(name, "next " + name) * 3
            + "select gatehouse.session_renew(%s, '1 minute', null, null, null,"
              " null, 'n') is null;\n" % key("next " + name)
            + found(name, "next " + name) * 3
            + "select gatehouse.session_dead_use(%s, null, null, null, null,"
              " 'n') is null;\n" % key("held " + name)
            + found(name, "held " + name))
    results, errors = together(
        [uses(n) for n in names] + [succeed(n, "meanwhile " + n)
                                    for n in names[::4]]
        + ["select sessions_ended >= 0 from gatehouse.maintain('n');\n" * 2] * 3
        + ["select pg_sleep(0.02) is null;\nselect gatehouse."
           "role_revoke_permission('held', 'held', 'all', '', 'me') is null;"])
    check("RACE-001 nothing_fails_while_a_role_may_less", errors, [])
    seen = collections.defaultdict(list)
    for result in results:
        if ":" in result:
            name, state = result.split(":")
            seen[name].append(state)
    check("RACE-001 whose_session_is_over_is_never_alive_again",
          [n for n in names if "live" in seen[n]["rights_changed" in seen[n]
           and seen[n].index("rights_changed") or len(seen[n]):]], [])
    check("RACE-001 and_there_is_no_other_state",
          {s for states in seen.values() for s in states}
          - {"live", "rights_changed"}, set())
    value("".join("select gatehouse.session_dead_use(%s, null, null, null,"
                  " null, 'n');\n" % key("held " + n) for n in names))
    check("RACE-001 every_session_is_over_and_one_event_says_so",
          value("select count(*) || ' ' || count(distinct e.session) from"
                " gatehouse_audit.event e join gatehouse_data.session s"
                " on s.reference = e.session and s.ended_at is not null"
                " where e.event = 'session_expired' and e.reason ="
                " 'roles_changed' and s.created_at < now() - interval '9 h'"
                " and e.account like 'held%';"), "20 20")
    check("RACE-001 who_signed_in_meanwhile_has_the_rights_of_then",
          value("select count(*) from gatehouse_data.session s"
                " join gatehouse_data.account a using (account_id)"
                " cross join gatehouse_data.role_rights r"
                " cross join gatehouse.session_find(s.token_hash) f"
                " where a.name like 'held%%' and r.role_id = %s and"
                " (f.state = 'live') <> (s.rights_version >= r.version);"
                % role("held")), "0")
    check("RACE-001 the_upkeep_leaves_none_that_is_over",
          value("select gatehouse.maintain('n') is null; select count(*) from"
                " gatehouse_data.session s cross join gatehouse.session_find("
                "s.token_hash) f where f.state = 'rights_changed' and"
                " s.ended_at is null;"), "f 0")


def sessions_are_limited_together():
    account("many")
    results, errors = together(
        [succeed("many", "many %d" % i, 3) for i in range(30)])
    live = value("select live_sessions from gatehouse.account_show('many');")
    check("HIJ-008 30_parallel_sign_ins_leave_3_sessions",
          (results.count("t"), errors, live), (30, [], "3"))
    check("and_the_others_ended_with_an_event",
          events("session_expired", "many"), 27)


def one_end_is_told_once():
    account("leaver")
    value(succeed("leaver", "leaver"))
    results, errors = together(
        ["select was_live from gatehouse.session_end(%s, 'logout', null,"
         " null, null, null, null);" % key("leaver")] * 20)
    check("LOGOUT-003 20_parallel_logouts_end_once",
          (collections.Counter(results), errors),
          (collections.Counter(t=1, f=19), []))
    check("LOGOUT-003 and_are_one_event", events("session_logout", "leaver"),
          1)
    _, errors = together(
        ["select gatehouse.session_dead_use(%s, null, null, null, null,"
         " null);" % key("leaver")] * 20)
    check("HIJ-003 20_parallel_uses_are_told_once_a_minute",
          (events("session_use_after_expire", "leaver"), errors), (1, []))


def ref(token):
    return "substring(%s from 1 for 16)" % key(token)


def end_others(token, outcome="outcome"):
    return ("select %s from gatehouse.account_session_end(%s, null, 'own',"
            " null, null, null, null, 'n');\n" % (outcome, ref(token)))


def change(name, token, new, version=1):
    """A new password, from the session of a token."""
    return ("select 'changed' from gatehouse.password_change("
            "gatehouse.account_id_of('%s'), %d, %s, %s, null, array[%s],"
            " '$argon2id$%s', 'k', sha256('m'), %s, %s, %s, '192.0.2.1',"
            " 'B', 'e', gen_random_uuid(), 'n', '12 h', '24 h', 10);\n"
            % (name, version, ref(token), key(name), key("s"), new,
               key(new), ref(new), key("binding")))


def one_of_two_new_passwords_wins():
    names = ["two%d" % i for i in range(10)]
    for name in names:
        account(name)
    value("".join(succeed(n, n + t) for n in names for t in "ab"))
    results, errors = together([change(n, n + t, n + t + "new")
                                for n in names for t in "ab"])
    check("RACE-013 of_two_new_passwords_one_wins",
          (results, errors), (["changed"] * 10, ["GH002"] * 10))
    check("RACE-013 and_one_session_of_each_account_lives",
          value("select count(*) || ' ' || count(distinct account_id)"
                " from gatehouse_data.session s"
                " join gatehouse_data.account a using (account_id)"
                " where a.name like 'two%' and s.ended_at is null;"), "10 10")
    check("RACE-013 which_the_trail_tells_of",
          int(value("select count(*) from gatehouse_audit.event where event ="
                    " 'authn_password_change' and reason = 'own' and account"
                    " like 'two%';")), 10)


def everybody_ends_all_others():
    account("alone")
    value("".join(succeed("alone", "alone %d" % i) for i in range(8)))
    results, errors = together([end_others("alone %d" % i)
                                for i in range(8)])
    check("of_8_sessions_that_end_all_others_at_once_one_does",
          (sorted(results), errors), (["all"] + ["nobody"] * 7, []))
    check("and_one_lives", value("select live_sessions from"
                                 " gatehouse.account_show('alone');"), "1")
    check("and_7_ended_with_an_event", events("session_expired", "alone"), 7)


def nothing_deadlocks():
    """Batches of activity in every order, with sign-ins, ends and changes
    among them; and attempts whose networks overlap in every order."""
    for n in range(10):
        account("crowd%d" % n)
    value("".join(succeed("crowd%d" % (n % 10), "crowd %d" % n, 100)
                  for n in range(200)))
    value("select test.age(('crowd ' || n), '10 hours')"
          " from generate_series(0, 199) n;")
    seen = "".join("""
        select gatehouse.session_seen(
            array_agg(session_id order by random()),
            array_agg(now() - interval '9 h' + interval '%d min'))
        from gatehouse_data.session s
        join gatehouse_data.account a using (account_id)
        where a.name like 'crowd%%';\n""" % (2 * i) for i in range(40))
    ends = "".join("select gatehouse.sessions_end('crowd%d', 'me');\n"
                   "select gatehouse.account_disable('crowd%d', '', 'me');\n"
                   "select gatehouse.account_enable('crowd%d', 'me');\n"
                   % (n, n, n) for n in range(10))
    swap = "".join(
        succeed("crowd%d" % (9 - n), "swap %d" % n, 2).replace(
            "null, '192.0.2.1', 'B'", "%s, '192.0.2.1', 'B'"
            % key("crowd %d" % n)) for n in range(10))
    own = "".join(end_others("crowd %d" % n) + change(
        "crowd%d" % (n % 10), "crowd %d" % n, "own %d" % n, n // 10 + 1)
        for n in range(199, 0, -9))
    _, errors = together([seen] * 4 + [ends] * 2 + [swap] + [own])
    check("batches_of_activity_in_every_order_do_not_deadlock",
          [e for e in errors if e not in ("GH002", "23505")], [])

    networks = ["net %d" % n for n in range(8)]
    storm = []
    for i in range(16):
        order = networks[i % 8:] + networks[:i % 8]
        storm.append("".join(
            reserve("crowd%d" % ((i + j) % 10), order)
            + succeed("crowd%d" % ((i * j) % 10), "storm %d %d" % (i, j), 5,
                      1, order[::-1])
            + "select gatehouse.sign_in_fail(%s, gatehouse.account_id_of("
              "'crowd%d'), 'wrong', false, null, null, null, null, 'n')"
              " is null;\n" % (key("crowd%d" % (j % 10)), j % 10)
            + "select gatehouse.account_unlock('crowd%d', 'me') is null;\n"
              % ((i + 3 * j) % 10)
            for j in range(10)))
    _, errors = together(storm)
    check("attempts_from_overlapping_networks_do_not_deadlock",
          [e for e in errors if e != "GH002"], [])
    check("the_server_has_seen_no_deadlock",
          value("select deadlocks from pg_stat_database"
                " where datname = current_database();"), "0")


def role(name):
    return ("(select role_id from gatehouse_data.role where name = '%s')"
            % name)


def a_missing_partition_is_made_once():
    value("""do $$ begin
        execute format('alter table gatehouse_audit.event detach partition '
            'gatehouse_audit.%1$I; alter table gatehouse_audit.%1$I '
            'rename to put_away',
            gatehouse_audit.partition_name('event', now())); end $$;""")
    _, errors = together(
        ["select gatehouse.event_write('sys_startup', 'success', null, null,"
         " null, null, null, null, null, null, null, null, null, 'n', null)"
         " is null;"] * 20)
    check("20_events_without_a_partition_are_all_written",
          (value("select count(*) from gatehouse_audit.event"
                 " where event = 'sys_startup';"), errors), ("20", []))
    check("and_it_is_made_once",
          value("select count(*) from gatehouse_audit.event"
                " where event = 'audit_partition';"), "1")


def a_migration_at_work_is_no_alarm():
    """It makes triggers before the list has them; one that is switched off
    meanwhile is told of all the same."""
    look = ("select coalesce(guards_off_now, 'none')"
            " from gatehouse.maintain('n');")
    value("create trigger fresh before insert on gatehouse_data.throttle"
          " for each row execute function gatehouse_audit.refuse_change();"
          " alter table gatehouse_data.throttle enable always trigger fresh,"
          " disable trigger throttle_truncated_by_hand;")
    runner = subprocess.Popen(
        ["psql", "-qXAt", "-d", DSN], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    runner.stdin.write("select pg_advisory_lock(1734440037);\n"
                       "\\echo locked\n")
    runner.stdin.flush()
    await_word(runner, "locked")
    check("only_what_is_off_is_told_while_a_migration_is_at_work",
          value(look),
          "gatehouse_data.throttle throttle_truncated_by_hand off")
    runner.communicate(timeout=60)
    check("the_rest_after_it", value(look),
          "gatehouse_data.throttle fresh foreign")
    value("drop trigger fresh on gatehouse_data.throttle; alter table"
          " gatehouse_data.throttle"
          " enable always trigger throttle_truncated_by_hand;")


def what_a_stranger_locks_stops_nothing():
    """Whoever may connect may take advisory locks, of any number."""
    partition = ("do $$ begin execute format('drop table if exists"
                 " gatehouse_audit.%I', gatehouse_audit.partition_name("
                 "'event', now() - interval '300 days')); end $$;")
    value("do $$ begin if not exists (select from pg_roles"
          " where rolname = 'gatehouse_test_stranger') then"
          " create role gatehouse_test_stranger login; end if; end $$;")
    account("locked")
    value(reserve("locked", ["locked"]) + succeed("locked", "locked1"))
    value("select gatehouse.application_add('locked', '', '/locked/',"
          " '{http://localhost:1}', 'forward', null, 'me');")
    value(partition + """begin;
        select set_config('gatehouse.act', 'server_confirm', true) <> '';
        update gatehouse_data.server_state set timeline = timeline + 1;
        commit;
        create trigger strange before insert on gatehouse_data.review
            for each row execute function gatehouse_audit.refuse_change();
        alter table gatehouse_data.review enable always trigger strange;""")
    stranger = subprocess.Popen(
        ["psql", "-qXAt", "-d", DSN + ("&" if "?" in DSN else "?")
         + "user=gatehouse_test_stranger"], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True)
    stranger.stdin.write("""
        select pg_advisory_lock(hashtextextended(n, 0))
        from unnest(array['gatehouse maintain', 'gatehouse partition',
                          'gatehouse server_confirm']) n;
        select pg_advisory_lock(hashtextextended('gatehouse data', n))
        from generate_series(1, 1000) n;
        select pg_advisory_lock(1734440037);
        \\echo locked\n""")
    stranger.stdin.flush()
    await_word(stranger, "locked")
    limit = "set statement_timeout = '3 s'; "
    for name, statement, want in (
            ("a_failover_is_found", "select gatehouse.server_confirm();",
             "ended"),
            ("a_partition_is_made", "select gatehouse_audit.partition_make("
             "'event', now() - interval '300 days');", "t"),
            ("there_is_upkeep", "select guards_off_now"
             " from gatehouse.maintain('n');",
             "foreign"),
            ("a_value_is_stored",
             reserve("locked", ["locked"]) + succeed("locked", "locked2")
             + "select outcome from gatehouse_data.session s,"
             " gatehouse_data.application a, gatehouse.data_put(s.session_id,"
             " s.account_id, false, a.application_id, 'k', s.reference,"
             " 'text/plain', 'k1', substring(sha256('n') from 1 for 12),"
             " sha256('v')) where s.token_hash = " + key("locked2")
             + " and a.name = 'locked';", "stored")):
        results, errors = psql(limit + statement)
        check("a_stranger_who_locks_stops_nothing_" + name,
              (results[-1:], errors), ([want], []))
    stranger.communicate(timeout=60)
    value("drop trigger strange on gatehouse_data.review;"
          " select gatehouse.application_remove('locked', '', 'me') is null;"
          + partition + "drop role gatehouse_test_stranger;")
    value("select count(*) from gatehouse.maintain('n');")


def values_are_limited_together():
    """Values that come at once, of two sessions, get no more room together
    than one after the other; and none is left by a session that ends."""
    name = "keeper"
    account(name)
    for token in ("keep1", "keep2"):
        value(reserve(name, ["keeper"]) + succeed(name, token))
    application = value(
        "select gatehouse.application_add('kept', '', '/kept/',"
        " '{http://localhost:1}', 'forward', null, 'me');")

    def put(token, name, size, is_account="false"):
        return ("select outcome from gatehouse_data.session s,"
                " gatehouse.data_put(s.session_id, s.account_id, %s, %s,"
                " '%s', s.reference, 'text/plain', 'k1',"
                " substring(sha256('n') from 1 for 12),"
                " convert_to(repeat('v', %d), 'UTF8'))"
                " where s.token_hash = %s;"
                % (is_account, application, name, size + 16, key(token)))

    results, errors = together(
        [put("keep1", "k%d" % i, 1) for i in range(40)])
    check("values_at_once_are_as_many_as_one_after_the_other",
          (collections.Counter(results), errors),
          (collections.Counter(stored=32, keys=8), []))
    value("delete from gatehouse_data.session_data;")
    for i in range(28):
        value(put("keep1", "k%d" % i, 16384, "true"))
    results, errors = together(
        [put("keep%d" % (1 + i % 2), "k%d" % i, 16384) for i in range(44)])
    check("bytes_at_once_are_as_many_as_one_after_the_other",
          (collections.Counter(results), errors),
          (collections.Counter(stored=36, full=8), []))
    value("delete from gatehouse_data.session_data;"
          " delete from gatehouse_data.account_data;")
    results, errors = together(
        [put("keep1", "k%d" % i, 1) for i in range(10)]
        + ["select was_live from gatehouse.session_end(%s, 'logout',"
           " '192.0.2.1', '', '', gen_random_uuid(), 'n');" % key("keep1")])
    check("a_sign_out_leaves_no_value_behind",
          (value("select count(*) from gatehouse_data.session_data;"),
           errors), ("0", []))
    results, errors = together(
        [put("keep2", "k%d" % i, 1, "true") for i in range(10)]
        + ["select gatehouse.account_remove('%s', '', 'me') >= 0;" % name,
           "select gatehouse.application_remove('kept', '', 'me') is null;"])
    check("nor_does_an_account_that_goes",
          (value("select count(*) from gatehouse_data.account_data;"),
           [e for e in errors if e != "GH001"]), ("0", []))


def a_failover_is_found_once():
    value("""begin;
        select set_config('gatehouse.act', 'server_confirm', true) <> '';
        update gatehouse_data.server_state set timeline = timeline + 1;
        commit;""")
    before = int(value("select count(*) from gatehouse_audit.event"
                       " where event = 'database_failover';"))
    results, errors = together(["select gatehouse.server_confirm();"] * 20)
    check("of_gateways_that_find_a_failover_one_ends_sessions",
          (collections.Counter(results), errors),
          (collections.Counter(confirmed=19, ended=1), []))
    check("and_tells_of_it_once",
          int(value("select count(*) from gatehouse_audit.event"
                    " where event = 'database_failover';")), before + 1)


def main():
    limits_admit_exactly_as_many_as_they_say()
    sign_in_races_a_change(
        "select gatehouse.account_disable('%s', '', 'me');", "disabling")
    sign_in_races_a_change(
        "select gatehouse.account_password('%s', '$argon2id$n', 'k',"
        " sha256('m'), 'me');", "password")
    sign_in_races_a_change_of_roles()
    rights_change_under_every_request()
    sessions_are_limited_together()
    one_end_is_told_once()
    one_of_two_new_passwords_wins()
    everybody_ends_all_others()
    values_are_limited_together()
    nothing_deadlocks()
    a_missing_partition_is_made_once()
    a_migration_at_work_is_no_alarm()
    a_failover_is_found_once()
    what_a_stranger_locks_stops_nothing()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
