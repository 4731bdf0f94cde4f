"""Reads a table whose rows are joined to lines, split by split."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pilookup.custody.intake.columns.detect import choose_layout
from pilookup.custody.intake.columns.layout import Layout
from pilookup.custody.intake.columns.other_cells import NO_LABELS, LabelsAbove
from pilookup.custody.intake.files.file_split import FileSplit
from pilookup.custody.intake.model import IntakeOptions
from pilookup.custody.intake.report import Report, Tally
from pilookup.custody.intake.rows.change import Change
from pilookup.custody.intake.rows.relayout import choose_again
from pilookup.custody.intake.table_report import TableReport
from pilookup.custody.intake.tables.parquet import ParquetTable
from pilookup.custody.intake.tables.row_lines import DELIMITER, JoinedSplit, join_blocks
from pilookup.custody.intake.tables.table import NumberedRows, RowTable, Table
from pilookup.custody.intake.text_form import TextForm

SPLIT_BYTES: Final = 2 << 20
"""Size of a split of joined rows. It is less than of a text, because the rows are in memory as well."""


class JoinedTable:
    """A table that is not a text on disk: its rows are joined to lines, which the core reads.

    It gives and takes as `splits.SplitText` does.

    Attributes:
        location: The file, member or sheet.
        tables: The tables so far, the last of which is being read.
    """

    def __init__(self, table: Table, options: IntakeOptions, today: int, previous: Layout | None) -> None:
        """Choose the layout of a table.

        Args:
            table: The table.
            options: The options of the load.
            today: The day that dates are compared with, as an ordinal.
            previous: The layout of the sheet before, whose header may still apply.

        Raises:
            IntakeError: A column that the options name is not in the table.
        """
        self.location = table.location
        layout = choose_layout(table, options, previous)
        if not isinstance(table, RowTable):
            layout = replace(layout, lenient=True)
        self.tables = [TableReport(table.location, 1, layout, Tally())]
        self._table = table
        self._options = options
        self._today = today
        self._layouts = [layout]
        self._pending: deque[JoinedSplit] = deque()
        self._unread: deque[NumberedRows] = deque()  # rows that were requested from the table, and no outcome was taken
        self._change: int | None = None
        self._above = NO_LABELS

    @property
    def layout(self) -> Layout:
        """The layout of the rows that are being read."""
        return self._layouts[-1]

    @property
    def form(self) -> TextForm:
        """How the lines are read."""
        layout = self.layout.without_content()
        line = self._table.line(layout.start) if isinstance(self._table, RowTable) else None
        return TextForm(
            location=self.location,
            choice=len(self._layouts),
            codec="utf-8",
            delimiter=DELIMITER,
            usual=layout.width,
            layout=layout,
            from_line=line or 1,
            region=self._options.region,
            kind=str(self._options.kind),
            today=self._today,
            above=self._above,
        )

    def parts(self, size: int | None) -> Iterator[tuple[TextForm, FileSplit, bytes] | NumberedRows]:
        """Yield the rows, from the first that does not have the former layout on.

        Of a form, each split must be taken before the next part is asked for.

        Args:
            size: The size of a split in bytes; None if all rows are read by the caller.

        Yields:
            How a split is read, the split, and its text; or rows that the caller reads, once it has taken the outcomes
            of all splits.

        Raises:
            IntakeError: The table raises it.
        """
        if self._change is not None:
            self._choose_again(self._change)
        for part in self._parts(size):
            if isinstance(part, JoinedSplit):
                self._pending.append(part)
                yield self.form, part.split, part.data
            else:
                yield part
            if self._change is not None:
                return

    def _parts(self, size: int | None) -> Iterator[JoinedSplit | NumberedRows]:
        if size is None:
            yield from self._recorded(self._table.blocks(self.layout.start))
        elif isinstance(self._table, ParquetTable):
            needed = {column for column in (self.layout.account, self.layout.date) if column is not None}
            needed |= {phone.column for phone in self.layout.phones}
            for part in self._table.splits(size, needed):
                yield part if isinstance(part, NumberedRows) else JoinedSplit(*part, [])
        else:
            yield from join_blocks(self._recorded(self._table.blocks(self.layout.start)), size)

    def _recorded(self, blocks: Iterator[NumberedRows]) -> Iterator[NumberedRows]:
        for block in blocks:
            if isinstance(self._table, RowTable):
                self._unread.append(block)
            yield block

    @property
    def has_changed(self) -> bool:
        """Whether a change of layout was found, so that `parts` has more to yield."""
        return self._change is not None

    def accepts(self, form: TextForm) -> bool:
        """Whether the outcome of a split counts. It does not if the layout changed before this split."""
        return form.choice == len(self._layouts) and self._change is None

    def take(self, _split: FileSplit, tally: Tally, change: Change | None, above: LabelsAbove) -> None:
        """Take the outcome of a split that counts, in the order of the splits.

        Args:
            tally: Its counts.
            change: Where the layout changed in it.
            above: What the labels above the next row say, in a form.
        """
        self._above = above
        self._take(tally, self._pending.popleft().blocks, change.line if change else None)

    def take_block(self, block: NumberedRows, tally: Tally, at: int | None, above: LabelsAbove) -> None:
        """Take the outcome of rows that the caller read.

        Args:
            block: The rows.
            tally: Their counts.
            at: The index of the first row that does not have the layout; None if all have it.
            above: What the labels above the next row say, in a form.
        """
        self._above = above
        self._take(tally, [block] if isinstance(self._table, RowTable) else [], None if at is None else block.lines[at])

    def _take(self, tally: Tally, blocks: list[NumberedRows], change: int | None) -> None:
        self.tables[-1].tally.add(tally)
        self._change = change
        if change is None:
            for _ in blocks:
                self._unread.popleft()

    def add_to(self, report: Report) -> None:
        """Add columns, notes and warnings to a report, once the whole table has been read."""
        for table in self.tables:
            table.add_to(report)

    def _choose_again(self, line: int) -> None:
        self._change = None
        if not isinstance(self._table, RowTable):
            raise TypeError("a table with stated columns has one layout")
        rest = [block for block in self._unread if block.lines[-1] >= line]
        self._unread.clear()
        self._pending.clear()
        self._table.restart([_from_line(rest[0], line), *rest[1:]])
        layout, changed = choose_again(self._table, self._options, self._layouts)
        self._layouts.append(layout)
        if not layout.lenient_first:
            self.tables.append(TableReport(self.location, len(self.tables) + 1, layout, Tally(), changed=changed))


def _from_line(block: NumberedRows, line: int) -> NumberedRows:
    at = next(i for i, number in enumerate(block.lines) if number >= line)
    return NumberedRows(block.lines[at:], block.rows[at:])
