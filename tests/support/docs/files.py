"""The files that are in the project's repository."""

import os
from collections.abc import Iterator
from pathlib import Path

from tests.support.docs.documents import ROOT

_LEFT_OUT = {
    ".git",
    ".venv",
    ".cache",
    ".hypothesis",
    "node_modules",
    "target",
    "build",
    "dist",
    "demo",
    "__pycache__",
}


def project_files() -> Iterator[Path]:
    """Yield the path of every file of the checkout, without what builds, tests and tools leave in it."""
    for folder, names, paths in os.walk(ROOT):
        names[:] = [name for name in names if name not in _LEFT_OUT and not name.endswith((".egg-info", "_cache"))]
        yield from (Path(folder) / name for name in paths)
