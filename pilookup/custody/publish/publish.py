"""Publish, rotate and republish: from the vault to a signed release (SPEC.md sections 6 to 10).

vault -> merged, shifted, sealed -> files -> read back and verified -> adopted -> signed -> served

Each step can be killed. What is served changes only in the last one, and running the command again starts from the
vault. The same vault gives the same buckets, tree and filters.
"""

from collections.abc import Collection, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from typing import Any

from pilookup import durable
from pilookup.compute.callbacks import Progress, callback_errors, guarded
from pilookup.compute.executors import DEFAULT_MEMORY, local_executor
from pilookup.custody import epochs
from pilookup.custody.publish.bucket_task import BucketOverflow
from pilookup.custody.publish.epoch_release import BuildState, EndedEpoch, EpochBuilder
from pilookup.custody.repository import ChannelRepository
from pilookup.custody.session import Session
from pilookup.custody.task_keyring import register_keyring
from pilookup.errors import PublishError
from pilookup.protocol.buckets import MAINLAND_PATTERNS, PUBLIC_ELEMENTS_A_DAY
from pilookup.protocol.names import PUBLIC
from pilookup.protocol.release import ServedEpoch


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing a channel did.

    changed: False if the snapshot is the one that was served before, with new signatures. rotated: whether a new epoch
    began. bytes: the size of all files of the newest epoch. ended: the epochs that were served before, whose time was
    not over, and that this release does not serve any more; newest first.
    """

    channel: str
    epoch: int
    serial: int
    entries: int
    changed: bool
    rotated: bool
    bytes: int
    ended: tuple[EndedEpoch, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The outcome as `pilookup publish --json` prints it."""
        hits = {"guess_hits_a_day": self.guess_hits_a_day} if self.channel == PUBLIC else {}
        return asdict(self) | hits

    @property
    def guess_hits_a_day(self) -> float:
        """How many of the numbers are found in a day by guesses that are uniform over all patterns of mobile numbers.

        The guesses are PUBLIC_ELEMENTS_A_DAY. Who knows the region, and so the prefixes, finds up to several hundred
        times more.
        """
        return self.entries * PUBLIC_ELEMENTS_A_DAY / MAINLAND_PATTERNS


def publish(
    session: Session,
    channel: str,
    on_progress: Progress,
    *,
    bloom: bool = False,
    executor: Executor | None = None,
    memory: int = DEFAULT_MEMORY,
) -> Published:
    """Publish the current vault in a channel's current epoch, and in the former epoch if it shows what was removed.

    On `platform` the former epoch always follows. An epoch whose buckets are full, or that is 180 days old (on
    `platform`: 166), is followed by a new one.

    Args:
        session: An unlocked HOME, with its online half.
        channel: The channel.
        on_progress: Called with (steps done, steps in all, entries so far).
        bloom: Whether Bloom filters are made.
        executor: Runs the tasks; by default threads of this process, one for each processor.
        memory: Bytes that the tasks of one process share.

    Raises:
        PublishError: There is no such channel, a file cannot be read or written (a full disk), or the snapshot failed
            its checks.
        KeyringError: A key is missing or altered.
        VaultError: A shard is missing or altered.
        FormatError, TrustError: The served release or one of its files is not valid.
        MissingExtraError: There are Bloom filters to make, and pybloom-live is not installed.
        CustodyError: The control database failed.
        ComputeError: The cluster failed.

    What `on_progress` raises is raised unchanged.
    """
    with _build_state(session, on_progress, executor, memory, bloom=bloom) as state:
        return _publish(session, channel, state)


def rotate(
    session: Session,
    channel: str,
    on_progress: Progress,
    *,
    compromised: bool = False,
    bloom: bool = False,
    executor: Executor | None = None,
    memory: int = DEFAULT_MEMORY,
) -> Published:
    """Begin a new epoch and publish it; if an interrupted rotate began one, publish that.

    Args:
        session: An unlocked HOME, with its online half.
        channel: The channel.
        on_progress: As of `publish`.
        compromised: Whether the former epochs end at once, because somebody may have one of their keys. A new epoch
            begins in any case.
        bloom: As of `publish`.
        executor: As of `publish`.
        memory: As of `publish`.

    Raises:
        PublishError: As `publish`; also if two epochs are served, unless `compromised`.

    Everything else is raised as by `publish`.
    """
    with _build_state(session, on_progress, executor, memory, bloom=bloom) as state:
        if compromised:
            epochs.begin(session, channel, compromised=True)
        elif not epochs.unfinished(session, epochs.current(session, channel)):
            epochs.check_rotation(session, channel)
            epochs.begin(session, channel)
        return _release(session, channel, state, rotated=True)


def republish(
    session: Session, on_progress: Progress, *, executor: Executor | None = None, memory: int = DEFAULT_MEMORY
) -> list[Published]:
    """Publish every channel that was published before, so that no served epoch contains what was removed.

    A channel that has Bloom filters gets new ones. Args and Raises as of `publish`.
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
    """Register the keyring for tasks of this process, and make the state of the build.

    Raises an OSError of the block, such as of a full disk, as PublishError, and an error of `on_progress` unchanged.
    """
    register_keyring(session.home, session.keyring)
    with (
        callback_errors(),
        durable.failures_as(PublishError, session.home.online),
        nullcontext(executor) if executor else local_executor() as workers,
    ):
        yield BuildState(workers, memory, guarded(on_progress), bloom)


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
    """Whether the current epoch is in the signed release. One that a killed rotate began is not in it yet."""
    return epochs.current(session, channel).number in epochs.listed(session, channel)


def _release(session: Session, name: str, state: BuildState, *, rotated: bool) -> Published:
    """Build what is out of date, then sign one release of all served epochs and serve it."""
    epochs.destroy_ended(session, name)
    repository = session.repository(name)
    signers = session.signers(name)
    repository.renew_root(signers, session.now)
    listed = epochs.listed(session, name)
    newest, *former = epochs.to_serve(session, name)
    epochs.check_key(session, newest)
    builder = EpochBuilder(session, session.control.channel(name), listed, state)
    with _staged(repository):
        built = [builder.build_or_reuse(newest), *(each for epoch in former if (each := builder.renew_former(epoch)))]
    repository.release(built, signers, session.now, forget=_holds_removed(session, name, listed))
    builder.mark_released()
    ended = builder.ended(number for number in listed if listed[number].serves_until > session.now)
    epochs.destroy_ended(session, name)
    return _outcome(name, builder, built[0], ended, rotated=rotated)


def _holds_removed(session: Session, channel: str, listed: Collection[int]) -> bool:
    """Whether something was removed from the vault since an epoch of the served release was built."""
    removals = session.control.removals()
    known = {epoch.number: epoch for epoch in session.control.epochs(channel)}
    return any(number not in known or known[number].removals_seen != removals for number in listed)


@contextmanager
def _staged(repository: ChannelRepository) -> Iterator[None]:
    """Clear the staging directory in any case."""
    try:
        yield
    finally:
        repository.clear_staging()


def _outcome(
    channel: str, builder: EpochBuilder, newest: ServedEpoch, ended: tuple[EndedEpoch, ...], *, rotated: bool
) -> Published:
    manifest = builder.manifest(newest)
    return Published(
        channel=channel,
        epoch=manifest.epoch,
        serial=manifest.serial,
        entries=manifest.entries,
        changed=builder.changed,
        rotated=rotated,
        bytes=sum(ref.size for ref in newest.files.values()),
        ended=ended,
    )
