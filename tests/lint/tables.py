# SPDX-License-Identifier: Apache-2.0
"""What the lints know, as data: the floors of the house, who may include
which foreign header, borders, banned names, words and limits. A rule that
changes is changed here and nowhere else. Every exception has its reason."""

# --- floors -----------------------------------------------------------------

# Modules of gateway/ by floor; every other file of lib/ has its folder's.
GROUND = """backend body builtin cache cards context database estate exchange
    fresh front gateway hashing identity journal keeper locate log look lookup loop message
    metrics mounts outbound params reach recall record reply settings tls
    upkeep version""".split()
# and everything called step_* or act_*; the rest is what they are made of
ROW = ["account", "event", "finish", "guard", "login", "parse", "pipeline", "relay",
       "visit", "moved", "shorten", "travel", "found"]
# and everything in gateway/ctl/
DOOR = ["check_db", "connection", "edge", "fcgi", "main", "socket", "workers"]
# A module split over files (backend_head.c) stands on its first word's floor.

# Floor: the floors it may include.
FLOORS = {
    "base": {"base"},
    "web": {"base", "web"},
    "store": {"base", "store"},
    "core": {"base", "store", "core"},
    "ground": {"base", "web", "store", "core", "ground"},
    "row": {"base", "web", "store", "core", "ground", "row"},
    "door": {"base", "web", "store", "core", "ground", "row", "door"},
}

# Foreign header (a pattern): the files that alone may include it. A trailing
# * covers a module split over files.
FOREIGN = {
    r"sodium\.h": ["lib/base/secret.c", "lib/core/password.c"],
    r"ini\.h": ["lib/base/conf.c"],
    r"uni[a-z]+\.h(?<!unistd\.h)": ["lib/base/precis.c"],
    r"jansson\.h": ["lib/base/json.c"],
    r"openssl/.*": ["lib/base/digest.c", "lib/core/aead.c",
                    "lib/core/sign.c", "lib/core/seal.c", "gateway/tls.c"],
    r"libpq-.*|libpq/.*": ["lib/store/db*", "lib/store/dsn.c",
                           "lib/store/row.c", "tests/differential/decide.c"],
    r"crypt\.h": ["lib/core/password.c"],
    r"liboath/.*": ["lib/core/totp.c"],
    r"maxminddb.*": ["lib/core/place.c"],
    r"curl/.*": ["gateway/outbound.c"],
    r"malloc\.h": ["gateway/main.c", "tests/*"],
    r"fcgi.*\.h": ["gateway/fcgi*.c", "tests/wire/plain.c",
                   "tests/bench/responder.c"],
    r"CUnit/.*": ["tests/unit/check.c"],
    r"ut(hash|list|array|string)\.h": ["*"],
    r"sys/(epoll|eventfd|timerfd)\.h|ev\.h|uv\.h": [
        "gateway/loop.c", "tests/bench/responder.c", "tests/wire/*",
        "tests/unit/gateway/test_database.c"],
    # A loop never waits (deploy/decisions/0001-own-event-loop.md), and a hash
    # takes long: hashing has a few threads of its own.
    r"pthread\.h|threads\.h|semaphore\.h": [
        "gateway/workers.c", "gateway/main.c", "gateway/hashing.c",
        "tests/*"],
    r"signal\.h|sys/signalfd\.h": [
        "gateway/workers.c", "gateway/main.c", "tests/*"],
}

# Headers of C and POSIX that any floor may include, and those of lib/web,
# which is pure: no input or output, no clock (arpa/inet.h for inet_pton).
SYSTEM_PURE = set("""arpa/inet assert ctype errno float inttypes limits
    stdalign stdarg stdbool stddef stdint stdlib stdnoreturn string""".split())
SYSTEM = SYSTEM_PURE | set("""dirent fcntl fnmatch getopt glob grp
    netdb netinet/in netinet/tcp poll pwd spawn stdatomic stdio strings
    sys/file sys/mman sys/prctl sys/random sys/resource sys/socket sys/stat
    sys/syscall sys/time sys/types sys/uio sys/un sys/wait sysexits syslog
    termios time unistd""".split())

# --- banned -----------------------------------------------------------------

# Name (a pattern): why. For every .c and .h file.
BANNED = {
    r"PQexec\s*\(": "statements are prepared by name (stmt.c)",
    r"PQescape\w*": "values are parameters; SQL is never built as text",
    r"\bgoto\b": "owners are declared with GH_CLEAN",
    r"\bCU_(?:ASSERT|TEST|PASS|FAIL)\w*": "use the checks of check.h",
}

# Raw memory calls are for lib/base and the border files below; the list can
# only shrink.
MEMORY = r"\b(?:malloc|calloc|realloc|reallocarray|aligned_alloc|strdup|" \
         r"strndup|asprintf|vasprintf|posix_memalign|getdelim|getline|free)" \
         r"\s*\("
MEMORY_FOLDERS = ["lib/base/"]
MEMORY_BORDER = ["backend", "connection", "database", "edge", "exchange",
                 "fcgi", "gateway", "hashing", "journal", "log", "loop",
                 "settings", "workers"]

# Mutable variables of static storage that may exist: only volatile
# sig_atomic_t, and only here.
SIGNAL_FLAG_FILE = "gateway/main.c"

# --- tests ------------------------------------------------------------------

# Source without a mirror among the unit tests: why.
UNTESTED = {
    "lib/base/attr.c": "only ends the process",
    "lib/base/status.c": "a table of words, seen in every failing check",
    "gateway/main.c": "the process itself: tests/wire and tests/e2e run it",
    "gateway/workers.c": "threads and signals: tests/wire and tests/e2e",
    "gateway/connection*.c": "needs sockets: tests/wire",
    "gateway/edge.c": "needs sockets: tests/wire",
    "gateway/fcgi*.c": "needs sockets: tests/wire",
    "gateway/ctl/*.c": "the tool for administrators: tests/ctl",
    "gateway/socket.c": "needs sockets: tests/wire",
    "gateway/backend*.c": "needs sockets: tests/wire and tests/e2e",
    "gateway/check_db.c": "one question to a real PostgreSQL, at the prompt",
    "gateway/context.c": "notes a fault: test_pipeline.c and test_step_*.c",
    "gateway/finish.c": "one line of the log, one note: tests/wire, tests/e2e",
    "gateway/metrics.c": "written by one act: test_act_operations.c",
    "gateway/upkeep.c": "a clock that asks PostgreSQL: tests/e2e",
}

# --- words and limits -------------------------------------------------------

# What no file of the project says. Written so that this file does not.
WORDS = [
    r"\bTOD[O]\b", r"\bFIXM[E]\b", r"\bX[X]X\b", r"(?i)for simplicit[y]",
    r"\bnot (?:yet )?implemente[d]", r"(?i)\bstu[b] implementation",
    r"(?i)\bpyp[i]\.org", r"(?i)pythonhoste[d]\.org",
    r"(?i)registry\.\w*j[s]\b", r"(?i)registry\.yarnpk[g]",
    r"(?i)\bcrates\.i[o]\b", r"(?i)proxy\.golan[g]", r"(?i)rubygem[s]\.org",
    r"/work/(?:mai[n]|share[d])", r"/tmp/g[h]/", r"(?i)\bthis brie[f]\b",
    r"(?i)\bbash_job[s]\b",
]

# Sizes that no function or file may pass (the targets are far below).
LIMITS = {"function": 100, "file": 600, "nesting": 3, "parameters": 6}

# Comment lines that open a file, SPDX line included.
OPENING = {"least": 4, "most": 20}
