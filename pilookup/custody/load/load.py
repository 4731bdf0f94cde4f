"""Loading seized files: read, canonicalise, tokenise, store. All files of one command, or none.

The numbers live in memory between the file and the core, piece by piece; what is written are elements under the vault
key. The work is cut into tasks (`split_task.py`, then `shard_task.py`) that run on threads or on other machines, and
what they make does not depend on how it was cut. The one step that makes a load count is the transaction at the end. A
command killed before leaves remains that the next one sweeps away; a command killed after has loaded.
"""

import hmac
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import Any, TextIO

from pilookup import durable
from pilookup.compute.executors import local_executor
from pilookup.compute.window import OrderedWindow
from pilookup.custody.control import Counts, Dataset, Load
from pilookup.custody.datasets import DatasetSpec, resolve_dataset
from pilookup.custody.intake import IntakeOptions, Report, display_name
from pilookup.custody.intake.read import Progress
from pilookup.custody.load.schedule import LoadedFile, LoadSchedule
from pilookup.custody.load.shard_task import ShardOutcome, ShardTask, run_shard
from pilookup.custody.load.split_task import subkey
from pilookup.custody.session import Session
from pilookup.custody.task_keyring import register_keyring
from pilookup.custody.vault import PARTITIONS
from pilookup.errors import CustodyError, IntakeError, VaultError
from pilookup.file_id import FileId


@dataclass(frozen=True)
class LoadJob:
    """What one command loads, and how."""

    files: Sequence[Path]
    dataset: DatasetSpec
    options: IntakeOptions
    replace: bool = False
    dry_run: bool = False


@dataclass
class LoadOutcome:
    """The reports of a command's files, in their order, and of all together."""

    dataset: str
    dry_run: bool
    total: Report
    files: list[Report] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        each = [{"file": i, **report.to_json()} for i, report in enumerate(self.files, 1)]
        return {"dataset": self.dataset, "dry_run": self.dry_run, **self.total.to_json(), "files": each}


def load(
    session: Session,
    job: LoadJob,
    rejects: TextIO | None = None,
    on_progress: Progress | None = None,
    executor: Executor | None = None,
) -> LoadOutcome:
    """Load files into a dataset; see the module's text for what is promised.

    executor: where pieces and shards are made; threads of this process unless told, one a processor.

    Raises IntakeError for a file that cannot be read as what it is, CustodyError for a dataset or file that may not be
    loaded, VaultError when the vault cannot be written. Nothing is stored then.
    """
    dataset = resolve_dataset(session.control, job.dataset)
    file_ids = [_file_id(path) for path in job.files]
    digests = [_digest(session, path) for path in job.files]
    replaced = _replaced_loads(session, dataset, job, digests)
    register_keyring(session.home, session.keyring)
    with _written(session), nullcontext(executor) if executor else local_executor() as workers:
        schedule = LoadSchedule(session, dataset.id, job.options, workers, rejects, on_progress)
        files = schedule.read(job.files)
        distinct_in_all = _write_shards(session, files, workers, dry_run=job.dry_run)
        _check_unchanged(job.files, file_ids)
        outcome = LoadOutcome(
            dataset.slug, job.dry_run, _total(files, distinct_in_all), [file.report for file in files]
        )
        if not job.dry_run:
            _commit(session, dataset, list(zip(files, digests, strict=True)), replaced)
    return outcome


def _write_shards(session: Session, files: Sequence[LoadedFile], executor: Executor, *, dry_run: bool) -> int:
    """The loads' shards and indexes, out of their parts; completes the reports.

    Returns how many distinct numbers all files have together.
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

    home, loads = session.home.real, tuple((file.load, file.sorted_files) for file in files)
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
        counts = Counts(report.rows, report.accepted, report.distinct, report.duplicates, dict(report.rejected))
        loads.append(Load(file.load.id, dataset.slug, dataset.id, digest, counts))
    session.vault.mark_pending(load.id for load in replaced)
    session.control.commit_loads(dataset, loads, [load.id for load in replaced], session.now)


@contextmanager
def _written(session: Session) -> Iterator[None]:
    """Whatever ends a load early leaves nothing behind; a full disk is told as such."""
    try:
        yield
    except OSError as error:
        raise VaultError(durable.failure_text(error, "cannot be written", session.vault.directory)) from None
    finally:
        session.recover()


def _total(files: Sequence[LoadedFile], distinct: int) -> Report:
    """All files' reports together; a number that stands in two of them is distinct once."""
    total = Report()
    for file in files:
        total.add(file.report)
    total.distinct, total.duplicates = distinct, total.accepted - distinct
    return total


def _replaced_loads(session: Session, dataset: Dataset, job: LoadJob, digests: Sequence[str]) -> list[Load]:
    """The loads that --replace takes out; raises CustodyError for a file loaded before or named twice."""
    for i, digest in enumerate(digests):
        if digest in digests[:i]:
            raise CustodyError(f"{display_name(job.files[i].name)}: the same content as another file of this command")
    before = {load.digest: load for load in session.control.loads(dataset.slug)}
    repeated = [(path, before[digest]) for path, digest in zip(job.files, digests, strict=True) if digest in before]
    if repeated and not job.replace:
        names = ", ".join(display_name(path.name) for path, _ in repeated)
        raise CustodyError(f"{names}: already loaded into {dataset.slug}; use --replace to load it again")
    return [load for _, load in repeated]


def _file_id(path: Path) -> FileId:
    try:
        return FileId.of(path.stat())
    except OSError as error:
        raise IntakeError(display_name(path.name), f"cannot be read: {error.strerror}") from None


def _check_unchanged(files: Sequence[Path], file_ids: Sequence[FileId]) -> None:
    """The file that was read must be the one whose digest is kept."""
    for path, before in zip(files, file_ids, strict=True):
        if _file_id(path) != before:
            raise IntakeError(display_name(path.name), "changed while it was read")


def _digest(session: Session, path: Path) -> str:
    """HMAC-SHA256 of a file's content under a custody key, hex: it recognises the file and says nothing else."""
    key = subkey(session.keyring, b"file")
    try:
        with path.open("rb") as file:
            return file_digest(file, lambda: hmac.new(key, digestmod="sha256")).hexdigest()
    except OSError as error:
        raise IntakeError(display_name(path.name), f"cannot be read: {error.strerror}") from None
