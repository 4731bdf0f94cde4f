"""Moves and renames Python modules and their top-level names, and rewrites every import, use and mention of them.

    MODULES   {old dotted name: new dotted name}: the file is moved with `git mv`
    SYMBOLS   {(old module, old name): (new module or None, new name or None)}: a top-level name that is renamed, or
              extracted into another module (named by its new dotted name)
    EDITS     {old path: [(old text, new text)]}: what neither of the two can express

Imports and names are found with `ast`; text that is not code (documents, comments, strings, shell scripts) is searched
for dotted names and paths. What cannot be decided is printed and counted, so that a run that leaves questions fails.
"""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOTS = {"server/pilookup_server": "pilookup_server", "pilookup": "pilookup", "benchmarks": "benchmarks"}
CODE = ("pilookup", "server", "tests", "benchmarks", "examples", ".ci")
TEXTS = (".py", ".pyi", ".md", ".toml", ".sh", ".yml", ".rs", ".ts", ".mjs", ".txt", ".json", ".ini")
NAMED_TEXTS = ("Makefile", ".ci/run", ".gitignore")
NOT_TEXTS = re.compile(
    r"^(tools/moves/|tests/vectors/.*\.json|tests/compatibility/homes|.*package-lock\.json|requirements\.lock|CHANGELOG\.md)"
)

Symbol = tuple[str, str]
Target = tuple[str | None, str | None]


@dataclass
class Plan:
    """One run: the tables above, new packages with their docstrings, and modules whose name on `sys.path` is bare."""

    modules: Mapping[str, str] = field(default_factory=dict)
    symbols: Mapping[Symbol, Target] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    edits: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    texts: Sequence[tuple[str, str]] = ()


