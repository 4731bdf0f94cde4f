"""Establishes the trusted snapshot: TUF metadata under a pinned root, then the manifest (SPEC.md section 9)."""

import math
import os
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock

from tuf.api import exceptions as tuf
from tuf.api.metadata import Root, TargetFile
from tuf.api.serialization import DeserializationError
from tuf.ngclient import Updater, UpdaterConfig

from pilookup.checking.check import TrustedSnapshot
from pilookup.checking.connect_errors import too_late
from pilookup.checking.deadline import Deadline
from pilookup.checking.forks import renew_in_children
from pilookup.checking.requests import Call
from pilookup.checking.result import Failure, Reason
from pilookup.checking.state import (
    SERIAL,
    Files,
    LockedError,
    RootState,
    State,
    TrustOnFirstUse,
    WorkingCopy,
    serial_of,
)
from pilookup.checking.transport import Http
from pilookup.checking.tuf_fetcher import Fetcher, FetchError
from pilookup.errors import FormatError, TrustError
from pilookup.file_errors import failure_text
from pilookup.protocol.manifest import MAX_MANIFEST_BYTES, Manifest
from pilookup.protocol.release import (
    MANIFEST,
    MAX_METADATA_BYTES,
    ROOT,
    check_manifest,
    is_sandbox,
    parse_metadata,
    serves_until,
    target_name,
    verify_root,
)

FRESH_SECONDS = 60
"""Seconds for which verified metadata count as fresh and are not fetched again."""

_LIMITS = UpdaterConfig(
    root_max_length=MAX_METADATA_BYTES,
    timestamp_max_length=MAX_METADATA_BYTES,
    snapshot_max_length=MAX_METADATA_BYTES,
    targets_max_length=MAX_METADATA_BYTES,
)

_NEVER = (-math.inf, -math.inf)


