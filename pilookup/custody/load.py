"""Loading seized files: read, canonicalise, tokenise, store. All files of one command, or none.

The numbers live in memory between the reader and the core, batch by batch; what is written are elements under the vault
key. The one step that makes a load count is the transaction at the end. A command killed before leaves remains that the
next one sweeps away; a command killed after has loaded.
"""

import hmac
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pilookup import _core
from pilookup.compute import local_executor, ordered_map
from pilookup.custody.control import Counts, Dataset, Load
from pilookup.custody.intake import Accepted, IntakeOptions, Report, read, shown
from pilookup.custody.session import Session
from pilookup.custody.specify import DatasetSpec, settle
from pilookup.custody.vault.rows import ACCOUNT_BYTES, PARTITIONS, ROW, Rows
from pilookup.custody.vault.writer import LoadWriter
from pilookup.errors import CustodyError, IntakeError, VaultError
from pilookup.protocol.label import Kind

AHEAD: Final = 3
"""Batches in flight: one read, one tokenised, one waiting."""

Progress = Callable[[int, int, int], None]


@dataclass(frozen=True)
class LoadOrder:
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
    session: Session, order: LoadOrder, rejects: TextIO | None = None, on_progress: Progress | None = None
) -> LoadOutcome:
    """Load files into a dataset; see the module's text for what is promised.

    Raises IntakeError for a file that cannot be read as what it is, CustodyError for a dataset or file that may not be
    loaded, VaultError when the vault cannot be written. Nothing is stored then.
    """
    dataset = settle(session.control, order.dataset)
    seen = [_signature(path) for path in order.files]
    digests = [_digest(session, path) for path in order.files]
    replaced = _check_repeats(session, dataset, order, digests)
    writers: list[LoadWriter] = []
    outcome = LoadOutcome(dataset.slug, order.dry_run, Report())
    reader = _Reader(session, order, rejects, on_progress)
    with _written(session):
        for path in order.files:
            writer = LoadWriter(session.vault, uuid.uuid4().hex, dataset.id)
            writers.append(writer)
            outcome.files.append(reader.read(path, writer))
        _check_unchanged(order.files, seen)
        outcome.total = _total(outcome.files, writers)
        if not order.dry_run:
            _commit(session, dataset, list(zip(writers, digests, outcome.files, strict=True)), replaced)
    return outcome


class _Reader:
    """Reads files one after another into writers, with one progress over all of them."""

    def __init__(
        self, session: Session, order: LoadOrder, rejects: TextIO | None, on_progress: Progress | None
    ) -> None:
        self._options = order.options
        self._rejects = rejects
        self._on_progress = on_progress
        self._key = session.keyring.scalar("vault")
        self._accounts_key = _subkey(session, b"account")
        self._sizes = {path: path.stat().st_size for path in order.files}
        self._done = 0
        self._rows = 0

    def read(self, path: Path, writer: LoadWriter) -> Report:
        """One file's rows into the writer, parsing while the core works on the batch before."""
        report = Report()
        batches = read(path, self._options, report, self._rejects, self._advance)
        with local_executor(1) as executor:
            for rows in ordered_map(executor, self._tokenised, batches, AHEAD):
                writer.add(rows)
        if not report.accepted:
            raise IntakeError(shown(path.name), "no phone number found in it")
        writer.finish()
        report.accepted -= writer.erased
        if writer.erased:
            report.rejected["erased"] += writer.erased
        report.distinct = writer.distinct
        report.duplicates = report.accepted - report.distinct
        self._done += self._sizes[path]
        self._rows += report.rows
        return report

    def _advance(self, done: int, _size: int, rows: int) -> None:
        if self._on_progress:
            self._on_progress(self._done + done, sum(self._sizes.values()), self._rows + rows)

    def _tokenised(self, batch: Accepted) -> Rows:
        """A batch's vault rows; each distinct identifier is tokenised once."""
        places = {identifier: i for i, identifier in enumerate(dict.fromkeys(batch.identifiers))}
        elements = np.frombuffer(_core.tokenise(list(places), self._key), "V32")
        rows = np.zeros(len(batch), ROW)
        rows["element"] = elements[[places[identifier] for identifier in batch.identifiers]]
        rows["month"] = batch.months
        if self._options.kind is Kind.MALICIOUS:
            rows["count"] = [account is None for account in batch.accounts]
            tags = map(self._account_tag, batch.identifiers, batch.accounts)
            rows["account"] = np.frombuffer(b"".join(tags), "V16")
        return rows

    def _account_tag(self, identifier: bytes, account: bytes | None) -> bytes:
        """A keyed pseudonym of (identifier, account): the same in every file, nothing to anyone without the key."""
        if account is None:
            return bytes(ACCOUNT_BYTES)
        return hmac.digest(self._accounts_key, identifier + b"\x00" + account, "sha256")[:ACCOUNT_BYTES]


