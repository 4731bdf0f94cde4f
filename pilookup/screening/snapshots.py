"""The snapshots of a mirror: verified, with the join keys of all their entries, and their buckets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from pilookup import _core
from pilookup.checking.mirror.directory import read_synced
from pilookup.checking.trust import mark_problem, read_root
from pilookup.errors import FormatError, ScreenError, TrustError
from pilookup.protocol import merkle
from pilookup.protocol.buckets import check_body
from pilookup.protocol.label import Label
from pilookup.protocol.token import ENTRY_BYTES, TAG_BYTES, bucket_index, find
from pilookup.release_files.local_release import LocalSnapshot, open_release
from pilookup.screening.join_keys import JoinKeys, join_keys
from pilookup.screening.local_key import LocalKey

_READ_BYTES: Final = 1 << 24
"""Buckets are read in blocks of about this many bytes."""


@dataclass(frozen=True, slots=True)
class MirrorJob:
    """Which mirror to open, as in `EvaluatorJob`."""

    directory: Path
    channel: str
    trust: str | Path | bytes
    max_age: float
    sandbox: bool


def open_snapshots(job: MirrorJob) -> tuple[LocalSnapshot, ...]:
    """Open the snapshots of all epochs of a mirror that may be used, newest epoch first.

    Raises:
        ScreenError: The mirror cannot be used.
        TrustError: The root to pin cannot be read.
    """
    root = read_root(job.trust, sandbox=job.sandbox)
    with mirror_errors(job.directory):
        if text := read_synced(job.directory).fault(job.max_age):
            raise ScreenError("stale", text)
        release = open_release(job.directory, root, job.channel, datetime.now(UTC), former=True)
    if problem := mark_problem(release.root, sandbox=job.sandbox):
        raise ScreenError("bad_response", f"the mirror: {problem}")
    if release.valid_until <= datetime.now(UTC):
        raise ScreenError("stale", "the mirror's release has expired: run `pilookup sync`")
    return (release.newest, *release.former)


@contextmanager
def mirror_errors(directory: Path) -> Iterator[None]:
    """Raise what is wrong with a mirror as ScreenError."""
    try:
        yield
    except TrustError as error:
        raise ScreenError(error.reason, f"the mirror: {error}") from None
    except FormatError as error:
        raise ScreenError("bad_snapshot", f"the mirror {directory}: {error}: run `pilookup sync`") from None
    except FileNotFoundError as error:
        raise ScreenError("no_mirror", f"{error.filename}: is missing: run `pilookup sync`") from None
    except OSError as error:
        raise ScreenError("no_mirror", f"{directory}: cannot be read: {error.strerror}") from None


def release_join_keys(snapshot: LocalSnapshot, key: LocalKey) -> JoinKeys:
    """The join keys of all entries of a snapshot, ascending. Every bucket is verified to the signed root.

    Args:
        snapshot: An open snapshot.
        key: The local key.

    Raises:
        FormatError: A bucket is damaged.
        OSError: The buckets cannot be read.
    """
    manifest = snapshot.manifest
    geometry = manifest.geometry
    at_once = max(1, _READ_BYTES // geometry.stride)
    keys, leaves, entries = [], [], 0
    for first in range(0, geometry.buckets, at_once):
        block = snapshot.buckets(first, min(at_once, geometry.buckets - first))
        try:
            filled, hashes = _core.check_buckets(block, geometry.slots)
        except ValueError as error:
            raise FormatError(f"buckets: {error}") from None
        entries += filled
        leaves += [hashes[at : at + merkle.HASH_BYTES] for at in range(0, len(hashes), merkle.HASH_BYTES)]
        slots = np.frombuffer(block, np.uint8).reshape(-1, ENTRY_BYTES)
        used = np.flatnonzero(slots.any(axis=1))
        indices = (first + used // geometry.slots).astype(np.uint32)
        keys.append(join_keys(key, manifest.channel, manifest.epoch, indices, slots[used, :TAG_BYTES]))
    if merkle.root(merkle.build(leaves)) != manifest.root or entries != manifest.entries:
        raise FormatError("buckets: not those that the manifest names")
    found: JoinKeys = np.sort(np.concatenate(keys))
    return found


class Opener:
    """Opens entries of one snapshot by tokens. Each bucket is verified once."""

    def __init__(self, snapshot: LocalSnapshot) -> None:
        self._snapshot = snapshot
        self._cases = {case.id for case in snapshot.manifest.datasets}
        self._index = -1
        self._slots = b""

    def label(self, token: bytes) -> Label | None:
        """Return the label of a token's entry, or None without one.

        Raises:
            FormatError: The bucket or the label is damaged.
            OSError: The bucket cannot be read.
        """
        manifest = self._snapshot.manifest
        index = bucket_index(token, manifest.geometry.bits)
        if index != self._index:
            body = self._snapshot.body(index)
            self._slots = check_body(body, index, manifest.geometry, manifest.root)
            self._index = index
        label = find(token, self._slots, manifest.channel, manifest.epoch)
        if label is not None and (label.canary or not self._cases.issuperset(label.cases)):
            raise FormatError("the label of an entry contradicts the manifest")
        return label
