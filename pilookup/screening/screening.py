"""`Screening`: a platform's users, evaluated once an epoch, and joined with each release.

    read IN -> rows that no epoch has: evaluate -> join with the mirror -> results -> move rows to a new epoch

A run that is killed or stopped leaves whole parts. The next one reads IN again and evaluates what is missing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from pilookup.checking.mirror.mirror import Mirror
from pilookup.compute.callbacks import callback_errors, caller_code
from pilookup.errors import MirrorError, ScreenError
from pilookup.screening.directory import ScreenDirectory, disk_errors
from pilookup.screening.evaluator import REQUEST_NUMBERS, Evaluator, EvaluatorJob
from pilookup.screening.join_keys import RowIds
from pilookup.screening.known_rows import KnownRows, no_rows
from pilookup.screening.local_key import LocalKey
from pilookup.screening.matching import Join, Matches
from pilookup.screening.pace import OnWait, Pace
from pilookup.screening.rejects import RejectsFile
from pilookup.screening.results import CHANGED, GONE, NEW, Results
from pilookup.screening.rows import Rows, read_rows
from pilookup.screening.snapshots import MirrorJob, open_snapshots
from pilookup.screening.user_table import read_users, row_count

PART_ROWS: Final = 10 * REQUEST_NUMBERS
"""Rows of a part of the join table: what a kill may lose of the evaluations."""

OnProgress = Callable[[int, int, int], None]
"""Called with (rows read, rows of the table or 0, rows evaluated)."""


@dataclass(slots=True)
class ScreenOutcome:
    """What a run did.

    Attributes:
        rows: Rows of the table.
        rejected: Rows without exactly one number, by reason.
        evaluated: Rows that were evaluated, in no epoch before.
        moved: Rows that were evaluated in the newest epoch, and before in a former one.
        remaining: Rows that are still to be evaluated in some epoch: they were not joined.
        to_move: Rows that are joined in a former epoch only.
        elements: Elements that were evaluated.
        serial: The serial that was joined.
        joined: Rows that were joined.
        candidates: Rows whose join key is in the release.
        found: Rows that are found now.
        new: Rows that were not found before.
        changed: Rows whose label has changed.
        gone: Rows that are no longer found.
        unjoined: Rows that were found before, and whose epoch ended before they were evaluated in another.
        removed_epochs: Epochs that are no longer served, whose files were deleted.
        result: The file with the changes; None without a change.
        stopped: The reason why evaluations stopped; None if they did not.
        detail: What happened then, in words.
    """

    rows: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    evaluated: int = 0
    moved: int = 0
    remaining: int = 0
    to_move: int = 0
    elements: int = 0
    serial: int = 0
    joined: int = 0
    candidates: int = 0
    found: int = 0
    new: int = 0
    changed: int = 0
    gone: int = 0
    unjoined: int = 0
    removed_epochs: list[int] = field(default_factory=list)
    result: str | None = None
    stopped: str | None = None
    detail: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The fields as `pilookup screen --json` prints them."""
        return {name: getattr(self, name) for name in self.__slots__}


