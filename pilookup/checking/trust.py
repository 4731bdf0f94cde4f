"""Establishes the trusted snapshot: TUF metadata under a pinned root, then the manifest (SPEC.md section 9)."""

import math
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock

from tuf.api import exceptions as tuf
from tuf.api.metadata import TargetFile
from tuf.api.serialization import DeserializationError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from pilookup.checking.check import TrustedSnapshot
from pilookup.checking.result import Failure, Reason
from pilookup.checking.state import RootState, State, TrustOnFirstUse
from pilookup.checking.transport import Call, Http
from pilookup.errors import FormatError, TrustError
from pilookup.protocol.manifest import MAX_MANIFEST_BYTES, Manifest
from pilookup.protocol.release import (
    MANIFEST,
    MAX_METADATA_BYTES,
    ROOT,
    check_manifest,
    serves_until,
    target_name,
    verify_root,
)

FRESH_SECONDS = 60
"""Seconds for which verified metadata count as fresh and are not fetched again."""

_NEVER = (-math.inf, -math.inf)


class Trust:
    """Keeps a channel's trusted snapshot fresh. May be used by many threads, and processes may share the state."""

    def __init__(self, http: Http, state: State, root: bytes | None) -> None:
        """Make the trust of one channel.

        Args:
            http: the channel's connections.
            state: what is kept between runs.
            root: the pinned root, or None to remember the root of the first contact.
        """
        self._http = http
        self._state = state
        self._root = root
        self._lock = Lock()
        self._current: TrustedSnapshot | None = None
        self._outcome: TrustedSnapshot | Failure = Failure(Reason.UNREACHABLE)
        self._verified_at = _NEVER
        self.attempts = 0

    @property
    def current(self) -> TrustedSnapshot | None:
        """The newest trusted snapshot, fresh or not; None before the first."""
        return self._current

    def get(self, stale: TrustedSnapshot | None = None) -> TrustedSnapshot:
        """Return a fresh snapshot other than `stale`, from the server if necessary; raises Failure. Blocks."""
        since = self.attempts
        return self.fresh(stale) or self.refresh(since)

    def fresh(self, stale: TrustedSnapshot | None = None) -> TrustedSnapshot | None:
        """Return the snapshot if its metadata are fresh and it is not `stale`, otherwise None. Does no I/O."""
        then = self._verified_at
        # Both clocks count: the monotonic one may stop while the machine sleeps, the wall clock may be set.
        young = all(0 <= now - past < FRESH_SECONDS for now, past in zip(_clocks(), then, strict=True))
        return self._current if young and self._current is not stale else None

    def refresh(self, since: int) -> TrustedSnapshot:
        """Fetch and verify the metadata; raises Failure. Blocks.

        Callers that waited for another caller's attempt share its outcome, so that they do not ask a dead server one
        after another.

        Args:
            since: the value of `attempts` when the caller found no fresh snapshot.
        """
        with self._lock:
            if self.attempts == since:
                self._outcome = self._attempt()
                self.attempts += 1
            if isinstance(self._outcome, Failure):
                raise self._outcome.without_traceback()
            return self._outcome

    def _attempt(self) -> TrustedSnapshot | Failure:
        self._verified_at = _NEVER
        try:
            with _errors_as_failures(), self._state.lock():
                self._current = self._verify()
        except Failure as failure:
            return failure.without_traceback()
        self._verified_at = _clocks()
        return self._current

    def _verify(self) -> TrustedSnapshot:
        remembered = self._root or self._state.first_root()
        first = Call(self._http.endpoint.url(f"metadata/{ROOT}"), MAX_METADATA_BYTES)
        root = remembered or self._http.get(first)
        root_state = self._state.for_root(root)
        updater = Updater(
            metadata_dir=str(root_state.metadata),
            metadata_base_url=self._http.endpoint.url("metadata/"),
            target_dir=str(root_state.targets),
            target_base_url=self._http.endpoint.url("targets/"),
            fetcher=_Fetcher(self._http),
            config=UpdaterConfig(targets_max_length=MAX_METADATA_BYTES),
            bootstrap=root,
        )
        updater.refresh()
        snapshot = self._snapshot(updater, root_state)
        if remembered is None:
            self._remember(root)
        return snapshot

    def _snapshot(self, updater: Updater, root_state: RootState) -> TrustedSnapshot:
        target = _listed(updater, MANIFEST)
        digest = target.hashes.get("sha256", "")
        if self._current is not None and self._current.digest == digest:
            manifest, canary_found = self._current.manifest, self._current.canary_found
        else:
            manifest, canary_found = _manifest(updater, target), False
        check_manifest(manifest, channel=self._http.endpoint.channel, epoch=manifest.epoch)
        _check_epoch(manifest, target, _listed(updater, target_name(manifest.epoch, MANIFEST)))
        newest = root_state.serial()
        if manifest.serial < newest:
            raise Failure(Reason.ROLLED_BACK)
        if manifest.serial > newest:
            root_state.remember_serial(manifest.serial)
        return TrustedSnapshot(manifest, digest, canary_found)

    def _remember(self, root: bytes) -> None:
        """Store the root of the first contact and warn; called once a whole release was verified under it."""
        endpoint = self._http.endpoint
        text = (
            f"no trust given: the root of {endpoint.channel} at {endpoint.base} is trusted from now on; compare its "
            f"SHA-256 with the publisher's, or pass trust= (SHA-256: {sha256(root).hexdigest()})"
        )
        warnings.warn(TrustOnFirstUse(text), stacklevel=2)
        self._state.remember_root(root)


