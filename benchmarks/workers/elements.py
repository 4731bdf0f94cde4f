"""pilookup: tokenise (hash to group, multiply, encode) and shift (decode, multiply, encode) on one thread.

The environment variable BENCH_CORE can name another build of the core.
"""

import importlib.metadata
import importlib.util
import os
from importlib.machinery import ExtensionFileLoader
from types import ModuleType

from inputs import Prepared, identifiers


def prepare(n: int) -> Prepared:
    core = load(os.environ.get("BENCH_CORE"))
    core.set_threads(1)
    key = core.SecretKey.generate()
    given = [text.encode() for text in identifiers(n)]
    elements = core.tokenise(given, key)
    jobs = {
        "tokenise": (n, lambda: core.tokenise(given, key)),
        "shift": (n, lambda: core.shift(elements, key)),
    }
    return jobs, {"version": importlib.metadata.version("pilookup"), "backend": core.backend()}


def load(path: str | None) -> ModuleType:
    """Return the extension module at a path, or the installed one if path is None."""
    if path is None:
        return importlib.import_module("pilookup._core")
    loader = ExtensionFileLoader("_core", path)
    spec = importlib.util.spec_from_file_location("_core", path, loader=loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module