class Screening:
    """The users of a platform in one directory, which one run at a time may use.

    Example::

        LocalKey.make("screen.key")                                         # once
        job = EvaluatorJob(url, "trust-platform.json", "screen.key", mirror="mirror", token=token)
        outcome = Screening("screening", job).run("users.parquet")
    """

    def __init__(self, directory: str | Path, job: EvaluatorJob) -> None:
        """Use a directory, which the first run makes.

        Args:
            directory: The directory.
            job: Where and how users are evaluated, and the mirror to join with.
        """
        self._directory = ScreenDirectory(Path(directory))
        self._job = job

    @classmethod
    def with_own_mirror(cls, directory: str | Path, job: EvaluatorJob) -> "Screening":
        """Use a directory whose own mirror is synced with the evaluator's server by each run; the job's is ignored."""
        own = ScreenDirectory(Path(directory)).mirror
        return cls(directory, replace(job, mirror=own))

    def run(
        self,
        users: Any,
        user_column: str = "user",
        number_column: str = "number",
        *,
        on_progress: OnProgress = lambda *_: None,
        on_wait: OnWait = lambda *_: None,
        pace: Pace | None = None,
    ) -> ScreenOutcome:
        """Evaluate the rows that are not evaluated yet, join all with the mirror, and write what has changed.

        Where evaluations stop, because the evaluator fails or the quota is used up, the rows that are evaluated are
        joined all the same, and the outcome says how many are not.

        Args:
            users: The whole table of users: a path of an Arrow IPC, CSV or Parquet file, an object with
                `__arrow_c_stream__`, or a list of record batches. It is read again where rows move to another epoch, so
                a stream that can be read once only must not be given then.
            user_column: The column with the platform's key of the user.
            number_column: The column with the number.
            on_progress: Told how far the work is.
            on_wait: Told before each wait for an evaluator that does not answer.
            pace: What spreads requests over time; by default as the job's budget says.

        Raises:
            ScreenError: The table, the key, the mirror or the directory cannot be used. Whole parts are kept.
            TrustError: The root to pin cannot be used.
            MirrorError: The own mirror was not synced.
        """
        with (
            callback_errors(),
            self._directory.lock(),
            disk_errors(self._directory.path),
            Evaluator(self._job, pace, on_wait) as evaluator,
        ):
            self._directory.bind(evaluator.key, self._job.channel)
            self._sync()
            table = _Table(users, user_column, number_column, evaluator.key, self._job.region)
            return _Run(self._directory, self._job, evaluator, table, on_progress).run()

    def _sync(self) -> None:
        """Sync the directory's own mirror; does nothing if the job has another one."""
        if Path(self._job.mirror) != self._directory.mirror:
            return
        job = self._job
        try:
            Mirror(self._directory.mirror).sync(
                job.server,
                channel=job.channel,
                trust=job.trust,
                token=job.token,
                timeout=job.timeout,
                insecure=job.insecure,
                sandbox=job.sandbox,
            )
        except MirrorError as error:
            raise ScreenError(error.reason, f"the mirror was not synced: {error}") from error


@dataclass(frozen=True, slots=True)
class _Table:
    users: Any
    user_column: str
    number_column: str
    key: LocalKey
    region: str