class Trust:
    """Keeps a channel's trusted snapshot fresh. May be used by many threads, and processes may share the state."""

    def __init__(self, http: Http, state: State, root: bytes | None, *, sandbox: bool = False) -> None:
        """Make the trust of one channel.

        Args:
            http: the channel's connections.
            state: what is kept between runs.
            root: the pinned root, or None to remember the root of the first contact.
            sandbox: whether every root must be marked as that of a sandbox; otherwise none may be.
        """
        self._sandbox = sandbox
        self._http = http
        self._state = state
        self._root = root
        self._lock = Lock()
        self._current: TrustedSnapshot | None = None
        self._outcome: TrustedSnapshot | Failure = Failure(Reason.UNREACHABLE)
        self._until = Deadline.after(0)
        self._verified_at = _NEVER
        self.attempts = 0
        renew_in_children(self)

    def renew_after_fork(self) -> None:
        """Replace the lock, which a thread of the parent may hold."""
        self._lock = Lock()

    @property
    def current(self) -> TrustedSnapshot | None:
        """The newest trusted snapshot, fresh or not; None before the first."""
        return self._current

    def get(self, stale: TrustedSnapshot | None, deadline: Deadline) -> TrustedSnapshot:
        """Return a fresh snapshot other than `stale`, from the server if necessary; raises Failure. Blocks."""
        since = self.attempts
        return self.fresh(stale) or self.refresh(since, deadline)

    def fresh(self, stale: TrustedSnapshot | None = None) -> TrustedSnapshot | None:
        """Return the snapshot if its metadata are fresh and it is not `stale`, otherwise None. Does no I/O."""
        then = self._verified_at
        # Both clocks count: the monotonic one may stop while the machine sleeps, the wall clock may be set.
        young = all(0 <= now - past < FRESH_SECONDS for now, past in zip(_clocks(), then, strict=True))
        return self._current if young and self._current is not stale else None

    def refresh(self, since: int, deadline: Deadline) -> TrustedSnapshot:
        """Fetch and verify the metadata; raises Failure. Blocks, up to the deadline.

        Callers that waited for another caller's attempt share its outcome, so that they do not ask a dead server one
        after another; except that a caller with time left does not share a failure for want of time.

        Args:
            since: the value of `attempts` when the caller found no fresh snapshot.
            deadline: the deadline of the call.
        """
        lock = self._lock
        if not lock.acquire(timeout=deadline.left()):
            raise too_late(deadline)
        try:
            if self.attempts == since or self.ended_early(deadline):
                self._until = deadline
                self._outcome = self._attempt(deadline)
                self.attempts += 1
            outcome = self._outcome
        finally:
            lock.release()
        if isinstance(outcome, Failure):
            raise outcome.without_traceback()
        return outcome

    def ended_early(self, deadline: Deadline) -> bool:
        """Whether the last attempt failed for want of its call's time, while there is time until `deadline`."""
        return isinstance(self._outcome, Failure) and self._until.over() and not deadline.over()

    def _attempt(self, deadline: Deadline) -> TrustedSnapshot | Failure:
        self._verified_at = _NEVER
        try:
            with _errors_as_failures():
                while (snapshot := self._verify(deadline)) is None:
                    continue  # another process has replaced the state: start again from what it has stored
        except Failure as failure:
            return failure.without_traceback()
        self._current = snapshot
        self._verified_at = _clocks()
        return snapshot

    def _verify(self, deadline: Deadline) -> TrustedSnapshot | None:
        """Fetch and verify the metadata on a copy of the state, without its lock, and store the outcome.

        Returns:
            The snapshot, or None if another process has changed the state meanwhile.
        """
        with self._state.lock(deadline):
            remembered = self._root or self._state.first_root()
        first = Call(self._http.endpoint.url(f"metadata/{ROOT}"), MAX_METADATA_BYTES)
        root = remembered or _check_first_root(self._http.get(first, deadline))
        with self._state.lock(deadline):
            kept = self._state.for_root(root)
            old = kept.read()
            copy = kept.copy(old)
        with copy:
            try:
                snapshot = self._fetch_under_new_keys(root, kept, copy, serial_of(old), deadline)
            except BaseException:
                # What was verified before the failure counts from now on, such as a root that replaces stolen keys.
                with suppress(LockedError):
                    self._store(kept, old, copy.read(), deadline)
                raise
            if remembered is None:
                self._announce(root)
            new = copy.read() | {SERIAL: str(snapshot.manifest.serial).encode()}
            stored = self._store(kept, old, new, deadline, None if remembered else root)
            return snapshot if stored else None

    def _store(
        self, kept: RootState, old: Files, new: Files, deadline: Deadline, first_root: bytes | None = None
    ) -> bool:
        """Replace the state `old` by `new`, and remember the root of the first contact.

        Returns:
            Whether that was done; False if another process has changed the state since it was `old`.
        """
        with self._state.lock(deadline):
            if first_root is not None and self._state.first_root() not in (None, first_root):
                return False
            if not kept.swap(old, new):
                return False
            if first_root is not None:
                self._state.remember_root(first_root)
            return True

    def _fetch_under_new_keys(
        self, root: bytes, kept: RootState, copy: WorkingCopy, seen: int, deadline: Deadline
    ) -> TrustedSnapshot:
        """As `_fetch`; if a new root replaces keys of timestamp or snapshot, forget what the former ones have signed.

        The TUF client drops metadata that the new keys have not signed, but not a timestamp when only the snapshot's
        key is new (TUF specification, 5.3.11): a version that a thief of the former keys has signed would stay the
        lowest that is accepted.
        """
        before = _online_keys(copy)
        try:
            return self._fetch(root, kept, copy, seen, deadline)
        except tuf.RepositoryError:
            if before is None or _online_keys(copy) == before:
                raise
        except BaseException:
            if before is not None and _online_keys(copy) != before:
                copy.forget_online()
            raise
        copy.forget_online()
        return self._fetch(root, kept, copy, seen, deadline)

    def _fetch(self, root: bytes, kept: RootState, copy: WorkingCopy, seen: int, deadline: Deadline) -> TrustedSnapshot:
        """Bring a copy of the state up to date and return its snapshot, of a serial not below `seen`."""
        updater = Updater(
            metadata_dir=str(copy.metadata),
            metadata_base_url=self._http.endpoint.url("metadata/"),
            target_dir=str(kept.targets),
            target_base_url=self._http.endpoint.url("targets/"),
            fetcher=Fetcher(self._http, deadline),
            config=_LIMITS,
            bootstrap=root,
        )
        updater.refresh()
        self._check_mark((copy.metadata / ROOT).read_bytes())
        snapshot = self._snapshot(updater, kept, copy)
        if snapshot.manifest.serial < seen:
            detail = f"the server offers serial {snapshot.manifest.serial}, and this client has seen {seen}"
            raise Failure(Reason.ROLLED_BACK, detail=detail)
        return snapshot

    def _snapshot(self, updater: Updater, kept: RootState, copy: WorkingCopy) -> TrustedSnapshot:
        target = _listed(updater, MANIFEST)
        digest = target.hashes["sha256"]
        if self._current is not None and self._current.digest == digest:
            manifest, canary_found = self._current.manifest, self._current.canary_found
        else:
            manifest, canary_found = _manifest(updater, target, kept, copy), False
        check_manifest(manifest, channel=self._http.endpoint.channel, epoch=manifest.epoch)
        _check_epoch(manifest, target, _listed(updater, target_name(manifest.epoch, MANIFEST)))
        return TrustedSnapshot(manifest, digest, canary_found)

    def _check_mark(self, root: bytes) -> None:
        """Raise a Failure unless the newest root, which the refresh has verified, is marked as this client expects."""
        problem = mark_problem(parse_metadata(root, Root).signed, sandbox=self._sandbox)
        if problem:
            raise Failure(Reason.BAD_RESPONSE, detail=problem)

    def _announce(self, root: bytes) -> None:
        """Warn of the root of the first contact; called once a whole release was verified under it."""
        endpoint = self._http.endpoint
        text = (
            f"no trust given: the root of {endpoint.channel} at {endpoint.base} is trusted from now on; compare its "
            f"SHA-256 with the publisher's, or pass trust= (SHA-256: {sha256(root).hexdigest()})"
        )
        warnings.warn(TrustOnFirstUse(text), stacklevel=2)


