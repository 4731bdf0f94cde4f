"""The values of labelled lines that are numbers of somebody else, by the labels before them and in the lines above.

Lines with labels become rows whose cells stand in columns, where a label such as 民警 in a line above is lost. So it is
asked here, where they are read one after the other.
"""

from collections.abc import Collection, Sequence
from typing import Final

from pilookup.custody.intake.columns.header_rows import MAX_NAME, names_phone
from pilookup.custody.intake.columns.other_cells import MAX_ROWS, NO_LABELS, other_cells
from pilookup.custody.intake.columns.other_labels import MAY_NAME

_LABEL: Final = "经办人"
"""A label that is never data (`names_author`)."""


def cells_of_other(label: str, value: str) -> list[str]:
    """Two cells to add to a row for a value of somebody else: a label of an officer, and the value.

    By the label the numbers of the value are counted as those of another party, and not stored.
    """
    return [_LABEL, f"{label}：{value}" if label else value]


class LinesOfOthers:
    """Finds the values of somebody else in consecutive lines of labels and values."""

    def __init__(self, labels: Sequence[str], region: str) -> None:
        """Prepare to read lines.

        Args:
            labels: The labels of the columns. One of somebody else among them says itself what its column is, and that
                behind it (`columns.handlers`): it counts where a value follows whose column has one already.
            region: Where numbers without a country code are from.
        """
        self._labels = frozenset(labels)
        self._region = region
        self._above = NO_LABELS
        self._is_column = False

    def may_be_in(self, line: str) -> bool:
        """Whether a line may have values of somebody else. Of nearly all lines this says that they have none."""
        return self._above.rows > 0 or MAY_NAME.search(line) is not None

    def find(self, pairs: Sequence[tuple[str, str]], filled: Collection[str], *, whole: bool) -> list[bool]:
        """Which values of a line are of somebody else.

        Args:
            pairs: The labels of the line and their values. The label of other text is "".
            filled: The labels that have a value already in the record.
            whole: Whether the line is a record, so that labels in the lines above are of another one.
        """
        self._end_at_column(pairs)
        cells: list[str] = []
        ends: list[int] = []
        for label, value in pairs:
            cells += [label, value] if label else [value]  # an empty text is an empty cell
            ends.append(len(cells) - 1)
        above = self._above
        found = other_cells(cells, self._region, above, in_form=True)
        self._above = found.below
        if not above.rows or found.below.rows == MAX_ROWS:
            self._is_column = any(self._is_of_column(label) for label, _ in pairs)
        if not found.columns:
            return [False] * len(pairs)
        of_others = not self._is_column or (whole and above.rows > 0)
        before = set(filled)
        moved = []
        for (label, _), end in zip(pairs, ends, strict=True):
            moved.append(end in found.columns and (of_others or label in before))
            before.add(label)
        return moved

    def _end_at_column(self, pairs: Sequence[tuple[str, str]]) -> None:
        """End what a line of somebody else says where a column of the records begins again that is no phone."""
        if self._above.rows and not self._is_column:
            first = next((label or value for label, value in pairs if label or value), "")
            if first in self._labels and not names_phone(first) and not self._is_of_column(first):
                self._above = NO_LABELS

    def _is_of_column(self, label: str) -> bool:
        return label in self._labels and len(label) <= MAX_NAME and MAY_NAME.search(label) is not None
