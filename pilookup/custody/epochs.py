"""The epochs of a channel. Each has one channel key.

An epoch is current until the next one begins. The former epoch is served for 72 hours at most, and older epochs are not
served. When an epoch is not served any more, its channel key is destroyed in both halves, which makes all archived
snapshots of that epoch unreadable.
"""

from datetime import datetime

from pilookup._core import SecretKey
from pilookup.custody.control import Epoch
from pilookup.custody.session import Session
from pilookup.errors import PublishError
from pilookup.keyring.key_ids import channel_key_id
from pilookup.protocol.release import EPOCH_LIFE, RETIRING_LIFE


def current(session: Session, channel: str) -> Epoch:
    """The newest epoch of a channel; raises PublishError if there is no such channel, CustodyError."""
    return session.control.epochs(session.control.channel(channel).name)[-1]


def served(session: Session, channel: str) -> list[Epoch]:
    """The epochs whose keys are not destroyed, newest first: the current one, and the former one if there is one."""
    return [epoch for epoch in reversed(session.control.epochs(channel)) if epoch.destroyed_at is None][:2]


def listed(session: Session, channel: str) -> list[int]:
    """The numbers of the epochs in the signed release, newest first; raises FormatError, OSError."""
    return [epoch.epoch for epoch in session.repository(channel).listed()]


def check_key(session: Session, epoch: Epoch) -> None:
    """Raise PublishError if an epoch cannot be served: its key is missing, or a newer epoch was served already."""
    name = channel_key_id(epoch.channel, epoch.number)
    served_before = max(listed(session, epoch.channel), default=0)
    if epoch.number < served_before or any(
        name not in keyring.ids() for keyring in (session.keyring, session.online_keyring())
    ):
        raise PublishError(
            f"epoch {epoch.number} of channel {epoch.channel} cannot be served any more (restored from a backup?); "
            f"run: pilookup rotate {epoch.channel}"
        )


def overdue(epoch: Epoch, now: datetime) -> bool:
    """Whether the current epoch is as old as an epoch may become."""
    return epoch.started_at + EPOCH_LIFE <= now


def serves_until(epoch: Epoch) -> datetime:
    """The time until which the epoch may be served."""
    return epoch.serves_until or epoch.started_at + EPOCH_LIFE


def begin(session: Session, channel: str) -> Epoch:
    """Begin the next epoch: write its key in both halves, then make it current in one transaction.

    The same transaction sets until when the former epoch is served. A key that a killed `begin` left is replaced. The
    number is above every number served so far, even if the control database was restored from an older copy.

    Raises:
        PublishError: the online half is locked.
        KeyringError: a key cannot be written.
        CustodyError: the control database failed.
    """
    known = session.control.epochs(channel)
    number = max([0, *(epoch.number for epoch in known), *listed(session, channel)]) + 1
    name = channel_key_id(channel, number)
    for keyring in (session.keyring, session.online_keyring()):
        keyring.destroy(name)
    key = SecretKey.generate()
    session.keyring.add_scalar(name, key)
    session.online_keyring().add_scalar(name, key)
    until = min(session.now + RETIRING_LIFE, serves_until(known[-1])) if known else None
    return session.control.start_epoch(channel, number, session.now, former_until=until)


def destroy(session: Session, epoch: Epoch) -> None:
    """Destroy an epoch's key in both halves, then record that. Repeating it is harmless. Raises as `begin` does."""
    if epoch.destroyed_at is None:
        name = channel_key_id(epoch.channel, epoch.number)
        session.keyring.destroy(name)
        session.online_keyring().destroy(name)
        session.control.mark_epoch_destroyed(epoch.channel, epoch.number, session.now)


def destroy_expired(session: Session, channel: str) -> None:
    """Destroy the keys of all epochs before the former one, and of the former one if its time is over.

    Raises as `begin` does.
    """
    known = session.control.epochs(channel)
    for epoch in known[:-1]:
        if epoch.number < known[-2].number or serves_until(epoch) <= session.now:
            destroy(session, epoch)