def _online_keys(copy: WorkingCopy) -> tuple[tuple[str, ...], ...] | None:
    """The key ids of timestamp and snapshot in the newest root kept; None if there is none to read. Raises OSError."""
    data = copy.newest_root()
    if data is None:
        return None
    try:
        root = parse_metadata(data, Root).signed
    except FormatError:
        return None
    return tuple(tuple(sorted(root.roles[role].keyids)) for role in ("timestamp", "snapshot"))


def read_root(trust: str | Path | bytes, *, sandbox: bool = False) -> bytes:
    """Return the bytes of the root to pin.

    Args:
        trust: the root, or the path of its file.
        sandbox: whether it must be marked as that of a sandbox; otherwise it may not be.

    Raises:
        TrustError: it cannot be read, is not a signed TUF root, or is not marked as it must be.
    """
    named = "trust" if isinstance(trust, bytes) else f"{os.fspath(trust)}"
    try:
        root = trust if isinstance(trust, bytes) else Path(trust).read_bytes()
    except OSError as error:
        text = f"{named}: cannot be read ({error.strerror}); give the trust file of the channel (trust-CHANNEL.json)"
        raise TrustError("bad_signature", text) from error
    try:
        problem = mark_problem(verify_root(root), sandbox=sandbox)
    except (FormatError, TrustError) as error:
        text = f"{named}: not a trust file ({error}); get trust-CHANNEL.json from the publisher, not from the server"
        raise TrustError("bad_signature", text) from None
    if problem:
        raise TrustError("bad_response", f"{named}: {problem}")
    return root


def mark_problem(root: Root, *, sandbox: bool) -> str | None:
    """Say what is wrong with the mark of a root, or return None."""
    if is_sandbox(root) == sandbox:
        return None
    if sandbox:
        return "this root is not that of a sandbox: remove sandbox=True"
    return "this root is that of a sandbox, whose data are not real: pin the publisher's trust file"


