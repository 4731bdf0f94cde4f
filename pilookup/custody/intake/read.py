"""Reading one input file from its path to batches of identifiers."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from pilookup.custody.intake.columns.detect import ColumnPlan, choose_columns, describe
from pilookup.custody.intake.files.archive import gzip_member, zip_members
from pilookup.custody.intake.files.formats import Format, detect_format
from pilookup.custody.intake.files.source import Member, Source
from pilookup.custody.intake.model import Accepted, IntakeOptions
from pilookup.custody.intake.report import Rejects, Report, Tally
from pilookup.custody.intake.rows.normalise import Normaliser
from pilookup.custody.intake.splits import PlainText
from pilookup.custody.intake.tables.parquet import ParquetTable, parquet_table
from pilookup.custody.intake.tables.table import Table
from pilookup.custody.intake.tables.text import text_table
from pilookup.custody.intake.tables.workbook import workbook_tables
from pilookup.errors import IntakeError

Progress = Callable[[int, int, int], None]
SplitText = Callable[[Member, Callable[[], None]], tuple[PlainText, Tally] | None]
"""Takes a text the fast way, all of its numbers, and counts them into the file's report; calls back between pieces.

Returns how the text was read and what was counted for its notes, None for a text that must go the slow way.
"""
JoinRows = Callable[[ParquetTable, ColumnPlan, Normaliser], Generator[Accepted, None, Tally]]
"""Takes a table's rows the fast way and counts them into the file's report; rows that must go the slow way it gives to
the normaliser and yields. Yields an empty batch where there is progress.

Returns what was counted for the notes, but not what the normaliser counted.
"""


@dataclass(frozen=True, slots=True)
class FastPath:
    """Where texts and Parquet go whose numbers are not handed on in batches."""

    split_text: SplitText
    join_rows: JoinRows


def read_file(
    path: Path,
    options: IntakeOptions,
    report: Report,
    rejects: TextIO | None = None,
    on_progress: Progress | None = None,
    fast: FastPath | None = None,
) -> Iterator[Accepted]:
    """Yield the accepted numbers of one input file in batches of up to 16,384 rows; text and Parquet stream.

    path: CSV, TSV, TXT, XLSX, XLS or Parquet, or a .gz or .zip of them. report: counted into, all but
    `distinct` and `duplicates`. rejects: an open text file (newline="", UTF-8, mode 0600) for rejected
    cells. on_progress: called with bytes read, bytes in all (both of the file as it lies on disk) and rows
    so far of this report. fast: takes texts and Parquet where it can; then no batch has their numbers.

    Raises IntakeError, whose location names file, archive member, sheet or line, when anything about the file
    as a whole is wrong, also after batches were yielded: what they led to must then be undone. Raises
    MissingExtraError when the format needs an extra that is not installed.
    """
    source = Source(path)
    reading = _Reading(source, options, report, Rejects(rejects), on_progress, fast)
    reading.report_progress(0)
    for batch in reading.read_member(source.as_member(), nested=False):
        if batch.identifiers:
            yield batch
    source.check_unchanged()
    reading.report_progress(source.size)


_NO_ROWS: Final = "has a header but no rows"


@dataclass
class _Reading:
    source: Source
    options: IntakeOptions
    report: Report
    rejects: Rejects
    on_progress: Progress | None
    fast: FastPath | None
    reported: int = 0

    def report_progress(self, position: int) -> None:
        self.reported = min(max(position, self.reported), self.source.size)  # progress never goes back
        if self.on_progress:
            self.on_progress(self.reported, self.source.size, self.report.rows)

    def read_member(self, member: Member, *, nested: bool) -> Iterator[Accepted]:
        """All batches of a file or a member of an archive."""
        form = detect_format(member.location, member.name, member.head())
        if form is Format.ZIP:
            yield from self._archive(member)
        elif form is Format.GZIP:
            yield from self.read_member(gzip_member(member), nested=True)
        elif form in (Format.XLSX, Format.XLS):
            yield from self._workbook(member, form)
        elif form is not Format.TEXT or not self._read_fast(member):
            with self._open_table(member, form) as table:
                yield from self._read_one_table(table, nested=nested)

    def _read_fast(self, member: Member) -> bool:
        """Whether a text went the fast way."""
        before = self.report.rows
        done = self.fast.split_text(member, lambda: self.report_progress(self.source.position)) if self.fast else None
        if done is None:
            return False
        if self.report.rows == before:
            raise IntakeError(member.location, _NO_ROWS)
        text, tally = done
        self.report.notes.extend(text.notes(tally))
        return True

    def _archive(self, outer: Member) -> Iterator[Accepted]:
        with zip_members(outer) as (members, system_files):
            for member in members:
                yield from self.read_member(member, nested=True)
        if system_files:
            self.report.notes.append(
                f"{outer.location}: {system_files} system files (.DS_Store and the like) were left out"
            )

    @contextmanager
    def _open_table(self, member: Member, form: Format) -> Iterator[Table]:
        if form is Format.TEXT:
            with text_table(member, self.report.notes) as table:
                yield table
        else:
            with parquet_table(member) as columns:
                yield columns

    def _read_one_table(self, table: Table, *, nested: bool) -> Iterator[Accepted]:
        plan = choose_columns(table, self.options)
        if plan is None:
            raise IntakeError(table.location, self.options.no_phone_message())
        before = self.report.rows
        for batch in self._batches(table, plan):
            yield batch
            done = self.report.rows - before
            # Parquet is read from its end, so its position says nothing; its rows do
            self.report_progress(
                self.source.position if nested or not table.rows else self.source.size * done // table.rows
            )
        if self.report.rows == before:
            raise IntakeError(table.location, _NO_ROWS)

    def _workbook(self, member: Member, form: Format) -> Iterator[Accepted]:
        """Every visible sheet with a phone column; other sheets are noted, and one at least must have it."""
        skipped: list[str] = []
        taken = 0
        for table in workbook_tables(member, form, self.report.notes):
            if not table.head:
                continue
            plan = choose_columns(table, self.options)
            if plan is None:
                skipped.append(table.location)
                continue
            before = self.report.rows
            for batch in self._batches(table, plan):
                yield batch
                self.report_progress(self.source.position)
            taken += self.report.rows - before
        if not taken:
            raise IntakeError(
                member.location, f"no visible sheet has rows under a phone column: {self.options.no_phone_message()}"
            )
        self.report.notes.extend(f"{location}: no phone column, not read" for location in skipped)

    def _batches(self, table: Table, plan: ColumnPlan) -> Iterator[Accepted]:
        self.report.notes.append(f"{table.location}: {describe(plan)}")
        today = datetime.now(UTC).date()
        normaliser = Normaliser(table.location, plan, self.options, self.report, self.rejects, today)
        tally = Tally()
        if self.fast and isinstance(table, ParquetTable):
            tally = yield from self.fast.join_rows(table, plan, normaliser)
        else:
            yield from normaliser.batches(table)
        tally.add(normaliser.tally)
        self.report.notes.extend(tally.notes(table.location))
