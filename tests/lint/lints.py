# SPDX-License-Identifier: Apache-2.0
"""The lints: each takes a tree and yields findings (path, line, words). The
name that a report shows is given by @lint; the order here is the order of the
report. What they know about the house is in tables.py."""

import concurrent.futures
import difflib
import fnmatch
import os
import pathlib
import re
import statistics
import subprocess
import tempfile

import source
import tables

LINTS = {}
TABLES = "tests/lint/tables.py"


def lint(name):
    def register(function):
        LINTS[name] = function
        return function
    return register


def command(*words, **more):
    return subprocess.run([str(w) for w in words], capture_output=True,
                          text=True, errors="replace", **more)


def matches(path, patterns):
    return any(fnmatch.fnmatch(path, p) for p in patterns)


# --- who includes whom ------------------------------------------------------

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"]+)[>\"]", re.M)


def includes(tree, path):
    """Line, bracket and name of each include."""
    text = tree.text(path)
    for m in INCLUDE.finditer(text):
        yield source.line_of(text, m.start()), m.group(1), m.group(2)


def resolve(tree, path, name):
    """The file of the tree that a quoted include means, or None."""
    folder = os.path.dirname(path)
    for base in (folder, "lib", "gateway", "tests/unit", "tests/fake"):
        found = os.path.normpath(os.path.join(base, name))
        for file in (found, found + ".in"):  # .in: written by the build
            if (tree.root / file).is_file():
                return file
    return None


def module(path):
    """The module of a file: x.c, x.h and x_int.h are one."""
    return os.path.splitext(path)[0].removesuffix("_int")


def floor(path):
    """The floor of a product file; None when the table does not know it."""
    parts = path.split("/")
    if parts[0] == "lib":
        return parts[1] if parts[1] in tables.FLOORS else None
    if parts[1] == "ctl":
        return "door"
    whole = parts[1].split(".")[0]
    for name in (whole, whole.split("_")[0]):
        if name in tables.GROUND:
            return "ground"
        if name in tables.ROW or name in ("step", "act"):
            return "row"
        if name in tables.DOOR:
            return "door"
    return None


@lint("includes go down the floors only")
def floors(tree):
    for path in tree.product():
        own = floor(path)
        if own is None:
            yield path, 1, "stands on no floor: name it in tables.py"
            continue
        for line, bracket, name in includes(tree, path):
            target = resolve(tree, path, name) if bracket == '"' else None
            if bracket == '"' and target is None:
                yield path, line, f"includes {name}, which does not exist"
            elif target and not target.startswith(("lib/", "gateway/")):
                yield path, line, f"product code includes {target}"
            elif target and floor(target) not in tables.FLOORS[own]:
                yield path, line, (f"{own} includes {target} "
                                   f"of floor {floor(target)}")


@lint("foreign headers stay in their files")
def foreign(tree):
    for path in tree.c_files():
        for line, bracket, name in includes(tree, path):
            if bracket != "<":
                continue
            rule = [files for pattern, files in tables.FOREIGN.items()
                    if re.fullmatch(pattern, name)]
            system = tables.SYSTEM_PURE if path.startswith("lib/web/") \
                else tables.SYSTEM
            if rule and not matches(path, rule[0]):
                yield path, line, f"<{name}> is for {', '.join(rule[0])}"
            elif not rule and name.removesuffix(".h") not in system and \
                    not path.startswith("tests/"):
                yield path, line, f"<{name}> is not among this floor's headers"


