"""Reads one input file: from its path to batches of identifiers."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

from pilookup.compute.callbacks import Progress
from pilookup.custody.intake.columns.detect import ColumnPlan, choose_columns, describe
from pilookup.custody.intake.files.archive import gzip_member, zip_members
from pilookup.custody.intake.files.formats import Format, detect_format
from pilookup.custody.intake.files.source import Member, Source
from pilookup.custody.intake.model import Accepted, IntakeOptions
from pilookup.custody.intake.rejects import Rejects
from pilookup.custody.intake.report import Report, Tally
from pilookup.custody.intake.rows.normalise import Normaliser
from pilookup.custody.intake.splits import PlainText
from pilookup.custody.intake.tables.parquet import ParquetTable, parquet_table
from pilookup.custody.intake.tables.table import Table
from pilookup.custody.intake.tables.text import text_table
from pilookup.custody.intake.tables.workbook import workbook_tables
from pilookup.errors import IntakeError

SplitText = Callable[[Member, Callable[[], None]], tuple[PlainText, Tally] | None]
"""Reads all numbers of a text by splits and counts them into the file's report. Calls its second argument after each.

Returns how the text was read and the counts for its notes, or None for a text that has to be read row by row.
"""
JoinRows = Callable[[ParquetTable, ColumnPlan, Normaliser], Generator[Accepted, None, Tally]]
"""Reads all rows of a table as splits and counts them into the file's report. Rows that cannot be read so are
normalised by the normaliser and yielded. An empty batch is yielded whenever there is progress.

Returns the counts for the notes, without those of the normaliser.
"""


@dataclass(frozen=True, slots=True)
class FastPath:
    """Reads texts and Parquet by splits. Their numbers are not yielded as batches.

    Attributes:
        split_text: Reads a text.
        join_rows: Reads a table of a Parquet file, whose rows are joined to lines.
    """

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
    """Yield the accepted numbers of one input file in batches.

    Text and Parquet files are streamed. An error may follow after batches were yielded; the caller must then undo what
    it did with them.

    Args:
        path: A CSV, TSV, TXT, XLSX, XLS or Parquet file, or a .gz or .zip file of them.
        options: The options of the load.
        report: Receives all counts except `distinct` and `duplicates`, and the notes.
        rejects: An open text file (newline="", UTF-8, mode 0600) that receives rejected cells.
        on_progress: Is called with the bytes read and the bytes in all, both of the file on disk, and the rows that
            `report` counts.
        fast: Reads texts and Parquet where it can. Their numbers are then in no batch.

    Raises:
        IntakeError: The file cannot be read as what it claims to be, has no phone column, is over a limit, or has
            changed. `location` names the file, archive member, sheet or line.
        MissingExtraError: The format needs an extra that is not installed.
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
        self.reported = min(max(position, self.reported), self.source.size)  # progress never decreases
        if self.on_progress:
            self.on_progress(self.reported, self.source.size, self.report.rows)

    def read_member(self, member: Member, *, nested: bool) -> Iterator[Accepted]:
        """Yield all batches of a file or of a member of an archive."""
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
        """Read a text on the fast path, if possible. Returns whether it was."""
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
            with text_table(member, self.report, self.options.encoding) as table:
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
            # A Parquet file is read from its end, so that only the number of rows shows progress.
            self.report_progress(
                self.source.position if nested or not table.rows else self.source.size * done // table.rows
            )
        if self.report.rows == before:
            raise IntakeError(table.location, _NO_ROWS)

    def _workbook(self, member: Member, form: Format) -> Iterator[Accepted]:
        """Read every visible sheet with a phone column, and note the others. At least one must have rows."""
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
