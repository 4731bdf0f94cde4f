"""Reads the numbers of one file split: nearly all rows by the core, the others in Python.

The core returns the byte range of every row that it cannot decide. These rows are read and normalised as `read.py` does
it, so that the outcome does not depend on which way a row was read.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final

import numpy as np

from pilookup import _core
from pilookup.custody.intake.columns.other_cells import LabelsAbove
from pilookup.custody.intake.files.file_split import FileSplit
from pilookup.custody.intake.model import Accepted, IntakeOptions
from pilookup.custody.intake.rejects import Rejects
from pilookup.custody.intake.report import Report, Tally
from pilookup.custody.intake.rows.change import Change
from pilookup.custody.intake.rows.labelled_lines import left_to_rules
from pilookup.custody.intake.rows.normalise import Normaliser, account_name
from pilookup.custody.intake.rows.packed import MONTH, OFFSET, PackedBytes, PackedNumbers
from pilookup.custody.intake.tables.records import plain_row
from pilookup.custody.intake.tables.table import NumberedRows
from pilookup.custody.intake.text_form import QUOTING, TextForm
from pilookup.protocol.label import Kind

_U64: Final = np.dtype("<u8")

Indices = np.ndarray[Any, np.dtype[np.uint64]]


class SplitReader:
    """Reads one file split.

    Attributes:
        report: The report on this split.
        tally: The counts for the notes on this split.
        change: Where the layout of the table ends in this split; None if all rows have it.
    """

    def __init__(self, form: TextForm, split: FileSplit, data: bytes, rejects: Rejects) -> None:
        """Prepare to read a split.

        Args:
            form: How the text is read.
            split: The split.
            data: Its bytes from `start` to `reach`.
            rejects: Receives rejected numbers, with columns as 1-based indices. It must write no header.
        """
        self.report = Report()
        self.tally = Tally()
        self.change: Change | None = None
        self._form = form
        self._split = split
        self._data = data
        by_core = form.region == "CN" and not form.layout.labelled
        self._shown = left_to_rules(data, form.codec, in_columns=form.layout.filled_cells > 1) if by_core else data
        options = IntakeOptions(Kind(form.kind), form.region)
        self._normaliser = Normaliser(
            form.location,
            form.layout,
            options,
            self.report,
            rejects,
            date.fromordinal(form.today),
            lenient_line=form.lenient_line,
            above=form.above,
        )
        self._months = self._normaliser.months

    @property
    def above(self) -> LabelsAbove:
        """What the labels of somebody else in the rows that were read say of the next one, in a form."""
        return self._normaliser.above

    def read(self) -> PackedNumbers:
        """Read the numbers of the split, up to the first row that does not have the layout of the table.

        Raises:
            IntakeError: A cell is longer than `MAX_CELL_CHARS`; the error names its line.
        """
        found = self._extract(self._split.stop - self._split.start)
        odd = np.frombuffer(found.odd_rows, _U64).reshape(-1, 4)
        packed: list[PackedNumbers] = []
        if len(odd):
            batch, at = self._by_rules(odd)
            packed.append(PackedNumbers.of([batch], accounts=self._form.kind == Kind.MALICIOUS))
            if at is not None:
                start, _, line, _ = odd[at].tolist()
                self.change = Change(self._split.start + start, line)
                found = self._extract(start)
        rows, ragged, repeated, out_of_range, stray = found.counts
        accepted = len(found.indices) // OFFSET.itemsize
        self.report.rows += rows
        self.report.accepted += accepted
        packed.insert(0, self._decided(found))
        self.tally = self._normaliser.tally
        self.tally.add(Tally(ragged, repeated, out_of_range=out_of_range, stray=stray, accepted=accepted))
        phones = [phone.column for phone in self._form.layout.phones]
        self.tally.add(Tally(left=self._left(found), taken=_by_column(phones, found.taken)))
        numbers = PackedNumbers.concatenate(packed)
        self.report.months.update(numbers.month_counts())
        return numbers

    def _extract(self, stop: int) -> _core.TextRows:
        """Let the core read the records that start before an offset."""
        form, layout = self._form, self._form.layout
        columns = (
            [phone.column for phone in layout.phones],
            layout.first_filled,
            [column.column for column in layout.unread],
            layout.identifiers(),
            layout.account if form.kind == Kind.MALICIOUS else None,
            layout.date,
            layout.width,
            form.from_line,
            self._months.latest,
            form.region == "CN" and not layout.labelled and layout.has_whole_numbers,
        )
        return _core.TextRows(self._shown, stop, self._split.line, self._split.whole, form.dialect, columns)

    def _left(self, found: _core.TextRows) -> Counter[int]:
        layout = self._form.layout
        columns = [column.column for column in layout.unread] + [phone.column for phone in layout.phones]
        return _by_column(columns, found.left)

    def _decided(self, found: _core.TextRows) -> PackedNumbers:
        """The numbers that the core decided. Date and account cells that it did not decide are read here."""
        identifiers = PackedBytes(found.identifiers, found.identifier_offsets)
        accounts = None
        if self._form.kind == Kind.MALICIOUS:
            accounts = self._accounts(found)
        return PackedNumbers(identifiers, found.indices, self._dates(found), accounts)

    def _dates(self, found: _core.TextRows) -> bytes:
        odd = np.frombuffer(found.odd_dates, _U64).reshape(-1, 3)
        if not len(odd):
            return found.months
        months = np.frombuffer(found.months, MONTH).copy()
        months[odd[:, 0]] = self._months.read([self._text(start, stop) for start, stop in odd[:, 1:].tolist()])
        return months.tobytes()

    def _accounts(self, found: _core.TextRows) -> PackedBytes:
        count = len(found.indices) // OFFSET.itemsize
        if self._form.layout.account is None:
            return PackedBytes(b"", bytes((count + 1) * OFFSET.itemsize))
        odd = np.frombuffer(found.odd_accounts, _U64).reshape(-1, 3)
        accounts = PackedBytes(found.accounts, found.account_offsets)
        if not len(odd):
            return accounts
        names = [account_name(self._text(start, stop)) or b"" for start, stop in odd[:, 1:].tolist()]
        return _with_values(accounts, odd[:, 0], names)

    def _text(self, start: int, stop: int) -> str:
        return self._data[start:stop].decode(self._form.codec)

    def _by_rules(self, odd: Indices) -> tuple[Accepted, int | None]:
        """The numbers of the rows that the core did not decide, and the index of the first that has another layout."""
        return self._normaliser.batch(NumberedRows(odd[:, 2].tolist(), self._rows(odd.tolist())))

    def _rows(self, odd: list[list[int]]) -> list[list[str]]:
        """The cells of records. In a record whose quotes do not pair up, quotes are plain characters."""
        rows: list[list[str]] = [[]] * len(odd)
        quoted = [i for i, (_, _, _, taken_back) in enumerate(odd) if not taken_back]
        for i, (start, stop, line, taken_back) in enumerate(odd):
            if taken_back:
                location = f"{self._form.location} line {line}"
                rows[i] = plain_row(location, _line(self._text(start, stop)), self._form.delimiter)
        records = [_line(self._text(*odd[i][:2])) for i in quoted]
        for i, row in zip(quoted, self._cells(records), strict=True):
            rows[i] = row
        return rows

    def _cells(self, records: list[str]) -> Iterable[list[str]]:
        if self._form.delimiter not in QUOTING:
            return map(self._separate, records)
        lines = io.StringIO("".join(records), newline="\n")
        return csv.reader(lines, delimiter=self._form.delimiter, skipinitialspace=True)

    def _separate(self, record: str) -> list[str]:
        line = record.rstrip("\n")
        return line.split(self._form.delimiter) if self._form.delimiter else [line]


def _by_column(columns: Sequence[int], counts: Sequence[int]) -> Counter[int]:
    """Counts that are not 0, by column. A column may occur several times."""
    sums: Counter[int] = Counter()
    for column, count in zip(columns, counts, strict=True):
        sums[column] += count
    return +sums


def _line(text: str) -> str:
    """The lines of a record, each ended by a line feed, also the last line of a file that has no line end."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines if lines.endswith("\n") else lines.rstrip("\x1a") + "\n"


def _with_values(items: PackedBytes, at: Indices, values: list[bytes]) -> PackedBytes:
    """Replace empty strings at ascending indices by values."""
    offsets = np.frombuffer(items.offsets, OFFSET)
    grown = np.zeros(len(offsets), np.int64)
    grown[at.astype(np.int64) + 1] = [len(value) for value in values]
    bounds = [0, *offsets[at.astype(np.int64)].tolist(), len(items.data)]
    kept = [items.data[start:stop] for start, stop in pairwise(bounds)]
    mixed = [kept[0], *(item for pair in zip(values, kept[1:], strict=True) for item in pair)]
    return PackedBytes(b"".join(mixed), (offsets + np.cumsum(grown)).astype(OFFSET).tobytes())
