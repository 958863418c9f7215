# SPDX-License-Identifier: Apache-2.0
"""What must be found: the gateway's side is asked something slightly different,
or a function of the database is changed."""


def later(request):
    return (request[0] + 1, *request[1:])


def unknown_client(request):
    return (request[0], None, *request[2:])


def signed_in_later(request):
    at, client, since, *rest = request
    return (at, client, since and since + 1, *rest)


def other_method(request):
    return (*request[:-1], {"HEAD": "GET"}.get(request[-1], request[-1]))


def unknown_country(request):
    return (*request[:3], None, *request[4:])


def unknown_asn(request):
    return (*request[:4], None, *request[5:])


def lower_level(request):
    return (*request[:5], request[5] and request[5] - 1, *request[6:])


def new_browser(request):
    return (*request[:6], -1 if request[6] == 0 else request[6], *request[7:])


IN_C = (
    ("the clock is a microsecond late", later),
    ("the client is not known", unknown_client),
    ("they signed in a microsecond later", signed_in_later),
    ("HEAD is taken for GET", other_method),
    ("the country is not known", unknown_country),
    ("the autonomous system is not known", unknown_asn),
    ("they signed in a level lower", lower_level),
    ("a browser known for no time is new", new_browser),
)
# Function, what is wrong, and the words that are changed.
IN_SQL = (
    ("condition_holds", "hours end a moment too late",
     "v_clock::time >= v_begins and v_clock::time < v_ends",
     "v_clock::time >= v_begins and v_clock::time <= v_ends"),
    ("condition_holds", "hours over midnight belong to the day they end on",
     "v_clock::date - 1", "v_clock::date"),
    ("condition_holds", "all clocks show UTC",
     "at time zone (v_state ->> 'time_zone')", "at time zone 'UTC'"),
    ("condition_holds", "an age is over a moment too early",
     "<= (v_state ->> 'max_age')", "< (v_state ->> 'max_age')"),
    ("condition_holds", "a level is to be exceeded",
     ">= (v_state ->> 'min_level')", "> (v_state ->> 'min_level')"),
    ("condition_holds", "a browser is known a moment too late",
     ">= (v_state ->> 'min_known')", "> (v_state ->> 'min_known')"),
    ("decide", "strangers have a level",
     "v_stranger.level := null;", ""),
    ("decide", "strangers have a browser",
     "v_stranger.device_known := null;", ""),
    ("condition_holds", "IPv4 in IPv6 is not IPv4",
     "gatehouse_data.client_plain(p_circumstances.client)",
     "p_circumstances.client"),
    ("condition_holds", "unknown is no", "when v_is_one_unknown then null",
     "when v_is_one_unknown then false"),
    ("condition_holds", "one of all is enough",
     "when v_kind = 'all' and v_is_one_not then false",
     "when v_kind = 'all' and v_is_one then true"),
    ("path_matches", "* is an empty segment, too", "if v_path[i] = '' then",
     "if false then"),
    ("path_matches", "a pattern covers what is below it",
     "return cardinality(v_path) = v_last", "return true"),
    ("application_at", "the host wins over the longer path",
     "order by char_length(a.path) desc, a.host = ''",
     "order by a.host = '', char_length(a.path) desc"),
    ("rules_before", "a rule holds a moment too long",
     "a.valid_until > v_at", "a.valid_until >= v_at"),
    ("rules_before", "zones ask for nothing",
     "and (a.zone_condition_id is null or k.holds),", ","),
    ("roles_given", "a role is given a moment too late",
     "g.valid_from <= v_at", "g.valid_from < v_at"),
    ("roles_given", "what was revoked is still there",
     "where g.ended_at is null", "where true"),
    ("closure_before", "inheritance is one step",
     "on e.role_id = c.has_id",
     "on e.role_id = c.has_id and c.role_id = c.has_id"),
    ("decide", "the newest rule decides", "s.grant_id, s.given_id nulls first",
     "s.grant_id desc, s.given_id nulls first"),
    ("decide", "nobody is asked to sign in again",
     "and t.is_signed_in then 2", "and t.is_signed_in then null"),
    ("decide", "who may not sign in is signed in",
     "coalesce(a.status = 'active', false)", "a.account_id is not null"),
    ("decide", "unknown is no place to sign in",
     "where w.holds is not false", "where w.holds"),
    ("decide", "strangers have what is for who is signed in",
     "w.builtin = 'anonymous'", "w.builtin is not null"),
    ("policy_rows", "what was removed is still there",
     "where l.operation <> 'delete'", "where true"),
    ("policy_rows", "a change counts before it was made",
     "and v.version < p_before\n      and", "and v.version <= p_before\n      and"),
    ("accounts_at", "an account is as it was first",
     "v.account_version_id desc", "v.account_version_id"),
)
