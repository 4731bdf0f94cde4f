"""What the report says of a table: its columns, notes and warnings."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from pilookup.custody.intake.columns.headers import is_known, is_person, without_persons
from pilookup.custody.intake.columns.layout import Layout
from pilookup.custody.intake.load_warning import WarningCode
from pilookup.custody.intake.report import ACCEPTED, REJECTED, Report, Tally
from pilookup.custody.intake.table_columns import ColumnRole, ColumnUse, shown_header

_LOST_SHARE: Final = 50
"""The report warns of numbers that lost digits if they are at least one in 50 of the numbers of the table."""

_ADVICE: Final = {
    WarningCode.CONSTANT_COLUMN: "one number fills nearly all of its first rows, so it is not read: --column "
    "phone={name} reads it, if other people's numbers follow; --not-column {name} leaves it out without a warning",
    WarningCode.OTHER_PARTY: "its header or title names somebody else than the people in the rows, so it is not read: "
    "--column phone={name} reads it, --not-column {name} leaves it out without a warning",
    WarningCode.OTHER_PHONE_COLUMNS: "no account was registered on these numbers, so they are not read: "
    "--column phone={name} reads them instead, --not-column {name} leaves them out without a warning",
    WarningCode.LOOKALIKE_NUMBERS: "most of its numbers are no mobiles, so it is not read: if they are phone numbers "
    "of another country, name it with --region; --column phone={name} reads it, --not-column {name} leaves it out",
    WarningCode.UNREAD_NUMBERS: "phone numbers that are not read: --column phone={name} reads "
    "this column, --scan-text reads numbers in texts, --not-column {name} leaves it out without a warning",
}


@dataclass(slots=True)
class TableReport:
    """What is known of one table while it is read.

    Attributes:
        location: The file, member or sheet.
        number: The number of the table at this location, from 1.
        layout: Its layout.
        tally: Its counts so far.
        changed: Whether it follows rows of another layout without a header in between.
    """

    location: str
    number: int
    layout: Layout
    tally: Tally
    changed: bool = False

    def describe(self) -> str:
        """Describe the chosen columns in one sentence for the report."""
        layout = self.layout
        table = f"{self.location}: " if self.number == 1 else f"{self.location}: table {self.number}: "
        if layout.labelled:
            return f"{table}numbers to the right of labels such as 电话"
        if not layout.phones:
            return f"{table}no phone column, not read"
        phrases = [
            f"{role.role} column {self._column_text(role.column)} by {role.by}"
            for role in layout.roles
            if role.role is not ColumnRole.NONE
        ]
        return table + "; ".join(phrases)

    def add_to(self, report: Report) -> None:
        """Add the columns, notes and warnings of the table to a report, once it has been read."""
        for role in self.layout.roles:
            header = self._header(role.column)
            report.columns.append(ColumnUse(self.location, self.number, role.column + 1, header, role.role, role.by))
        for column in sorted({*self.tally.taken, *self.tally.refused}):
            counts = {ACCEPTED: self.tally.taken[column], REJECTED: self.tally.refused[column]}
            report.by_column.setdefault((self.location, self.number, column + 1), Counter()).update(counts)
        report.given |= self.layout.given
        shown = (self._header(column) for column in range(len(self.layout.header or ())))
        report.headers |= dict.fromkeys(header for header in shown if header)
        report.notes.append(self.describe())
        report.notes.extend(self.tally.notes(self.location))
        self._warn_of_columns(report)
        self._warn_of_rows(report)

    def _warn_of_columns(self, report: Report) -> None:
        codes = {column.column: column.code for column in self.layout.unread}
        left = self.tally.left
        other_phones = WarningCode.OTHER_PHONE_COLUMNS
        for column, code in codes.items():
            if code is not None and code is not other_phones:
                self._warn(report, code, left[column], _ADVICE[code], column)
        # A phone column that another one of the row precedes has no code of its own. All of them are one warning.
        others = [column for column in sorted(left) if left[column] and codes.get(column, other_phones) is other_phones]
        if others:
            count = sum(left[column] for column in others)
            self._warn(report, other_phones, count, _ADVICE[other_phones], others[0])
        unread = WarningCode.UNREAD_NUMBERS
        for column, count in self.tally.unread_numbers().items():
            self._warn(report, unread, count, _ADVICE[unread], column)

    def _warn_of_rows(self, report: Report) -> None:
        tally = self.tally
        report.warn(
            WarningCode.OTHER_PARTY,
            self.location,
            tally.other_party,
            "numbers beside words that name somebody else than the people of the table, such as an officer or "
            "a service, are not read: --column phone=NAME reads their column whatever the words",
        )
        report.warn(
            WarningCode.UNREAD_NUMBERS,
            self.location,
            self.layout.passed_over,
            "mainland mobiles in rows above the table, such as a title, are not read: put them into a file of their "
            "own if they belong to the people in the rows",
        )
        changed = tally.changed + (tally.accepted if self.changed else 0)
        report.warn(
            WarningCode.LAYOUT_CHANGED,
            self.location,
            changed,
            "numbers of rows that have other columns than the rows above them: look whether the right columns were "
            "read, and name them with --column phone=NAME if not",
        )
        for column in sorted(tally.lookalikes):
            text = (
                "numbers without the 0 of an area code are read as landlines, since nearly all have the same one or "
                "two area codes: look whether they are account or order numbers; --column phone={name} confirms the "
                "column, --not-column {name} leaves it out"
            )
            self._warn(report, WarningCode.LOOKALIKE_NUMBERS, tally.lookalikes[column], text, column)
        for column in sorted(tally.with_plus):
            text = (
                "numbers with +1 are read as those of North America, but may be mainland mobiles with a plus sign too "
                "many: look whether they are, and take the sign away in a copy"
            )
            self._warn(report, WarningCode.LOOKALIKE_NUMBERS, tally.with_plus[column], text, column)
        for column, count in sorted(tally.lost.items()):
            text = "lost digits in a spreadsheet (such as 1.38E+10): ask for the original, or the column as text"
            if count * _LOST_SHARE >= tally.accepted + count:
                self._warn(report, WarningCode.DIGITS_LOST, count, f"numbers {text}", column)
            elif count:
                numbers = "1 number" if count == 1 else f"{count:,} numbers"
                report.notes.append(f"{self.location}: {numbers} {text}")

    def _warn(self, report: Report, code: WarningCode, count: int, text: str, column: int) -> None:
        header = self._header(column)
        given = self.layout.header_of(column)
        name = header if header and given and without_persons(given) == given else str(column + 1)
        report.warn(code, self.location, count, text.format(name=name), column=column + 1, header=header)

    def _header(self, column: int) -> str | None:
        """The header of a column as the report shows it, without names of persons; None if it may be a cell of data."""
        header = self.layout.header_of(column)
        if not header or any(map(is_person, header.split())) or not (self.layout.is_named or is_known(header)):
            return None
        return shown_header(without_persons(header))

    def _column_text(self, column: int) -> str:
        header = self._header(column)
        return f"{column + 1} ({header})" if header else str(column + 1)
