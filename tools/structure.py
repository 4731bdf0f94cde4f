"""Print how the Python packages hang together: `python tools/structure.py [--path A B]`.

For `pilookup`, `pilookup.custody` and `pilookup_server`: the modules, the levels, and the imports between direct
children. Then, for every package, the cycles between its direct children, if there are any. A direct child is a module or package one name below the package, with everything under it; the package's
own `__init__` is one too. A child that imports no other child is on level 1, any other child one level above the
highest child that it imports; children that import each other share a level, and are a cycle. Imports
under `TYPE_CHECKING` do not count.

With `--path A B`: the shortest chain of imports that leads from module A to module B.
"""

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import grimp

ROOTS = ("pilookup", "pilookup_server")
PACKAGES = ("pilookup", "pilookup.custody", "pilookup_server")

Edge = tuple[str, str]


@dataclass(frozen=True)
class Structure:
    """What is printed of one package."""

    children: int
    modules: int
    levels: int
    imports: int
    cycles: list[frozenset[str]]


def measure(graph: grimp.ImportGraph, package: str) -> Structure:
    """Count a package's direct children, all its modules, its levels and the imports between direct children.

    Cycles are those between direct children; two packages can form one although no two modules do.

    Args:
        graph: The imports of the whole program.
        package: The dotted name of a package in the graph.

    Raises:
        ValueError: The package is not in the graph.
    """
    modules = {name for name in graph.modules if name == package or name.startswith(f"{package}.")}
    if not modules:
        raise ValueError(f"{package} is not in the graph")
    edges = _edges(graph, package, modules)
    children = {_child(name, package) for name in modules}
    levels = max(_levels(children, edges).values())
    return Structure(len(children), len(modules), levels, len(edges), _cycles(children, edges))


def cycles(graph: grimp.ImportGraph) -> dict[str, list[frozenset[str]]]:
    """Find the cycles between the direct children of every package in the graph.

    Returns:
        The cycles by the name of the package, in alphabetical order. Packages without a cycle are left out.
    """
    packages = (name for name in sorted(graph.modules) if graph.find_children(name))
    found = {package: measure(graph, package).cycles for package in packages}
    return {package: groups for package, groups in found.items() if groups}


def shortest_path(graph: grimp.ImportGraph, importer: str, imported: str) -> tuple[str, ...]:
    """Find the shortest chain of imports between two modules; both ends are in it.

    Args:
        graph: The imports of the whole program.
        importer: The dotted name of the module where the chain starts.
        imported: The dotted name of the module where it ends.

    Raises:
        ValueError: One of them is not in the graph, or there is no chain.
    """
    for name in (importer, imported):
        if name not in graph.modules:
            raise ValueError(f"{name} is not in the graph")
    chain = graph.find_shortest_chain(importer, imported)
    if chain is None:
        raise ValueError(f"no chain of imports leads from {importer} to {imported}")
    return chain


def _edges(graph: grimp.ImportGraph, package: str, modules: set[str]) -> set[Edge]:
    """Return the imports inside a package, seen between its direct children."""
    pairs = {
        (_child(importer, package), _child(imported, package))
        for importer in modules
        for imported in graph.find_modules_directly_imported_by(importer) & modules
    }
    return {(importer, imported) for importer, imported in pairs if importer != imported}


def _child(module: str, package: str) -> str:
    return ".".join(module.split(".")[: package.count(".") + 2])


def _cycles(children: Iterable[str], edges: set[Edge]) -> list[frozenset[str]]:
    """Return the groups of children that import each other, directly or by way of others."""
    below = {child: _reached(child, edges) for child in children}
    groups = {frozenset(other for other in below[child] if child in below[other]) for child in below}
    return sorted((group for group in groups if group), key=sorted)


def _reached(start: str, edges: set[Edge]) -> set[str]:
    """Return the children to which a chain of one import or more leads."""
    reached: set[str] = set()
    ahead = [start]
    while ahead:
        importer = ahead.pop()
        new = {imported for one, imported in edges if one == importer} - reached
        reached |= new
        ahead += new
    return reached


def _levels(children: Iterable[str], edges: set[Edge]) -> dict[str, int]:
    """Return each child's level. Children of one cycle are on one level."""
    peers = {child: group for group in _cycles(children, edges) for child in group}

    @cache
    def level(child: str) -> int:
        group = peers.get(child, frozenset({child}))
        return 1 + max((level(low) for high, low in edges if high in group and low not in group), default=0)

    return {child: level(child) for child in children}


def main() -> int:
    """Print the measures, or the chain that `--path` asks for; 1 if there is no such chain."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--path", nargs=2, metavar=("A", "B"), help="print the shortest chain of imports from A to B")
    arguments = parser.parse_args()
    graph = grimp.build_graph(*ROOTS, exclude_type_checking_imports=True, cache_dir=None)
    if arguments.path:
        try:
            chain = shortest_path(graph, *arguments.path)
        except ValueError as error:
            print(error, file=sys.stderr)
            return 1
        print("\n  imports ".join(chain))
        print(f"{len(chain) - 1} hops")
        return 0
    print(f"{'package':20}{'direct children':>16}{'modules':>9}{'levels':>8}{'imports':>9}")
    for package in PACKAGES:
        found = measure(graph, package)
        print(f"{package:20}{found.children:>16}{found.modules:>9}{found.levels:>8}{found.imports:>9}")
    for package, groups in cycles(graph).items():
        for cycle in groups:
            print(f"a cycle in {package}: {', '.join(sorted(cycle))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
