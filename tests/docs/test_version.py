"""The version is the same everywhere, and tools/set_version.py changes it everywhere."""

import re
import shutil
import subprocess
import sys
import tomllib

import pytest

from pilookup import __version__
from tests.support.docs.documents import ROOT

TOOL = ROOT / "tools" / "set_version.py"
FILES = (
    "pilookup/_version.py",
    "pyproject.toml",
    "server/pyproject.toml",
    "rust/Cargo.toml",
    "rust/Cargo.lock",
    "rust/fuzz/Cargo.lock",
)


def stated(root):
    """Return every version stated below `root`, by its place. The files are parsed, not searched as the tool does."""
    read = {name: tomllib.loads((root / name).read_text(encoding="utf-8")) for name in FILES[1:]}
    found = {
        "_version.py": re.search('^__version__ = "(.*)"$', (root / FILES[0]).read_text(encoding="utf-8"), re.MULTILINE)[
            1
        ],
        "pilookup": read["pyproject.toml"]["project"]["version"],
        "pilookup-server": read["server/pyproject.toml"]["project"]["version"],
        "crates": read["rust/Cargo.toml"]["workspace"]["package"]["version"],
    }
    (needed,) = [one for one in read["server/pyproject.toml"]["project"]["dependencies"] if one.startswith("pilookup")]
    found["pilookup-server's pilookup"] = needed.removeprefix("pilookup[cli]==")
    for lock in ("rust/Cargo.lock", "rust/fuzz/Cargo.lock"):
        own = [package for package in read[lock]["package"] if package["name"] in ("pilookup-core", "pilookup-binding")]
        found |= {f"{lock} {package['name']}": package["version"] for package in own}
    return found


@pytest.fixture
def tree(tmp_path):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(*arguments):
    return subprocess.run([sys.executable, TOOL, *arguments], capture_output=True, text=True, check=False)


def test_the_version_is_the_same_everywhere():
    assert len(stated(ROOT)) == 8
    assert set(stated(ROOT).values()) == {__version__}


def test_in_code_it_is_written_once():
    sources = [*(ROOT / "pilookup").rglob("*.py"), *(ROOT / "server" / "pilookup_server").rglob("*.py")]
    holding = [path for path in sources if f'"{__version__}"' in path.read_text(encoding="utf-8")]
    assert holding == [ROOT / "pilookup" / "_version.py"]


def test_no_crate_and_no_package_of_the_page_has_another():
    for path in [
        *(ROOT / "rust").glob("*/Cargo.toml"),
        ROOT / "server/web/package.json",
        ROOT / "tests/node/package.json",
    ]:
        lines = [
            line for line in path.read_text(encoding="utf-8").splitlines() if re.match(r' *"?version"? *[=:]', line)
        ]
        assert lines in ([], ['version = "0.0.0"']), path


def test_the_tool_sets_it_everywhere_and_changes_nothing_else(tree):
    before = {name: (tree / name).read_text(encoding="utf-8").splitlines() for name in FILES}
    assert run("9.87.6", tree).returncode == 0
    assert set(stated(tree).values()) == {"9.87.6"}
    changed = 0
    for name in FILES:
        pairs = zip(before[name], (tree / name).read_text(encoding="utf-8").splitlines(), strict=True)
        different = [new for old, new in pairs if new != old]
        assert all("9.87.6" in line for line in different)
        changed += len(different)
    assert changed == len(stated(tree))


@pytest.mark.parametrize("version", ["", "1.2", "v1.2.3", "1.2.3rc1", "1.2.3-rc.1", "1.2.3\n"])
def test_what_is_no_release_is_refused(version, tree):
    result = run(version, tree)
    assert (result.returncode, "not three numbers" in result.stderr) == (1, True)
    assert set(stated(tree).values()) == {__version__}


def test_without_a_version_it_is_refused(tree):
    assert run().returncode == 1


def test_a_place_that_is_gone_is_named_and_nothing_is_written(tree):
    lock = tree / "rust/fuzz/Cargo.lock"
    lock.write_text(lock.read_text(encoding="utf-8").replace("pilookup-core", "core"), encoding="utf-8")
    result = run("9.87.6", tree)
    assert (result.returncode, "rust/fuzz/Cargo.lock: states the version 0 times" in result.stderr) == (1, True)
    assert (tree / "pyproject.toml").read_bytes() == (ROOT / "pyproject.toml").read_bytes()