def _commit(
    session: Session,
    dataset: Dataset,
    loaded: Sequence[tuple[LoadWriter, str, Report]],
    replaced: Sequence[Load],
) -> None:
    loads = []
    for writer, digest, report in loaded:
        session.vault.adopt(writer.folder, dataset.slug)
        counts = Counts(report.rows, report.accepted, report.distinct, report.duplicates, dict(report.rejected))
        loads.append(Load(writer.load_id, dataset.slug, dataset.id, digest, counts))
    session.vault.unsettle(load.id for load in replaced)
    session.control.commit_loads(dataset, loads, [load.id for load in replaced], session.now)


@contextmanager
def _written(session: Session) -> Iterator[None]:
    """Whatever ends a load early leaves nothing behind; a full disk is told as such."""
    try:
        yield
    except OSError as error:
        raise VaultError(f"{session.vault.directory}: cannot be written: {error.strerror or error}") from None
    finally:
        session.settle()


def _total(files: Sequence[Report], writers: Sequence[LoadWriter]) -> Report:
    """All files' reports together; a number that stands in two of them is distinct once."""
    rejected: Counter[str] = Counter()
    for report in files:
        rejected.update(report.rejected)
    accepted = sum(report.accepted for report in files)
    distinct = sum(_distinct(writers, partition) for partition in range(PARTITIONS))
    notes = [note for report in files for note in report.notes]
    return Report(sum(report.rows for report in files), accepted, distinct, accepted - distinct, rejected, notes)


def _distinct(writers: Sequence[LoadWriter], partition: int) -> int:
    found = [elements for writer in writers if (elements := writer.elements(partition)) is not None]
    return int(pc.count_distinct(pa.concat_arrays(found)).as_py()) if found else 0


def _check_repeats(session: Session, dataset: Dataset, order: LoadOrder, digests: Sequence[str]) -> list[Load]:
    """The loads that --replace takes out; raises CustodyError for a file loaded before or named twice."""
    for i, digest in enumerate(digests):
        if digest in digests[:i]:
            raise CustodyError(f"{shown(order.files[i].name)}: the same content as another file of this command")
    before = {load.digest: load for load in session.control.loads(dataset.slug)}
    repeated = [(path, before[digest]) for path, digest in zip(order.files, digests, strict=True) if digest in before]
    if repeated and not order.replace:
        names = ", ".join(shown(path.name) for path, _ in repeated)
        raise CustodyError(f"{names}: already loaded into {dataset.slug}; use --replace to load it again")
    return [load for _, load in repeated]


def _signature(path: Path) -> tuple[int, int, int]:
    """What changes when a file is written to or put in another's place."""
    try:
        found = path.stat()
    except OSError as error:
        raise IntakeError(shown(path.name), f"cannot be read: {error.strerror}") from None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _check_unchanged(files: Sequence[Path], seen: Sequence[tuple[int, int, int]]) -> None:
    """The file that was read must be the one whose digest is kept."""
    for path, before in zip(files, seen, strict=True):
        if _signature(path) != before:
            raise IntakeError(shown(path.name), "changed while it was read")


def _digest(session: Session, path: Path) -> str:
    """HMAC-SHA256 of a file's content under a custody key, hex: it recognises the file and says nothing else."""
    digest = hmac.new(_subkey(session, b"file"), digestmod=sha256)
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise IntakeError(shown(path.name), f"cannot be read: {error.strerror}") from None
    return digest.hexdigest()


def _subkey(session: Session, purpose: bytes) -> bytes:
    """One key for each purpose, from `vault-digest`."""
    return hmac.digest(session.keyring.symmetric("vault-digest"), b"pilookup-v1-" + purpose, "sha256")
