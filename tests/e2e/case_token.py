# SPDX-License-Identifier: Apache-2.0
"""COOKIE, with accounts: which bytes of a Cookie field are a session, how
tokens are made, and in what form they are kept."""

import base64
import random
import subprocess

from case_brute import together
from harness import fcgi
from harness.ask import same_header
from harness.check import equal, true
from harness.keyring import unurl64, url64
from harness.runner import ID, ID_RAW, case
from harness.signs import events_of, signed_in, unauth
from harness.visitor import LOGIN, Visitor

ALPHABET = ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
            "0123456789-_")


def alice_in(scene, account="alice"):
    visitor = Visitor(scene)
    equal("sign-in", visitor.sign_in(account).status, 303)
    return visitor


def sent(scene, visitor, cookie, account="alice"):
    """This Cookie field is alice; returns the request at the application."""
    scene.fresh()
    answer = visitor.get("/app/x", b"Cookie: " + fcgi.as_bytes(cookie))
    equal(f"{cookie!r}: status", answer.status, 200)
    request = scene.one_arrived("app")
    same_header(request, "Remote-User", [account])
    return request


def none(scene, *cookies, reason=None):
    """None of these Cookie fields is anybody."""
    visitor = Visitor(scene)
    for cookie in cookies:
        unauth(scene, visitor, reason, repr(cookie), None,
               b"Cookie: " + fcgi.as_bytes(cookie))


@case("COOKIE-001", "the plain one", *ID)
def plain(scene):
    visitor = alice_in(scene)
    request = sent(scene, visitor, f"__Host-id={visitor.token}")
    same_header(request, "Cookie", [])
    same_header(request, "Remote-Name", ["Alice"])
    same_header(request, "Remote-Email", ["alice@example.org"])
    same_header(request, "X-Gatehouse-Level", ["1"])


@case("COOKIE-002", "between the application's own", *ID)
def between(scene):
    visitor = alice_in(scene)
    for cookie, want in ((f"a=1; __Host-id={visitor.token}; b=2", "a=1; b=2"),
                         (f"__Host-id={visitor.token}; b=2", "b=2"),
                         (f"a=1;__Host-id={visitor.token}", "a=1"),
                         (f"a=1;  __Host-id={visitor.token} ; b=2",
                          "a=1; b=2")):
        same_header(sent(scene, visitor, cookie), "Cookie", [want])


@case("COOKIE-003", "the only cookie", *ID)
def only(scene):
    visitor = alice_in(scene)
    request = sent(scene, visitor, f"__Host-id={visitor.token}")
    true("no Cookie field, not an empty one", b"cookie" not in
         request.head.lower(), request.head)


@case("COOKIE-005", "two of them", *ID)
def two(scene):
    token = alice_in(scene).token
    other = alice_in(scene, "bob").token
    visitor = Visitor(scene)
    for pair in (("{0}; __Host-id=AAAA"), ("AAAA; __Host-id={0}"),
                 ("{0}; __Host-id={0}"), ("{0}; __Host-id={1}"),
                 ("{0}; a=b; __Host-id="), ("; __Host-id={0}")):
        line = "Cookie: __Host-id=" + pair.format(token, other)
        answer = visitor.get("/app/x", line)
        equal(f"{pair}: status", answer.status, 400)
    scene.none_arrived()


@case("COOKIE-007", "letter case of the name", *ID)
def name_case(scene):
    token = alice_in(scene).token
    none(scene, *(f"{name}={token}" for name in (
        "__host-id", "__HOST-ID", "__Host-ID", "__Host-Id", "_Host-id",
        "Host-id", "__Secure-id", "__Host-id2", "__Host-")))


@case("COOKIE-009", "white space that only some strip", *ID)
def odd_space(scene):
    """The bytes are compared; what a front refuses is refused too."""
    token = alice_in(scene).token.encode()
    visitor = Visitor(scene)
    for space in (b"\xe2\x80\x80", b"\xc2\xa0", b"\xc2\x85", b"\xa0"):
        for text in (space + b"__Host-id=" + token,
                     b"__Host-id" + space + b"=" + token,
                     b"__Host-id=" + space + token,
                     b"__Host-id=" + token + space):
            answer = visitor.fetch("/app/x", b"Cookie: " + text)
            true(f"{text!r}: nobody", answer.status in (400, 401),
                 answer.status)
            scene.none_arrived()


@case("COOKIE-011", "$Version, commas, other signs", *ID)
def old_style(scene):
    token = alice_in(scene).token
    none(scene, f'$Version=1,__Host-id="{token}"',
         f'$Version=1; __Host-id="{token}"; $Path=/',
         f"a=1,__Host-id={token}", f"__Host-id {token}",
         f"__Host-id:{token}", f"__Host-id[]={token}",
         f"$__Host-id={token}", f"a=__Host-id={token}")


