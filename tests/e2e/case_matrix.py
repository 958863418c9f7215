# SPDX-License-Identifier: Apache-2.0
"""RBAC-001: every principal, path and method of a generated policy, decided
by the gateway and by an oracle in SQL that shares nothing with it but the
tables."""

import random
from collections import Counter

from harness.ask import fetch
from harness.check import equal, true, wait_until
from harness.fcgi import REQ, base
from harness.runner import ID_HTTP, ID_RAW, VERDICT, case
from harness.visitor import Visitor

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PROPFIND", "FROB")
BODIES = ("POST", "PUT")
# Two diamonds: d has a through b and through c, g through d and f.
ROLES = {"a": "", "b": "a", "c": "a", "d": "bc", "e": "d", "f": "c",
         "g": "df", "h": ""}
PATTERNS = ("/", "/*", "/**", "/a", "/a/*", "/a/**", "/*/b", "/a/*/c",
            "/a/b/c", "/a/b/**", "/*/*/c", "/b/*/**", "/%C3%A9/*", "/x.y",
            "/a/b", "/*/b/**")
PATHS = ("/", "/a", "/a/", "/b", "/b/", "/a/b", "/a/b/", "/a/c", "/b/b",
         "/a/b/c", "/a/b/c/", "/a/x/c", "/b/x", "/b/x/y", "/b/b/c/d", "/A",
         "/ab", "/x.y", "/xzy", "/%C3%A9", "/%C3%A9/1", "/*", "/a/*",
         "/a/b/c/d/e")
HOLDERS = {"alice": "a", "bob": "d", "carol": "g", "zed": "eh", "max": "f",
           "fi": ""}
# Who holds which role, by whom it is inherited; which rules match which rest
# of a path, as regular expressions. Nobody is the account ''.
ORACLE = r"""
with recursive principal as (
    select account_id, name from gatehouse_data.account
    where name = any (array[{names}])
    union all select null, ''
), held as (
    select p.name, g.role_id
    from principal p join gatehouse_data.account_role g using (account_id)
    where g.ended_at is null and g.valid_from <= now()
      and coalesce(g.valid_until > now(), true)
    union
    select p.name, r.role_id from principal p, gatehouse_data.role r
    where r.builtin = 'anonymous'
       or (r.builtin = 'authenticated' and p.account_id is not null)
    union
    select h.name, i.inherits_id
    from held h join gatehouse_data.role_inheritance i using (role_id)
), rule as (
    select g.grant_id, g.role_id, p.methods,
           '^' || replace(regexp_replace(
               case when r.pattern like '%/**'
                    then left(r.pattern, -3) else r.pattern end,
               '([.%~+-])', '\\\1', 'g'), '*', '[^/]+')
           || case when r.pattern like '%/**' then '(/.*)?' else '' end
           || '$' as expression
    from gatehouse_data.role_permission g
    join gatehouse_data.permission p using (permission_id)
    join gatehouse_data.resource r using (resource_id)
    join gatehouse_data.application a on a.application_id = r.application_id
    where a.name = 'rules' and g.ended_at is null and g.valid_from <= now()
      and coalesce(g.valid_until > now(), true)
), cell as (
    select p.name, m.method, w.path
    from principal p, unnest(array[{methods}]) m (method),
         unnest(array[{paths}]) w (path)
)
select c.name, c.method, c.path, min(u.grant_id) filter (
           where exists (select from held h where h.name = c.name
                         and h.role_id = u.role_id)) as grant_id,
       count(u.grant_id) as rules
from cell c
left join rule u on (c.method = any (u.methods) or '*' = any (u.methods))
                and c.path ~ u.expression
group by 1, 2, 3
"""
ACCESS = """
select v.name, x.method, x.resource as path, x.grant_id
from gatehouse_audit.access x
join gatehouse_data.account v using (account_id)
where x.application = 'rules' and x.at >= '{since}'
"""


def quoted(values):
    return ", ".join(f"'{value}'" for value in values)


def make(scene, seed):
    """The generated policy."""
    policy, dice = scene.world.policy, random.Random(seed)
    do = scene.world.cluster.do
    for name, others in ROLES.items():
        policy.role(f"m-{name}", *(f"m-{other}" for other in others))
    names = [f"m-{name}" for name in ROLES] + ["anonymous", "authenticated"]
    for number, pattern in enumerate(PATTERNS * 2):
        methods = dice.sample(METHODS[:-1], dice.randint(1, 3))
        if dice.random() < 0.15:
            methods = ["*"]
        policy.permission("rules", f"p{number}", pattern, *sorted(methods))
        given = dice.sample(names[:-2], dice.randint(0, 2))
        if dice.random() < 0.25 and pattern not in ("/**", "/*"):
            given.append(dice.choice(names[-2:]))
        for role in given:
            policy.allow(role, "rules", f"p{number}")
    # Grants that are over, and some that have not begun.
    for role, number, times in (("m-a", 2, "-2 -1"), ("m-h", 3, "1 2"),
                                ("m-b", 20, "-2 -1")):
        start, end = (f"now() + interval '{word} hours'"
                      for word in times.split())
        do("insert into gatehouse_data.role_permission (role_id, "
           "permission_id, valid_from, valid_until) select r.role_id, "
           f"p.permission_id, {start}, {end} from gatehouse_data.role r, "
           f"gatehouse_data.permission p where r.name = '{role}' and "
           f"p.name = 'p{number}' on conflict do nothing")
    for account, roles in HOLDERS.items():
        for role in roles:
            policy.grant(f"m-{role}", account)
    policy.grant("m-h", "fi")
    policy.revoke("m-h", "fi")
    do("insert into gatehouse_data.account_role (account_id, role_id, "
       "valid_from, valid_until) select "
       f"{scene.world.ids['fi']}, role_id, now() - interval '2 hours', "
       "now() - interval '1 hour' from gatehouse_data.role "
       "where name = 'm-g'")


