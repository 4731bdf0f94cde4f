"""How a text is read: its codec and dialect, and the layout of one of its tables."""

from dataclasses import dataclass
from typing import Final

from pilookup.custody.intake.columns.layout import Layout
from pilookup.custody.intake.columns.other_cells import NO_LABELS, LabelsAbove

NO_LINE: Final = 1 << 62
"""A line that no text has: no row of the text is data."""
CODECS: Final = ("utf-8", "gb18030")
"""Encodings that the core reads. A text in another one is converted to UTF-8."""
DELIMITERS: Final = {"utf-8": ("", "----", "\t", ",", ";", "|"), "gb18030": ("", "----", "\t", ",", ";")}
"""Delimiters that the core reads in each of them."""
QUOTING: Final = ("\t", ",", ";", "|")
"""Those of them next to which a cell may be quoted."""


@dataclass(frozen=True, slots=True)
class TextForm:
    """How the rows of one table of a text are read. It has no content of the file, so that it may be sent in a task.

    Attributes:
        location: The file or member, for errors.
        choice: How many times the layout was chosen in this text up to now.
        codec: "utf-8" or "gb18030".
        delimiter: As in `Dialect`.
        usual: Number of cells in most rows, as `Dialect.width`.
        layout: The layout of the table, without content.
        from_line: The line on which the data of the table start.
        region: As in `IntakeOptions`.
        kind: The value of the dataset's `Kind`.
        today: The day that dates are compared with, as an ordinal.
        above: What the labels of somebody else above the split say, in a form.
    """

    location: str
    choice: int
    codec: str
    delimiter: str
    usual: int
    layout: Layout
    from_line: int
    region: str
    kind: str
    today: int
    above: LabelsAbove = NO_LABELS

    @property
    def dialect(self) -> tuple[str, str, int]:
        """The dialect in the form in which the core takes it."""
        return self.codec, self.delimiter, self.usual

    @property
    def lenient_line(self) -> int | None:
        """The line of a row that is read by itself if it does not have the layout; None if there is none."""
        return self.from_line if self.layout.lenient_first else None
