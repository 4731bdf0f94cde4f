"""The scripts of tools/ as modules: they are not a package, so they are loaded from their files."""

import sys
from importlib.util import module_from_spec, spec_from_file_location

from tests.support.docs.documents import ROOT


def load_tool(name):
    """Return tools/NAME.py as a module."""
    spec = spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