def tracked(*folders: str) -> list[str]:
    """The files git tracks or would track below the folders."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted({name for name in names if Path(name).exists()})


def module_of(path: str) -> str:
    """The dotted name of a Python file; helpers of tests are known by their bare name."""
    stem = path.removesuffix(".py").removesuffix("/__init__")
    for folder, name in ROOTS.items():
        if stem == folder or stem.startswith(folder + "/"):
            return (name + stem[len(folder) :]).replace("/", ".")
    if path.startswith("tests/support/"):
        return stem.replace("/", ".")
    if path.startswith(("tests/", "examples/", "server/", ".ci/")):
        return stem.rpartition("/")[2] if "conftest" not in stem else stem.replace("/", ".")
    return stem.replace("/", ".")


def path_of(module: str, package: bool) -> str:
    """The file of a dotted name."""
    stem = module.replace(".", "/")
    if module.partition(".")[0] == "pilookup_server":
        stem = "server/" + stem
    return f"{stem}/__init__.py" if package else f"{stem}.py"


@dataclass
class Source:
    """A Python file: its text as lines of bytes, its tree and its top-level names."""

    path: str
    module: str
    data: bytes
    tree: ast.Module
    edits: list[tuple[int, int, bytes]] = field(default_factory=list)

    @classmethod
    def read(cls, path: str) -> "Source":
        data = Path(path).read_bytes()
        return cls(path, module_of(path), data, ast.parse(data))

    def __post_init__(self) -> None:
        self.starts = [0]
        for line in self.data.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def at(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column

    def replace(self, start: int, stop: int, text: str) -> None:
        self.edits.append((start, stop, text.encode()))

    def result(self) -> bytes:
        data = self.data
        for start, stop, text in sorted(set(self.edits), reverse=True):
            data = data[:start] + text + data[stop:]
        return data

    def definitions(self) -> dict[str, ast.stmt]:
        found: dict[str, ast.stmt] = {}
        for node in self.tree.body:
            for name in defined_by(node):
                found[name] = node
        return found

    def imported(self) -> dict[str, Symbol]:
        """Names bound at the top level by `from M import N`: (M, N)."""
        found = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    found[alias.asname or alias.name] = (node.module, alias.name)
        return found


def defined_by(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


class Mover:
    """Applies one plan to the working tree."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.questions: list[str] = []
        self.sources = {path: Source.read(path) for path in tracked(*CODE) if path.endswith(".py")}
        self.by_module = {source.module: source for source in self.sources.values()}
        self.extracted = {symbol: target[0] for symbol, target in plan.symbols.items() if target[0]}

    def run(self) -> None:
        self._planned_moves()
        for source in self.sources.values():
            self._rewrite(source)
            self._mentions_in(source)
        segments = self._extract()
        for source in self.sources.values():
            Path(source.path).write_bytes(source.result())
        moves = self._move()
        self._write_segments(segments)
        for package, text in self.plan.packages.items():
            self._make_package(package, text)
        self._edit(moves)
        self._mentions()
        for question in self.questions:
            print("?", question)
        if self.questions:
            raise SystemExit(f"{len(self.questions)} questions")

    # names

    def new_module(self, module: str) -> str:
        return self.plan.modules.get(module, module)

    def is_module(self, module: str) -> bool:
        return module in self.by_module

    def target(self, module: str, name: str) -> Symbol:
        """Where a top-level name of a module is now, and how it is called."""
        if (module, name) in self.plan.symbols:
            new, renamed = self.plan.symbols[module, name]
            return new or self.new_module(module), renamed or name
        source = self.by_module.get(module)
        if source and name not in source.definitions() and name in source.imported():
            origin = source.imported()[name]
            if origin != (module, name) and self.is_module(origin[0]):
                moved_to, renamed = self.target(*origin)
                explicit = source.path.endswith("__init__.py") and origin not in self.extracted
                return (self.new_module(module) if explicit else moved_to), renamed
        return self.new_module(module), name

    # rewriting one file

    def _rewrite(self, source: Source) -> None:
        names: dict[str, str] = {}
        modules: dict[str, str] = {}
        needed: set[str] = set()
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                self._import_from(source, node, names, modules)
            elif isinstance(node, ast.Import):
                self._import(source, node, names)
        for (module, name), (_, renamed) in self.plan.symbols.items():
            if module == source.module and renamed:
                names[name] = renamed
        self._uses(source, names, modules, needed)
        self._definitions(source)
        if needed:
            lines = "".join(
                f"from {module.rpartition('.')[0]} import {module.rpartition('.')[2]}\n" for module in sorted(needed)
            )
            first = next(node for node in source.tree.body if isinstance(node, ast.Import | ast.ImportFrom))
            source.replace(source.at(first.lineno, 0), source.at(first.lineno, 0), lines)

    def _import_from(
        self, source: Source, node: ast.ImportFrom, names: dict[str, str], modules: dict[str, str]
    ) -> None:
        assert node.module
        lines: dict[str, list[str]] = {}
        used = {n.id for n in ast.walk(source.tree) if isinstance(n, ast.Name)}
        for alias in node.names:
            full = f"{node.module}.{alias.name}"
            bound = alias.asname or alias.name
            if self.is_module(full) and not self._defines(node.module, alias.name):
                parent, _, leaf = self.new_module(full).rpartition(".")
                modules[bound] = full
                if leaf != alias.name and not alias.asname and leaf in used:
                    lines.setdefault(parent, []).append(f"{leaf} as {alias.name}")
                    continue
            else:
                parent, leaf = self.target(node.module, alias.name)
            shown = leaf if not alias.asname or alias.asname == leaf else f"{leaf} as {alias.asname}"
            if not alias.asname and leaf != alias.name:
                names[alias.name] = leaf
            lines.setdefault(parent, []).append(shown)
        if lines == {node.module: [a.name if not a.asname else f"{a.name} as {a.asname}" for a in node.names]}:
            return
        start, stop = source.at(node.lineno, node.col_offset), source.at(node.end_lineno or 0, node.end_col_offset or 0)
        rest = source.data[stop : source.starts[node.end_lineno or 0]].decode().rstrip("\n")
        tail = rest if rest.strip().startswith("#") else ""
        first_line = source.data[stop - (stop - start) : source.starts[node.lineno]].decode()
        if "#" in first_line and node.lineno != node.end_lineno:
            tail = "  " + first_line[first_line.index("#") :].rstrip("\n")
        indent = " " * node.col_offset
        text = f"{tail}\n{indent}".join(f"from {parent} import {', '.join(leaves)}" for parent, leaves in lines.items())
        if tail and node.lineno != node.end_lineno:
            text += tail
        source.replace(start, stop, text)

    def _defines(self, module: str, name: str) -> bool:
        source = self.by_module.get(module)
        return source is not None and (name in source.definitions() or name in source.imported())

    def _import(self, source: Source, node: ast.Import, names: dict[str, str]) -> None:
        for alias in node.names:
            new = self.new_module(alias.name)
            if new == alias.name:
                continue
            start, stop = (
                source.at(alias.lineno, alias.col_offset),
                source.at(alias.end_lineno or 0, alias.end_col_offset or 0),
            )
            if "." not in alias.name and not alias.asname:  # a helper of the tests
                parent, _, leaf = new.rpartition(".")
                source.replace(source.at(node.lineno, node.col_offset), stop, f"from {parent} import {leaf}")
                if leaf != alias.name:
                    names[alias.name] = leaf
            else:
                source.replace(start, stop, new + (f" as {alias.asname}" if alias.asname else ""))

    def _uses(self, source: Source, names: dict[str, str], modules: dict[str, str], needed: set[str]) -> None:
        taken = {node.id for node in ast.walk(source.tree) if isinstance(node, ast.Name)}
        arguments = {node.arg for node in ast.walk(source.tree) if isinstance(node, ast.arg)}
        for old, new in names.items():
            if new in taken | arguments and new not in names:
                self.questions.append(f"{source.path}: {old} becomes {new}, which the file uses already")
            if old in arguments:
                self.questions.append(f"{source.path}: {old} is an argument's name too")
        bare = dict(self._bare_modules(source))
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = modules.get(node.value.id) or bare.get(node.value.id)
                if module:
                    self._attribute(source, node, module, needed)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setattr":
                self._setattr(source, node, {**bare, **modules})
        moved_values = {
            id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Attribute)
        } & self._replaced
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Name) and node.id in names and id(node) not in moved_values:
                start = source.at(node.lineno, node.col_offset)
                source.replace(start, start + len(node.id.encode()), names[node.id])
            self._annotation(source, node, names)
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node.value in names
                and self._in_all(source, node)
            ):
                start, stop = (
                    source.at(node.lineno, node.col_offset),
                    source.at(node.end_lineno or 0, node.end_col_offset or 0),
                )
                source.replace(start, stop, f'"{names[node.value]}"')

    def _annotation(self, source: Source, node: ast.AST, names: Mapping[str, str]) -> None:
        """Names in quoted annotations."""
        quoted = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        for constant in (inner for part in quoted if isinstance(part, ast.AST) for inner in ast.walk(part)):
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                start = source.at(constant.lineno, constant.col_offset)
                stop = source.at(constant.end_lineno or 0, constant.end_col_offset or 0)
                text = source.data[start:stop].decode()
                renamed = re.sub(r"(?<![\w.])([A-Za-z_]\w*)", lambda found: names.get(found[1], found[1]), text)
                if renamed != text:
                    source.replace(start, stop, renamed)

    _replaced: set[int] = set()

    def _bare_modules(self, source: Source) -> Iterator[tuple[str, str]]:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if self.is_module(alias.name):
                        yield alias.asname or alias.name, alias.name

    def _attribute(self, source: Source, node: ast.Attribute, module: str, needed: set[str]) -> None:
        new_module, new_name = self.target(module, node.attr)
        stop = source.at(node.end_lineno or 0, node.end_col_offset or 0)
        if new_module != self.new_module(module) and (module, node.attr) in self.plan.symbols:
            assert isinstance(node.value, ast.Name)
            start = source.at(node.lineno, node.col_offset)
            source.replace(start, stop, f"{new_module.rpartition('.')[2]}.{new_name}")
            self._replaced.add(id(node.value))
            if new_module != self.new_module(source.module):
                needed.add(new_module)
        elif new_name != node.attr:
            source.replace(stop - len(node.attr.encode()), stop, new_name)

    def _setattr(self, source: Source, node: ast.Call, modules: Mapping[str, str]) -> None:
        if len(node.args) < 2 or not isinstance(node.args[0], ast.Name) or node.args[0].id not in modules:
            return
        name, module = node.args[1], modules[node.args[0].id]
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
            return
        new_module, new_name = self.target(module, name.value)
        if (module, name.value) in self.extracted:
            self.questions.append(
                f"{source.path}:{node.lineno}: sets {module}.{name.value}, which is now in {new_module}"
            )
        elif new_name != name.value:
            start, stop = (
                source.at(name.lineno, name.col_offset),
                source.at(name.end_lineno or 0, name.end_col_offset or 0),
            )
            source.replace(start, stop, f'"{new_name}"')

    def _in_all(self, source: Source, node: ast.Constant) -> bool:
        for statement in source.tree.body:
            if isinstance(statement, ast.Assign) and any(getattr(t, "id", "") == "__all__" for t in statement.targets):
                return node in ast.walk(statement)
        return False

    def _definitions(self, source: Source) -> None:
        for name, node in source.definitions().items():
            renamed = self.plan.symbols.get((source.module, name), (None, None))[1]
            if renamed and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                start = source.at(node.lineno, node.col_offset)
                found = re.compile(rb"\b" + name.encode() + rb"\b").search(source.data, start)
                assert found
                source.replace(found.start(), found.end(), renamed)

    # extracting

    def _extract(self) -> dict[str, tuple[str, str]]:
        """Cut the extracted definitions out of their files; new module -> (imports, text)."""
        segments: dict[str, list[str]] = {}
        imports: dict[str, list[str]] = {}
        for source in self.sources.values():
            wanted = {
                name: module for (home, name), module in self.extracted.items() if home == source.module and module
            }
            if not wanted:
                continue
            found = source.definitions()
            for name in wanted.keys() - found.keys():
                self.questions.append(f"{source.path}: no {name} to extract")
            back: dict[str, set[str]] = {}
            for start, stop, names in self._segments(source, wanted):
                module = wanted[names[0]]
                text = self._edited(source, start, stop)
                segments.setdefault(module, []).append(text)
                source.edits = [edit for edit in source.edits if not start <= edit[0] < stop]
                source.replace(start, stop, "")
                imports.setdefault(module, []).extend(self._imports_of(source))
                back.setdefault(module, set()).update(self.target(source.module, name)[1] for name in names)
                kept = [name for name in found if wanted.get(name) != module]
                used = {n.id for n in ast.walk(ast.parse(source.data[start:stop])) if isinstance(n, ast.Name)}
                for name in kept:
                    if name in used:
                        home, renamed = self.target(source.module, name)
                        imports[module].append(f"from {home} import {renamed}")
            self._import_back(source, back)
        return {module: ("\n".join(imports[module]), "\n\n\n".join(texts)) for module, texts in segments.items()}

    def _import_back(self, source: Source, back: Mapping[str, set[str]]) -> None:
        """What stays may use what went: import it; an import that nothing uses is removed by ruff."""
        lines = "".join(f"from {module} import {', '.join(sorted(names))}\n" for module, names in sorted(back.items()))
        at = [node for node in source.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        start = source.at((at[0].lineno if at else 1), 0)
        source.replace(start, start, lines)

    def _segments(self, source: Source, wanted: Mapping[str, str]) -> Iterator[tuple[int, int, list[str]]]:
        """Start, stop and names of each wanted definition, with the comment before it and the text after it."""
        body = source.tree.body
        for index, node in enumerate(body):
            names = [name for name in defined_by(node) if name in wanted]
            if not names:
                continue
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            while first > 1 and source.data[source.starts[first - 2] : source.starts[first - 1]].startswith(b"#"):
                first -= 1
            last = node.end_lineno or node.lineno
            following = body[index + 1] if index + 1 < len(body) else None
            if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                last = following.end_lineno or last
            yield source.at(first, 0), source.starts[last], names

    def _edited(self, source: Source, start: int, stop: int) -> str:
        inside = sorted((e for e in set(source.edits) if start <= e[0] < stop), reverse=True)
        data = source.data[start:stop]
        for first, last, text in inside:
            data = data[: first - start] + text + data[last - start :]
        return data.decode().strip("\n")

    def _imports_of(self, source: Source) -> list[str]:
        lines = []
        for node in source.tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                lines.append(self._edited(source, source.at(node.lineno, 0), source.starts[node.end_lineno or 0]))
        return lines

    def _write_segments(self, segments: Mapping[str, tuple[str, str]]) -> None:
        for module, (imports, text) in segments.items():
            path = Path(path_of(module, package=False))
            if path.exists():
                self._insert_imports(path, imports)
                with path.open("a") as file:
                    file.write(f"\n\n{text}\n")
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                doc = self.plan.packages.get(module, "")
                path.write_text(f'"""{doc}"""\n\n{imports}\n\n\n{text}\n')
            lines = [
                line
                for line in path.read_text().splitlines(keepends=True)
                if not re.match(rf"from {re.escape(module)} import ", line)
            ]
            path.write_text("".join(lines))

    def _insert_imports(self, path: Path, imports: str) -> None:
        text = path.read_text()
        tree = ast.parse(text)
        first = next((n.lineno for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)), None)
        lines = text.splitlines(keepends=True)
        at = first - 1 if first else (tree.body[0].end_lineno or 0 if tree.body else 0)
        lines.insert(at, imports + "\n")
        path.write_text("".join(lines))

    # files

    def _move(self) -> dict[str, str]:
        moves = dict(self.plan.paths)
        for old, new in self.plan.modules.items():
            source = self.by_module.get(old)
            if source is None:
                self.questions.append(f"no module {old}")
                continue
            moves[source.path] = path_of(new, source.path.endswith("__init__.py"))
        pending = {old: new for old, new in moves.items() if old != new}
        for old, new in list(pending.items()):  # by way of a third name: a target may be another's source
            Path(new).parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["git", "mv", old, f"{old}.moving"], check=True)
        for old, new in pending.items():
            if Path(new).exists():
                self.questions.append(f"{new} exists")
                continue
            subprocess.run(["git", "mv", f"{old}.moving", new], check=True)
        return moves

    def _make_package(self, package: str, text: str) -> None:
        path = Path(path_of(package, package=True))
        if path_of(package, package=False) in tracked() or Path(path_of(package, package=False)).exists():
            return
        if path.exists():
            self.questions.append(f"{path} exists")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'"""{text}"""\n')
        subprocess.run(["git", "add", str(path)], check=True)

    def _edit(self, moves: Mapping[str, str]) -> None:
        for old, edits in self.plan.edits.items():
            path = Path(moves.get(old, old))
            text = path.read_text()
            for before, after in edits:
                if before not in text:
                    self.questions.append(f"{path}: {before!r} not found")
                text = text.replace(before, after)
            path.write_text(text)

    def _planned_moves(self) -> dict[str, str]:
        moves = dict(self.plan.paths)
        for old, new in self.plan.modules.items():
            if old in self.by_module:
                source = self.by_module[old]
                moves[source.path] = path_of(new, source.path.endswith("__init__.py"))
        self._table(moves)
        return moves

    def _table(self, moves: Mapping[str, str]) -> None:
        """What running text may name, and what it is called now."""
        table = {old: new for old, new in self.plan.modules.items() if "." in old}
        table |= {old: new for old, new in moves.items() if "/" in old}
        for module, name in self.plan.symbols:
            if "." in module:
                table[f"{module}.{name}"] = ".".join(self.target(module, name))
        for old, new in moves.items():
            short = old.split("/", 1)[1]
            if old.startswith(("pilookup/", "server/pilookup_server/")) and "/" in short:
                table.setdefault(short, new.split("/", 1)[1])
        names = "|".join(map(re.escape, sorted(table, key=len, reverse=True)))
        self.table = table
        self.pattern = re.compile(rf"(?<![\w./-])({names})(?![\w-]|/)") if table else None
        self.bare = self._bare_files(moves)

    def _renamed(self, text: str) -> str:
        if self.pattern:
            text = self.pattern.sub(lambda found: self.table[found[1]], text)
        text = re.sub(r"`(\w+\.py)`", lambda found: f"`{self.bare.get(found[1], found[1])}`", text)
        for old, new in self.plan.texts:
            text = re.sub(old, new, text)
        return text

    def _mentions_in(self, source: Source) -> None:
        """Comments and strings of a Python file."""
        lines = io.BytesIO(source.data).readline
        for token in tokenize.tokenize(lines):
            if token.type in (tokenize.STRING, tokenize.COMMENT):
                renamed = self._renamed(token.string)
                if renamed == token.string:
                    continue
                line_start = source.data[source.starts[token.start[0] - 1] : source.starts[token.start[0]]].decode()
                start = source.at(token.start[0], len(line_start[: token.start[1]].encode()))
                stop = start + len(token.string.encode())
                if not any(start <= edit[0] < stop for edit in source.edits):
                    source.replace(start, stop, renamed)

    def _mentions(self) -> None:
        """Dotted names and paths in every text that is not Python."""
        for path in tracked():
            if NOT_TEXTS.match(path) or path.endswith(".py") or not (path.endswith(TEXTS) or path in NAMED_TEXTS):
                continue
            before = Path(path).read_text()
            text = self._renamed(before)
            if text != before:
                Path(path).write_text(text)

    def _bare_files(self, moves: Mapping[str, str]) -> dict[str, str]:
        """`name.py` in running text, where one file alone has that name."""
        names: dict[str, set[str]] = {}
        for old in [*self.sources]:
            names.setdefault(old.rpartition("/")[2], set()).add(moves.get(old, old).rpartition("/")[2])
        return {old: new.pop() for old, new in names.items() if len(new) == 1}


def tidy() -> None:
    """Imports in order, unused ones gone, lines as the formatter wants them."""
    paths = [path for path in tracked(*CODE) if path.endswith((".py", ".pyi"))]
    subprocess.run(["ruff", "check", "--quiet", "--select", "I,F401,TID", "--fix", *paths], check=False)
    subprocess.run(["ruff", "format", "--quiet", *paths], check=True)