def _check_first_root(root: bytes) -> bytes:
    """Check the root of the first contact and return it; raises Failure unless it is root metadata signed by itself."""
    try:
        verify_root(root)
    except FormatError:
        detail = "what the server offers as root.json is no root; check the address and the channel"
        raise Failure(Reason.BAD_RESPONSE, detail=detail) from None
    except TrustError:
        detail = "the root that the server offers is not signed by its own keys; tell the publisher"
        raise Failure(Reason.BAD_SIGNATURE, detail=detail) from None
    return root


def _manifest(updater: Updater, target: TargetFile, kept: RootState, copy: WorkingCopy) -> Manifest:
    """Return the manifest of a target, from the state or the server; raises Failure and FormatError.

    The state's file is checked against the target, as one from the server is. Therefore it needs no lock.
    """
    if target.length > MAX_MANIFEST_BYTES:
        raise Failure(Reason.BAD_SNAPSHOT, detail="the manifest is larger than a client reads; tell the publisher")
    stored = kept.targets / MANIFEST
    try:
        content = stored.read_bytes()
        target.verify_length_and_hashes(content)
    except (OSError, tuf.LengthOrHashMismatchError):
        fetched = Path(updater.download_target(target, str(copy.folder / MANIFEST)))
        content = fetched.read_bytes()
        fetched.replace(stored)
    return Manifest.from_bytes(content)


def _listed(updater: Updater, path: str) -> TargetFile:
    """Return the target of a path with its SHA-256 alone; raises Failure if the targets metadata do not list it so."""
    target = updater.get_targetinfo(path)
    if target is None or "sha256" not in target.hashes:
        raise Failure(Reason.BAD_SNAPSHOT, detail="the signed metadata list no manifest; tell the publisher")
    hashes = {"sha256": target.hashes["sha256"]}  # the TUF client forms a file's name from the first hash
    return TargetFile(target.length, hashes, path, target.unrecognized_fields)


def _check_epoch(manifest: Manifest, target: TargetFile, own: TargetFile) -> None:
    """Check that `manifest.json` is the manifest of the epoch it names, and that this epoch may still be served.

    Raises Failure, and FormatError for custom data without a valid `serves_until`.
    """
    if own.hashes != target.hashes:
        raise Failure(Reason.BAD_SNAPSHOT, detail="manifest.json is not that of the epoch it names; tell the publisher")
    if serves_until(own, manifest.epoch) <= datetime.now(UTC):
        detail = "the newest epoch has ended: the publisher must rotate, or this machine's clock is wrong"
        raise Failure(Reason.STALE, detail=detail)


def _clocks() -> tuple[float, float]:
    return time.monotonic(), time.time()


_TUF_REASONS: tuple[tuple[type[Exception], Reason], ...] = (
    (tuf.ExpiredMetadataError, Reason.STALE),
    (tuf.BadVersionNumberError, Reason.ROLLED_BACK),
    (tuf.UnsignedMetadataError, Reason.BAD_SIGNATURE),
    (DeserializationError, Reason.BAD_RESPONSE),
    (tuf.RepositoryError, Reason.BAD_SNAPSHOT),
    (tuf.DownloadLengthMismatchError, Reason.BAD_SNAPSHOT),
    (tuf.DownloadHTTPError, Reason.BAD_RESPONSE),
    (tuf.DownloadError, Reason.UNREACHABLE),
    (FormatError, Reason.BAD_SNAPSHOT),
    (OSError, Reason.NO_STATE),
)
"""The reason for each kind of error. The first match counts, so subclasses come before their base."""


@contextmanager
def _errors_as_failures() -> Iterator[None]:
    """Turn the errors of the TUF client, of parsing and of the file system into a Failure."""
    try:
        yield
    except FetchError as error:
        raise error.failure from None
    except tuple(kind for kind, _ in _TUF_REASONS) as error:
        reason = next(reason for kind, reason in _TUF_REASONS if isinstance(error, kind))
        detail = failure_text(error, "the client's state cannot be used") if isinstance(error, OSError) else None
        raise Failure(reason, detail=detail) from None
