"""Phone columns directly behind a column of names of somebody else, such as 办案民警: whose numbers they have."""

from collections.abc import Sequence
from typing import Final

from pilookup.custody.intake.columns import headers
from pilookup.custody.intake.columns.header_rows import Rows, names_phone
from pilookup.custody.intake.columns.other_labels import names_listed

_LEAST_PAIRS: Final = 4
_MANY: Final = 2
"""With more different numbers than that for each name, they are not of these persons."""
_LEAST_REPEATED: Final = 2


def phones_of_handlers(labels: Sequence[str], rows: Rows) -> frozenset[int]:
    """The phone columns that are of those named in the column before, and not of the people in the rows.

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
        if not names_phone(label):
            continue
        before = labels[column - 1] if column else ""
        is_behind = not headers.says_whose(label) and headers.is_other_party(before) and not headers.is_phone(before)
        handler = headers.is_handler(before)
        likely = has_phones or (handler and not listed)
        if is_behind and _are_of_those(rows, column, likely=likely, handler=handler):
            found.add(column)
        else:
            has_phones = True
    return frozenset(found)


def _are_of_those(rows: Rows, column: int, *, likely: bool, handler: bool) -> bool:
    """Whether the numbers of a column are of those named in the column before."""
    pairs = [(name, cell) for *_, name, cell in (row[: column + 1] for row in rows if len(row) > column)]
    pairs = [(name.strip(), cell.strip()) for name, cell in pairs if name.strip() and cell.strip()]
    names, different = len({name for name, _ in pairs}), len(set(pairs))
    if different >= _LEAST_PAIRS and different > names * _MANY:
        return False
    if handler and different == names and len(pairs) - names >= _LEAST_REPEATED:
        return True
    return likely
