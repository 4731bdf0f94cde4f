"""What a layout is: sheets of cells that know which numbers they hold, and what must happen to these numbers."""

from dataclasses import dataclass, field

from pilookup.custody.intake import IntakeOptions
from pilookup.protocol.label import Kind


@dataclass(frozen=True)
class Cell:
    """A cell and its truth.

    Attributes:
        text: The cell as text.
        people: Numbers in E.164 of people in the rows: each must be stored, or told.
        others: Numbers that must not be stored, and must be told, such as the officer's in charge.
        value: The value of a numeric cell in a workbook; None for a text.
    """

    text: str = ""
    people: tuple[str, ...] = field(default=(), repr=False)
    others: tuple[str, ...] = field(default=(), repr=False)
    value: float | None = field(default=None, repr=False)


BLANK = Cell()


@dataclass
class Sheet:
    """A sheet of a workbook, or the only table of a text.

    Attributes:
        rows: The cells.
        merges: Merged ranges, as (first row, first column, last row, last column).
        hidden: Whether the sheet is hidden.
    """

    rows: list[list[Cell]]
    name: str = "Sheet1"
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: bool = False


@dataclass
class Layout:
    """A file to write, and its truth.

    Attributes:
        kind: The name of the function that made it.
        sheets: The content.
        forms: The forms in which it may be written: "csv", "xlsx" (or XLS), "lines" (each row is its first
            cell). Of two, the first is more frequent.
        want: "read" if every number of people must be stored, "told" if a warning, a reject or a refusal is enough.
        args: Options of the load, besides the kind of the dataset.
        dataset: The kind of the dataset.
        may_warn: Whether there may be a warning although everything is read.
        columns_known: Whether a column of the sheet is a column for the reader too, so that warnings must name it.
    """

    kind: str
    sheets: list[Sheet]
    forms: tuple[str, ...] = ("csv", "xlsx")
    want: str = "read"
    args: dict = field(default_factory=dict)
    dataset: Kind = Kind.EXPOSURE
    may_warn: bool = False
    columns_known: bool = True

    @property
    def options(self):
        return IntakeOptions(self.dataset, **self.args)

    def cells(self):
        """Each cell with the name of its sheet and its column, from 1."""
        for sheet in self.sheets:
            for row in sheet.rows:
                for column, cell in enumerate(row, 1):
                    yield sheet.name, column, cell
