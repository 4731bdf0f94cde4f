"""Reads a text by file splits, table after table.

A text is divided into file splits, which the core can read independently of each other. Their layout is chosen from the
first rows. A split whose rows do not all have it says at which byte the layout changed; the layout is then chosen again
from there on, and what was read behind that byte is discarded. So the outcome does not depend on the size of the splits
or on how many are read at once. In a form, rows are read with the labels above them: its splits are read one after the
other, and each is given what the labels above it say. A text that the core cannot read is read row by row, in
`read.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from pilookup import _core
from pilookup.custody.intake.columns.detect import choose_layout
from pilookup.custody.intake.columns.layout import Layout
from pilookup.custody.intake.columns.other_cells import NO_LABELS, LabelsAbove
from pilookup.custody.intake.files.encoding import Encoding
from pilookup.custody.intake.files.file_split import FileSplit
from pilookup.custody.intake.files.source import Member
from pilookup.custody.intake.model import IntakeOptions
from pilookup.custody.intake.report import Report, Tally
from pilookup.custody.intake.rows.change import Change
from pilookup.custody.intake.rows.relayout import choose_again
from pilookup.custody.intake.table_report import TableReport
from pilookup.custody.intake.tables.dialect import Dialect
from pilookup.custody.intake.tables.records import Records
from pilookup.custody.intake.tables.table import RowTable
from pilookup.custody.intake.tables.text import dialect_of, lines_of
from pilookup.custody.intake.tables.text_notes import notes_on
from pilookup.custody.intake.text_bytes import FileBytes, StreamBytes, TextBytes, Utf8Stream
from pilookup.custody.intake.text_form import CODECS, DELIMITERS, NO_LINE, TextForm

_HEAD_BYTES: Final = 1 << 18
_FIRST_LINE_BYTES: Final = 1 << 21


class SplitText:
    """A text that is read by splits.

    Attributes:
        location: The file or member.
        transcoded: Whether the text is converted to UTF-8. Offsets are then those of the converted text.
        tables: The tables so far, the last of which is being read.
    """

    def __init__(
        self, member: Member, encoding: Encoding, dialect: Dialect, options: IntakeOptions, today: int, data: TextBytes
    ) -> None:
        """Prepare to read a text. Use `open_split_text`.

        Raises:
            IntakeError: The text cannot be read.
        """
        self.location = member.location
        self.transcoded = encoding.codec not in CODECS
        self.tables: list[TableReport] = []
        self._encoding = encoding
        self._dialect = dialect
        self._options = options
        self._today = today
        self._data = data
        self._codec = "utf-8" if self.transcoded else encoding.codec
        self._layouts: list[Layout] = []
        self._from_line = NO_LINE
        self._change: Change | None = None
        self._above = NO_LABELS
        self._stray = 0
        start = 0 if self.transcoded else encoding.skip
        if dialect.first_line > 1:
            start += len(data.read(start, _FIRST_LINE_BYTES).splitlines(keepends=True)[0])
        self._at, self._line = start, dialect.first_line
        self._start_table()

    @property
    def form(self) -> TextForm:
        """How the table that is being read is read."""
        options, layout = self._options, self._layouts[-1]
        return TextForm(
            location=self.location,
            choice=len(self._layouts),
            codec=self._codec,
            delimiter=self._dialect.delimiter,
            usual=self._dialect.width,
            layout=layout.without_content(),
            from_line=self._from_line,
            region=options.region,
            kind=str(options.kind),
            today=self._today,
            above=self._above,
        )

    def splits(self, size: int) -> Iterator[tuple[TextForm, FileSplit]]:
        """Divide the rest of the text into splits. Of a form, each must be taken before the next is asked for.

        Args:
            size: The size of a split in bytes. A split is larger only if a single record is.

        Raises:
            IntakeError: The text cannot be read or has changed.
        """
        if self._change is not None:
            self._at, self._line = self._change.offset, self._change.line
            self._change = None
            self._start_table()
        wanted = size
        while self._change is None:
            data = self._data.read(self._at, wanted)
            whole = len(data) < wanted
            if not data:
                return
            stop, reach, lines = _core.split_text(data, self.form.dialect, whole)
            if not stop and not whole:
                wanted *= 2
                continue
            split = FileSplit(self._at, self._at + stop, self._at + reach, self._line, whole)
            self._at, self._line, wanted = self._at + stop, self._line + lines, size
            yield self.form, split
            if whole:
                return

    def bytes_of(self, split: FileSplit) -> bytes:
        """The bytes of a split up to its `reach`, of a text that cannot be opened where the split is read."""
        return self._data.read(split.start, split.reach - split.start)

    @property
    def has_changed(self) -> bool:
        """Whether a change of layout was found, so that `splits` has more to divide."""
        return self._change is not None

    @property
    def layout(self) -> Layout:
        """The layout of the table that is being read."""
        return self._layouts[-1]

    def accepts(self, form: TextForm) -> bool:
        """Whether the outcome of a split counts. It does not if the layout changed before this split."""
        return form.choice == len(self._layouts) and self._change is None

    def take(self, split: FileSplit, tally: Tally, change: Change | None, above: LabelsAbove) -> None:
        """Take the outcome of a split that counts, in the order of the splits.

        Args:
            split: The split.
            tally: Its counts.
            change: Where the layout changed in it.
            above: What the labels above the next row say, in a form.
        """
        self.tables[-1].tally.add(tally)
        self._stray += tally.stray
        self._change = change
        self._above = above
        self._data.release(change.offset if change else split.stop)

    def add_to(self, report: Report) -> None:
        """Add columns, notes and warnings to a report, once the whole text has been read."""
        for table in self.tables:
            table.add_to(report)
        report.notes.extend(notes_on(self.location, self._encoding, self._dialect, self._stray))

    def _start_table(self) -> None:
        """Choose the layout of the rows from the current offset on."""
        head = self._head()
        changed = False
        if self._layouts:
            layout, changed = choose_again(head, self._options, self._layouts)
        else:
            layout = choose_layout(head, self._options)
        from_line = head.line(layout.start)
        self._from_line = NO_LINE if from_line is None else from_line
        self._layouts.append(layout)
        if not layout.lenient_first:
            self.tables.append(TableReport(self.location, len(self.tables) + 1, layout, Tally(), changed=changed))

    def _head(self) -> RowTable:
        """The first rows from the current offset on."""
        wanted = _HEAD_BYTES
        while True:
            data = self._data.read(self._at, wanted)
            whole = len(data) < wanted
            stop = _core.split_text(data, (self._codec, self._dialect.delimiter, self._dialect.width), whole)[0]
            if stop or whole:
                break
            wanted *= 2
        dialect = replace(self._dialect, first_line=self._line)
        return RowTable(
            self.location, Records(self.location, iter([lines_of(data[:stop].decode(self._codec))]), dialect)
        )


@contextmanager
def open_split_text(
    member: Member, encoding: Encoding, options: IntakeOptions, today: int
) -> Iterator[SplitText | None]:
    """Open a text that is read by splits.

    Args:
        member: The file.
        encoding: Its encoding.
        options: The options of the load.
        today: The day that dates are compared with, as an ordinal.

    Yields:
        The text; None if it has to be read row by row.

    Raises:
        IntakeError: The file cannot be read or has changed.
    """
    codec = encoding.codec if encoding.codec in CODECS else "utf-8"
    dialect = dialect_of(member, encoding) if encoding.exact else None
    if dialect is None or dialect.delimiter not in DELIMITERS[codec]:
        yield None
        return
    with member.open() as raw:
        data: TextBytes
        if encoding.codec not in CODECS:
            raw.read(encoding.skip)
            data = StreamBytes(Utf8Stream(member.location, raw, encoding))
        else:
            data = FileBytes(raw) if raw.seekable() else StreamBytes(raw)
        yield SplitText(member, encoding, dialect, options, today, data)
