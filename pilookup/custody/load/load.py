"""Load seized files: read, canonicalise, tokenise and store all files of one command, or none.

Numbers are only in memory, one split at a time. What is written are elements under the vault key. The work is divided
into tasks (`split_task.py`, then `shard_task.py`) that run on threads or on other machines. Their output does not
depend on how the files were split. The transaction at the end is what makes the loads count: if a command is killed
before it, the next command removes what it left; if it is killed after it, the files are loaded.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pilookup import file_errors
from pilookup.compute.callbacks import Progress, callback_errors, caller_code, guarded
from pilookup.compute.executors import local_executor
from pilookup.compute.window import OrderedWindow
from pilookup.custody.control import Counts, Dataset, Load
from pilookup.custody.datasets import DatasetSpec, resolve_dataset
from pilookup.custody.intake import IntakeOptions, Report
from pilookup.custody.load.found_files import find_files
from pilookup.custody.load.given_columns import check_given_columns
from pilookup.custody.load.input_file import InputFile, examine
from pilookup.custody.load.left_out import tell_left_out
from pilookup.custody.load.loaded_file import LoadedFile
from pilookup.custody.load.outcome import LoadOutcome
from pilookup.custody.load.schedule import LoadSchedule
from pilookup.custody.load.shard_task import ShardOutcome, ShardTask, run_shard
from pilookup.custody.session import Session
from pilookup.custody.task_keyring import register_keyring
from pilookup.custody.vault import PARTITIONS
from pilookup.errors import CustodyError, IntakeError, StrictLoadError, VaultError


@dataclass(frozen=True)
class LoadJob:
    """What one command loads, and how.

    Attributes:
        files: The files.
        dataset: The dataset.
        options: How the files are read.
        replace: Whether files that were loaded before are loaded again.
        dry_run: Whether nothing is stored.
        strict: Whether any warning prevents the load.
        skip_bad: Whether files that cannot be read are left out. With `strict` this is a ValueError.
        locked: Locations of encrypted files that `skip_bad` leaves out, where no password opens them; None for all.
    """

    files: Sequence[Path]
    dataset: DatasetSpec
    options: IntakeOptions
    replace: bool = False
    dry_run: bool = False
    strict: bool = False
    skip_bad: bool = False
    locked: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if self.strict and self.skip_bad:
            raise ValueError("a strict load cannot skip bad files")


def load(
    session: Session,
    job: LoadJob,
    rejects: TextIO | None = None,
    on_progress: Progress | None = None,
    executor: Executor | None = None,
) -> LoadOutcome:
    """Load files into a dataset: all of them, or none.

    Args:
        session: An unlocked HOME.
        job: The files and the dataset.
        rejects: Where rejected cells are written, in clear; None to drop them.
        on_progress: Called with (bytes read, bytes in all, rows so far).
        executor: Runs the tasks; by default threads of this process, one for each processor.

    Raises:
        IntakeError: A file cannot be read in its format, holds no number, or changed while it was read.
        MissingExtraError: The format of a file needs an extra that is not installed.
        StrictLoadError: The load is strict and has warnings. Nothing was stored.
        CustodyError: There is no file to load, the dataset was withdrawn or has other attributes, a file was loaded
            before, or the control database failed.
        VaultError: A file of the vault cannot be read or written (a full disk), or is missing or altered.
        KeyringError: The keyring cannot be opened where a task runs.
        ComputeError: The cluster failed.

    What `on_progress` or `rejects` raises is raised unchanged.
    """
    if not job.files:
        raise CustodyError("there is no file to load")
    dataset = resolve_dataset(session.control, job.dataset)
    found = find_files(job.files)
    inputs, errors, repeated = examine(session, found.files)
    errors = [*found.errors, *errors]
    replaced = _replaced_loads(session, dataset, job, inputs)
    register_keyring(session.home, session.keyring)
    with _written(session), nullcontext(executor) if executor else local_executor() as workers:
        report_progress = guarded(on_progress) if on_progress else None
        schedule = LoadSchedule(
            session,
            dataset.id,
            job.options,
            workers,
            rejects,
            report_progress,
            skip_bad=job.skip_bad,
            locked=job.locked,
        )
        read = schedule.read([file.found for file in inputs], errors)
        pairs = [(file, given) for file, given in zip(read, inputs, strict=True) if file.error is None]
        files = [file for file, _ in pairs]
        names = [file.location for file in files]
        check_given_columns(job.options, names, [file.report for file in files])
        others = found.report
        tell_left_out([file for file in read if file.is_left_out], others)
        refused = job.strict and any(report.warnings for report in (others, *(file.report for file in files)))
        distinct_in_all = _write_shards(session, files, workers, dry_run=job.dry_run or refused)
        for _, given in pairs:
            given.check_unchanged()
        total = _total(files, distinct_in_all)
        total.notes += [*others.notes, *repeated]
        total.warnings += others.warnings
        reports, skipped = [file.report for file in files], [str(error) for error in (*errors, *_bad(read))]
        outcome = LoadOutcome(dataset.slug, job.dry_run, total, reports, names, refused, skipped)
        if rejects:
            with caller_code():  # what is buffered must be written before the load counts
                rejects.flush()
        if refused:
            raise StrictLoadError(outcome)
        if not job.dry_run:
            _commit(session, dataset, [(file, given.digest) for file, given in pairs], replaced)
    return outcome


def _bad(files: Sequence[LoadedFile]) -> list[IntakeError]:
    """What prevented files, and members of archives, from being read."""
    members = [error for file in files if not file.error or file.is_left_out for error in file.without.values()]
    return members + [file.error for file in files if file.error and not file.is_left_out]


def _write_shards(session: Session, files: Sequence[LoadedFile], executor: Executor, *, dry_run: bool) -> int:
    """Write the shards and indexes of the loads from their sorted files, and complete the reports.

    Returns:
        The number of distinct numbers in all files together.
    """
    distinct_in_all = 0
    written: list[list[int]] = [[] for _ in files]

    def take(outcome: ShardOutcome) -> None:
        nonlocal distinct_in_all
        distinct_in_all += outcome.distinct_in_all
        for file, count, partitions in zip(files, outcome.distinct, written, strict=True):
            file.report.distinct += count
            if count:
                partitions.append(outcome.partition)

    home, loads = session.home.real, tuple((file.load, tuple(file.sorted_files)) for file in files)
    with OrderedWindow(executor, run_shard, take, PARTITIONS) as window:
        for partition in range(PARTITIONS):
            window.put(ShardTask(home, partition, loads, dry_run))
    for file, partitions in zip(files, written, strict=True):
        file.report.duplicates = file.report.accepted - file.report.distinct
        session.vault.write_index(file.load.folder(session.vault), file.load.dataset_id, partitions)
    return distinct_in_all


def _commit(
    session: Session, dataset: Dataset, loaded: Sequence[tuple[LoadedFile, str]], replaced: Sequence[Load]
) -> None:
    loads = []
    for file, digest in loaded:
        report = file.report
        session.vault.adopt(file.load.folder(session.vault), dataset.slug)
        counts = Counts(
            report.rows,
            report.accepted,
            report.distinct,
            report.duplicates,
            dict(report.rejected),
            report.warning_counts(),
        )
        loads.append(Load(file.load.id, dataset.slug, dataset.id, digest, counts))
    session.vault.mark_pending(load.id for load in replaced)
    session.control.commit_loads(dataset, loads, [load.id for load in replaced], session.now)


@contextmanager
def _written(session: Session) -> Iterator[None]:
    """Remove what a load that ends early has written.

    Raises an OSError of the block, such as of a full disk, as VaultError, and an error of the caller's code unchanged.
    """
    with callback_errors(), file_errors.failures_as(VaultError, session.vault.directory):
        try:
            yield
        finally:
            session.recover()


def _total(files: Sequence[LoadedFile], distinct: int) -> Report:
    """The reports of all files together. A number that is in several files counts as distinct once."""
    total = Report()
    for file in files:
        total.add(file.report)
    total.distinct, total.duplicates = distinct, total.accepted - distinct
    return total


def _replaced_loads(session: Session, dataset: Dataset, job: LoadJob, inputs: Sequence[InputFile]) -> list[Load]:
    """The loads that --replace removes; raises CustodyError if a file was loaded before."""
    before = {load.digest: load for load in session.control.loads(dataset.slug)}
    repeated = [(file, before[file.digest]) for file in inputs if file.digest in before]
    if repeated and not job.replace:
        names = ", ".join(file.location for file, _ in repeated)
        raise CustodyError(f"{names}: already loaded into {dataset.slug}; use --replace to load it again")
    return [load for _, load in repeated]
