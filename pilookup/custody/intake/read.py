"""Reads one input file: from its path to file splits, and to batches of identifiers where rows are read here."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, TextIO

from pilookup.compute.callbacks import Progress
from pilookup.custody.intake.columns.detect import choose_layout
from pilookup.custody.intake.columns.layout import Layout
from pilookup.custody.intake.files.archive import gzip_member, zip_members
from pilookup.custody.intake.files.encoding import Encoding, detect_encoding
from pilookup.custody.intake.files.file_split import FileSplit
from pilookup.custody.intake.files.formats import Format, detect_format
from pilookup.custody.intake.files.source import Member, Source
from pilookup.custody.intake.model import Accepted, IntakeOptions
from pilookup.custody.intake.rejects import Rejects
from pilookup.custody.intake.report import Report, Tally
from pilookup.custody.intake.rows.normalise import Normaliser
from pilookup.custody.intake.rows.relayout import choose_again
from pilookup.custody.intake.splits import SplitText, open_split_text
from pilookup.custody.intake.table_report import TableReport
from pilookup.custody.intake.tables.readers import open_tables
from pilookup.custody.intake.tables.table import NumberedRows, RowTable, Table
from pilookup.custody.intake.text_form import TextForm
from pilookup.errors import IntakeError

_NO_ROWS: Final = "has a header but no rows"


@dataclass(frozen=True, slots=True)
class TextSplit:
    """A split of a text, to be read by `rows.split_reader` wherever it is convenient.

    Attributes:
        text: The text, which takes the outcome.
        form: How the split is read.
        split: The split.
        data: Its bytes up to its `reach`; None if they can be read from the file.
    """

    text: SplitText
    form: TextForm
    split: FileSplit
    data: bytes | None

    def __repr__(self) -> str:
        return f"<split at {self.split.start} of {self.text.location}>"


@dataclass(frozen=True, slots=True)
class Collect:
    """A request: the outcomes of all splits so far must be taken before the next work is asked for."""


Work = TextSplit | Accepted | Collect
"""A split, or a batch of numbers that were read here, or a request to take all outcomes."""


class FileReader:
    """Reads one input file.

    Attributes:
        source: The file.
        encodings: Encodings of texts by their location, as far as they are known.
    """

    def __init__(
        self,
        path: Path,
        options: IntakeOptions,
        report: Report,
        rejects: Rejects,
        *,
        split_bytes: int | None = None,
        today: date | None = None,
    ) -> None:
        """Open the file.

        Args:
            path: The file.
            options: The options of the load.
            report: Receives notes, columns and warnings, and the counts of what is read here.
            rejects: Receives the rejected cells of what is read here.
            split_bytes: The size of a split. If it is None, every row is read here.
            today: The day that dates are compared with.

        Raises:
            IntakeError: The file cannot be opened.
        """
        self.source = Source(path)
        self.encodings: dict[str, Encoding] = {}
        self._options = options
        self._report = report
        self._rejects = rejects
        self._split_bytes = split_bytes
        self._today = today or datetime.now(UTC).date()

    def work(self) -> Generator[Work, None, None]:
        """Yield the work of the whole file.

        Raises:
            IntakeError: The file cannot be read as what it is, is over a limit, or has changed. `location` names the
                file, archive member, sheet or line.
            MissingExtraError: The format needs an extra that is not installed.
        """
        yield from self._member(self.source.as_member())
        self.source.check_unchanged()

    def _member(self, member: Member) -> Iterator[Work]:
        """Yield the work of a file or of a member of an archive."""
        form = detect_format(member.location, member.name, member.head())
        if form is Format.ZIP:
            yield from self._archive(member)
        elif form is Format.GZIP:
            yield from self._member(gzip_member(member))
        elif form is not Format.TEXT or self._split_bytes is None:
            yield from self._tables(member, form)
        else:
            encoding = self.encodings.get(member.location) or detect_encoding(member)
            self.encodings[member.location] = encoding
            with open_split_text(member, encoding, self._options, self._today.toordinal()) as text:
                if text is None:
                    yield from self._tables(member, form)
                else:
                    yield from self._text(member, text, self._split_bytes)

    def _archive(self, outer: Member) -> Iterator[Work]:
        with zip_members(outer) as (members, system_files):
            for member in members:
                yield from self._member(member)
        if system_files:
            self._report.notes.append(
                f"{outer.location}: {system_files} system files (.DS_Store and the like) were left out"
            )

    def _text(self, member: Member, text: SplitText, size: int) -> Iterator[Work]:
        in_file = member.open == self.source.open and not text.transcoded
        before = self._report.rows
        while True:
            for form, split in text.splits(size):
                yield TextSplit(text, form, split, None if in_file else text.bytes_of(split))
            yield Collect()
            if not text.has_changed:
                break
        text.add_to(self._report)
        if self._report.rows == before and text.tables[0].layout.phones:
            raise IntakeError(member.location, _NO_ROWS)

    def _tables(self, member: Member, form: Format) -> Iterator[Work]:
        """Read the tables of a file here, row by row."""
        previous: Layout | None = None
        for table in open_tables(member, form, self._options, self._report):
            if table.head:
                layouts = yield from self._rows(table, previous)
                previous = layouts[-1] if layouts[-1].phones else previous

    def _rows(self, table: Table, previous: Layout | None) -> Generator[Accepted, None, list[Layout]]:
        """Read a table. Returns the layouts that were chosen."""
        layouts = [choose_layout(table, self._options, previous)]
        tables = [TableReport(table.location, 1, layouts[0], Tally())]
        while True:
            rest = yield from self._rows_of_layout(table, layouts[-1], tables[-1])
            if rest is None or not isinstance(table, RowTable):
                break
            table.restart(rest)
            layout, changed = choose_again(table, self._options, layouts)
            layouts.append(layout)
            if not layout.lenient_first:
                tables.append(TableReport(table.location, len(tables) + 1, layout, Tally(), changed=changed))
        for one in tables:
            one.add_to(self._report)
        return layouts

    def _rows_of_layout(
        self, table: Table, layout: Layout, of_table: TableReport
    ) -> Generator[Accepted, None, NumberedRows | None]:
        """Read the rows of a table that have a layout. Returns the rows from the first that does not have it on."""
        line = table.line(layout.start) if layout.lenient_first and isinstance(table, RowTable) else None
        normaliser = Normaliser(
            table.location, layout, self._options, self._report, self._rejects, self._today, lenient_line=line
        )
        rest: NumberedRows | None = None
        for batch, rest in normaliser.batches(table.blocks(layout.start)):
            self._report.months.update(batch.months)
            yield batch
        of_table.tally.add(normaliser.tally)
        return rest


def read_file(
    path: Path,
    options: IntakeOptions,
    report: Report,
    rejects: TextIO | None = None,
    on_progress: Progress | None = None,
) -> Iterator[Accepted]:
    """Yield the accepted numbers of one input file in batches, all of its rows read here.

    An error may follow after batches were yielded; the caller must then undo what it did with them.

    Args:
        path: The file.
        options: The options of the load.
        report: Receives all counts except `distinct` and `duplicates`, and the notes, columns and warnings.
        rejects: An open text file (newline="", UTF-8, mode 0600) that receives rejected cells.
        on_progress: Is called with the bytes read and the bytes in all, both of the file on disk, and the rows that
            `report` counts.

    Raises:
        IntakeError: The file cannot be read as what it is, is over a limit, or has changed. `location` names the file,
            archive member, sheet or line.
        MissingExtraError: The format needs an extra that is not installed.
    """
    reader = FileReader(path, options, report, Rejects(rejects))
    size = reader.source.size
    if on_progress:
        on_progress(0, size, 0)
    for batch in reader.work():
        if on_progress:
            on_progress(min(reader.source.position, size), size, report.rows)
        if isinstance(batch, Accepted) and batch.identifiers:
            yield batch
    if on_progress:
        on_progress(size, size, report.rows)
