"""The names that `pilookup.custody` exports, and what importing it loads."""

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pilookup_server
import pytest

import pilookup.custody
from pilookup import clock
from pilookup.compute import callbacks
from pilookup.custody import Custody

ALIASES = {"Clock", "Passphrase", "Progress"}
HEAVY = ("alembic", "numpy", "pyarrow", "sqlalchemy")
LOADED = f"""
import sys
heavy = [name for name in {HEAVY} if name in sys.modules]
assert not heavy, heavy
"""
WITHOUT = """
import sys
sys.modules[{library!r}] = None
import pilookup.custody
from pilookup.errors import MissingExtraError
try:
    from pilookup.custody import Custody
except MissingExtraError as error:
    print(error)
"""


def python(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True).stdout


def test_the_names_are_sorted_and_all_exist():
    assert pilookup.custody.__all__ == sorted(pilookup.custody.__all__)
    for name in set(pilookup.custody.__all__) - ALIASES:
        assert getattr(pilookup.custody, name).__name__ == name
    assert set(pilookup.custody.__all__) <= set(dir(pilookup.custody))


def test_other_names_are_not_exported():
    with pytest.raises(AttributeError, match=r"'pilookup\.custody' has no attribute 'Session'"):
        _ = pilookup.custody.Session


def test_the_types_in_the_signatures_of_custody_are_exported_and_defined_once():
    assert pilookup.custody.Clock is clock.Clock
    assert pilookup.custody.Progress is callbacks.Progress
    for package in (pilookup, pilookup_server):
        for path in Path(package.__file__).parent.rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for name, home in (
                ("Clock", "clock.py"),
                ("Progress", "callbacks.py"),
                ("Passphrase", "passphrase_type.py"),
            ):
                assert not re.search(rf"^{name}\b.* = ", text, re.MULTILINE) or path.name == home, path


def packages_of(root):
    names = [name for _, name, is_package in pkgutil.walk_packages(root.__path__, f"{root.__name__}.") if is_package]
    return [root.__name__, *names]


@pytest.mark.parametrize("name", [*packages_of(pilookup), *packages_of(pilookup_server)])
def test_no_package_hands_out_anything_else_under_the_name_of_a_module(name):
    package = importlib.import_module(name)
    modules = [each.name for each in pkgutil.iter_modules(package.__path__)]
    for module in modules:
        handed_out = getattr(package, module, None)
        assert handed_out is None or handed_out is sys.modules.get(f"{name}.{module}"), f"{name}.{module}"
    assert not set(modules) & set(getattr(package, "__all__", ()))


def test_every_package_is_walked():
    walked = {*packages_of(pilookup), *packages_of(pilookup_server)}
    for package in (pilookup, pilookup_server):
        folder = Path(package.__file__).parent
        found = {path.parent.relative_to(folder.parent) for path in folder.rglob("__init__.py")}
        assert {".".join(path.parts) for path in found} <= walked


def test_a_module_of_pilookup_that_is_missing_is_not_taken_for_a_missing_extra(monkeypatch):
    monkeypatch.setitem(pilookup.custody._MODULES, "Report", "pilookup.custody.nowhere")
    monkeypatch.delitem(vars(pilookup.custody), "Report", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"pilookup\.custody\.nowhere"):
        _ = pilookup.custody.Report


@pytest.mark.parametrize("method", [name for name in dir(Custody) if not name.startswith("_")])
def test_every_method_has_a_docstring(method):
    assert getattr(Custody, method).__doc__


def test_importing_the_package_loads_no_library():
    python("-c", f"import pilookup.custody\ndir(pilookup.custody)\n{LOADED}")


@pytest.mark.parametrize("command", ["init", "load", "publish", "rotate", "withdraw", "erase", "status"])
def test_the_help_of_a_command_loads_no_library(command):
    text = f"import sys\nsys.argv = ['pilookup', {command!r}, '--help']\nfrom pilookup.cli import main\n"
    assert "--home" in python(
        "-c", f"{text}try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n{LOADED}"
    )


MIGRATE = """
import sys
sys.modules["alembic"] = None
from pilookup.custody.control import migrate
from pilookup.errors import MissingExtraError
try:
    migrate._alembic_command()
except MissingExtraError as error:
    print(error)
"""


@pytest.mark.parametrize("library", HEAVY)
def test_a_missing_extra_is_named(library):
    said = python("-c", MIGRATE if library == "alembic" else WITHOUT.format(library=library))
    assert said == f"the police side needs an extra ({library}): pip install 'pilookup[load]'\n"
