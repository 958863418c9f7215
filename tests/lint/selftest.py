# SPDX-License-Identifier: Apache-2.0
"""Shows that every lint can fail: plants violations in a scratch copy of the
tree, each in a file of its own, runs each lint once and demands that it names
every file planted for it. A lint without a plant fails the self-test."""

import os
import pathlib
import shutil
import tempfile

import source
import tables

HEAD = """/* SPDX-License-Identifier: Apache-2.0
 *
 * A planted violation.
 */
"""
LAST = '#include "base/banned.h"\n'
DEEP = """
int planted(int a);

int
planted(int a)
{
    if (a > 1)
        while (a > 2)
            for (;;)
                if (a > 3)
                    return a;
    return 0;
}
"""
WIDE = """
int planted(int a, int b, int c, int d, int e, int f, int g);

int
planted(int a, int b, int c, int d, int e, int f, int g)
{
    return a + b + c + d + e + f + g;
}
"""
LONG = "\nint planted(int a);\n\nint\nplanted(int a)\n{\n" + \
    "    a++;\n" * 100 + "    return a;\n}\n"
FAKE_PROGRAM = """#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints settings that no file has.
echo "planted = $1"
"""
FAKE_TOOL = """#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Has one command, with an option that no page has.
[ $# -eq 3 ] && echo "  --planted X    what" ||
    echo "  planted list    show what is planted"
"""

# Exceptions that nothing needs; the lints must name them.
STALE_BORDER = "planted_border"
STALE_EXCUSE = "lib/base/planted_gone.c"

# Lint: {file: its content}; the lint must name each file. A file without
# content is not written.
PLANTS = {
    "includes go down the floors only": {
        "lib/web/planted_up.c": HEAD + '#include "loop.h"\n' + LAST,
        "lib/core/planted_web.c": HEAD + '#include "web/path.h"\n' + LAST,
        "gateway/planted.c": HEAD + LAST,
    },
    "foreign headers stay in their files": {
        "gateway/act_planted.c": HEAD + "#include <fcgiapp.h>\n" + LAST,
        "lib/web/planted_io.c": HEAD + "#include <time.h>\n" + LAST,
        "lib/core/planted_new.c": HEAD + "#include <expat.h>\n" + LAST,
    },
    "no include cycles between modules or folders": {
        "lib/base/planted_a.h": HEAD + '#include "base/planted_b.h"\n',
        "lib/base/planted_b.h": HEAD + '#include "base/planted_a.h"\n',
        "lib/base/planted_c.h": HEAD + '#include "web/path.h"\n',
    },
    "banned.h is the last include of every .c file": {
        "lib/base/planted_last.c": HEAD + LAST + "#include <stdio.h>\n",
        "lib/base/planted_none.c": HEAD,
    },
    "no banned calls": {
        "lib/core/planted_sql.c": HEAD + LAST + 'int x = PQexec(c, "");\n',
        "lib/core/planted_escape.c": HEAD + LAST + "PQescapeLiteral\n",
        "lib/core/planted_goto.c": HEAD + LAST + "goto out;\n",
        "tests/unit/base/test_planted_raw.c":
            HEAD + LAST + "CU_ASSERT_EQUAL(1, 2);\n",
    },
    "memory is taken in lib/base and the border files only": {
        "lib/web/planted_heap.c": HEAD + LAST + "void *p = malloc(1);\n",
        "gateway/act_planted_heap.c": HEAD + LAST + "free(p);\n",
        STALE_BORDER: None,
    },
    "no mutable variables of static storage, no variable-length arrays": {
        "lib/base/planted_global.c": HEAD + LAST + "static int n;\n"
        "int f(void);\nint\nf(void)\n{\n    return n++;\n}\n",
        "lib/base/planted_pointer.c":
            HEAD + LAST + 'const char *planted[] = {"a"};\n',
        "lib/base/planted_vla.c": HEAD + LAST + "int f(int n);\nint\nf(int n)\n"
        "{\n    int a[n];\n    return a[0];\n}\n",
    },
    "every test that is written is registered": {
        "tests/unit/base/test_planted_case.c": HEAD + LAST + "static void\n"
        "planted_is_never_run(void)\n{\n}\n\n"
        "const struct check_case planted_cases[] = {{0}};\n",
        "tests/unit/base/test_planted_empty.c": HEAD + LAST,
    },
    "unit tests mirror the source": {
        "lib/base/planted_untested.c": HEAD + LAST,
        "tests/unit/base/test_planted_nothing.c": HEAD + LAST,
        STALE_EXCUSE: None,
    },
    "every source file is named in a CMakeLists.txt": {
        "lib/base/planted_unbuilt.c": HEAD + LAST,
    },
    "every header compiles alone": {
        "lib/base/planted_needy.h": HEAD + "size_t planted(void);\n",
    },
    "every declaration of a header has its comment": {
        "lib/base/planted_function.h": HEAD + "\nint planted(void);\n",
        "lib/base/planted_field.h":
            HEAD + "\n/* One. */\nstruct planted {\n    int a;\n};\n",
        "lib/base/planted_struct.h":
            HEAD + "\nstruct planted {\n    int a; /* one */\n};\n",
        "lib/base/planted_enum.h": HEAD + "\nenum planted {\n    A,\n};\n",
    },
    "every file opens with its licence and what it is": {
        "lib/base/planted_licence.c": LAST,
        "lib/base/planted_opening.c":
            "/* SPDX-License-Identifier: Apache-2.0 */\n" + LAST,
        "tests/planted.py": "import os\n",
    },
    "settings are documented as the program prints them": {
        "deploy/gatehouse.conf.sample": "another = 1\n",
        "deploy/man/gatehouse.conf.5":
            '.\\" BEGIN SETTINGS\nanother\n.\\" END SETTINGS\n',
    },
    "commands are documented as gatehousectl takes them": {
        "deploy/man/gatehousectl.1": ".It Cm planted list\n",
    },
    "C is as clang-format leaves it": {
        "lib/base/planted_form.c": HEAD + LAST + "int   planted ;\n",
    },
    "shell scripts pass shellcheck": {
        "tests/planted-shell": "#!/bin/sh\nrm -rf $1/$2\n",
    },
    "no words that do not belong here": {
        "tests/planted.txt": "TO" + "DO: later\n",
        "tests/planted_host.txt": "see https://pypi" + ".org/x\n",
        "tests/planted_path.txt": "/work/" + "main/lib\n",
    },
    "functions and files are small, flat and narrow": {
        "lib/base/planted_deep.c": HEAD + LAST + DEEP,
        "lib/base/planted_wide.c": HEAD + LAST + WIDE,
        "lib/base/planted_long.c": HEAD + LAST + LONG,
        "lib/base/planted_file.c": HEAD + LAST + "\n" * 600,
        "lib/base/planted_head.c": HEAD + LAST + "int f(void)\n{\n}\n",
    },
}


