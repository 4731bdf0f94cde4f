"""tools/test_pairs.py follows moves and renames of tests, and names what is missing."""

import subprocess
import sys

import pytest

from tests.support.docs.documents import ROOT
from tests.support.tools import load_tool

test_pairs = load_tool("test_pairs")

MOVED = {"tests/a/test_a_old.py": "tests/a/test_old.py", "tests/a/test_old.py": "tests/a/test_new.py"}
RENAMED = {
    "tests/a/test_new.py::test_first": "tests/a/test_new.py::test_second",
    "tests/a/test_new.py::test_second": "tests/a/test_new.py::test_third",
    "tests/a/test_new.py::test_third[1 -x]": "tests/a/test_new.py::test_third[1-x]",
    "tests/a/test_new.py::test_gone": "removed",
}
OLD = "tests/a/test_a_old.py"
NEW = "tests/a/test_new.py"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("::test_other", f"{NEW}::test_other"),
        ("::test_first", f"{NEW}::test_third"),
        ("::test_first[a::b[]]", f"{NEW}::test_third[a::b[]]"),
        ("::test_second[1 -x]", f"{NEW}::test_third[1-x]"),
        ("::test_gone[2]", "removed"),
    ],
)
def test_moves_and_chains_of_renames_are_followed(old, new):
    assert test_pairs.current_name(OLD + old, MOVED, RENAMED) == new


def test_a_test_that_got_parameters_is_followed_once():
    renamed = {f"{NEW}::test_one": f"{NEW}::test_one[a case]"}
    assert test_pairs.current_name(f"{NEW}::test_one", {}, renamed) == f"{NEW}::test_one[a case]"
    assert test_pairs.current_name(f"{NEW}::test_one[another]", {}, renamed) == f"{NEW}::test_one[another]"


def test_renames_in_a_circle_are_refused():
    with pytest.raises(ValueError, match="circle"):
        test_pairs.current_name(
            f"{NEW}::test_a", {}, {f"{NEW}::test_a": f"{NEW}::test_b", f"{NEW}::test_b": f"{NEW}::test_a"}
        )


def test_a_parameter_that_is_gone_is_missing():
    old = {f"{OLD}::test_first[1]", f"{OLD}::test_first[2]", f"{OLD}::test_gone"}
    lost = test_pairs.missing(old, {f"{NEW}::test_third[1]"}, MOVED, RENAMED)
    assert lost == [(f"{OLD}::test_first[2]", f"{NEW}::test_third[2]")]


def test_a_rename_to_a_test_that_does_not_exist_is_dangling():
    assert test_pairs.dangling({f"{NEW}::test_third[1-x]"}, MOVED, RENAMED) == []
    assert test_pairs.dangling({f"{NEW}::test_fourth"}, MOVED, {f"{NEW}::test_a": f"{NEW}::test_b"}) == [
        f"{NEW}::test_a"
    ]


def test_a_rename_of_a_rust_test_leads_to_a_function_of_that_file(tmp_path):
    (tmp_path / "rust" / "core").mkdir(parents=True)
    (tmp_path / "rust" / "core" / "a.rs").write_text("mod tests {\n    #[test]\n    fn new_name() {}\n}\n")
    known = test_pairs.rust_tests(tmp_path)
    assert known == {"rust/core/a.rs::new_name"}
    renamed = {f"rust/core/a.rs::{old}": f"rust/core/a.rs::{new}" for old, new in [("a", "new_name"), ("b", "gone")]}
    assert test_pairs.dangling(known, {}, renamed) == ["rust/core/a.rs::b"]


@pytest.mark.parametrize("text", ["a b\n", "a -> b\na -> c\n"])
def test_lines_without_an_arrow_and_names_listed_twice_are_refused(text):
    with pytest.raises(ValueError, match="listed twice"):
        test_pairs.read_mapping(text)


def test_a_missing_pair_is_printed_and_fails(tmp_path):
    (tmp_path / "old").write_text("tests/a/test_x.py::test_a\ntests/a/test_x.py::test_b\n\n2 tests collected\n")
    (tmp_path / "new").write_text("tests/a/test_x.py::test_a\n")
    command = [sys.executable, ROOT / "tools" / "test_pairs.py", tmp_path / "old", tmp_path / "new"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "missing: tests/a/test_x.py::test_b\n" in done.stdout
    assert "2 old pairs, 1 new: 1 missing" in done.stdout


@pytest.mark.parametrize("name", ["moved_files.txt", "renamed.txt"])
def test_the_lists_are_sorted_and_can_be_followed(name):
    lines = (ROOT / "tests" / name).read_text(encoding="utf-8").splitlines()
    assert lines == sorted(set(lines))
    moved = test_pairs.read_mapping((ROOT / "tests" / "moved_files.txt").read_text(encoding="utf-8"))
    renamed = test_pairs.read_mapping((ROOT / "tests" / "renamed.txt").read_text(encoding="utf-8"))
    for old in [*moved, *renamed]:
        file = test_pairs.current_name(f"{old}::test_x" if old in moved else old, moved, renamed).partition("::")[0]
        assert file == "removed" or (ROOT / file).is_file(), old
