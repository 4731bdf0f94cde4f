"""pilookup: tokenise (hash to group, multiply, encode) and shift (decode, multiply, encode) on one thread."""

import importlib.metadata

from inputs import Prepared, identifiers

from pilookup import _core


def prepare(n: int) -> Prepared:
    _core.set_threads(1)
    key = _core.SecretKey.generate()
    given = [text.encode() for text in identifiers(n)]
    elements = _core.tokenise(given, key)
    jobs = {
        "tokenise": (n, lambda: _core.tokenise(given, key)),
        "shift": (n, lambda: _core.shift(elements, key)),
    }
    return jobs, {"version": importlib.metadata.version("pilookup"), "backend": _core.backend()}