def cycles(edges):
    """Each strongly connected set of more than one node, sorted."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in edges.get(node, ()):
            if target not in index:
                visit(target)
            if target in stack:
                low[node] = min(low[node], low[target])
        if low[node] == index[node]:
            cut = stack.index(node)
            if len(stack) - cut > 1:
                found.append(sorted(stack[cut:]))
            del stack[cut:]

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return found


@lint("no include cycles between modules or folders")
def no_cycles(tree):
    for what in (module, os.path.dirname):
        edges, where = {}, {}
        for path in tree.c_files():
            for line, bracket, name in includes(tree, path):
                target = resolve(tree, path, name) if bracket == '"' else None
                if target and what(path) != what(target):
                    edge = what(path), what(target)
                    edges.setdefault(edge[0], set()).add(edge[1])
                    where.setdefault(edge, (path, line))
        for ring in cycles(edges):
            for edge, (path, line) in where.items():
                if set(edge) <= set(ring):
                    yield path, line, (f"{edge[1]} includes {edge[0]} in turn: "
                                       f"{' '.join(ring)}")


# --- banned -----------------------------------------------------------------

@lint("banned.h is the last include of every .c file")
def banned_last(tree):
    for path in tree.c_files(".c"):
        found = list(includes(tree, path))
        if not found or found[-1][2] != "base/banned.h":
            line = found[-1][0] if found else 1
            yield path, line, "the last include must be base/banned.h"


@lint("no banned calls")
def banned(tree):
    for path in tree.c_files():
        code = tree.code(path)
        rules = dict(tables.BANNED)
        if path.startswith("tests/unit/check."):
            rules = {k: v for k, v in rules.items() if "CU_" not in k}
        for pattern, why in rules.items():
            for m in re.finditer(pattern, code):
                yield (path, source.line_of(code, m.start()),
                       f"{m.group().strip()}: {why}")


@lint("memory is taken in lib/base and the border files only")
def memory(tree):
    used = set()
    for path in tree.product(".c"):
        code = tree.code(path)
        calls = list(re.finditer(tables.MEMORY, code))
        border = [b for b in tables.MEMORY_BORDER if matches(
            path, [f"gateway/{b}.c", f"gateway/{b}_*.c"])]
        used.update(border if calls else [])
        if border or path.startswith(tuple(tables.MEMORY_FOLDERS)):
            continue
        for m in calls:
            yield (path, source.line_of(code, m.start()),
                   f"{m.group()}…): use the exchange's arena")
    for name in sorted(set(tables.MEMORY_BORDER) - used):
        yield TABLES, 1, f"{name} takes no memory: strike it from the border"


FLAGS = ["-std=c17", "-D_GNU_SOURCE", "-Ilib", "-Igateway",
         "-Itests/unit", "-Itests/fake", "-isystem/usr/include/postgresql"]


def in_parallel(work, items):
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from zip(items, pool.map(work, items))


def generate(tree, scratch):
    """Stands in for the headers that the build writes from NAME.h.in."""
    for path in tree.product(".h.in"):
        text = re.sub(r"@\w+@", "0", tree.text(path))
        name = os.path.basename(path).removesuffix(".in")
        pathlib.Path(scratch, name).write_text(text)
    return f"-I{scratch}"


def compiler_words(done, path):
    """The first error of a compilation: line and words."""
    for s in done.stderr.splitlines():
        m = re.match(r"(.+?):(\d+):(?:\d+:)? (?:fatal )?error: (.*)", s)
        if m:
            where = "" if m.group(1) == path else f"{m.group(1)}: "
            return int(m.group(2)) if not where else 1, where + m.group(3)
    return 1, (done.stderr.strip().splitlines() or ["does not compile"])[0]


@lint("no mutable variables of static storage, no variable-length arrays")
def state(tree):
    """Compiles each product file without relocation, so that constant tables
    lie in read-only sections, and looks for symbols that do not."""
    with tempfile.TemporaryDirectory() as scratch:
        generated = generate(tree, scratch)

        def compile_one(path):
            out = os.path.join(scratch, path.replace("/", "_") + ".o")
            done = command("gcc", *FLAGS, generated, "-Werror=vla", "-fno-pic", "-fno-pie",
                           "-c", path, "-o", out, cwd=tree.root)
            return done, command("nm", out).stdout if not done.returncode \
                else ""

        for path, (done, symbols) in in_parallel(compile_one,
                                                 tree.product(".c")):
            if done.returncode:
                yield (path, *compiler_words(done, path))
            for m in re.finditer(r"^\w+ [BbDdCGgSs] ([\w.]+)$", symbols, re.M):
                name = m.group(1).split(".")[0]
                code = tree.code(path)
                at = re.search(rf"^[^\n]*\b{name}\b[^\n]*", code, re.M)
                if path == tables.SIGNAL_FLAG_FILE and at and \
                        "volatile sig_atomic_t" in at.group():
                    continue
                yield (path, source.line_of(code, at.start()) if at else 1,
                       f"{name} is a mutable variable of static storage")


# --- tests ------------------------------------------------------------------

@lint("every test that is written is registered")
def registered(tree):
    for path in tree.c_files(".c"):
        code = tree.code(path)
        if not path.startswith("tests/") or "check_case " not in code:
            continue
        listed = set(re.findall(r"\bCHECK_CASE\(\s*(\w+)\s*\)", code))
        for m in re.finditer(r"^static void\n(\w+)\(void\)\n\{", code, re.M):
            name = m.group(1)
            called = re.search(rf"(?<!\n)\b{name}\(", code[:m.start(1)] +
                               code[m.end(1) + 1:])
            if name not in listed and not called:
                yield (path, source.line_of(code, m.start(1)),
                       f"{name} is in no table of cases")
        yield from unlisted_tables(tree, path, code)
    for path in tree.c_files(".c"):
        if re.search(r"/test_\w+\.c$", path) and \
                "check_case " not in tree.code(path):
            yield path, 1, "has no table of cases"


def unlisted_tables(tree, path, code):
    """Tables of a test file that no main of its folder runs."""
    main = os.path.dirname(path) + "/main*.c"
    listed = "".join(tree.code(f) for f in fnmatch.filter(tree.files, main))
    for m in re.finditer(r"^const struct check_case (\w+)\[\]\s*=", code,
                         re.M):
        if not re.search(rf"\{{[^{{}}]*,\s*{m.group(1)}\s*,?\s*\}}", listed):
            yield (path, source.line_of(code, m.start()),
                   f"{m.group(1)} is not in the suites of {main}")


@lint("unit tests mirror the source")
def mirror(tree):
    tests = {f for f in tree.files if re.match(r"tests/unit/.*/test_\w+\.c", f)}
    # A header with functions in it is a source, too.
    sources = set(tree.files) | {f.removesuffix(".h") + ".c"
                                 for f in tree.product(".h")
                                 if "static inline" in tree.code(f)}
    for path in tree.product(".c"):
        folder, name = os.path.split(path)
        test = f"tests/unit/{folder.removeprefix('lib/')}/test_"
        # A module split over files may be tested under its first word.
        first = name.split("_")[0] + ".c"
        tested = test + name in tests or (f"{folder}/{first}" in tree.files
                                          and test + first in tests)
        if test + name in tests and path in tables.UNTESTED:
            yield path, 1, f"has {test + name}: strike it from UNTESTED"
        if not tested and not matches(path, tables.UNTESTED):
            yield path, 1, f"has no {test + name} and no entry in UNTESTED"
    for pattern in tables.UNTESTED:
        if not fnmatch.filter(tree.files, pattern):
            yield TABLES, 1, f"{pattern} excuses no file: strike it"
    for test in sorted(tests):
        folder, name = os.path.split(test.removeprefix("tests/unit/"))
        name = name.removeprefix("test_")
        if not {f"lib/{folder}/{name}", f"{folder}/{name}"} & sources:
            yield test, 1, f"mirrors no source file {name}"


@lint("every source file is named in a CMakeLists.txt")
def built(tree):
    for path in tree.c_files(".c"):
        folder, names = os.path.dirname(path), path.split("/")
        for depth in range(len(names) - 1, -1, -1):
            lists = "/".join(names[:depth] + ["CMakeLists.txt"])
            if lists in tree.files and re.search(
                    rf"(?<![\w/]){re.escape('/'.join(names[depth:]))}\b|"
                    rf"\b{re.escape(os.path.splitext(names[-1])[0])}\b",
                    tree.text(lists)):
                break
        else:
            yield path, 1, f"no CMakeLists.txt from {folder} upwards names it"


# --- headers and comments ---------------------------------------------------

@lint("every header compiles alone")
def headers_alone(tree):
    headers = [h for h in tree.c_files(".h")
               if not h.endswith("base/banned.h")]

    def compile_one(path):
        return command("gcc", *FLAGS, "-fsyntax-only", "-x", "c", path,
                       cwd=tree.root)

    for path, done in in_parallel(compile_one, headers):
        if done.returncode:
            yield (path, *compiler_words(done, path))


@lint("every declaration of a header has its comment")
def contracts(tree):
    for path in tree.c_files(".h"):
        for d in source.declarations(tree, path):
            if not d.has_comment:
                yield path, d.line, f"{d.kind} {d.name} has no comment"


@lint("every file opens with its licence and what it is")
def openings(tree):
    scripts = tree.scripts("sh", "bash", "python3")
    for path in tree.files:
        is_c = path.endswith((".c", ".h"))
        if not (is_c or path in scripts or
                path.endswith((".py", ".sh", ".sql"))):
            continue
        lines = [s for s in tree.text(path).split("\n")
                 if not s.startswith("#!")]
        if not any("SPDX-License-Identifier: Apache-2.0" in s
                   for s in lines[:1]):
            if "".join(lines).strip():
                yield path, 1, "does not open with its SPDX line"
            continue
        if not is_c:
            if not re.match(r"(#|--|\"\"\"|r\"\"\"|/\*| \*)",
                            "\n".join(lines[1:]).lstrip()):
                yield path, 2, "does not say what it is"
            continue
        opening = tree.text(path).partition("*/")[0].count("\n") + 1
        if not tables.OPENING["least"] <= opening <= tables.OPENING["most"]:
            yield path, 1, (f"opens with {opening} lines of comment, not "
                            "{least} to {most}".format(**tables.OPENING))


# --- settings ---------------------------------------------------------------

def gateway_binary(tree):
    """The gateway: GH_BINARY, or the newest one built; None without."""
    if os.environ.get("GH_BINARY"):
        return pathlib.Path(os.environ["GH_BINARY"])
    found = list(tree.root.glob("build/*/gateway/gatehouse"))
    return max(found, key=lambda p: p.stat().st_mtime, default=None)


def compare(path, offset, written, printed):
    """The first line in which a file differs from what the program prints."""
    if written == printed:
        return
    pairs = difflib.SequenceMatcher(None, written, printed, autojunk=False)
    at = next(op for op in pairs.get_opcodes() if op[0] != "equal")
    said = printed[at[3]] if at[3] < len(printed) else "its end"
    yield path, offset + at[1] + 1, f"the program prints here: {said!r}"


@lint("settings are documented as the program prints them")
def settings(tree):
    sample, manual = "deploy/gatehouse.conf.sample", \
        "deploy/man/gatehouse.conf.5"
    binary = gateway_binary(tree)
    if binary is None or not binary.exists():
        yield sample, 1, "no program to compare with: build it or set GH_BINARY"
        return
    for path, option in ((sample, "--sample"), (manual, "--manual")):
        done = command(binary, option)
        if done.returncode or not done.stdout:
            yield path, 1, f"{binary} {option}: exit {done.returncode}"
            continue
        if path not in tree.files:
            yield path, 1, "does not exist"
            continue
        lines, offset = tree.text(path).splitlines(), 0
        if path == manual:
            marks = [i for i, s in enumerate(lines)
                     if s in (r'.\" BEGIN SETTINGS', r'.\" END SETTINGS')]
            if len(marks) != 2:
                yield path, 1, "needs one BEGIN SETTINGS and one END SETTINGS"
                continue
            lines, offset = lines[marks[0] + 1:marks[1]], marks[0] + 1
        yield from compare(path, offset, lines, done.stdout.splitlines())


def ctl_commands(binary):
    """What gatehousectl takes: its general options, and each command with its
    own options, as its help says."""
    text = command(binary, "--help").stdout
    names = re.findall(r"^  ([a-z]+(?: [a-z]+)?) ", text, re.M)
    general = set(re.findall(r"^  --([a-z-]+)", text, re.M))
    return general, {name: set(re.findall(
        r"^  --([a-z-]+)", command(binary, *name.split(), "--help").stdout,
        re.M)) for name in names}


ITEM = re.compile(r"^\.It (?:Xo (.*?)^\.Xc$|([^\n]*))", re.M | re.S)


def manual_items(text):
    """Line, command and options of each item of a list in mdoc."""
    for m in ITEM.finditer(text):
        words = (m.group(1) or m.group(2)).replace("\n.", " ").split()
        name, at = [], 0
        while words[at:at + 1] == ["Cm"]:
            at += 1
            while at < len(words) and words[at].islower():
                name.append(words[at])
                at += 1
        options = {w for flag, w in zip(words, words[1:] + [""])
                   if flag == "Fl" and len(w) > 2}
        yield (source.line_of(text, m.start()), " ".join(name),
               {w.removeprefix("-") for w in options})


@lint("commands are documented as gatehousectl takes them")
def commands(tree):
    path = "deploy/man/gatehousectl.1"
    gateway = gateway_binary(tree)
    binary = gateway and gateway.with_name("gatehousectl")
    if path not in tree.files or not binary or not binary.exists():
        yield path, 1, "no page, or no program to compare with: build both"
        return
    general, known = ctl_commands(binary)
    items = list(manual_items(tree.text(path)))
    listed = set().union(*(flags for _, name, flags in items if not name))
    for option in sorted(general - listed):
        yield path, 1, f"does not say what --{option} is"
    for line, name, flags in items:
        if name and name not in known:
            yield path, line, f"there is no command {name}"
        for option in sorted(flags ^ known.get(name, flags)):
            yield path, line, (f"{name}: --{option} is in the page or in the "
                               "program, not in both")
    for name in sorted(set(known) - {name for _, name, _ in items}):
        yield path, 1, f"does not say what {name} does"


# --- form -------------------------------------------------------------------

def tool_findings(done, pattern):
    found = False
    for s in (done.stdout + done.stderr).splitlines():
        m = re.match(pattern, s)
        if m:
            found = True
            yield os.path.normpath(m.group(1)), int(m.group(2)), m.group(3)
    if done.returncode and not found:
        yield ".", 1, (done.stdout + done.stderr).strip()[:200]


@lint("C is as clang-format leaves it")
def formatted(tree):
    done = command("clang-format", "--dry-run", "-Werror", *tree.c_files(),
                   cwd=tree.root)
    seen = set()
    for finding in tool_findings(done, r"(.+?):(\d+):\d+: error: (.*?)( \[|$)"):
        if finding[0] not in seen:
            seen.add(finding[0])
            yield finding


@lint("shell scripts pass shellcheck")
def shell(tree):
    scripts = tree.scripts("sh", "bash", "dash")
    if scripts:
        yield from tool_findings(
            command("shellcheck", "-x", "-f", "gcc", *scripts, cwd=tree.root),
            r"(.+?):(\d+):\d+: (.*)")


@lint("no words that do not belong here")
def words(tree):
    patterns = [re.compile(w) for w in tables.WORDS]
    for path in tree.files:
        text = tree.text(path)
        if "\0" in text:
            continue
        for pattern in patterns:
            for m in pattern.finditer(text):
                yield (path, source.line_of(text, m.start()),
                       f"says {m.group()!r}")


# --- sizes ------------------------------------------------------------------

def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(tree, files, limits=tables.LIMITS):
    """All functions of files, and the findings of what is over a limit."""
    every, findings = [], []
    for path in files:
        every += source.functions(tree, path)
        lines = tree.text(path).count("\n")
        if lines > limits["file"]:
            findings.append((path, limits["file"], f"has {lines} lines"))
    for f in every:
        for what, size in (("function", f.lines), ("nesting", f.nesting),
                           ("parameters", f.parameters)):
            if size > limits[what]:
                unit = "lines" if what == "function" else what
                findings.append((f.path, f.line, f"{f.name}: {size} {unit}, "
                                 f"at most {limits[what]}"))
    return every, findings


@lint("functions and files are small, flat and narrow")
def sizes(tree):
    yield from measure(tree, tree.c_files(".c"))[1]
    for path in tree.c_files(".c"):
        code = tree.code(path)
        bodies = [m.start() for m in re.finditer(r"^\{$", code, re.M)]
        ends = [m.start(3) - 2 for m in source.FUNCTION.finditer(code)]
        for start in set(bodies) - set(ends):
            yield (path, source.line_of(code, start),
                   "a function whose head cannot be read")


def figures(tree):
    """The measured sizes as lines to print, product and tests apart."""
    for name, files in (("product", tree.product(".c")),
                        ("tests", [f for f in tree.c_files(".c")
                                   if f.startswith("tests/")])):
        every = measure(tree, files)[0]
        if not every:
            continue
        n = len(every)
        lines = [f.lines for f in every]
        per_file = [tree.text(f).count("\n") for f in files]
        yield (f"# {name}: {n} functions, lines median "
               f"{statistics.median(lines):.0f}, p90 "
               f"{percentile(lines, .9)}, max {max(lines)}; over 60: "
               f"{sum(v > 60 for v in lines) * 100 / n:.1f} %")
        yield (f"# {name}: nesting p90 "
               f"{percentile([f.nesting for f in every], .9)}, max "
               f"{max(f.nesting for f in every)}; over 5 parameters: "
               f"{sum(f.parameters > 5 for f in every) * 100 / n:.1f} %; "
               f"{len(files)} files, lines median "
               f"{statistics.median(per_file):.0f}, max {max(per_file)}")
        text = "".join(tree.text(f) for f in tree.c_files()
                       if f.startswith("tests/") == (name == "tests"))
        comments = sum(c.count("\n") + 1
                       for c in re.findall(r"/\*.*?\*/", text, re.S))
        yield (f"# {name}: comment lines "
               f"{comments * 100 / text.count(chr(10)):.0f} %")
    product = sum(tree.text(f).count("\n") for f in tree.product())
    tests = sum(tree.text(f).count("\n") for f in tree.files
                if f.startswith("tests/"))
    if product:
        yield f"# test lines to product lines: {tests / product:.2f}"
