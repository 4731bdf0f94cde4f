"""Reads a result as answers, so that a policy can decide about the users in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pilookup.checking.result import Result, Status
from pilookup.protocol.manifest import Case
from pilookup.screening.tables import RESULT_TABLE, read_table


@dataclass(frozen=True, slots=True)
class UserChange:
    """What changed for one number of a user.

    Attributes:
        user: The user's key.
        change: `new`, `changed` or `gone`.
        asks_for: `released` if the platform's measures against the account have to be lifted; otherwise None.
        serial: The serial that was joined, as notices name it.
        result: What a check would have answered: found, or not found for `gone`.
    """

    user: str
    change: str
    asks_for: str | None
    serial: int
    result: Result


def read_result(path: str | Path, catalogue: Iterable[Case]) -> Iterator[UserChange]:
    """Yield the rows of a result, in the order of the file.

    Args:
        path: A file of `results/`.
        catalogue: The cases, as `Client.catalogue` has them after `case_details` or a check. A case that was withdrawn
            after the join is not among them: it is left out, and `more` of the answer is True.

    Raises:
        ScreenError: The file is damaged or no result.
        OSError: It is missing or cannot be read.
    """
    cases = {case.id: case for case in catalogue}
    for batch in read_table(Path(path), RESULT_TABLE).to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            yield UserChange(row["user"], row["change"], row["asks_for"], row["serial"], _answer(row, cases))


def _answer(row: dict[str, Any], cases: dict[int, Case]) -> Result:
    if row["exposed"] is None:
        return Result.not_found()
    listed = tuple(cases[one] for one in row["cases"] if one in cases)
    return Result(
        status=Status.FOUND,
        exposed=row["exposed"],
        malicious=row["malicious"],
        accounts=row["accounts"],
        last_seen=row["last_seen"],
        cases=listed,
        more=row["more"] or len(listed) < len(row["cases"]),
    )
