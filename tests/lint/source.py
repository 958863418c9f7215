# SPDX-License-Identifier: Apache-2.0
"""Reading the tree and C source: files, text without comments and strings,
functions with their sizes, declarations of headers with their comments. It
relies on the formatter (a function's braces stand in the first column), which
another lint enforces; so it stays a page long and needs no compiler."""

import functools
import os
import pathlib
import re

SKIPPED = {".git", "__pycache__", "node_modules"}


class Tree:
    """The files of one checkout."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = sorted(self._walk())

    def _walk(self):
        for folder, names, files in os.walk(self.root):
            at = pathlib.Path(folder)
            names[:] = [n for n in names if n not in SKIPPED
                        and not (at == self.root and n == "build")]
            for name in files:
                if not name.endswith(".pyc"):
                    yield (at / name).relative_to(self.root).as_posix()

    @functools.cache
    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8",
                                            errors="replace")

    @functools.cache
    def code(self, path):
        return strip(self.text(path))

    def c_files(self, *ends):
        return [f for f in self.files if f.endswith(ends or (".c", ".h"))
                and f.startswith(("lib/", "gateway/", "tests/"))]

    def product(self, *ends):
        return [f for f in self.c_files(*ends) if not f.startswith("tests/")]

    def first_line(self, path):
        with open(self.root / path, "rb") as f:
            return f.readline(200).decode("utf-8", "replace").rstrip("\n")

    def scripts(self, *interpreters):
        """Files whose first line names one of the interpreters."""
        found = []
        for path in self.files:
            line = self.first_line(path)
            if line.startswith("#!") and \
                    re.split(r"[/ ]", line.strip())[-1] in interpreters:
                found.append(path)
        return found


def strip(text):
    """The text with comments and the insides of strings blanked, so that
    positions and lines stay."""
    pattern = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|"
                         r"'(?:\\.|[^'\\\n])*'", re.S)

    def blank(match):
        found = match.group()
        if found[0] in "\"'":
            return found[0] + " " * (len(found) - 2) + found[0]
        return re.sub(r"[^\n]", " ", found)

    return pattern.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def split_top(text, separator=","):
    """Cuts at the separators that are outside of all brackets."""
    parts, depth = [""], 0
    for c in text:
        depth += (c in "([{") - (c in ")]}")
        if c == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return parts


# --- functions --------------------------------------------------------------

ROUND = r"\((?:[^;{}()]|\((?:[^;{}()]|\([^;{}()]*\))*\))*\)"
FUNCTION = re.compile(rf"^(\w+)({ROUND})\s*\n\{{\n(.*?)^\}}$", re.M | re.S)
CONTROL = {"if", "for", "while", "switch"}


class Function:
    """One definition: where, how long, how wide, how deep."""

    def __init__(self, path, code, match):
        self.path, self.name = path, match.group(1)
        self.line = line_of(code, match.start())
        self.lines = match.group().count("\n") + 1
        inside = match.group(2)[1:-1].strip()
        self.parameters = 0 if inside in ("", "void") else \
            len(split_top(inside))
        self.nesting = Nesting(match.group(3)).deepest


class Nesting:
    """The deepest control statement of a function's body. An else-if stands
    beside its if; case labels and bare blocks do not count."""

    def __init__(self, body):
        body = re.sub(r"^[ \t]*#.*$", "", body, flags=re.M)
        self.tokens = re.findall(r"\w+|[^\w\s]", body)
        self.at, self.deepest = 0, 0
        while self.at < len(self.tokens):
            self.statement(0)

    def peek(self, ahead=0):
        n = self.at + ahead
        return self.tokens[n] if n < len(self.tokens) else ""

    def skip_round(self):
        depth = 0
        while self.at < len(self.tokens):
            depth += (self.peek() == "(") - (self.peek() == ")")
            self.at += 1
            if depth == 0:
                return

    def statement(self, depth):
        token = self.peek()
        self.deepest = max(self.deepest, depth)
        if token == "{":
            self.at += 1
            while self.peek() not in ("}", ""):
                self.statement(depth)
            self.at += 1
        elif token in CONTROL:
            self.control(token, depth)
        elif token == "do":
            self.at += 1
            self.statement(depth + 1)
            self.expression()
        elif token in ("case", "default"):
            while self.peek() not in (":", ""):
                self.at += 1
            self.at += 1
        else:
            self.expression(depth)

    def control(self, token, depth):
        self.at += 1
        self.skip_round()
        self.statement(depth + 1)
        if token == "if" and self.peek() == "else":
            self.at += 1
            chained = self.peek() == "if"
            self.statement(depth if chained else depth + 1)

    def expression(self, depth=0):
        """To the semicolon; a macro call before a brace is a loop."""
        if re.match(r"\w", self.peek()) and self.peek(1) == "(":
            self.at += 1
            self.skip_round()
            if self.peek() == "{":
                self.statement(depth + 1)
                return
        level = 0
        while self.at < len(self.tokens):
            token = self.peek()
            level += (token in "([{") - (token in ")]}")
            if level < 0:
                return
            self.at += 1
            if token == ";" and level == 0:
                return


def functions(tree, path):
    code = tree.code(path)
    return [Function(path, code, m) for m in FUNCTION.finditer(code)]


# --- headers ----------------------------------------------------------------

class Declaration:
    """One declaration of a header, or one field of a struct."""

    def __init__(self, kind, name, line, has_comment):
        self.kind, self.name = kind, name
        self.line, self.has_comment = line, has_comment


def chunks(code, start, end):
    """Positions (from, to) of the declarations between start and end, each
    up to its semicolon or closing brace."""
    depth, begin, at = 0, None, start
    while at < end:
        c = code[at]
        if begin is None and not c.isspace() and c != ";":
            begin = at
        depth += (c in "([{") - (c in ")]}")
        is_body = c == "}" and depth == 0 and begin is not None and \
            re.match(r"[^={]*\)\s*\{", code[begin:at])
        if begin is not None and depth == 0 and (c == ";" or is_body):
            yield begin, at + 1
            begin = None
        at += 1


def classify(chunk):
    """Kind and name of a declaration; kind is None when it needs no comment
    (a forward declaration)."""
    if re.fullmatch(r"(?:struct|enum|union)\s+\w+;", chunk):
        return None, ""
    body = re.match(r"(?:typedef\s+)?(struct|enum|union)\s*(\w*)\s*\{", chunk)
    if body:
        return body.group(1), body.group(2)
    if chunk.startswith("typedef"):
        name = re.search(r"(\w+)\s*(?:\([^()]*\))?\s*;$", chunk)
        return "typedef", name.group(1) if name else chunk
    if chunk.startswith("_Static_assert"):
        return None, ""
    bare = re.sub(r"__attribute__\s*\(\(.*?\)\)|"
                  r"\b(?:GH_PRINTF|GH_CLEAN|_Alignas)\s*\([^()]*\)", "", chunk)
    pointer = re.search(r"\(\s*\*\s*(?:const\s+)?(\w+)", bare)
    name = re.search(r"(\w+)\s*\(", bare)
    if pointer and pointer.start() <= name.start(1) + len(name.group(1)) + 1:
        return "variable", pointer.group(1)
    if name:
        return "function", name.group(1)
    name = re.search(r"(\w+)\s*(?:\[[^]]*\]\s*)*(?:=.*)?;$", bare, re.S)
    return "variable", name.group(1) if name else bare


def declarations(tree, path):
    """Everything that a header declares."""
    text = tree.text(path)
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(
        r"[^\n]", " ", m.group()), tree.code(path), flags=re.M)
    return list(_declarations(code, text, 0, len(code), False))


def rest_of_line(text, position):
    return text[position:].partition("\n")[0]


def speaks_for_itself(kind, name, text, in_struct):
    """A field that is named as its struct is explained where the struct is;
    a nameless enum is explained when each member is."""
    if kind == "enum" and not name:
        members = re.findall(r"^[ \t]*\w+[^\n]*,[^\n]*", text, re.M)
        return all("/*" in m for m in members)
    return in_struct and bool(re.match(
        rf"(?:const )?struct (?:\w+_)?{re.escape(name)} \*?{re.escape(name)};",
        text))


def _declarations(code, text, start, end, in_struct):
    lines = text.split("\n")
    previous_end, previous_has = None, False
    for begin, stop in chunks(code, start, end):
        chunk = code[begin:stop]
        kind, name = classify(chunk)
        first, last = line_of(code, begin), line_of(code, stop - 1)
        above = lines[first - 2].rstrip() if first > 1 else ""
        has = above.endswith("*/") and (
            not in_struct or above.lstrip().startswith(("/*", "*")))
        has |= "/*" in rest_of_line(text, stop)
        # Neighbours without a blank line between share a comment.
        if previous_end is not None and first == previous_end + 1:
            has |= previous_has and not in_struct
        previous_end, previous_has = last, has
        has |= speaks_for_itself(kind, name, text[begin:stop], in_struct)
        if kind is None:
            continue
        label = "field" if in_struct and kind in ("variable", "function") \
            else kind
        yield Declaration(label, name, first, has)
        brace = code.find("{", begin, stop)
        if kind in ("struct", "union") and brace >= 0:
            close = code.rfind("}", begin, stop)
            yield from _declarations(code, text, brace + 1, close, True)
