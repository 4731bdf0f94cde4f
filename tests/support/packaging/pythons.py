"""The Python interpreters of this machine, and clean environments for them."""

import os
import shutil
import subprocess
from pathlib import Path

VERSIONS = ("3.11", "3.12", "3.13")
# Variables that would show the checkout, or the environment of the tests, to a process that should see neither.
_LEAKING = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONPYCACHEPREFIX",
    "MYPYPATH",
    "VIRTUAL_ENV",
    "PIP_FIND_LINKS",
    "PIP_CONFIG_FILE",
)


def environment(**variables):
    """The environment of a user who has no checkout."""
    kept = {n: v for n, v in os.environ.items() if n not in _LEAKING and not n.startswith("PILOOKUP_")}
    return kept | {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"} | variables


def find_python(version):
    """A working interpreter of a version such as "3.12": on PATH, or installed by pyenv. None if there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [shutil.which(f"python{version}"), *sorted(pyenv.glob(f"{version}.*/bin/python"), reverse=True)]
    return next((str(python) for python in candidates if python and _runs(python, version)), None)


def _runs(python, version):
    probe = "import ensurepip, sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", probe], capture_output=True, text=True, env=environment(), check=False)
    return done.stdout.strip() == version