@case("COOKIE-013", "in quotes", *ID)
def quoted(scene):
    token = alice_in(scene).token
    none(scene, f'__Host-id="{token}"', f'"__Host-id"={token}',
         f'"__Host-id={token}"', f'__Host-id="{token}', f"__Host-id='{token}'")


@case("COOKIE-015", "a cookie without a name", *ID)
def nameless(scene):
    token = alice_in(scene).token
    none(scene, f"=__Host-id={token}", f"==__Host-id={token}", f"={token}",
         token, f"a=1; =__Host-id={token}")


@case("COOKIE-016", "spaces around the equals sign", *ID)
def around(scene):
    token = alice_in(scene).token
    none(scene, f"__Host-id ={token}", f"__Host-id= {token}",
         f"__Host-id = {token}")


@case("COOKIE-017", "the value, percent-encoded", *ID)
def percent(scene):
    token = alice_in(scene).token
    none(scene, f"__Host-id=%{ord(token[0]):02x}{token[1:]}",
         f"__Host-id={token[:-1]}%{ord(token[-1]):02X}",
         f"__Host%2Did={token}")


@case("COOKIE-018", "cut, extended, in other letters", *ID)
def mangled(scene):
    token = alice_in(scene).token
    texts = {token[:-1], token + "A", token + "=", token + token,
             token.swapcase(), token[::-1], token.lower(), token.upper(),
             "", "A", token[:42], " ".join((token[:20], token[20:]))}
    none(scene, *(f"__Host-id={text}" for text in texts - {token}))


@case("COOKIE-019", "other alphabets", *ID_RAW)
def alphabet(scene):
    token = alice_in(scene).token
    visitor = Visitor(scene)
    for bad in (b"+", b"/", b"=", b".", b"!", b"'", b'"', b"\\", b"%",
                b"\x7f", b"\x80", b" ", b",", b"\t"):
        for at in (0, 20, 42):
            text = token[:at].encode() + bad + token[at + 1:].encode()
            answer = visitor.fetch("/app/x", b"Cookie: __Host-id=" + text)
            true(f"{bad!r} at {at}: nobody", answer.status in (400, 401),
                 answer.status)
    scene.none_arrived()


@case("COOKIE-020", "only one spelling of the same bytes", *ID)
def canonical(scene):
    """The last character of 43 has two bits that stand for nothing."""
    token = alice_in(scene).token
    last = ALPHABET.index(token[-1])
    equal("those bits are zero", last & 3, 0)
    none(scene, *(f"__Host-id={token[:-1]}{ALPHABET[last | bits]}"
                  for bits in (1, 2, 3)))


@case("COOKIE-021", "NUL and control bytes", *ID_RAW)
def control(scene):
    token = alice_in(scene).token.encode()
    for text in (token + b"\x00", b"\x01" + token, token + b"\x00A",
                 token + b"\r\nX: y", token + b"\n"):
        pairs = fcgi.base("/app/x") + [
            ("HTTP_COOKIE", b"__Host-id=" + text),
            ("HTTP_ACCEPT", "application/json")]
        answer = scene.ask(fcgi.REQ(pairs))
        equal(f"{text!r}: status", answer.status, 400)
    scene.none_arrived()


@case("COOKIE-023", "a token in the URL is nobody", *ID)
def in_the_url(scene):
    token = alice_in(scene).token
    visitor = Visitor(scene)
    scene.secrets.discard(token)     # the client itself made it public
    for target, want in ((f"/app/?__Host-id={token}", 401),
                         (f"/app/x?sid={token}", 401),
                         (f"/app/;__Host-id={token}", 400),
                         (f"/app/;jsessionid={token}", 400)):
        equal(target[:30], visitor.fetch(target).status, want)
    scene.none_arrived()


@case("COOKIE-025", "SQL as a token", *ID)
def sql(scene):
    texts = ("' OR '1'='1", "x'::bytea", "\\x00", "$1", "%27--",
             "'||pg_sleep(5)||'")
    none(scene, *(f"__Host-id={text}" for text in texts))
    log = scene.world.cluster.log.news()
    true("no statement carries it", b"OR '1'" not in log
         and b"pg_sleep(5)" not in log)


@case("COOKIE-028", "a session among many cookies", *ID)
def many(scene):
    visitor = alice_in(scene)
    others = "; ".join(f"c{i}={i}" for i in range(200))
    request = sent(scene, visitor, f"{others}; __Host-id={visitor.token}")
    same_header(request, "Cookie", [others])


@case("COOKIE-029", "tokens that nobody was given", *ID)
def random_tokens(scene):
    """Of another deployment, or guessed."""
    dice = random.Random(29)
    none(scene, *("__Host-id=" + url64(dice.randbytes(32))
                  for _ in range(10)), "__Host-id=" + "A" * 43)


@case("COOKIE-030", "a guess asks the database once and leaves no row",
      *ID_RAW)
