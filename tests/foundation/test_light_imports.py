"""Mirrors, the server and `pilookup verify` import no library of the police side's extras."""

import subprocess
import sys

import pytest

HEAVY = ("numpy", "pyarrow", "sqlalchemy", "alembic", "pybloom_live", "python_calamine", "distributed")


@pytest.mark.parametrize("module", ["pilookup.release_files.verify", "pilookup.protocol.filter", "pilookup.keyring"])
def test_modules_for_everyone_import_nothing_of_the_police_side(module):
    code = f"import sys, {module}; print(*(name for name in {HEAVY} + ('pilookup.custody',) if name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert loaded.split() == []
