"""Chunks of text cells in, batches of identifiers with accounts and months out; all else is counted."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial

from pilookup.custody.intake.columns.detect import ColumnPlan
from pilookup.custody.intake.columns.months import MonthReader
from pilookup.custody.intake.columns.phone_cells import is_list_of_mobiles, separate_numbers
from pilookup.custody.intake.model import Accepted, IntakeOptions
from pilookup.custody.intake.report import Rejects, Report, Tally
from pilookup.custody.intake.tables.table import Chunk, Table
from pilookup.identifier import Reason, canonicalise
from pilookup.protocol.label import Kind


class Normaliser:
    """Normalises the rows of one table after its plan, counting into the report and writing to the rejects file.

    today: what dates are held against. With `Kind.MALICIOUS` the account column is read.
    """

    def __init__(
        self, location: str, plan: ColumnPlan, options: IntakeOptions, report: Report, rejects: Rejects, today: date
    ) -> None:
        self._location = location
        self._plan = plan
        self._region = options.region
        self._report = report
        self._rejects = rejects
        self.months = MonthReader(today)
        self._canonicalise: Callable[[str], bytes | Reason] = (
            canonicalise if options.region == "CN" else partial(canonicalise, region=options.region)
        )
        self._account = plan.account if options.kind is Kind.MALICIOUS else None
        self._tally = Tally()

    @property
    def tally(self) -> Tally:
        """What was counted so far."""
        return replace(self._tally, unreadable=self.months.unreadable, out_of_range=self.months.out_of_range)

    @property
    def columns(self) -> list[int]:
        """The columns a chunk must have: phones, then the account and the date where they are read."""
        return [*self._plan.phones, *(at for at in (self._account, self._plan.date) if at is not None)]

    def batches(self, table: Table) -> Iterator[Accepted]:
        """All batches of the table; one may be empty, since progress goes on over rows without a number."""
        for chunk in table.chunks(self._plan.start, self.columns, self._plan.width):
            yield self.batch(chunk)

    def batch(self, chunk: Chunk) -> Accepted:
        """The numbers of one chunk of `columns`."""
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
        """One phone column: nearly every cell is one number, and lists are passed on as they are."""
        found = self._canonical(chunk.columns[0])
        odd = [at for at, result in enumerate(found) if result.__class__ is not bytes]
        if not odd:
            self._report.rows += len(found)
            self._report.accepted += len(found)
            return Accepted(found, accounts, months)  # type: ignore[arg-type]  # all are bytes, as just seen
        batch = Accepted([], [], [])
        done = 0
        for at in [*odd, len(found)]:
            batch.identifiers.extend(found[done:at])  # type: ignore[arg-type]  # none of these is odd
            batch.accounts.extend(accounts[done:at])
            batch.months.extend(months[done:at])
            self._report.rows += at - done
            self._report.accepted += at - done
            if at < len(found):
                self._normalise_row(chunk, at, batch, accounts[at], months[at], found[at])
            done = at + 1
        return batch

    def _canonical(self, cells: list[str]) -> list[bytes | Reason]:
        canonical = self._canonicalise
        if self._region != "CN":
            return [canonical(cell) for cell in cells]
        # asking about two numbers at once costs a hundred times what asking about each does
        return [Reason.SEVERAL if is_list_of_mobiles(cell) else canonical(cell) for cell in cells]

    def _normalise_row(
        self,
        chunk: Chunk,
        at: int,
        batch: Accepted,
        account: bytes | None,
        month: int,
        known: bytes | Reason | None = None,
    ) -> None:
        """One row whose number or numbers need a look: empty, split, rejected, or in several columns.

        known: what `canonicalise` said of the only phone cell, where it was already asked.
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
    """An account name as bytes: outer space gone, NFKC, UTF-8; None when nothing is left."""
    name = cell.strip()
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name).strip()
    # a lone surrogate can only come out of damaged UTF-16 inside a workbook; it keeps accounts apart as "?"
    return name.encode("utf-8", "replace") or None