def want_of(cell):
    """The status for a script: permitted, sign in first, denied."""
    if cell["grant_id"]:
        return 200
    return 401 if cell["name"] == "" and cell["rules"] else 403


def sign_in_all(scene):
    visitors = {"": Visitor(scene)}
    for name in HOLDERS:
        visitors[name] = Visitor(scene)
        equal(f"{name} signs in", visitors[name].sign_in(name).status, 303)
        scene.people[name].groups = None
    return visitors


def oracle(scene):
    return scene.world.cluster.rows(ORACLE.format(
        names=quoted(HOLDERS), methods=quoted(METHODS), paths=quoted(PATHS)))


def begin(scene, seed):
    """(who, cells) of a policy that the gateway has."""
    scene.optional.add("authz_fail")
    scene.protected = scene.protected - {"rules"}
    make(scene, seed)
    return sign_in_all(scene), oracle(scene)


@case("RBAC-001", "the whole matrix, as an oracle in SQL has it", *ID_RAW,
      seconds=120)
def matrix(scene):
    world = scene.world
    for seed in range(1, 6 if scene.options.long else 2):
        world.policy.restore()
        since = world.cluster.one("select clock_timestamp() as at")
        visitors, cells = begin(scene, seed)
        equal("cells", len(cells),
              len(METHODS) * len(PATHS) * (len(HOLDERS) + 1))
        wrong = play_all(scene, visitors, cells)
        equal("cells that the oracle decides otherwise", wrong, [])
        equal("by which rule", rules_told(scene, cells, since), [])
        scene.note(", ".join(f"{count} times {status}" for status, count in
                             Counter(map(want_of, cells)).items()))
        for count in Counter(map(want_of, cells)).values():
            true("each answer often enough", count > 100, count)


def play_all(scene, visitors, cells):
    """Every cell on one connection; those that came out otherwise."""
    wrong = []
    with scene.connect(60) as peer:
        for cell in cells:
            method = cell["method"]
            pairs = base("/rules" + cell["path"], method,
                         HTTP_ACCEPT="application/json")
            if cell["name"]:
                pairs.append(("HTTP_COOKIE",
                              f"__Host-id={visitors[cell['name']].token}"))
            peer.send(REQ(pairs, b"" if method in BODIES else None, keep=1))
            answer = peer.read(method=method)
            came = [(r.all("Remote-User"), r.method, r.target)
                    for r in scene.fresh()]
            want = want_of(cell)
            if answer.status != want or came != ([] if want != 200 else [
                    ([cell["name"]], method, "/rules" + cell["path"])]):
                wrong.append((cell, answer.status, came))
    return wrong


def rules_told(scene, cells, since):
    """Cells whose record does not name the oldest rule that permits; nobody
    leaves none."""
    query = ACCESS.format(since=since)
    cells = [cell for cell in cells if cell["name"]]
    wait_until("every record is written", lambda: scene.world.cluster.one(
        f"select count(*) from ({query}) as x") >= len(cells), 10)
    told = {(row["name"], row["method"], row["path"]): row["grant_id"]
            for row in scene.world.cluster.rows(query)}
    return [cell for cell in cells if told.get(
        (cell["name"], cell["method"], "/rules" + cell["path"]), 0)
        != cell["grant_id"]]


@case("RBAC-002", "some of the matrix through a web server", *ID_HTTP,
      *VERDICT)
def sample(scene):
    visitors, cells = begin(scene, 1)
    dice = random.Random(scene.name)
    # What neither of them sends on as it is.
    usual = [cell for cell in cells if cell["method"] != "FROB"]
    for cell in dice.sample(usual, 80):
        method = cell["method"]
        answer = fetch(
            scene, "/rules" + cell["path"], "Accept: application/json",
            *visitors[cell["name"]].cookie_line(), method=method,
            body=b"" if method in BODIES else None)
        what = f"{cell['name']} {method} {cell['path']}"
        equal(what, answer.status, want_of(cell))
        equal(f"{what}: arrived", [(r.method, r.target)
                                   for r in scene.fresh()],
              [(method, "/rules" + cell["path"])] if cell["grant_id"] else [])
