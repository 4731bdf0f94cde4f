"""Publish, rotate, republish: from the vault to a signed release (SPEC.md sections 6 to 10).

vault -> merged, shifted, sealed -> files -> read back and verified -> adopted -> signed -> swapped in

Each step can be killed. Until the last one nothing that is served has changed, and running the command again starts
from the vault anew. The same vault gives the same buckets, tree and filters.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from pilookup import durable
from pilookup.compute.executors import DEFAULT_MEMORY, local_executor
from pilookup.custody import epochs
from pilookup.custody.publish.assemble import Progress
from pilookup.custody.publish.bucket_task import BucketOverflow
from pilookup.custody.publish.epoch_release import BuildState, EpochBuilder
from pilookup.custody.repository import ChannelRepository
from pilookup.custody.session import Session
from pilookup.custody.task_keyring import register_keyring
from pilookup.errors import PublishError
from pilookup.protocol.release import ServedEpoch


@dataclass(frozen=True, slots=True)
class Published:
    """What a channel's publish came to."""

    channel: str
    epoch: int
    serial: int
    entries: int
    changed: bool
    rotated: bool
    bytes: int

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def publish(
    session: Session,
    channel: str,
    on_progress: Progress,
    *,
    bloom: bool = False,
    executor: Executor | None = None,
    memory: int = DEFAULT_MEMORY,
) -> Published:
    """Bring a channel's current epoch up to the vault, and a former one too that still tells of what was removed.

    An epoch whose buckets are full, or that has lived 180 days, makes way for a new one. The tasks run on `executor`,
    threads of this process where none is given; those of one process share `memory` bytes. Raises PublishError, also
    where a disk is full, and VaultError, KeyringError, ComputeError.
    """
    with _build_state(session, on_progress, executor, memory, bloom=bloom) as state:
        return _publish(session, channel, state)


def rotate(
    session: Session,
    channel: str,
    on_progress: Progress,
    *,
    bloom: bool = False,
    executor: Executor | None = None,
    memory: int = DEFAULT_MEMORY,
) -> Published:
    """Start a new epoch from the vault alone and publish it; one that a killed rotate began is finished."""
    current = epochs.current(session, channel).number
    if current <= max(epochs.listed(session, channel), default=0):
        epochs.begin(session, channel)
    with _build_state(session, on_progress, executor, memory, bloom=bloom) as state:
        return _release(session, channel, state, rotated=True)


def republish(
    session: Session, on_progress: Progress, *, executor: Executor | None = None, memory: int = DEFAULT_MEMORY
) -> list[Published]:
    """Publish every channel that has been published before; all served epochs lose what was removed.

    A channel that has Bloom filters keeps having them.
    """
    done = []
    with _build_state(session, on_progress, executor, memory, bloom=False) as state:
        for channel in session.control.channels():
            if listed := session.repository(channel.name).listed():
                bloom = any(name.endswith(".bloom") for name in listed[0].files)
                done.append(_publish(session, channel.name, replace(state, bloom=bloom)))
    return done


@contextmanager
def _build_state(
    session: Session, on_progress: Progress, executor: Executor | None, memory: int, *, bloom: bool
) -> Iterator[BuildState]:
    """What the work is done with; the keyring is lent to tasks that run in this process."""
    register_keyring(session.home, session.keyring)
    if executor is not None:
        yield BuildState(executor, memory, on_progress, bloom)
        return
    with local_executor() as threads:
        yield BuildState(threads, memory, on_progress, bloom)


def _publish(session: Session, channel: str, state: BuildState) -> Published:
    rotated = _released(session, channel) and epochs.overdue(epochs.current(session, channel), session.now)
    if rotated:
        epochs.begin(session, channel)
    try:
        return _release(session, channel, state, rotated=rotated)
    except BucketOverflow:
        if not _released(session, channel):
            raise PublishError(f"channel {channel}: a new epoch's buckets overflow") from None
    epochs.begin(session, channel)
    return _release(session, channel, state, rotated=True)


def _released(session: Session, channel: str) -> bool:
    """Whether the current epoch is in the signed release; a killed rotate leaves one that is not yet."""
    return epochs.current(session, channel).number in epochs.listed(session, channel)


def _release(session: Session, name: str, state: BuildState, *, rotated: bool) -> Published:
    """Build what is out of date, then sign and swap in one release of all served epochs."""
    epochs.destroy_expired(session, name)
    repository = session.repository(name)
    keys = session.signing_keys(name)
    repository.renew_root(keys, session.now)
    listed = {epoch.epoch: epoch for epoch in repository.listed()}
    newest, *former = epochs.served(session, name)
    epochs.check_key(session, newest)
    builder = EpochBuilder(session, session.control.channel(name), listed, state)
    with _staged(repository):
        built = [builder.build_or_reuse(newest)]
        kept = (builder.renew_former(epoch) for epoch in former if epoch.number in listed)
        built.extend(epoch for epoch in kept if epoch is not None)
    removals = session.control.removals()
    removed = any(epoch.removals_seen != removals for epoch in (newest, *former))
    repository.release(built, keys, session.now, forget=removed)
    builder.mark_released()
    epochs.destroy_expired(session, name)
    return _outcome(name, builder, built[0], rotated=rotated)


@contextmanager
def _staged(repository: ChannelRepository) -> Iterator[None]:
    """Whatever ends the building early leaves nothing behind; a full disk is told as such."""
    try:
        yield
        repository.clear_staging()
    except OSError as error:
        repository.clear_staging()
        raise PublishError(durable.failure_text(error, "cannot be read or written")) from None
    except BaseException:
        repository.clear_staging()
        raise


def _outcome(channel: str, builder: EpochBuilder, newest: ServedEpoch, *, rotated: bool) -> Published:
    manifest = builder.manifest(newest)
    return Published(
        channel=channel,
        epoch=manifest.epoch,
        serial=manifest.serial,
        entries=manifest.entries,
        changed=builder.changed,
        rotated=rotated,
        bytes=sum(ref.size for ref in newest.files.values()),
    )
