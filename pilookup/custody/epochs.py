"""The epochs of a channel. Each has one channel key.

An epoch is current until the next one begins. The former epoch is served for 72 hours at most, on `platform` for 14
days. When the served release does not list an epoch any more, or the time until which it lists it is over, its channel
key is destroyed in both halves, which makes all archived snapshots of that epoch unreadable. A key is never destroyed
before that: the served release must be one that a server can start from, whenever a command is killed.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from pilookup._core import SecretKey
from pilookup.custody.control import Epoch
from pilookup.custody.next_command import to_rotate
from pilookup.custody.session import Session
from pilookup.errors import PublishError
from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import channel_key_id, epoch_of_key_id
from pilookup.protocol.encoding import time_text
from pilookup.protocol.names import PUBLIC
from pilookup.protocol.release import EPOCH_LIFE, PLATFORM_RETIRING_LIFE, RETIRING_LIFE, ServedEpoch


def current(session: Session, channel: str) -> Epoch:
    """The newest epoch of a channel; raises PublishError if there is no such channel, CustodyError."""
    return session.control.epochs(session.control.channel(channel).name)[-1]


def listed(session: Session, channel: str) -> Mapping[int, ServedEpoch]:
    """The epochs of the signed release by number, newest first; raises FormatError, OSError."""
    return {epoch.epoch: epoch for epoch in session.repository(channel).listed()}


def in_service(session: Session, channel: str) -> list[int]:
    """The numbers of the listed epochs whose signed time is not over, newest first; raises as `listed` does."""
    return [number for number, epoch in listed(session, channel).items() if epoch.serves_until > session.now]


def to_serve(session: Session, channel: str) -> list[Epoch]:
    """The epochs that the next release serves: the current one, and the former one if its time is not over.

    Only an epoch in service can be the former one. Raises FormatError, OSError, CustodyError.
    """
    known = session.control.epochs(channel)
    serving = in_service(session, channel)
    if not set(serving) <= {epoch.number for epoch in known}:
        return known[-1:]  # restored control data: what is served is not what they describe
    former = [
        epoch
        for epoch in known[:-1]
        if epoch.number in serving and epoch.destroyed_at is None and serves_until(epoch) > session.now
    ]
    return [known[-1], *former[-1:]]


def check_key(session: Session, epoch: Epoch) -> None:
    """Raise PublishError if an epoch cannot be served: its key is missing, or a newer epoch was served already."""
    if not _servable(session, epoch):
        raise PublishError(
            f"epoch {epoch.number} of channel {epoch.channel} cannot be served any more (restored from a backup?); "
            f"{to_rotate(session.home, epoch.channel)}"
        )


def _servable(session: Session, epoch: Epoch) -> bool:
    name = channel_key_id(epoch.channel, epoch.number)
    newest = max(listed(session, epoch.channel), default=0)
    return epoch.number >= newest and all(name in keyring.ids() for keyring in _keyrings(session))


def check_rotation(session: Session, channel: str) -> None:
    """Raise PublishError if two epochs are served, so that a third one would end both without notice.

    After a restore there is nothing to wait for: the keys of what is served are not here.
    """
    serving = in_service(session, channel)
    if len(serving) > 1 and _servable(session, current(session, channel)):
        until = max(listed(session, channel)[number].serves_until for number in serving[1:])
        at_once = to_rotate(session.home, channel, compromised=True)
        raise PublishError(
            f"channel {channel} serves epochs {serving[1]} and {serving[0]}; rotate again after {time_text(until)}, "
            f"or, to end both at once because somebody may have a key, {at_once}"
        )


def unfinished(session: Session, epoch: Epoch) -> bool:
    """Whether the command that began this epoch was interrupted before it recorded the epoch's release."""
    return epoch.serial is None and _servable(session, epoch)


def overdue(epoch: Epoch, now: datetime) -> bool:
    """Whether the current epoch is so old that the next one must begin, to be served beside it."""
    return _ends(epoch) <= now


def rotates_on(epoch: Epoch) -> date | None:
    """The day that the next epoch begins on, which is announced to platforms from the epoch's start.

    None on `public`, and for a former epoch.
    """
    return _ends(epoch).date() if epoch.channel != PUBLIC and epoch.serves_until is None else None


def _ends(epoch: Epoch) -> datetime:
    """When the epoch stops being the current one, if not earlier."""
    beside = timedelta(0) if epoch.channel == PUBLIC else PLATFORM_RETIRING_LIFE
    return epoch.started_at + EPOCH_LIFE - beside


def serves_until(epoch: Epoch) -> datetime:
    """The time until which the epoch may be served."""
    return epoch.serves_until or epoch.started_at + EPOCH_LIFE


def begin(session: Session, channel: str, *, compromised: bool = False) -> Epoch:
    """Begin the next epoch: write its key in both halves, then make it current in one transaction.

    The same transaction sets until when the former epochs are served, so that a command that is killed and repeated
    keeps to it. A key that a killed `begin` left is replaced. The number is above every number served so far, even if
    the control database was restored from an older copy.

    Args:
        session: an unlocked HOME, with its online half.
        channel: the channel.
        compromised: whether the former epochs end at once.

    Raises:
        PublishError: the online half is locked.
        KeyringError: a key cannot be written.
        CustodyError: the control database failed.
        FormatError, OSError: the served release cannot be read.
    """
    known = session.control.epochs(channel)
    number = max([0, *(epoch.number for epoch in known), *listed(session, channel)]) + 1
    name = channel_key_id(channel, number)
    for keyring in _keyrings(session):
        keyring.destroy(name)
    key = SecretKey.generate()
    session.keyring.add_scalar(name, key)
    session.online_keyring().add_scalar(name, key)
    until = None
    if known:
        grace = timedelta(0) if compromised or len(in_service(session, channel)) > 1 else _grace(channel)
        until = min(session.now + grace, serves_until(known[-1]))
    return session.control.start_epoch(channel, number, session.now, former_until=until)


def _grace(channel: str) -> timedelta:
    """How long a former epoch is served."""
    return RETIRING_LIFE if channel == PUBLIC else PLATFORM_RETIRING_LIFE


def destroy_ended(session: Session, channel: str) -> None:
    """Destroy, in both halves, the keys of all epochs before the current one that are not in service.

    Keys of epochs that the control database does not know, because it was restored, are destroyed too. Repeating it is
    harmless. Raises as `begin` does.
    """
    known = session.control.epochs(channel)
    newest, serving = known[-1].number, set(in_service(session, channel))
    ended = {epoch.number for epoch in known if epoch.destroyed_at is None} | _with_key(session, channel)
    for number in sorted(each for each in ended if each < newest and each not in serving):
        for keyring in _keyrings(session):
            keyring.destroy(channel_key_id(channel, number))
        session.control.mark_epoch_destroyed(channel, number, session.now)


def _with_key(session: Session, channel: str) -> set[int]:
    """The epochs of which one half has a key."""
    found = (epoch_of_key_id(key_id, channel) for keyring in _keyrings(session) for key_id in keyring.ids())
    return {epoch for epoch in found if epoch is not None}


def _keyrings(session: Session) -> Iterable[Keyring]:
    return session.keyring, session.online_keyring()
