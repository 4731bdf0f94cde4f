"""Judges how a layout was read: every number of a person is stored, or told by location and count; no other is stored."""

import csv
import io
import random
import unicodedata
from collections import Counter
from dataclasses import dataclass, field

from pilookup.custody.intake import Report
from pilookup.custody.intake.read import read_file
from pilookup.errors import PilookupError
from pilookup.protocol.label import Kind
from tests.support.intake.layouts import (
    kinds_of_cells,
    kinds_of_columns,
    kinds_of_lookalikes,
    kinds_of_tables,
    kinds_together,
)
from tests.support.intake.layouts.files import write
from tests.support.intake.layouts.words import NAME

KINDS = {
    make.__name__: make
    for module in (kinds_of_columns, kinds_of_tables, kinds_of_cells, kinds_of_lookalikes, kinds_together)
    for make in module.KINDS
}


@dataclass
class Reading:
    """What a file gave: the numbers stored, the report, the rejects; or the refusal."""

    stored: set[str] = field(default_factory=set, repr=False)
    report: Report = field(default_factory=Report, repr=False)
    rejects: list[list[str]] = field(default_factory=list, repr=False)
    refusal: str | None = None


@dataclass(frozen=True)
class Judgement:
    """How a layout was read.

    Attributes:
        kind, seed: What `judge` was given.
        shape: Its form in words, without content.
        how: "read", "told", "refused", "silent", "stranger", "untold" (numbers of others are not told) or "leak" (a
            number or a name of a person is in the report).
        faults: Counts of the numbers concerned.
        want: As in `Layout`.
        warnings: The codes of the warnings, if everything is read, nothing has to be told, and still there are some.
    """

    kind: str
    seed: int
    shape: str
    how: str
    faults: dict
    want: str
    warnings: tuple = ()

    @property
    def safe(self):
        """Whether nothing is lost in silence, no stranger is taken and nothing leaks."""
        return self.how in ("read", "told", "refused")

    @property
    def complete(self):
        """Whether everything is read that has to be."""
        return self.how == "read" or (self.safe and self.want == "told")

    def __str__(self):
        counts = ", ".join(f"{count} {what}" for what, count in self.faults.items())
        return f"{self.kind} seed {self.seed}: {self.how}: {counts or ' '.join(self.warnings)} ({self.shape})"


def judge(kind, seed, folder):
    """Make the layout of a kind and a seed, write it into a folder, read it, and judge the reading."""
    layout, path, shape = written(kind, seed, folder)
    try:
        reading = read(path, layout.options)
    finally:
        path.unlink()
    how, faults = judge_reading(layout, path.name, reading)
    expected = layout.want == "told" or layout.may_warn or any(cell.others for _, _, cell in layout.cells())
    alarms = (
        () if expected or how != "read" else tuple(sorted({str(warning.code) for warning in reading.report.warnings}))
    )
    return Judgement(kind, seed, shape, how, faults, layout.want, alarms)


def written(kind, seed, folder):
    """Make the layout of a kind and a seed, and write it into a folder.

    Returns:
        The layout, its file, and its shape in words.
    """
    rng = random.Random(f"{kind} {seed}")
    layout = KINDS[kind](rng)
    return layout, *write(rng, layout, folder)


def judge_reading(layout, name, reading):
    """The word of a `Judgement` and the counts of the numbers concerned, for a file of this name."""
    faults = dict(_faults(layout, name, reading))
    how = next((word for word in ("leak", "stranger", "silent", "untold") if word in faults), None)
    return how or ("refused" if reading.refusal is not None else "told" if faults else "read"), faults


def read(path, options):
    """Read a file as a load reads it, row by row."""
    reading, rejects = Reading(), io.StringIO()
    try:
        for batch in read_file(path, options, reading.report, rejects):
            reading.stored.update(identifier.decode().removeprefix("tel:") for identifier in batch.identifiers)
    except PilookupError as error:
        reading.refusal = str(error)
        reading.stored.clear()
    reading.rejects = list(csv.reader(io.StringIO(rejects.getvalue())))[1:]
    return reading


def _faults(layout, name, reading):
    """Counts of lost, told and foreign numbers, each with its word, without zeros."""
    people = {number for _, _, cell in layout.cells() for number in cell.people}
    others = {number for _, _, cell in layout.cells() for number in cell.others}
    faults = Counter(stranger=len(reading.stored - people))
    every = people | others
    texts = _texts(reading)
    faults["leak"] = sum(number[-8:] in text for text in texts for number in every) + sum(
        bool(NAME.search(text)) for text in texts
    )
    if reading.refusal is not None:
        faults["silent"] = 0 if name in reading.refusal else len(every)
        return +faults
    lost = [
        (sheet, column, cell, number)
        for sheet, column, cell in layout.cells()
        for number in cell.people
        if number not in reading.stored
    ]
    silent = _untold(layout, reading, lost)
    faults["silent"], faults["told"] = silent, len(lost) - silent
    faults["untold"] = _untold_columns(layout, reading)
    return +faults


def _texts(reading):
    """Every text that an operator sees, except the rejects."""
    report = reading.report
    texts = [*report.notes, reading.refusal or ""]
    for warning in report.warnings:
        texts += [warning.text, warning.location, warning.header or ""]
    return texts + [column.header or "" for column in report.columns]


def _untold(layout, reading, lost):
    """How many lost numbers have neither a reject of their own nor a place in the count of a warning."""
    rejects = [_digits(row[-1]) or row[-1].strip() for row in reading.rejects]
    rest = Counter()
    for sheet, column, cell, number in lost:
        own = next((at for at, text in enumerate(rejects) if text and _rejects(text, cell, number)), None)
        if own is None:
            rest[sheet, column if layout.columns_known else None] += 1
        else:
            rejects[own] = ""
    silent = 0
    for (sheet, column), count in rest.items():
        silent += max(0, count - _told(layout, reading, sheet, column))
    return silent


def _rejects(text, cell, number):
    """Whether a rejected text is of this number: its digits, or the whole cell."""
    return number[-8:] in text or text == (_digits(cell.text) or cell.text.strip())


def _told(layout, reading, sheet, column):
    """The numbers that warnings of a sheet count, for one column if it is not None. A hidden sheet is told as a whole."""
    elsewhere = [other.name for other in layout.sheets if other.name != sheet]
    found = [
        warning
        for warning in reading.report.warnings
        if not any(name in warning.location for name in elsewhere)
        and (column is None or warning.column is None or warning.column == column)
    ]
    if any(warning.code == "hidden_sheet" for warning in found):
        return sum(len(cell.people) for _, _, cell in layout.cells())
    return sum(warning.count for warning in found)


def _untold_columns(layout, reading):
    """How many columns with numbers of others are in no warning. Accounts have one warning for a whole table."""
    one_for_a_table = layout.dataset is Kind.MALICIOUS
    columns = {(sheet, None if one_for_a_table else column) for sheet, column, cell in layout.cells() if cell.others}
    return sum(not _told(layout, reading, sheet, column) for sheet, column in columns)


def _digits(text):
    return "".join(character for character in unicodedata.normalize("NFKC", text) if character.isdigit())
