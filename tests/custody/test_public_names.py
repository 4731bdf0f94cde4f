"""What `pilookup.custody` hands out, and what importing it costs."""

import subprocess
import sys

import pytest

import pilookup.custody
from pilookup.custody import Custody

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


def test_the_names_are_sorted_and_every_one_is_there():
    assert pilookup.custody.__all__ == sorted(pilookup.custody.__all__)
    for name in pilookup.custody.__all__:
        assert getattr(pilookup.custody, name).__name__ == name
    assert set(pilookup.custody.__all__) <= set(dir(pilookup.custody))


def test_no_other_name_is_handed_out():
    with pytest.raises(AttributeError, match=r"'pilookup\.custody' has no attribute 'Session'"):
        _ = pilookup.custody.Session


def test_a_module_of_pilookup_that_is_missing_is_not_taken_for_a_missing_extra(monkeypatch):
    monkeypatch.setitem(pilookup.custody._MODULES, "Report", "pilookup.custody.nowhere")
    monkeypatch.delitem(vars(pilookup.custody), "Report", raising=False)
    with pytest.raises(ModuleNotFoundError, match=r"pilookup\.custody\.nowhere"):
        _ = pilookup.custody.Report


def test_no_package_hands_out_a_function_under_the_name_of_a_module():
    assert not {name for name in pilookup.custody.__all__ if name.islower()}


@pytest.mark.parametrize("method", [name for name in dir(Custody) if not name.startswith("_")])
def test_every_method_says_what_it_does(method):
    assert getattr(Custody, method).__doc__


def test_importing_the_package_loads_no_library():
    python("-c", f"import pilookup.custody\ndir(pilookup.custody)\n{LOADED}")


@pytest.mark.parametrize("command", ["init", "load", "publish", "rotate", "withdraw", "erase", "status"])
def test_the_help_of_a_command_loads_no_library(command):
    text = f"import sys\nsys.argv = ['pilookup', {command!r}, '--help']\nfrom pilookup.cli import main\n"
    assert "--home" in python(
        "-c", f"{text}try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n{LOADED}"
    )


@pytest.mark.parametrize("library", HEAVY)
def test_a_missing_extra_is_named(library):
    said = python("-c", WITHOUT.format(library=library))
    assert said == f"the police side needs an extra ({library}): pip install 'pilookup[load]'\n"