def guesses(scene):
    dice = random.Random(30)
    visitor = Visitor(scene)
    for _ in range(300):
        visitor.cookies = {"__Host-id": url64(dice.randbytes(32))}
        answer = visitor.fetch("/app/x")
        equal("status", answer.status, 401)
    scene.none_arrived()


def collect(scene, count):
    """Tokens of many sign-ins; the state before is good for all of them
    that fit into ten minutes."""
    form = Visitor(scene)
    fields = []

    def renew():
        fields[:] = [("username", "carol"), ("csrf", form.form()["csrf"]),
                     ("password", scene.world.passwords["carol"])]
    renew()

    def one():
        visitor = Visitor(scene)
        visitor.cookies = dict(form.cookies)
        answer = visitor.post(LOGIN, fields, timeout=60)
        equal("status", answer.status, 303)
        return visitor.token
    tokens = []
    while len(tokens) < count:
        renew()
        forget = "set session_replication_role = replica; delete from " \
            "gatehouse_data.session; set session_replication_role = default"
        scene.world.cluster.do(forget)     # a hundred is the limit of one
        tokens += together([one] * 90, workers=3)     # five would be guessing
    scene.answers.clear()
    return tokens


@case("COOKIE-031", "tokens are random", *ID_RAW, seconds=3600)
def statistics(scene):
    count = 100000 if scene.options.long else 450
    scene.optional.update((
        "authn_login_success", "authn_login_successafterfail",
        "session_created", "sensitive_delete"))
    tokens = collect(scene, count)
    count = len(tokens)
    raw = [int.from_bytes(unurl64(token), "big") for token in tokens]
    equal("all different", len(set(tokens)), count)
    equal("32 bytes each", {len(unurl64(t)) for t in tokens}, {32})
    allowed = 6 * 0.5 / count ** 0.5          # six standard deviations
    for bit in range(256):
        share = sum(value >> bit & 1 for value in raw) / count
        true(f"bit {bit}", abs(share - 0.5) < allowed, share)
    share = sum(bin(value).count("1") for value in raw) / count / 256
    true("all bits", abs(share - 0.5) < allowed / 16, share)
    apart = [bin(one ^ other).count("1") for one, other in
             zip(raw, raw[1:])]
    middle = sum(apart) / len(apart)
    true("neighbours share half of their bits", abs(middle - 128)
         < 6 * 8 / len(apart) ** 0.5, middle)
    bytes_seen = {byte for token in tokens for byte in unurl64(token)}
    equal("every byte value", len(bytes_seen), 256)
    scene.note(f"{count} tokens, bits {share:.4f}, neighbours "
               f"{middle:.2f} of 256 bits apart")


@case("COOKIE-032", "two tokens at one time are unlike each other", *ID)
def unlike(scene):
    one, other = alice_in(scene).token, alice_in(scene).token
    same = [a for a, b in zip(one, other) if a == b]
    true("few characters alike", len(same) < 12, len(same))


@case("COOKIE-033", "what is stored is no token", *ID)
def stored(scene):
    visitor = alice_in(scene)
    token = visitor.token
    world = scene.world
    row = world.cluster.rows(
        "select encode(token_hash, 'hex') as hash, "
        "encode(reference, 'hex') as reference, encode(binding, 'hex') "
        "as binding from gatehouse_data.session")[0]
    equal("its keyed hash", row["hash"], world.ring.stored(token).hex())
    dump = subprocess.run(
        ["pg_dump", "-h", world.cluster.folder, "-U", "postgres",
         "gatehouse"], cwd="/", capture_output=True, timeout=60,
        check=True).stdout.decode()
    raw = unurl64(token)
    for form in (token, raw.hex(), base64.b64encode(raw).decode(),
                 world.passwords["alice"]):
        true("not in a dump", form not in dump, form)
    none(scene, *("__Host-id=" + url64(bytes.fromhex(value).ljust(32, b"\0"))
                  for value in row.values()))


@case("COOKIE-034", "a row that somebody moved is nobody", *ID)
def moved(scene):
    """The binding ties the row to its account: not even who owns the
    database makes alice's session bob's."""
    visitor = alice_in(scene)
    world = scene.world
    world.cluster.do("update gatehouse_data.session set account_id = "
                     f"{world.ids['bob']}")
    scene.tell("sensitive_update")
    scene.optional.add("crypt_decrypt_fail")
    unauth(scene, visitor, "unknown")
    true("it is an event", events_of(scene, "crypt_decrypt_fail"))


@case("COOKIE-035", "the session itself is told without its token", *ID)
def told(scene):
    visitor = alice_in(scene)
    answer = visitor.fetch("/auth/session")
    equal("status", answer.status, 200)
    true("account", b'"account":"alice"' in answer.body, answer.body)
    true("no token", visitor.token.encode() not in answer.body)
    signed_in(scene, visitor, "alice")
