"""Normalises rows of text cells to batches of identifiers with accounts and months. Everything else is counted."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from pilookup.custody.intake.columns.cells.reader import is_bare_landline
from pilookup.custody.intake.columns.contact_lines import is_contact_line_of
from pilookup.custody.intake.columns.header_rows import cell_of
from pilookup.custody.intake.columns.judge import is_nothing, is_rounded
from pilookup.custody.intake.columns.labelled import phone_cells
from pilookup.custody.intake.columns.layout import Layout
from pilookup.custody.intake.columns.mobiles import mobiles_in
from pilookup.custody.intake.columns.months import MonthReader
from pilookup.custody.intake.columns.other_cells import NO_LABELS, LabelsAbove, OtherCells, other_cells
from pilookup.custody.intake.columns.stray_plus import Plus, is_doubtful
from pilookup.custody.intake.columns.unread_cells import numbers_of_unread
from pilookup.custody.intake.model import Accepted, IntakeOptions
from pilookup.custody.intake.rejects import Rejects
from pilookup.custody.intake.report import Report, Tally
from pilookup.custody.intake.rows.fit import (
    OutsideMobile,
    is_repeated_header,
    leaves_layout,
    outside_full_numbers,
    outside_mobiles,
    starts_new_table,
)
from pilookup.custody.intake.rows.numbers import candidates, phone_cells_of
from pilookup.custody.intake.rows.of_another import are_of_office, is_note
from pilookup.custody.intake.tables.table import NumberedRows, is_blank
from pilookup.identifier import Reason
from pilookup.protocol.label import Kind

_IDENTIFIER: Final = re.compile(r" *[0-9]{11} *")


@dataclass(slots=True)
class _Row:
    """One row while it is normalised. Its numbers and rejects count only if the row has the layout of the table."""

    line: int
    cells: list[str] = field(repr=False)
    numbers: dict[bytes, int] = field(repr=False)
    rejects: list[tuple[int, Reason, str]] = field(repr=False)
    lookalikes: Counter[int] = field(default_factory=Counter, repr=False)
    with_plus: Counter[int] = field(default_factory=Counter, repr=False)
    repeated: int = 0
    of_office: set[bytes] = field(default_factory=set, repr=False)
    in_notes: dict[bytes, int] = field(default_factory=dict, repr=False)
    chosen: int | None = None
    others: frozenset[int] = frozenset()
    is_contact_line: bool = False


class Normaliser:
    """Normalises the rows of one table. Counts into a report and writes rejected numbers to the rejects file.

    Attributes:
        months: The reader of the date column.
        above: What the labels of somebody else in the rows so far say of the next one. In a layout with columns they
            say nothing, since rows are then read without those above them.
    """

    def __init__(
        self,
        location: str,
        layout: Layout,
        options: IntakeOptions,
        report: Report,
        rejects: Rejects,
        today: date,
        lenient_line: int | None = None,
        above: LabelsAbove = NO_LABELS,
    ) -> None:
        """Prepare to normalise rows.

        Args:
            location: The file, member or sheet, for the rejects file.
            layout: The layout of the table.
            options: The options of the load. With `Kind.MALICIOUS` the account column is read.
            report: Receives the counts.
            rejects: Receives the rejected numbers.
            today: The day that dates are compared with.
            lenient_line: The line of a row that is read by itself if it does not have the layout.
            above: What the labels of somebody else above the first row say, in a form.
        """
        self._location = location
        self._layout = layout
        self._region = options.region
        self._report = report
        self._rejects = rejects
        self.months = MonthReader(today)
        self._account = layout.account if options.kind is Kind.MALICIOUS else None
        self._left = {column.column: column.code for column in layout.unread}
        self._identifiers = layout.identifiers()
        self._skipped = {phone.column for phone in layout.phones} | set(self._left)
        self._lenient_line = lenient_line
        self._tally = Tally()
        self.above = above if layout.labelled else NO_LABELS

    @property
    def tally(self) -> Tally:
        """The counts so far."""
        return replace(self._tally, unreadable=self.months.unreadable, out_of_range=self.months.out_of_range)

    def batch(self, block: NumberedRows) -> tuple[Accepted, int | None]:
        """Normalise consecutive rows until one does not have the layout of the table.

        Returns:
            The numbers, and the index of that row; None if all rows have the layout.
        """
        batch = Accepted([], [], [])
        for at, (line, cells) in enumerate(zip(block.lines, block.rows, strict=True)):
            if not self._take(line, cells, batch):
                return batch, at
        return batch, None

    def _take(self, line: int, cells: list[str], batch: Accepted) -> bool:
        """Add the numbers of one row to a batch. Returns False if the row does not have the layout of the table."""
        if is_blank(cells):
            return True
        others = other_cells(cells, self._region, self.above, in_form=self._layout.labelled)
        row = _Row(line, cells, {}, [], others=others.columns)
        row.is_contact_line = is_contact_line_of(cells, self._layout)
        filled = self._read_phones(row)
        if not row.numbers and is_repeated_header(cells, self._layout):
            self._tally.headers += 1
            return True
        outside = self._not_of_others(row, outside_mobiles(cells, self._skipped, row.numbers))
        lenient = self._layout.lenient or line == self._lenient_line
        if not lenient and not row.is_contact_line and self._is_elsewhere(row, outside):
            return False
        self._go_below(others)
        self._add_outside(row, outside, lenient=lenient or self._layout.only_tables)
        self._add_full_numbers(row)
        self._tally.other_party += len(row.of_office - row.numbers.keys())
        self._add_notes(row)
        self._add(row, batch, filled=filled)
        return True

    def _go_below(self, others: OtherCells) -> None:
        if self._layout.labelled:
            self.above = others.below

    def _not_of_others(self, row: _Row, outside: Sequence[OutsideMobile]) -> list[OutsideMobile]:
        """The mobiles outside the phone columns but those of somebody else, which are told as such."""
        row.of_office.update(mobile.identifier for mobile in outside if mobile.column in row.others)
        return [mobile for mobile in outside if mobile.column not in row.others]

    def _is_elsewhere(self, row: _Row, outside: Sequence[OutsideMobile]) -> bool:
        if row.others and not row.numbers and not outside:
            return False
        if not row.numbers and starts_new_table(row.cells, self._layout):
            return True
        if self._layout.only_tables:
            return False
        return leaves_layout(self._layout, outside, numbers=len(row.numbers), rejects=len(row.rejects))

    def _read_phones(self, row: _Row) -> bool:
        """Read the phone cells of a row. Returns whether any is filled."""
        filled = False
        for phone, cell in phone_cells_of(row.cells, self._layout):
            filled = True
            row.chosen = phone.column
            found = candidates(row.cells, phone, cell, self._layout, self._region)
            office = are_of_office(cell, found, phone)
            owner = cell_of(row.cells, phone.owner)
            of_owner = numbers_of_unread(owner, self._region) if owner else ()
            note = row.is_contact_line or is_note(row.cells, cell, found, phone, self._layout)
            for (text, result), of_office in zip(found, office, strict=True):
                if result in of_owner:
                    continue  # counted in the column of the owner
                if not isinstance(result, bytes):
                    row.rejects.append((phone.column, result, text))
                elif of_office or (phone.column in row.others and not phone.is_given):
                    row.of_office.add(result)
                elif note:
                    row.in_notes[result] = phone.column
                elif result in row.numbers:
                    row.repeated += 1
                else:
                    row.numbers[result] = phone.column
                    row.lookalikes[phone.column] += phone.warns_of_landlines and is_bare_landline(text, result)
                    row.with_plus[phone.column] += phone.plus is Plus.DOUBTFUL and is_doubtful(text)
        return filled

    def _add_outside(self, row: _Row, outside: Sequence[OutsideMobile], *, lenient: bool) -> None:
        """Count or take the mobiles outside the phone columns, and those in rejected cells."""
        labelled = phone_cells(row.cells) if self._layout.labelled and outside else {}
        of_another = self._layout.of_another
        others = [mobile for mobile in outside if mobile.column not in labelled and mobile.column not in of_another]
        self._tally.other_party += sum(mobile.column in of_another for mobile in outside)
        self._tally.other_party += sum(labelled.get(mobile.column) is False for mobile in outside)
        take_whole = lenient and not row.numbers and not any(self._left.values()) and bool(self._layout.phones)
        for mobile in others:
            if self._layout.scan_text:
                row.numbers[mobile.identifier] = mobile.column
            elif take_whole and mobile.whole:
                row.numbers[mobile.identifier] = mobile.column
                self._tally.changed += 1
            else:
                self._tally.unread[mobile.column] += 1
        for column, reason, text in row.rejects:
            if reason is Reason.DIGITS_LOST and is_rounded(text):
                continue  # counted as digits_lost
            missed = [identifier for identifier in mobiles_in(text) if identifier not in row.numbers]
            if self._layout.scan_text:
                row.numbers.update(dict.fromkeys(missed, column))
            else:
                self._tally.unread[column] += len(missed)
        self._count_left(row)
        if self._identifiers:
            self._add_identifiers(row)

    def _add_notes(self, row: _Row) -> None:
        """Count or take the numbers of a note in a phone column."""
        for identifier, column in row.in_notes.items():
            if self._layout.scan_text:
                row.numbers[identifier] = column
            elif identifier not in row.numbers:
                self._tally.unread[column] += 1

    def _add_identifiers(self, row: _Row) -> None:
        """Count the numbers in columns of identifiers: if the row may have moved, or if they are more than digits."""
        moved = self._may_have_moved(row) or self._layout.has_strange_digits(row.cells)
        for column in self._identifiers:
            cell = row.cells[column] if column < len(row.cells) else ""
            if moved or not _IDENTIFIER.fullmatch(cell):
                self._count_in_identifiers(column, cell)

    def _count_in_identifiers(self, column: int, cell: str) -> None:
        """Count the numbers of a cell of a column of identifiers. Eleven digits without a mobile may be another one."""
        found = numbers_of_unread(cell, self._region)
        bare = _IDENTIFIER.fullmatch(cell) and not mobiles_in(cell)
        (self._tally.bare if bare else self._tally.unread)[column] += len(found)

    def _may_have_moved(self, row: _Row) -> bool:
        """Whether a row may have moved, so that a mobile stands in a column of identifiers of eleven digits."""
        if not row.numbers and any(not is_nothing(text) for _, _, text in row.rejects):
            return True
        if not row.numbers and not row.rejects and self._layout.is_shorter(row.cells):
            return True
        if any(_IDENTIFIER.fullmatch(text) for _, _, text in row.rejects):
            return True
        return bool(row.rejects) and self._layout.has_moved(row.cells)

    def _add_full_numbers(self, row: _Row) -> None:
        """Count or take the other numbers outside the phone columns that are written in full."""
        outside = outside_full_numbers(row.cells, self._skipped, row.numbers, self._region)
        if not outside:
            return
        labelled = phone_cells(row.cells) if self._layout.labelled else {}
        is_wide = self._has_more_cells(row)
        for found in outside:
            if found.column in labelled:
                continue
            if found.column in self._layout.of_another or found.column in row.others:
                self._tally.other_party += 1
                continue
            if found.bare and not is_wide and found.column in self._layout.digits_alone:
                self._tally.bare[found.column] += 1
            elif self._layout.scan_text and found.identifier is not None:
                row.numbers[found.identifier] = found.column
            else:
                self._tally.full[found.column] += 1

    def _has_more_cells(self, row: _Row) -> bool:
        """Whether a row has more cells than the others, so that digits alone are no identifiers of its column.

        All rows of a workbook may have the same number of cells. Then a longer row may have a remark behind the last
        column; it has moved if a phone cell is neither a number nor stands for a missing one.
        """
        if self._layout.is_wide(row.cells) and self._layout.has_moved(row.cells):
            return True
        return self._layout.is_longer(row.cells) and not all(is_nothing(text) for _, _, text in row.rejects)

    def _count_left(self, row: _Row) -> None:
        columns = [column for column, code in self._left.items() if code is not None]
        if self._layout.first_filled:
            columns += [phone.column for phone in self._layout.phones if phone.column != row.chosen]
        for column in columns:
            cell = row.cells[column] if column < len(row.cells) else ""
            found = numbers_of_unread(cell, self._region)
            self._tally.left[column] += sum(number not in row.numbers for number in found)

    def _add(self, row: _Row, batch: Accepted, *, filled: bool) -> None:
        cells = row.cells
        if not self._layout.phones and not self._layout.labelled and not row.numbers:
            return
        self._report.rows += 1
        self._tally.ragged += len(cells) != self._layout.width and not self._layout.labelled
        self._tally.repeated += row.repeated
        self._tally.lookalikes.update(row.lookalikes)
        self._tally.with_plus.update(row.with_plus)
        self._tally.accepted += len(row.numbers)
        self._tally.taken.update(row.numbers.values())
        if not filled and not row.numbers and self._layout.phones:
            self._reject(row.line, self._layout.phones[0].column, Reason.EMPTY, "")
        for column, reason, text in row.rejects:
            self._reject(row.line, column, reason, text)
        batch.identifiers.extend(row.numbers)
        name = account_name(cells[self._account]) if self._account is not None and self._account < len(cells) else None
        batch.accounts.extend([name] * len(row.numbers))
        month = 0
        if self._layout.date is not None:
            month = self.months.read([cell_of(cells, self._layout.date)])[0]
        batch.months.extend([month] * len(row.numbers))
        self._report.accepted += len(row.numbers)

    def _reject(self, line: int, column: int, reason: Reason, text: str) -> None:
        self._report.rejected[str(reason)] += 1
        self._tally.refused[column] += 1
        if reason is Reason.DIGITS_LOST:
            self._tally.lost[column] += 1
        self._rejects.add(self._location, line, self._layout.label(column), str(reason), text)


def account_name(cell: str) -> bytes | None:
    """The account name in a cell: without surrounding space, in NFKC, as UTF-8; None if nothing is left."""
    name = cell.strip()
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name).strip()
    # A lone surrogate can only come from damaged UTF-16 in a workbook. It becomes "?", and the account still counts.
    return name.encode("utf-8", "replace") or None