def plant(root, scratch):
    """A copy of root with every plant in it."""
    shutil.copytree(root, scratch, ignore=lambda folder, names: [
        n for n in names if n in source.SKIPPED
        or (n == "build" and pathlib.Path(folder) == root)])
    for files in PLANTS.values():
        for name, text in files.items():
            if text is None:
                continue
            path = scratch / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    folder = scratch / "build" / "planted" / "gateway"
    folder.mkdir(parents=True)
    for name, text in (("gatehouse", FAKE_PROGRAM),
                       ("gatehousectl", FAKE_TOOL)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


def missed(name, function, tree):
    """The plants of a lint that it does not name."""
    plants = PLANTS.get(name)
    if not plants:
        return ["anything: it has no plant"]
    findings = list(function(tree))
    named = {path for path, _, _ in findings} | {
        word for _, _, words in findings for word in words.split()}
    stems = {os.path.splitext(n)[0] for n in named}
    return [p for p in plants if p not in named and
            os.path.splitext(p)[0] not in stems]


def run(chosen, root):
    """Prints a line a lint; how many found their plants, and how many not."""
    passed = failed = 0
    os.environ.pop("GH_BINARY", None)
    tables.MEMORY_BORDER.append(STALE_BORDER)
    tables.UNTESTED[STALE_EXCUSE] = "planted"
    with tempfile.TemporaryDirectory(prefix="gh-lint.") as folder:
        scratch = pathlib.Path(folder) / "tree"
        plant(root, scratch)
        tree = source.Tree(scratch)
        for name, function in chosen.items():
            lost = missed(name, function, tree)
            if lost:
                failed += 1
                print(f"not ok {name}: did not find {', '.join(lost)}")
            else:
                passed += 1
                print(f"ok {name}: found what was planted")
    return passed, failed
