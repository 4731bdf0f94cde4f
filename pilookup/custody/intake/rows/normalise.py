"""Normalises chunks of text cells to batches of identifiers with accounts and months. Everything else is counted."""

import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from pilookup.custody.intake.columns.detect import ColumnPlan
from pilookup.custody.intake.columns.months import MonthReader
from pilookup.custody.intake.columns.phone_cells import separate_numbers
from pilookup.custody.intake.model import Accepted, IntakeOptions
from pilookup.custody.intake.rejects import Rejects
from pilookup.custody.intake.report import Report, Tally
from pilookup.custody.intake.tables.table import Chunk, Table
from pilookup.identifier import Reason, canonicalise_all
from pilookup.protocol.label import Kind


class Normaliser:
    """Normalises the rows of one table. Counts into a report and writes rejected numbers to the rejects file.

    Attributes:
        months: The reader of the date column.
    """

    def __init__(
        self, location: str, plan: ColumnPlan, options: IntakeOptions, report: Report, rejects: Rejects, today: date
    ) -> None:
        """Prepare to normalise rows.

        Args:
            location: The file, member or sheet, for the rejects file.
            plan: The columns of the table.
            options: The options of the load. With `Kind.MALICIOUS` the account column is read.
            report: Receives the counts.
            rejects: Receives the rejected numbers.
            today: The day that dates are compared with.
        """
        self._location = location
        self._plan = plan
        self._region = options.region
        self._report = report
        self._rejects = rejects
        self.months = MonthReader(today)
        self._account = plan.account if options.kind is Kind.MALICIOUS else None
        self._tally = Tally()

    @property
    def tally(self) -> Tally:
        """The counts so far."""
        return replace(self._tally, unreadable=self.months.unreadable, out_of_range=self.months.out_of_range)

    @property
    def columns(self) -> list[int]:
        """The columns a chunk must have: the phone columns, then the account and the date column if they are read."""
        return [*self._plan.phones, *(at for at in (self._account, self._plan.date) if at is not None)]

    def batches(self, table: Table) -> Iterator[Accepted]:
        """Normalise all rows of a table.

        Yields:
            One batch per chunk. It is empty if no row of the chunk has a number, so that progress can be reported.

        Raises:
            IntakeError: The table raises it.
        """
        for chunk in table.chunks(self._plan.start, self.columns, self._plan.width):
            yield self.batch(chunk)

    def batch(self, chunk: Chunk) -> Accepted:
        """Normalise the rows of one chunk, which has the columns of `columns`."""
        self._tally.ragged += chunk.ragged
        count = len(self._plan.phones)
        rest = chunk.columns[count:]
        rows = len(chunk.lines)
        accounts: list[bytes | None] = [None] * rows
        if self._account is not None:
            accounts = [account_name(cell) for cell in rest[0]]
        months = self.months.read(rest[-1]) if self._plan.date is not None else [0] * rows
        if count == 1:
            return self._normalise_one_column(chunk, accounts, months)
        batch = Accepted([], [], [])
        for at in range(rows):
            self._normalise_row(chunk, at, batch, accounts[at], months[at])
        return batch

    def _normalise_one_column(self, chunk: Chunk, accounts: list[bytes | None], months: list[int]) -> Accepted:
        """Normalise rows with one phone column. Most cells are one number: lists pass unchanged if possible."""
        found = canonicalise_all(chunk.columns[0], self._region)
        odd = [at for at, result in enumerate(found) if result.__class__ is not bytes]
        if not odd:
            self._report.rows += len(found)
            self._report.accepted += len(found)
            return Accepted(found, accounts, months)  # type: ignore[arg-type]  # all are bytes: none is odd
        batch = Accepted([], [], [])
        done = 0
        for at in [*odd, len(found)]:
            batch.identifiers.extend(found[done:at])  # type: ignore[arg-type]  # these are bytes
            batch.accounts.extend(accounts[done:at])
            batch.months.extend(months[done:at])
            self._report.rows += at - done
            self._report.accepted += at - done
            if at < len(found):
                self._normalise_row(chunk, at, batch, accounts[at], months[at], found[at])
            done = at + 1
        return batch

    def _normalise_row(
        self,
        chunk: Chunk,
        at: int,
        batch: Accepted,
        account: bytes | None,
        month: int,
        known: bytes | Reason | None = None,
    ) -> None:
        """Add the numbers of one row to a batch. The row may be blank, and its phone cells may hold any text.

        Args:
            chunk: The chunk of the row.
            at: Index of the row in the chunk.
            batch: Receives the numbers.
            account: The account name of the row.
            month: The month of the row.
            known: The result of `canonicalise` for the only phone cell, if it was called already.
        """
        phones = self._plan.phones
        cells = [(column, cells[at]) for column, cells in zip(phones, chunk.columns, strict=False)]
        filled = [(column, cell) for column, cell in cells if cell and not cell.isspace()]
        if not filled:
            if not chunk.blank(at):
                self._report.rows += 1
                self._reject(chunk.lines[at], phones[0], Reason.EMPTY, "")
            return
        self._report.rows += 1
        accepted: dict[bytes, None] = {}
        for column, cell in filled:
            for text, result in separate_numbers(cell, self._region, known):
                if not isinstance(result, bytes):
                    self._reject(chunk.lines[at], column, result, text)
                elif result in accepted:
                    self._tally.repeated += 1
                else:
                    accepted[result] = None
        batch.identifiers.extend(accepted)
        batch.accounts.extend([account] * len(accepted))
        batch.months.extend([month] * len(accepted))
        self._report.accepted += len(accepted)

    def _reject(self, line: int, column: int, reason: Reason, text: str) -> None:
        self._report.rejected[str(reason)] += 1
        self._tally.lost += reason is Reason.DIGITS_LOST
        self._rejects.add(self._location, line, self._plan.label(column), str(reason), text)


def account_name(cell: str) -> bytes | None:
    """The account name in a cell: without surrounding space, in NFKC, as UTF-8; None if nothing is left."""
    name = cell.strip()
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name).strip()
    # A lone surrogate can only come from damaged UTF-16 in a workbook. It becomes "?", and the account still counts.
    return name.encode("utf-8", "replace") or None
