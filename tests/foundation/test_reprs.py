"""No dataclass of intake, load or checking shows bytes or texts of a file, or a number, in its repr.

A repr reaches tracebacks and logs.
"""

import dataclasses
import importlib
import pkgutil
import re
from unittest.mock import MagicMock

import pytest

PACKAGES = ("pilookup.custody.intake", "pilookup.custody.load", "pilookup.checking")
SENTINEL = "13800138000"
SHOWN = {
    "IntakeOptions.columns",  # what the operator named
    "IntakeOptions.not_columns",  # the same
    "LoadOutcome.names",  # names of files as `display_name` masks them
    "LoadOutcome.skipped",  # sentences for the operator, without numbers
    "Report.by_column",  # counts by location
    "Report.notes",  # sentences for the operator, without numbers
}


def dataclasses_of(package):
    modules = [
        package,
        *(each.name for each in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}.")),
    ]
    for module in modules:
        for value in vars(importlib.import_module(module)).values():
            if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__ == module:
                yield value


CLASSES = [each for package in PACKAGES for each in dataclasses_of(package)]


def holds_bytes_or_texts(field):
    """Whether a field has bytes or a collection of strings in its type; a path or name of type `str` may be shown."""
    kind = str(field.type)
    return "Callable" not in kind and bool(re.search(r"\bbytes\b|(?:list|tuple|Sequence|Mapping)\[.*\bstr\b", kind))


def instance(cls):
    """An instance whose bytes and texts all contain the sentinel."""
    one = object.__new__(cls)
    for field in dataclasses.fields(cls):
        value = MagicMock()
        if holds_bytes_or_texts(field):
            value = SENTINEL.encode() if "bytes" in str(field.type) else [SENTINEL]
        elif field.type is str:
            value = SENTINEL
        object.__setattr__(one, field.name, value)
    return one


def has_own_repr(cls):
    return cls.__repr__.__code__.co_filename == importlib.import_module(cls.__module__).__file__


def test_the_classes_are_found():
    assert {"Accepted", "NumberedRows", "HeaderRows", "TextSplit", "VaultRows", "MemorySplitTask", "Evaluate"} <= {
        each.__name__ for each in CLASSES
    }


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_bytes_and_texts_of_files_are_in_no_repr(cls):
    if has_own_repr(cls):
        assert SENTINEL not in repr(instance(cls))
        return
    shown = {
        f"{cls.__name__}.{each.name}" for each in dataclasses.fields(cls) if each.repr and holds_bytes_or_texts(each)
    }
    assert shown <= SHOWN
