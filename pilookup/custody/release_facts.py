"""What the audit log says of releases, and the removals that come with them."""

from hashlib import sha256
from typing import Any

from pilookup import file_errors
from pilookup.custody import journal, removal
from pilookup.custody.audit import Recorded
from pilookup.custody.publish.outcome import PreparedOutcome, Published
from pilookup.custody.session import Session
from pilookup.errors import PublishError


def expire(session: Session, entry: Recorded) -> tuple[str, ...]:
    """Withdraw the datasets that have expired; returns their ids."""
    expired = removal.expire(session)
    if expired:
        entry.outcome(expired=list(expired), journal=journal.length(session.home))
    return expired


def release_facts(session: Session, done: Published) -> dict[str, Any]:
    """What the audit log says of a release. `release` is the SHA-256 of its targets metadata."""
    with file_errors.failures_as(PublishError, session.home.channels):
        digest = session.repository(done.channel).release_digest()
    return {
        "channel": done.channel,
        "epoch": done.epoch,
        "serial": done.serial,
        "entries": done.entries,
        "changed": done.changed,
        "rotated": done.rotated,
        "ended": [each.epoch for each in done.ended],
        "release": digest,
    }


def prepared_facts(prepared: PreparedOutcome) -> dict[str, Any]:
    """What the audit log says of a release that was prepared. `request` is the SHA-256 of the signing request."""
    done = prepared.published
    return {
        "epoch": done.epoch,
        "serial": done.serial,
        "entries": done.entries,
        "request": sha256(prepared.request).hexdigest(),
    }


def ignore_progress(_done: int, _total: int, _rows: int) -> None:
    """Used in place of `on_progress` if it is None."""
