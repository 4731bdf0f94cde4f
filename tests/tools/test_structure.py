"""tools/structure.py measures packages and finds chains of imports."""

import subprocess
import sys

import grimp
import pytest

from tests.support.docs.documents import ROOT
from tests.support.tools import load_tool

TOOL = ROOT / "tools" / "structure.py"

structure = load_tool("structure")


def graph_of(*imports):
    graph = grimp.ImportGraph()
    for importer, imported in imports:
        graph.add_import(importer=importer, imported=imported)
    return graph


def test_children_levels_and_imports_are_counted():
    graph = graph_of(("p.a.x", "p.b"), ("p.a.y", "p.b"), ("p.a.x", "p.a.y"), ("p.b", "p.c.z"), ("p.c.z", "numpy"))
    assert structure.measure(graph, "p") == structure.Structure(children=3, modules=4, levels=3, imports=2, cycles=[])


def test_a_subpackage_is_measured_alone():
    graph = graph_of(("p.q.a", "p.q.b"), ("p.q.b", "p.r"))
    assert structure.measure(graph, "p.q") == structure.Structure(children=2, modules=2, levels=2, imports=1, cycles=[])


def test_a_cycle_is_reported_and_its_children_share_a_level():
    graph = graph_of(("p.a.x", "p.b.x"), ("p.b.y", "p.a.y"), ("p.b.y", "p.c"), ("p.top", "p.a.x"))
    found = structure.measure(graph, "p")
    assert found.cycles == [frozenset({"p.a", "p.b"})]
    assert found.levels == 3


def test_cycles_are_found_in_every_package():
    graph = graph_of(("p.q.a.x", "p.q.b"), ("p.q.b", "p.q.a.y"), ("p.r", "p.q.a.x"))
    for package in ("p", "p.q", "p.q.a"):
        graph.add_module(package)
    assert structure.cycles(graph) == {"p.q": [frozenset({"p.q.a", "p.q.b"})]}


def test_the_shortest_chain_is_found():
    graph = graph_of(("p.a", "p.b"), ("p.b", "p.c"), ("p.a", "p.x"), ("p.x", "p.y"), ("p.y", "p.c"))
    assert structure.shortest_path(graph, "p.a", "p.c") == ("p.a", "p.b", "p.c")


@pytest.mark.parametrize("names", [("p.b", "p.a"), ("p.a", "p.none"), ("p.none", "p.a")])
def test_no_chain_is_an_error(names):
    with pytest.raises(ValueError, match=r"not in the graph|no chain"):
        structure.shortest_path(graph_of(("p.a", "p.b")), *names)


def run(*arguments):
    return subprocess.run([sys.executable, TOOL, *arguments], capture_output=True, text=True, cwd=ROOT, check=False)


def test_it_prints_a_line_a_package_and_no_cycle():
    lines = run().stdout.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(structure.PACKAGES)


def test_it_prints_a_chain_and_its_hops():
    done = run("--path", "pilookup.protocol.encoding", "pilookup.errors")
    assert done.stdout == "pilookup.protocol.encoding\n  imports pilookup.errors\n1 hops\n"


def test_a_chain_that_is_not_there_fails():
    assert run("--path", "pilookup.errors", "pilookup.protocol.token").returncode == 1
