"""The columns that the operator names with `--column` and `--not-column`."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from pilookup.custody.intake.columns import headers
from pilookup.custody.intake.columns.table_head import TableHead
from pilookup.custody.intake.model import IntakeOptions
from pilookup.custody.intake.table_columns import shown_header
from pilookup.errors import IntakeError

LISTED_HEADERS: Final = 40
"""How many headers are listed."""
_SHEET = " sheet "
_COMMAS = re.compile(r"[,，]")
_MAX_PLACE_DIGITS = 9


def wanted_names(options: IntakeOptions, table: TableHead) -> list[str]:
    """The names of columns, other than places, that the options give for a table."""
    texts = [text for texts in options.columns.values() for text in texts]
    names = [name for text in [*texts, *options.not_columns] if (name := _for_table(text, table)) is not None]
    names += [part for name in names for part in _COMMAS.split(name) if part.strip()]
    return [name for name in dict.fromkeys(names) if not name.strip().isdigit()]


def phone_columns(table: TableHead, labels: Sequence[str], width: int, options: IntakeOptions) -> list[int]:
    """The phone columns that the options name and that this table has."""
    return _resolve_all(options.columns.get("phone", ()), table, labels, width)


def left_out(table: TableHead, labels: Sequence[str], width: int, options: IntakeOptions) -> set[int]:
    """The columns that the options exclude."""
    return set(_resolve_all(options.not_columns, table, labels, width))


def found_names(table: TableHead, labels: Sequence[str], width: int, options: IntakeOptions) -> set[str]:
    """The names that the options give for phone columns or exclude, as far as a table has such columns.

    Of a text with several names, separated by commas, each that is found is one of them.
    """
    found: set[str] = set()
    for text in (*options.columns.get("phone", ()), *options.not_columns):
        name = _for_table(text, table)
        if name is None:
            continue
        if _resolve(name, labels, width):
            found.add(text)
        found.update(part for part in _parts(text) if _resolve(_for_table(part, table) or "", labels, width))
    return found


def missing_names(options: IntakeOptions, found: Collection[str]) -> list[str]:
    """The names that the options give for phone columns or exclude, and that are not among those found."""
    texts = dict.fromkeys([*options.columns.get("phone", ()), *options.not_columns])
    return [part for text in texts if text not in found for part in _parts(text) if part not in found]


def missing_text(name: str, options: IntakeOptions) -> str:
    """Says that no table has a column of a name that the options give."""
    option = "--not-column" if name in options.not_columns else "--column phone="
    return f"no table has a column {shown_header(name)} as given with {option}"


def headers_there(labels: Iterable[str]) -> str:
    """The headers of all tables as a phrase for an error, from texts in the form of `ColumnUse.header`."""
    texts = list(labels)
    return f"the headers are {listed(texts, LISTED_HEADERS)}" if texts else "no table has a header: give numbers"


def listed(texts: Iterable[str], most: int) -> str:
    """The first texts, each once."""
    found = list(dict.fromkeys(texts))
    return ", ".join(found[:most]) + (", ..." if len(found) > most else "")


def _parts(text: str) -> list[str]:
    """The names in a text such as "a,b" or "sheet!a,b", each with its sheet."""
    sheet, mark, names = text.partition("!")
    prefix = f"{sheet}!" if mark and sheet and names else ""
    return [prefix + part for part in _COMMAS.split(names if prefix else text) if part.strip()] or [text]


def column_for(role: str, table: TableHead, labels: Sequence[str], width: int, options: IntakeOptions) -> int:
    """The column that the options name for a role.

    Raises:
        IntakeError: The table has no such column. The error lists the headers that it has.
    """
    found = _resolve_all(options.columns[role], table, labels, width)
    if not found:
        raise IntakeError(
            table.location, f"has no such column as given with --column {role}=; {headers_text(labels, width)}"
        )
    return found[0]


def headers_text(labels: Sequence[str], width: int) -> str:
    """The columns of a table as a phrase for an error."""
    shown = [shown_header(headers.without_persons(label)) for label in labels if label.strip()]
    if not shown:
        return f"it has {width} columns without a header: give a number from 1"
    return "its headers are " + ", ".join(shown)


def _resolve_all(texts: Sequence[str], table: TableHead, labels: Sequence[str], width: int) -> list[int]:
    found: list[int] = []
    for text in texts:
        name = _for_table(text, table)
        if name is None:
            continue
        whole = _resolve(name, labels, width)
        found += whole or [at for part in _COMMAS.split(name) if part.strip() for at in _resolve(part, labels, width)]
    return list(dict.fromkeys(found))


def _resolve(name: str, labels: Sequence[str], width: int) -> list[int]:
    """The columns with a name, or the one at a place from 1. A header equal to the text takes precedence."""
    found = [at for at, label in enumerate(labels) if _is_labelled(label, name)]
    if found:
        return found
    text = name.strip()
    if text.isascii() and text.isdigit() and len(text) <= _MAX_PLACE_DIGITS and 1 <= int(text) <= width:
        return [int(text) - 1]
    return []


def _is_labelled(label: str, name: str) -> bool:
    return headers.is_named(label, name) or any(headers.is_named(part, name) for part in label.split(" "))


def _for_table(text: str, table: TableHead) -> str | None:
    """The name in a text such as "sheet!header"; None if it is for another sheet."""
    sheet, mark, name = text.partition("!")
    if not mark or not sheet or not name:
        return text
    if table.sheet is None:
        return text
    shown = table.location.rpartition(_SHEET)[2]
    return name if headers.is_named(table.sheet, sheet) or headers.is_named(shown, sheet) else None
