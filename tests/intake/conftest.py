"""Fixtures that read a whole file: numbers, accounts, months, report and rejects in one value."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import pytest

from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.intake.read import read_file
from pilookup.protocol.label import Kind


@dataclass
class Outcome:
    numbers: list[str]
    accounts: list[bytes | None]
    months: list[int]
    report: Report
    rejects: list[list[str]]


def load_file(
    path: Path,
    kind: Kind = Kind.EXPOSURE,
    region: str = "CN",
    encoding: str | None = None,
    *,
    scan_text: bool = False,
    **columns: str,
) -> Outcome:
    """Everything that `read_file` yields for one file; numbers without their scheme."""
    report, rejects = Report(), io.StringIO()
    outcome = Outcome([], [], [], report, [])
    options = IntakeOptions(kind, region, columns, scan_text=scan_text, encoding=encoding)
    for batch in read_file(path, options, report, rejects, None):
        assert len(batch.identifiers) == len(batch.accounts) == len(batch.months) > 0
        outcome.numbers += [identifier.decode().removeprefix("tel:+") for identifier in batch.identifiers]
        outcome.accounts += batch.accounts
        outcome.months += batch.months
    outcome.rejects = list(csv.reader(io.StringIO(rejects.getvalue())))[1:]
    assert report.accepted == len(outcome.numbers)
    assert report.rejected.total() == len(outcome.rejects)
    return outcome


@pytest.fixture(scope="session")
def load_path():
    """`load_file`, for tests that write their own files."""
    return load_file


@pytest.fixture
def load(tmp_path):
    """Writes bytes or text to a file with the given name and reads it."""

    def write_and_load(name: str, content: bytes | str, kind: Kind = Kind.EXPOSURE, region: str = "CN", **others):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_file(path, kind, region, **others)

    return write_and_load
