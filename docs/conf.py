"""The documentation site: Sphinx over the Markdown files of the repository. `make docs` builds it.

The source folder is the top of the repository, so that links between documents hold both in a checkout and on the
site. A document under docs/ joins the site by being there; docs/index.md holds the tables of contents.
"""

import importlib
import logging
import pkgutil
import re
import shutil
from pathlib import Path
from types import GenericAlias, ModuleType, UnionType
from typing import Any, get_origin

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[1]

project = "pilookup"
author = "the pilookup developers"
copyright = author  # noqa: A001 - Sphinx's name
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "docs/index"
include_patterns = [
    "*.md",
    "docs/*.md",
    "docs/**/*.md",
    "tests/README.md",
    "tests/compatibility/README.md",
    "tests/kit/README.md",
    "tests/vectors/README.md",
    "benchmarks/README.md",
]
exclude_patterns = [".*", "build", "dist", "demo", "rust", "server", "**/node_modules"]

# Anchors as in a checkout's Markdown: a heading's words in lower case, joined by hyphens.
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]  # pseudocode and transcripts in fenced blocks

html_theme = "furo"
html_title = "pilookup"
html_show_sphinx = False
html_copy_source = False
html_additional_pages = {"index": "first.html"}
templates_path = ["templates"]

logging.getLogger("alembic").setLevel(logging.WARNING)  # it reports its plugins on import, even under --quiet

# In docstrings, `name` is code, as in Markdown.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_numpy_docstring = False
napoleon_use_rtype = False

_CODE = re.compile(r"(``.+?``|`[^`]+`)")


class PublicNames(SphinxDirective):
    """`public-names` documents the names of a module's `__all__`; of a package without one, its modules."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Expand to the directives of autodoc."""
        name = self.arguments[0]
        module = importlib.import_module(name)
        if hasattr(module, "__all__"):
            lines = [f".. automodule:: {name}", "   :no-members:", ""]
            for public in module.__all__:
                value = getattr(module, public)
                described = [f".. {_directive(value)}:: {name}.{public}", *_inherited(value), ""]
                lines += _type_alias(module, public) or described
        else:
            below = sorted(f"{name}.{one.name}" for one in pkgutil.iter_modules(getattr(module, "__path__", ())))
            lines = [line for one in [name, *below] for line in (f".. automodule:: {one}", "")]
        return self.parse_text_to_nodes(StringList(lines, source=name), allow_section_headings=True)


def _type_alias(module: ModuleType, name: str) -> list[str]:
    """Document a name for a type, whose text is where the name is defined; empty for other names."""
    value = getattr(module, name)
    if not isinstance(value, GenericAlias | UnionType) and get_origin(value) is None:
        return []
    defined = getattr(module, "_MODULES", {}).get(name, module.__name__)
    texts = ModuleAnalyzer.for_module(defined).find_attr_docs().get(("", name), [])
    shown = re.sub(r"\b(?:\w+\.)+(?=\w)", "", str(value))
    return [f".. py:data:: {module.__name__}.{name}", f"   :value: {shown}", "", *(f"   {text}" for text in texts), ""]


def _inherited(value: object) -> list[str]:
    """The option that also documents what a class has from classes of this project; empty for other objects."""
    if not isinstance(value, type) or issubclass(value, BaseException):
        return []
    outside = [one.__name__ for one in value.__mro__ if not one.__module__.startswith("pilookup")]
    own = len(value.__mro__) - len(outside) > 1
    return [f"   :inherited-members: {', '.join(outside)}"] if own else []


def _directive(value: object) -> str:
    if isinstance(value, type):
        return "autoexception" if issubclass(value, BaseException) else "autoclass"
    return "autofunction" if callable(value) else "autodata"


def _escape(_app: Sphinx, _what: str, _name: str, _value: object, _options: Any, lines: list[str]) -> None:
    """Let a docstring's asterisks, bars and underscores outside code stand for themselves; keep tables and layouts.

    A block that is indented after a blank line is shown as it stands.
    """
    lines[:] = _with_literal_blocks(
        [
            "".join(
                part if part.startswith("`") else re.sub(r"([*|])|(?<=\w)(_)(?!\w)", r"\\\g<0>", part)
                for part in _CODE.split(line)
            )
            for line in lines
        ]
    )


def _with_literal_blocks(lines: list[str]) -> list[str]:
    made: list[str] = []
    inside = False
    for line in lines:
        indented = line.startswith(" ")
        if indented and not inside and made and not made[-1] and not _in_list(made):
            made += ["::", ""]
            inside = True
        elif line and not indented:
            inside = False
        made.append(line.replace("\\*", "*").replace("\\|", "|").replace("\\_", "_") if inside else line)
    return made


def _in_list(above: list[str]) -> bool:
    last = next((line for line in reversed(above) if line and not line.startswith(" ")), "")
    return bool(re.match(r"([-*:]|\d+\.) ?", last)) or last.rstrip().endswith("::")


def _copy_pictures(app: Sphinx, error: Exception | None) -> None:
    """Bring the pictures that README shows by HTML, which Sphinx does not follow."""
    if error is None and app.builder.format == "html":
        shutil.copytree(ROOT / "docs" / "images", Path(app.outdir, "docs", "images"), dirs_exist_ok=True)


def setup(app: Sphinx) -> None:
    """Register the directive and the hooks."""
    app.add_directive("public-names", PublicNames)
    app.connect("autodoc-process-docstring", _escape, priority=900)  # after napoleon
    app.connect("build-finished", _copy_pictures)
