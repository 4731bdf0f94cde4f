"""Cells of a sheet whose text the parser of the workbook does not give."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class SheetCells:
    """The cells of one sheet. The repr does not show them.

    Attributes:
        values: For a 0-based row its 0-based columns and their texts, which replace what the parser gives.
        links: In the same form, numbers of tel: addresses, for cells that show no digit.
        unknown: Number of formulas whose value the file does not give and intake cannot find. Their text is the
            formula.
    """

    values: dict[int, dict[int, str]] = field(default_factory=dict, repr=False)
    links: dict[int, dict[int, str]] = field(default_factory=dict, repr=False)
    unknown: int = 0

    def put_into(self, texts: list[str], row: int) -> None:
        """Put the cells of a row into the texts that the parser gives for it."""
        for column, text in self.values.get(row, {}).items():
            texts.extend([""] * (column + 1 - len(texts)))
            texts[column] = text
        for column, number in self.links.get(row, {}).items():
            if column < len(texts) and not any(map(str.isdigit, texts[column])):
                texts[column] = f"{texts[column]} {number}".strip()
