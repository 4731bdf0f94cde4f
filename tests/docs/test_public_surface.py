"""The public names of the library."""

import subprocess
import sys

import pytest

import pilookup

PROBE = "import pilookup, sys; print(sorted(n for n in sys.modules if n.startswith('pilookup')))"


def test_all_is_sorted_and_without_repeats():
    assert pilookup.__all__ == sorted(set(pilookup.__all__))


@pytest.mark.parametrize("name", pilookup.__all__)
def test_each_public_name_imports(name):
    value = getattr(pilookup, name)
    assert value.__name__ == name
    assert value.__doc__


def test_these_are_the_public_names():
    assert pilookup.__all__ == ["AsyncClient", "Client", "PilookupError", "Result", "canonicalise"]
    assert set(pilookup.__all__) <= set(dir(pilookup))


def test_there_is_no_other():
    with pytest.raises(AttributeError, match="no attribute 'Cleint'"):
        _ = pilookup.Cleint


def test_importing_it_imports_nothing_else_of_it():
    """What importing must not pull in from outside is tested in tests/checking."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", PROBE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['pilookup']"
