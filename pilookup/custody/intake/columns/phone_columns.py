"""Which columns of a table are read as phone numbers, and which others have numbers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pilookup.custody.intake.columns import headers
from pilookup.custody.intake.columns.column import Column
from pilookup.custody.intake.columns.layout import UnreadColumn
from pilookup.custody.intake.load_warning import WarningCode

_NOBODY: Final = "nobody"
"""The reason to leave a column that is not told: it has no numbers of people."""


def set_owner(columns: Sequence[Column]) -> None:
    """Tell the columns of who calls and who is called which column has the owner of the phone, who is one of the two.

    Args:
        columns: All columns of the table, also those that the operator leaves out.
    """
    phones = [column for column in columns if column.shows_phones]
    owner = next((column.at for column in phones if headers.is_owner(column.above)), None)
    sides = [column for column in phones if headers.is_side(column.above) and not headers.is_owner(column.above)]
    if owner is not None and len(sides) > 1:
        for column in sides:
            column.phone = replace(column.phone, owner=owner)


def unread_beside(columns: Sequence[Column], named: set[int], left_out: set[int]) -> list[UnreadColumn]:
    """The columns with numbers beside those that the operator named."""
    return [
        UnreadColumn(column.at, None if column.at in left_out else WarningCode.UNREAD_NUMBERS)
        for column in columns
        if column.at not in named and (column.counts.numbers or column.at in left_out)
    ]


def exposed_columns(columns: Sequence[Column]) -> tuple[list[Column], list[UnreadColumn]]:
    """Every column with phone numbers of the people in the rows, and the columns with other numbers."""
    has_owner = any(headers.is_owner(column.label) and column.shows_phones for column in columns)
    peer = any(column.phone.owner is not None for column in columns) or any(
        (headers.is_peer(column.label) or (has_owner and headers.is_contact(column.label))) and column.shows_phones
        for column in columns
    )
    has_named = any(column.is_named for column in columns)
    phones: list[Column] = []
    unread: list[UnreadColumn] = []
    for column in columns:
        code = _reason_to_leave(column, peer=peer)
        if code is not None:
            named = None if code is _NOBODY else WarningCode(code)
            unread.append(UnreadColumn(column.at, named, column.counts.shows_identifiers))
        elif column.is_named or _shows_people(column, has_named=has_named):
            phones.append(column)
    return phones, unread


def _shows_people(column: Column, *, has_named: bool) -> bool:
    """Whether a column that its label does not name has phone numbers of people.

    Beside a column that is named, one of identifiers by its label has none, although they look like mobiles. A column
    of contacts is one of phones too if its cells are digits that are no numbers, so that these are told. One of
    messages has none if most of its numbers stand beside words.
    """
    label, counts = column.label, column.counts
    if headers.is_text(label) and counts.whole * 2 < counts.numbers:
        return False
    if headers.is_identifier(label) or (has_named and headers.is_id(label) and counts.bare >= counts.numbers):
        return False
    return counts.shows_phones or (headers.names_contact(label) and counts.are_digits)


def _reason_to_leave(column: Column, *, peer: bool) -> WarningCode | str | None:
    """The warning under which the numbers of a column are told if it is not read; `_NOBODY`; None if it is read."""
    label, counts = column.above, column.counts
    if headers.is_fax(label):
        return _NOBODY
    if counts.shows_identifiers and not column.is_named:
        return WarningCode.UNREAD_NUMBERS if column.has_header else _NOBODY
    if not counts.numbers and not column.is_named:
        return None
    # Their first numbers may stand below the rows that were examined.
    if column.is_of_another or (peer and _is_of_owner(column)):
        return WarningCode.OTHER_PARTY
    return _reason_of_numbers(column) if counts.numbers else None


def _is_of_owner(column: Column) -> bool:
    """Whether the numbers beside the other sides of calls are those of the phones that the calls were made with."""
    if headers.is_peer(column.above):
        return False
    return headers.is_owner(column.above) or column.counts.has_few_numbers


def _reason_of_numbers(column: Column) -> WarningCode | None:
    counts = column.counts
    if counts.numbers == 1 and headers.is_identifier(column.above) and not column.label:  # a header of the rows above
        return WarningCode.UNREAD_NUMBERS
    if counts.shows_identifiers:
        return WarningCode.LOOKALIKE_NUMBERS
    return WarningCode.CONSTANT_COLUMN if counts.is_constant and column.shows_phones else None


def registration_columns(columns: Sequence[Column]) -> tuple[list[Column], list[UnreadColumn]]:
    """The columns with the number on which an account was registered, best first, and the other phone columns."""
    ranked: list[tuple[int, Column]] = []
    rest: list[Column] = []
    for column in columns:
        if not column.shows_phones or headers.is_fax(column.above):
            continue
        rank = headers.registration_rank(column.label)
        if rank == 1 and column.counts.mobiles * 2 < column.counts.filled:
            rank = None
        if rank is None or column.is_of_another:
            rest.append(column)
        else:
            ranked.append((rank, column))
    if not ranked and rest:
        best = max(rest, key=lambda column: (column.is_named, column.counts.numbers))
        rest.remove(best)
        ranked.append((0, best))
    ranked.sort(key=lambda item: (item[0], item[1].at))
    chain = [column for at, (rank, column) in enumerate(ranked) if rank not in [earlier for earlier, _ in ranked[:at]]]
    rest += [column for _, column in ranked if column not in chain]
    code = WarningCode.OTHER_PHONE_COLUMNS
    return chain, [UnreadColumn(column.at, code) for column in sorted(rest, key=lambda column: column.at)]