def read_root(trust: str | Path | bytes) -> bytes:
    """Return the bytes of the root to pin; raises TrustError unless `trust` is, or names the file of, a TUF root."""
    try:
        root = trust if isinstance(trust, bytes) else Path(trust).read_bytes()
    except OSError as error:
        raise TrustError("bad_signature", f"cannot read {error.filename}: {error.strerror}") from error
    try:
        verify_root(root)
    except (FormatError, TrustError) as error:
        raise TrustError("bad_signature", f"trust is not a signed TUF root: {error}") from None
    return root


class _Fetcher(FetcherInterface):
    """Lets the TUF client download over a channel's own connections."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            return iter([self._http.get(Call(url, MAX_METADATA_BYTES))])
        except Failure as failure:
            if failure.missing:
                raise tuf.DownloadHTTPError("not there", 404) from None
            raise _FetchError(failure) from None


class _FetchError(tuf.DownloadError):
    """Carries a Failure through the TUF client."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure.reason))
        self.failure = failure


def _manifest(updater: Updater, target: TargetFile) -> Manifest:
    """Return the manifest of a target, from the TUF client's cache or the server; raises Failure and FormatError."""
    if target.length > MAX_MANIFEST_BYTES:
        raise Failure(Reason.BAD_SNAPSHOT)
    path = updater.find_cached_target(target) or updater.download_target(target)
    return Manifest.from_bytes(Path(path).read_bytes())


def _listed(updater: Updater, path: str) -> TargetFile:
    """Return the target of a path; raises Failure if the targets metadata do not list it."""
    target = updater.get_targetinfo(path)
    if target is None:
        raise Failure(Reason.BAD_SNAPSHOT)
    return target


def _check_epoch(manifest: Manifest, target: TargetFile, own: TargetFile) -> None:
    """Check that `manifest.json` is the manifest of the epoch it names, and that this epoch may still be served.

    Raises Failure, and FormatError for custom data without a valid `serves_until`.
    """
    if own.hashes != target.hashes:
        raise Failure(Reason.BAD_SNAPSHOT)
    if serves_until(own, manifest.epoch) <= datetime.now(UTC):
        raise Failure(Reason.STALE)


def _clocks() -> tuple[float, float]:
    return time.monotonic(), time.time()


_TUF_REASONS: tuple[tuple[type[Exception], Reason], ...] = (
    (tuf.ExpiredMetadataError, Reason.STALE),
    (tuf.BadVersionNumberError, Reason.ROLLED_BACK),
    (tuf.UnsignedMetadataError, Reason.BAD_SIGNATURE),
    (DeserializationError, Reason.BAD_RESPONSE),
    (tuf.RepositoryError, Reason.BAD_SNAPSHOT),
    (tuf.DownloadLengthMismatchError, Reason.BAD_RESPONSE),
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
    except _FetchError as error:
        raise error.failure from None
    except tuple(kind for kind, _ in _TUF_REASONS) as error:
        reason = next(reason for kind, reason in _TUF_REASONS if isinstance(error, kind))
        raise Failure(reason) from None
