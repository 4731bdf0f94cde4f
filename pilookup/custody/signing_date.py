"""Whether the date that custody is about to sign with is in order with the dates it signed or received before.

A date that is ahead ends epochs early and destroys their keys; one that is behind makes signatures that expire early.
Custody is off the network, so only a person can set its clock right.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from pilookup.custody.session import Session
from pilookup.protocol.encoding import time_text
from pilookup.protocol.release import TARGETS_LIFE

TOLERANCE: Final = timedelta(minutes=10)
"""The clocks of custody and server may differ by this much."""


def date_doubt(session: Session) -> str | None:
    """What is wrong with the session's date, as a sentence for a person; None if nothing is.

    It is before a date of any channel's release or epoch, or after everything that was signed has expired.

    Raises:
        CustodyError: The control database failed.
        FormatError, OSError: A served release cannot be read.
    """
    begun = [epoch.started_at for name in _channels(session) for epoch in session.control.epochs(name)]
    signed = [moment for name in _channels(session) for moment in session.repository(name).signed_at()]
    latest = max([*begun, *signed])
    now = time_text(session.now)
    if session.now < latest - TOLERANCE:
        return f"the date here is {now}, but this HOME has a signature or an epoch of {time_text(latest)}"
    if signed and session.now > max(signed) + TARGETS_LIFE:
        days = (session.now - max(signed)).days
        return f"the date here is {now}, which is {days} days after the last signature ({time_text(max(signed))})"
    return None


def _channels(session: Session) -> Iterator[str]:
    return (channel.name for channel in session.control.channels())


def out_of_order(doubt: str) -> str:
    """The text of the error if nobody says that the date is right."""
    return f"{doubt}; nothing was changed. Set the clock, or, if the date is right, run again with --date-is-right"