class _Run:
    """One run, whose directory is locked."""

    def __init__(
        self,
        directory: ScreenDirectory,
        job: EvaluatorJob,
        evaluator: Evaluator,
        table: _Table,
        on_progress: OnProgress,
    ) -> None:
        self._directory = directory
        self._mirror = MirrorJob(Path(job.mirror), job.channel, job.trust, job.max_age, job.sandbox)
        self._evaluator = evaluator
        self._table = table
        self._on_progress = on_progress
        self._outcome = ScreenOutcome()
        self._total = row_count(table.users)
        self._results = Results(directory)
        self._snapshots = open_snapshots(self._mirror)

    def run(self) -> ScreenOutcome:
        """Evaluate, join, write results, then move rows to the newest epoch."""
        outcome = self._outcome
        outcome.removed_epochs = self._directory.remove_unlisted({each.manifest.epoch for each in self._snapshots})
        newest = self._snapshots[0].manifest.epoch
        known = {each.manifest.epoch: self._directory.known(each.manifest.epoch) for each in self._snapshots}
        self._evaluate(newest, known)
        self._join()
        if outcome.to_move and outcome.stopped is None:
            self._move(newest, known[newest])
        outcome.elements = self._evaluator.elements
        return outcome

    def _evaluate(self, newest: int, known: dict[int, KnownRows]) -> None:
        """Evaluate the rows that no epoch has."""
        outcome = self._outcome
        rejects = RejectsFile(self._directory.rejects)
        try:
            for rows in self._missing(known, newest, rejects):
                if outcome.stopped is None and self._add(rows, newest, known[newest]):
                    outcome.evaluated += len(rows)
                else:
                    outcome.remaining += len(rows)
            rejects.finish()
        finally:
            rejects.close()
        outcome.rejected = dict(sorted(rejects.counts.items()))

    def _missing(self, known: dict[int, KnownRows], newest: int, rejects: RejectsFile) -> Iterator[Rows]:
        """The rows of the table that no epoch has, in parts; counts all rows, and those of former epochs alone."""
        former = [rows for epoch, rows in known.items() if epoch != newest]

        def unknown(rows: Rows) -> Rows:
            there = known[newest].contains(rows.ids)
            elsewhere = np.zeros(len(rows), bool)
            for each in former:
                elsewhere |= each.contains(rows.ids)
            self._outcome.to_move += int((elsewhere & ~there).sum())
            return rows.chosen(~(there | elsewhere))

        first = 1

        def batches() -> Iterator[Rows]:
            nonlocal first
            for batch in self._batches():
                rows, refused = read_rows(batch, first, self._table.key, self._table.region)
                first += batch.num_rows
                self._outcome.rows += batch.num_rows
                rejects.add(refused)
                yield unknown(rows)
                self._report(self._outcome.rows)

        yield from in_parts(batches())

    def _move(self, newest: int, known: KnownRows) -> None:
        """Evaluate the rows that only former epochs have in the newest one."""
        outcome = self._outcome
        read = 0

        def batches() -> Iterator[Rows]:
            nonlocal read
            for batch in self._batches():
                rows, _ = read_rows(batch, read + 1, self._table.key, self._table.region)
                read += batch.num_rows
                yield rows.chosen(~known.contains(rows.ids))
                self._report(read)

        for rows in in_parts(batches()):
            if not self._add(rows, newest, known):
                return
            outcome.moved += len(rows)
            outcome.to_move -= len(rows)

    def _batches(self) -> Iterator[Any]:
        return read_users(self._table.users, self._table.user_column, self._table.number_column)

    def _add(self, rows: Rows, epoch: int, known: KnownRows) -> bool:
        """Evaluate a part and keep it; returns whether that was done, and notes why not."""
        try:
            evaluated = self._evaluator.evaluate(rows, epoch)
        except ScreenError as error:
            self._outcome.stopped, self._outcome.detail = error.reason, str(error)
            return False
        self._directory.add(evaluated)
        known.add(rows.ids)
        return True

    def _join(self) -> None:
        outcome, results = self._outcome, self._results
        self._snapshots = open_snapshots(self._mirror)
        asked = _row_ids(list(results.state.found))
        matches: Matches = Join(self._directory, self._mirror.directory, self._snapshots, self._table.key).run(asked)
        changes, path = results.write(matches, self._snapshots[0].manifest.profile)
        kinds = [change.kind for change in changes]
        outcome.new, outcome.changed, outcome.gone = (kinds.count(kind) for kind in (NEW, CHANGED, GONE))
        outcome.serial, outcome.joined, outcome.candidates = matches.serial, matches.rows, matches.candidates
        outcome.found = len(results.state.found)
        outcome.unjoined = outcome.found - len(matches.found)
        outcome.result = str(path) if path else None

    def _report(self, rows: int) -> None:
        with caller_code():
            self._on_progress(rows, self._total, self._outcome.evaluated + self._outcome.moved)


def in_parts(batches: Iterator[Rows]) -> Iterator[Rows]:
    """Rows without repetitions, in parts of PART_ROWS; the last one is smaller.

    A part is yielded as soon as it is full, so no more of the table is read than can be evaluated.
    """
    waiting: list[Rows] = []
    for rows in batches:
        waiting.append(rows)
        if sum(map(len, waiting)) < PART_ROWS:
            continue
        joined = Rows.joined(waiting).distinct()
        whole = len(joined) - len(joined) % PART_ROWS
        for at in range(0, whole, PART_ROWS):
            yield joined.between(at, at + PART_ROWS)
        waiting = [joined.between(whole, len(joined))]
    if sum(map(len, waiting)):
        yield Rows.joined(waiting).distinct()


def _row_ids(rows: list[bytes]) -> RowIds:
    return np.array(rows, "S16") if rows else no_rows()
