"""Epochs of a channel: begun with a key of their own, served while current and a while after, then destroyed.

An epoch is current until the next begins. The one before it serves at most 72 hours more, any older one not at all.
Once an epoch's last moment has passed its channel key is destroyed in both halves: an archived snapshot of it is noise.
"""

from datetime import datetime

from pilookup._core import SecretKey
from pilookup.custody.control import Epoch
from pilookup.custody.session import Session
from pilookup.errors import PublishError
from pilookup.keyring.key_ids import channel_key_id
from pilookup.protocol.release import EPOCH_LIFE, RETIRING_LIFE


def current(session: Session, channel: str) -> Epoch:
    """The newest epoch of a channel; raises PublishError where there is no such channel."""
    return session.control.epochs(session.control.channel(channel).name)[-1]


def served(session: Session, channel: str) -> list[Epoch]:
    """The epochs whose keys live, newest first: the current one and perhaps the one before."""
    return [epoch for epoch in reversed(session.control.epochs(channel)) if epoch.destroyed_at is None][:2]


def listed(session: Session, channel: str) -> list[int]:
    """The epochs of the signed release, newest first."""
    return [epoch.epoch for epoch in session.repository(channel).listed()]


def check_key(session: Session, epoch: Epoch) -> None:
    """Refuse an epoch that cannot be served: one whose key is gone, or is older than what is served (PublishError)."""
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
    """Whether the current epoch has lived as long as an epoch may."""
    return epoch.started_at + EPOCH_LIFE <= now


def serves_until(epoch: Epoch) -> datetime:
    """The last moment the epoch may be served."""
    return epoch.serves_until or epoch.started_at + EPOCH_LIFE


def begin(session: Session, channel: str) -> Epoch:
    """Start the next epoch: its key in both halves first, then one transaction that makes it current.

    The same transaction gives the epoch before it its last moment. A key that a killed `begin` left is replaced. The
    number is above every one served so far, also after control data were restored from an older copy.
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
    """Destroy an epoch's key in both halves, then record it; repeating it is harmless."""
    if epoch.destroyed_at is None:
        name = channel_key_id(epoch.channel, epoch.number)
        session.keyring.destroy(name)
        session.online_keyring().destroy(name)
        session.control.mark_epoch_destroyed(epoch.channel, epoch.number, session.now)


def destroy_expired(session: Session, channel: str) -> None:
    """Destroy every epoch but the newest two, and the former one once its last moment has passed."""
    known = session.control.epochs(channel)
    for epoch in known[:-1]:
        if epoch.number < known[-2].number or serves_until(epoch) <= session.now:
            destroy(session, epoch)
