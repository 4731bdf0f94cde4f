"""tools/rust_cycles.py finds import cycles between the files of a crate, and nothing else."""

import subprocess
import sys

import pytest

from tests.support.docs.documents import ROOT

TOOL = ROOT / "tools" / "rust_cycles.py"
LIB = "mod a;\nmod b;\n"


def check(folder, files):
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return subprocess.run([sys.executable, TOOL, folder], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"a.rs": "use crate::b::B;", "b.rs": "use super::a::A;"}, id="use"),
        pytest.param({"a.rs": "use crate::{b::{self, C}};\nfn f() { b::g() }", "b.rs": "use crate::a::f;"}, id="tree"),
        pytest.param({"a.rs": "fn f() { crate::b::g() }", "b.rs": "use crate::a;\nfn g() { a::f() }"}, id="path"),
        pytest.param(
            {
                "a/mod.rs": "mod c;\npub use c::C;",
                "a/c.rs": "use crate::b::B;\npub struct C(B);",
                "b.rs": "use crate::a::C;\npub struct B;",
            },
            id="re-export",
        ),
        pytest.param({"a/mod.rs": "mod c;\nuse c::C;\npub struct A;", "a/c.rs": "use super::A;"}, id="parent"),
        pytest.param(
            {
                "a/mod.rs": "mod c;\npub fn c() { crate::b::g() }",
                "a/c.rs": "",
                "b.rs": "use crate::a;\nfn g() { a::c() }",
            },
            id="function-named-as-a-module",
        ),
    ],
)
def test_a_cycle_is_refused(tmp_path, files):
    result = check(tmp_path, {"lib.rs": LIB, **files})
    assert result.returncode == 1
    assert "an import cycle" in result.stderr


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"a.rs": "use crate::b::B;", "b.rs": "use std::fmt; // use crate::a::A;"}, id="comment"),
        pytest.param({"a.rs": "use crate::b::B;", "b.rs": 'const TEXT: &str = "crate::a::A";'}, id="text"),
        pytest.param(
            {"a.rs": "use crate::b::B;", "b.rs": "#[cfg(test)]\nmod tests {\n    use crate::a::A;\n    fn f() {}\n}"},
            id="inline-tests",
        ),
        pytest.param(
            {"a.rs": "use crate::b::B;", "b.rs": "#[cfg(test)]\nmod tests;", "b/tests.rs": "use crate::a::A;"},
            id="test-file",
        ),
        pytest.param(
            {
                "a/mod.rs": "mod c;\nmod d;\npub use c::C;\npub use self::d::D;",
                "a/c.rs": "use super::D;",
                "a/d.rs": "pub(in crate::a) struct D;",
            },
            id="parent-that-re-exports",
        ),
    ],
)
def test_files_without_a_cycle_pass(tmp_path, files):
    result = check(tmp_path, {"lib.rs": LIB, **files})
    assert result.returncode == 0, result.stderr
    assert "no cycle" in result.stdout


def test_a_folder_without_dependencies_is_refused(tmp_path):
    assert "nothing was checked" in check(tmp_path, {"lib.rs": ""}).stderr
