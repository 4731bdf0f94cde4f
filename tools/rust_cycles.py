"""Refuse import cycles between the files of a Rust crate: `python3 tools/rust_cycles.py rust/core/src`.

A file depends on another when one of its paths (`use crate::a::B`, `super::c`, or `a::f()` after `use crate::a`) leads
to an item of that file. A re-export is followed to the file that has the item, so a `mod.rs` that only declares and
re-exports its children is not part of any cycle. Test modules (`#[cfg(test)]`) do not count.
"""

import re
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

Names = tuple[str, ...]
Graph = dict[Path, set[Path]]

# Comments and literals, which hold no paths; a lifetime is neither.
_IGNORED = re.compile(
    r"""//[^\n]*|/\*.*?\*/|b?r(#*)".*?"\1|b?"(?:\\.|[^"\\])*"|b?'(?:\\[^\n]+?|[^\\'])'""",
    re.DOTALL,
)
_TEST_MODULE = re.compile(r"#\[cfg\(test\)\]\s*mod\s+(\w+)\s*([;{])")
_USE = re.compile(r"^[ \t]*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);", re.MULTILINE)
# What _PATH is not to look at: those, and the paths of visibilities.
_ELSEWHERE = re.compile(rf"{_USE.pattern}|\bpub\(in [^)]*\)", re.MULTILINE)
_PATH = re.compile(r"(?<![\w:])\w+(?:::\w+)+")


@dataclass
class Module:
    """One file: its place in the crate, its code without tests, and what its `use` statements bind."""

    file: Path
    names: Names
    code: str
    bound: dict[str, Names] = field(default_factory=dict)


class Crate:
    """The files of a crate and the paths between them."""

    def __init__(self, source: Path) -> None:
        tests: set[Names] = set()
        self.modules: dict[Names, Module] = {}
        for file in sorted(source.rglob("*.rs")):
            names = _module_names(file.relative_to(source))
            code, test_modules = _without_tests(_IGNORED.sub(" ", file.read_text(encoding="utf-8")))
            tests |= {(*names, name) for name in test_modules}
            self.modules[names] = Module(file, names, code)
        for names in list(self.modules):
            if any(names[: len(test)] == test for test in tests):
                del self.modules[names]
        for module in self.modules.values():
            for path, name in _uses(module.code):
                absolute = self._absolute(module, path)
                if absolute is not None:
                    module.bound[name] = absolute

    def graph(self) -> Graph:
        """The files that each file depends on."""
        return {module.file: set(self._dependencies(module)) for module in self.modules.values()}

    def _dependencies(self, module: Module) -> Iterator[Path]:
        own_children = {names for names in self.modules if names[:-1] == module.names}
        for public, tree in _USE.findall(module.code):
            for path, _ in _expanded(tree):
                absolute = self._absolute(module, path)
                re_exported = public and absolute is not None and absolute[: len(module.names) + 1] in own_children
                if absolute is not None and absolute not in self.modules and not re_exported:
                    yield from self._files_of(absolute, module)
        for match in _PATH.findall(_ELSEWHERE.sub("", module.code)):
            absolute = self._absolute(module, tuple(match.split("::")))
            if absolute is not None:
                yield from self._files_of(absolute, module)

    def _absolute(self, module: Module, path: Names) -> Names | None:
        """A path from the root of the crate; None for one that leads out of it, or to an item of the file itself."""
        first, *rest = path
        if first == "crate":
            return path
        if first in {"self", "super"}:
            base = module.names
            while path and path[0] in {"self", "super"}:
                base = base if path[0] == "self" else base[:-1]
                path = path[1:]
            return (*base, *path)
        if first in module.bound:
            return (*module.bound[first], *rest)
        if (*module.names, first) in self.modules:
            return (*module.names, *path)
        return None

    def _files_of(self, path: Names, asking: Module) -> Iterator[Path]:
        """The file of the item at a path: the deepest module on it, or where that module has the item from."""
        seen: set[Names] = set()
        while path not in seen:
            seen.add(path)
            # The last name is an item, though a module may have the same.
            depth = max(length for length in range(1, len(path)) if path[:length] in self.modules)
            owner = self.modules[path[:depth]]
            rest = path[depth:]
            if owner is not asking and rest and rest[0] in owner.bound:
                path = (*owner.bound[rest[0]], *rest[1:])
                continue
            if owner is not asking:
                yield owner.file
            return


def _module_names(file: Path) -> Names:
    names = ("crate", *file.with_suffix("").parts)
    return names[:-1] if names[-1] in {"mod", "lib"} else names


def _without_tests(code: str) -> tuple[str, list[str]]:
    """The code without its inline test modules, and the names of all its test modules."""
    names = []
    while found := _TEST_MODULE.search(code):
        names.append(found[1])
        end = found.end() if found[2] == ";" else _closing(code, found.end())
        code = code[: found.start()] + code[end:]
    return code, names


def _closing(code: str, start: int) -> int:
    """Where the block ends whose opening brace stands before `start`."""
    depth = 1
    for brace in re.finditer(r"[{}]", code[start:]):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return start + brace.end()
    raise ValueError("a brace is never closed")


def _uses(code: str) -> Iterator[tuple[Names, str]]:
    """Every path that the file's `use` statements bind, and to what name."""
    for _, tree in _USE.findall(code):
        yield from _expanded(tree)


def _expanded(tree: str, before: Names = ()) -> Iterator[tuple[Names, str]]:
    """The paths of a use tree such as `a::{self, b::{C, D as E}}`, each with the name that it binds."""
    tree = tree.strip()
    head, brace, inner = tree.partition("{")
    if brace:
        before = (*before, *(name for name in head.strip().split("::") if name))
        for branch in _branches(inner.rpartition("}")[0]):
            yield from _expanded(branch, before)
    elif tree:
        path, _, alias = tree.partition(" as ")
        names = tuple(name.strip() for name in path.split("::"))
        whole = (*before, *(names[:-1] if before and names[-1] == "self" else names))
        yield whole, alias.strip() or whole[-1]


def _branches(inner: str) -> Iterator[str]:
    """What stands between the commas of a brace, nested braces left whole."""
    depth, branch = 0, ""
    for character in inner:
        depth += (character == "{") - (character == "}")
        if character == "," and depth == 0:
            yield branch
            branch = ""
        else:
            branch += character
    yield branch


def shortest_cycle(graph: Graph) -> list[Path]:
    """The shortest way from a file through its dependencies back to itself; empty where there is none."""
    cycles = [cycle for file in graph if (cycle := _way_back(graph, file))]
    return min(cycles, key=len, default=[])


def _way_back(graph: Graph, start: Path) -> list[Path]:
    ways = deque([[start]])
    seen: set[Path] = set()
    while ways:
        way = ways.popleft()
        for file in sorted(graph[way[-1]]):
            if file == start:
                return [*way, start]
            if file not in seen:
                seen.add(file)
                ways.append([*way, file])
    return []


def main() -> int:
    """Check the crate whose source folder is the argument; 1 where there is a cycle."""
    source = Path(sys.argv[1])
    graph = Crate(source).graph()
    edges = sum(map(len, graph.values()))
    if not edges:
        print(f"{source}: no dependencies found, so nothing was checked", file=sys.stderr)
        return 1
    if cycle := shortest_cycle(graph):
        way = "\n  uses ".join(str(file.relative_to(source)) for file in cycle)
        print(f"{source}: an import cycle\n  {way}", file=sys.stderr)
        return 1
    print(f"{source}: {len(graph)} files, {edges} dependencies, no cycle")
    return 0


if __name__ == "__main__":
    sys.exit(main())
