# SPDX-License-Identifier: Apache-2.0
"""FCGI, second part: parameters that occur twice, parameters that
are not fields, and what arrives of those that are."""

from harness.ask import expect, same_header, table
from harness.check import equal, true
from harness.fcgi import REQ, base
from harness.runner import OWN_RAW, RAW, case

BOTH = RAW + OWN_RAW
SINGLE = {
    "REQUEST_URI": ("/public/e2e", "/closed/"),
    "REMOTE_ADDR": ("127.0.0.1", "10.1.1.1"),
    "HTTPS": ("on", "off"),
    "REQUEST_METHOD": ("GET", "DELETE"),
    "CONTENT_LENGTH": ("0", "5"),
    "HTTP_HOST": ("localhost:8443", "evil.example"),
}


@case("FCGI-039", "security-relevant names twice", *BOTH)
def twice(scene):
    rows = []
    for name, values in SINGLE.items():
        pairs = [(n, v) for n, v in base("/public/e2e") if n != name]
        for pair in (values, values[::-1], (values[0], values[0])):
            rows.append((f"{name} {pair}",
                         pairs + [(name, v) for v in pair], 400))
    table(scene, rows, lambda pairs: scene.ask(REQ(pairs)))


@case("FCGI-041", "one far from the other", *BOTH)
def far_apart(scene):
    for name, values in SINGLE.items():
        pairs = ([(name, values[1])]
                 + [(n, v) for n, v in base("/public/e2e") if n != name]
                 + [(f"HTTP_X_{i}", "1") for i in range(60)]
                 + [(name, values[0])])
        expect(scene, name, scene.ask(REQ(pairs)), 400)


@case("FCGI-043", "list fields twice are joined in order", *BOTH)
def joined(scene):
    answer = scene.ask(REQ(base() + [("HTTP_ACCEPT", "a/b"),
                                     ("HTTP_X_LIST", "1"),
                                     ("HTTP_ACCEPT", "c/d"),
                                     ("HTTP_X_LIST", "2")]))
    request = expect(scene, "joined", answer, 200)
    equal("Accept", ", ".join(request.all("Accept")), "a/b, c/d")
    equal("X-List", ", ".join(request.all("X-List")), "1, 2")


@case("FCGI-045", "parameters that are not fields are not forwarded", *BOTH)
def not_fields(scene):
    names = ("SERVER_SOFTWARE", "GATEWAY_INTERFACE", "DOCUMENT_ROOT",
             "SCRIPT_FILENAME", "SSL_CLIENT_S_DN", "REDIRECT_STATUS",
             "PATH", "LD_PRELOAD", "FCGI_ROLE", "X_GATEHOUSE_SESSION",
             "GATEHOUSE_USER", "HTTP")
    answer = scene.ask(REQ(base() + [(n, "leaked") for n in names]))
    request = expect(scene, "variables", answer, 200)
    true("not one", not any("leaked" in v for _, v in request.headers),
         request.headers)


@case("FCGI-046", "fields arrive as they were sent", *BOTH)
def as_sent(scene):
    fields = {"ACCEPT": "text/html, */*;q=0.8", "USER_AGENT": "e2e/1 (x; y)",
              "ACCEPT_LANGUAGE": "de-DE,de", "REFERER": "https://x/y?z#q",
              "IF_NONE_MATCH": 'W/"a", "b"', "RANGE": "bytes=0-9",
              "X_UTF8": "gr\u00fc\u00dfe", "DNT": "1",
              "X_TAB": "a\tb", "SEC_FETCH_MODE": "navigate"}
    answer = scene.ask(REQ(base() + [("HTTP_" + n, v)
                                     for n, v in fields.items()]))
    request = expect(scene, "fields", answer, 200)
    for name, value in fields.items():
        same_header(request, name.replace("_", "-"), [value])


@case("FCGI-047", "HTTPS says `on`, nothing else", *BOTH)
def https(scene):
    rows = [(repr(value), value, 426)
            for value in ("off", "1", "true", "yes", "on,on", "", "o")]
    table(scene, rows, lambda value: scene.ask(REQ(base(HTTPS=value))))
    expect(scene, "not there", scene.ask(REQ(base(HTTPS=None))), 426)


@case("FCGI-048", "CONTENT_TYPE", *BOTH)
def content_type(scene):
    answer = scene.ask(REQ(base(method="POST", CONTENT_TYPE="text/x; a=b"),
                           b"12"))
    same_header(expect(scene, "POST", answer, 200), "Content-Type",
                ["text/x; a=b"])
    answer = scene.ask(REQ(base(CONTENT_TYPE="")))
    same_header(expect(scene, "empty", answer, 200), "Content-Type", [])
