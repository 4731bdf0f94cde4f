"""Publish, rotate and republish: from the vault to a signed release (SPEC.md sections 6 to 10).

vault -> merged, shifted, sealed -> files -> read back and verified -> adopted -> signed -> served
                                                                       or prepared -> signed elsewhere -> finished

Each step can be killed. What is served changes only in the last one, and running the command again starts from the
vault. The same vault gives the same buckets, tree and filters.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import TypeVar

from tuf.api.metadata import Root

from pilookup import file_errors
from pilookup.compute.callbacks import Progress, callback_errors, guarded
from pilookup.compute.executors import DEFAULT_MEMORY, local_executor
from pilookup.custody import epochs
from pilookup.custody.publish.bucket_task import BucketOverflow
from pilookup.custody.publish.conclusion import BuiltRelease, prepare_signing, serve_now
from pilookup.custody.publish.epoch_release import BuildState, EpochBuilder
from pilookup.custody.publish.outcome import PreparedOutcome, Published, Republished, UnsignedChannel
from pilookup.custody.repository import ChannelRepository
from pilookup.custody.session import Session
from pilookup.custody.task_keyring import register_keyring
from pilookup.errors import KeysElsewhereError, PublishError


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
        KeysElsewhereError: Fewer signing keys are at hand than the release needs. Nothing was changed.
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
        session.signers(session.control.channel(channel).name)
        return _publish(session, channel, state, serve_now)


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
        KeysElsewhereError: As `publish`; but the new epoch has begun, and is in the next release that is prepared.
        PublishError: As `publish`; also if two epochs are served, unless `compromised`.

    Everything else is raised as by `publish`.
    """
    with _build_state(session, on_progress, executor, memory, bloom=bloom) as state:
        if compromised:
            epochs.begin(session, channel, compromised=True)
        elif not epochs.unfinished(session, epochs.current(session, channel)):
            epochs.check_rotation(session, channel)
            epochs.begin(session, channel)
        return _release(session, channel, state, serve_now, rotated=True)


def prepare(
    session: Session,
    channel: str,
    on_progress: Progress,
    *,
    root: Callable[[Root], Root] | None = None,
    bloom: bool = False,
    executor: Executor | None = None,
    memory: int = DEFAULT_MEMORY,
) -> PreparedOutcome:
    """Build a release as `publish` does, and draft its metadata, to be signed where the keys are and then finished.

    What is served stays as it is. A release that was prepared before is given up.

    Args:
        session: As of `publish`.
        channel: As of `publish`.
        on_progress: As of `publish`.
        root: Changes the next version of the root metadata, such as to replace a key; None leaves the keys, and brings
            a next version only if the root expires soon.
        bloom: As of `publish`.
        executor: As of `publish`.
        memory: As of `publish`.

    Everything is raised as by `publish`, apart from KeysElsewhereError.
    """
    with _build_state(session, on_progress, executor, memory, bloom=bloom) as state:
        return _publish(session, channel, state, partial(prepare_signing, change=root))


def republish(
    session: Session, on_progress: Progress, *, executor: Executor | None = None, memory: int = DEFAULT_MEMORY
) -> Republished:
    """Publish every channel that was published before, so that no served epoch contains what was removed.

    A channel whose signing keys are not at hand is left as it is, and named. A channel that has Bloom filters gets new
    ones. Args and Raises as of `publish`, apart from KeysElsewhereError.
    """
    done: list[Published] = []
    unsigned: dict[str, KeysElsewhereError] = {}
    with _build_state(session, on_progress, executor, memory, bloom=False) as state:
        for channel in session.control.channels():
            if session.repository(channel.name).listed():
                try:
                    session.signers(channel.name)
                except KeysElsewhereError as error:
                    unsigned[channel.name] = error
                    continue
                done.append(
                    _publish(session, channel.name, replace(state, bloom=has_bloom(session, channel.name)), serve_now)
                )
    waiting = tuple(UnsignedChannel(name, each.missing, each.steps) for name, each in unsigned.items())
    return Republished(tuple(done), waiting)


def has_bloom(session: Session, channel: str) -> bool:
    """Whether the served release of a channel has Bloom filters; raises FormatError, OSError."""
    listed = session.repository(channel).listed()
    return any(name.endswith(".bloom") for epoch in listed[:1] for name in epoch.files)


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
        file_errors.failures_as(PublishError, session.home.online),
        nullcontext(executor) if executor else local_executor() as workers,
    ):
        yield BuildState(workers, memory, guarded(on_progress), bloom)


_Outcome = TypeVar("_Outcome")

_Conclude = Callable[[Session, BuiltRelease], _Outcome]
"""What becomes of the files of a release once they are in place: it is served, or prepared for signing."""


def _publish(session: Session, channel: str, state: BuildState, conclude: _Conclude[_Outcome]) -> _Outcome:
    rotated = _released(session, channel) and epochs.overdue(epochs.current(session, channel), session.now)
    if rotated:
        epochs.begin(session, channel)
    try:
        return _release(session, channel, state, conclude, rotated=rotated)
    except BucketOverflow:
        if not _released(session, channel):
            raise PublishError(f"channel {channel}: a new epoch's buckets overflow") from None
    epochs.begin(session, channel)
    return _release(session, channel, state, conclude, rotated=True)


def _released(session: Session, channel: str) -> bool:
    """Whether the current epoch is in the signed release. One that a killed rotate began is not in it yet."""
    return epochs.current(session, channel).number in epochs.listed(session, channel)


def _release(
    session: Session, name: str, state: BuildState, conclude: _Conclude[_Outcome], *, rotated: bool
) -> _Outcome:
    """Build what is out of date, and conclude with one release of all served epochs."""
    epochs.destroy_ended(session, name)
    repository = session.repository(name)
    repository.complete_root()
    if conclude is serve_now:
        session.signers(name)
    listed = epochs.listed(session, name)
    newest, *former = epochs.to_serve(session, name)
    epochs.check_key(session, newest)
    builder = EpochBuilder(session, session.control.channel(name), listed, state)
    with _staged(repository):
        built = [builder.build_or_reuse(newest), *(each for epoch in former if (each := builder.renew_former(epoch)))]
    return conclude(session, BuiltRelease(name, builder, tuple(built), listed, rotated))


@contextmanager
def _staged(repository: ChannelRepository) -> Iterator[None]:
    """Clear the staging directory in any case."""
    try:
        yield
    finally:
        repository.clear_staging()
