"""HOMEs that are made once per process and copied for each test, which may change its copy.

A copy has the keys of its template. Tests that compare the keys of two HOMEs make their own.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from pilookup.keyring import master_key

_TEMPLATES = {}


def home_like(make, path):
    """A HOME at `path` as `make(path)` makes it: a copy of the first one, with the same modes and times.

    If the environment names a database for the control data, they cannot be copied, so `make` is called each time.
    HOMEs made within `shipped_profile` have separate templates.
    """
    if os.environ.get("PILOOKUP_DATABASE_URL"):
        make(path)
        return path
    kind = make, master_key.PROFILE
    if kind not in _TEMPLATES:
        folder = Path(tempfile.mkdtemp(prefix="home-template-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        make(folder / "home")
        _TEMPLATES[kind] = folder / "home"
    return shutil.copytree(_TEMPLATES[kind], path, dirs_exist_ok=True)
