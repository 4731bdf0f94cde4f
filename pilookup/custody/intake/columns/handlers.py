"""Phone columns behind a column of names of somebody else, such as 办案民警: whose numbers they have."""

from collections.abc import Sequence
from typing import Final

from pilookup.custody.intake.columns import headers
from pilookup.custody.intake.columns.header_rows import Rows, names_phone
from pilookup.custody.intake.columns.officers import names_officers
from pilookup.custody.intake.columns.other_labels import names_listed

_LEAST_PAIRS: Final = 4
_MANY: Final = 2
"""With more different numbers than that for each name, they are not of these persons."""
_LEAST_REPEATED: Final = 2


def phones_of_handlers(labels: Sequence[str], rows: Rows) -> frozenset[int]:
    """The phone columns that are of those named in a column before, and not of the people in the rows.

    Between the two may be what belongs to those persons, such as a badge number. A column without a label may be the
    second of a cell over both.

    The cells say so where the same name has the same number each time, or many. Otherwise the header does: they are of
    those named before if another phone column stands before that one; or if no column has the names of people in the
    rows. A label that says itself whose numbers they are is not asked about here.

    Args:
        labels: The labels of the columns of a table.
        rows: Its first rows.
    """
    listed = any(map(names_listed, labels))
    found = set()
    has_phones = False
    for column, label in enumerate(labels):
        if not names_phone(label) and (label.strip() or not has_phones):
            continue
        handlers = _handlers_before(labels, column)
        before = labels[handlers] if handlers is not None else ""
        of_others = headers.is_other_party(before) or names_officers([before])
        is_behind = of_others and not headers.says_whose(label) and not headers.is_phone(before)
        handler = headers.is_handler(before) or names_officers([before])
        likely = has_phones or (handler and not listed)
        if is_behind and handlers is not None and _are_of_those(rows, handlers, column, likely, handler):
            found.add(column)
        elif label.strip():
            has_phones = True
    return frozenset(found)


def _handlers_before(labels: Sequence[str], column: int) -> int | None:
    """The nearest column before that says more than what belongs to a person, such as a badge number."""
    return next((at for at in range(column - 1, -1, -1) if not headers.says_of_handler(labels[at])), None)


def _are_of_those(rows: Rows, handlers: int, column: int, likely: bool, handler: bool) -> bool:
    """Whether the numbers of a column are of those named in a column before."""
    pairs = [(row[handlers].strip(), row[column].strip()) for row in rows if len(row) > column]
    pairs = [(name, cell) for name, cell in pairs if name and cell]
    names, different = len({name for name, _ in pairs}), len(set(pairs))
    if different >= _LEAST_PAIRS and different > names * _MANY:
        return False
    if handler and different == names and len(pairs) - names >= _LEAST_REPEATED:
        return True
    return likely
