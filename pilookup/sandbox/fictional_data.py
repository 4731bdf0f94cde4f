"""The fictional cases of a sandbox as files, and loading them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pilookup.custody import Custody
from pilookup.protocol.label import Kind
from pilookup.protocol.manifest import Case
from pilookup.testing import CASES, SyntheticNumber

_PHONE, _ACCOUNT, _DATE = "手机号", "账号", "日期"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one case says about one number.

    Attributes:
        number: the number.
        case: the case's id in CASES.
        accounts: number of accounts registered on it; 0 in a case of exposure.
        day: the day of the rows, `2025-02-03`, or empty.
    """

    number: SyntheticNumber
    case: int
    accounts: int
    day: str


ENTRIES = (
    Entry(SyntheticNumber.EXPOSED, 1, 0, "2025-01-03"),
    Entry(SyntheticNumber.MALICIOUS, 2, 3, ""),
    Entry(SyntheticNumber.BOTH, 1, 0, "2025-01-03"),
    Entry(SyntheticNumber.BOTH, 2, 1, "2025-02-03"),
    Entry(SyntheticNumber.SEVERAL_CASES, 1, 0, "2025-01-03"),
    Entry(SyntheticNumber.SEVERAL_CASES, 2, 2, "2025-02-03"),
    Entry(SyntheticNumber.SEVERAL_CASES, 3, 0, "2025-03-03"),
    Entry(SyntheticNumber.MORE_CASES, 1, 0, "2025-01-03"),
    Entry(SyntheticNumber.MORE_CASES, 2, 2, "2025-02-03"),
    Entry(SyntheticNumber.MORE_CASES, 3, 0, "2025-03-03"),
    Entry(SyntheticNumber.MORE_CASES, 4, 3, "2025-04-03"),
    Entry(SyntheticNumber.MANY_ACCOUNTS, 4, 40, "2025-04-03"),
    Entry(SyntheticNumber.LONG_AGO, 2, 1, "2019-06-03"),
)
"""The content of the cases. It leads to `pilookup.testing.synthetic_numbers.LABELS`."""


def load_cases(custody: Custody, folder: Path) -> None:
    """Load the fictional cases into a new HOME.

    Args:
        custody: the open HOME.
        folder: where the files are written; they stay there.

    Raises:
        OSError: a file cannot be written.
        PilookupError: the load fails, as `Custody.load` says.
    """
    for case in CASES:
        path = folder / f"fictional-case-{case.id}.csv"
        with path.open("x", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(_rows(case))
        columns = {"phone": _PHONE, "date": _DATE}
        if case.kind is Kind.MALICIOUS:
            columns["account"] = _ACCOUNT
        custody.load(
            path,
            dataset=path.stem,
            kind=case.kind,
            title_zh=case.title_zh,
            title_en=case.title_en,
            seized_on=case.seized_on,
            columns=columns,
        )


def _rows(case: Case) -> Iterator[tuple[str, ...]]:
    yield _PHONE, _ACCOUNT, _DATE
    for entry in ENTRIES:
        if entry.case != case.id:
            continue
        for account in range(max(entry.accounts, 1)):
            yield str(entry.number), f"{entry.number[-4:]}-{case.id}-{account}" if entry.accounts else "", entry.day
