"""What a sync says of a failure: the URL, what happened there, and what to do."""

from collections.abc import Mapping
from typing import Final

from pilookup.checking.result import Failure, Reason

_RESUMED: Final = "run the sync again later; it goes on where this one ended"

REMEDIES: Final[Mapping[Reason, str]] = {
    Reason.INVALID_NUMBER: _RESUMED,
    Reason.UNREACHABLE: f"check the address and the network, or {_RESUMED}",
    Reason.SERVER_ERROR: f"{_RESUMED}, or tell the host's operator",
    Reason.UNAUTHORIZED: (
        "check the host's credentials: PILOOKUP_MIRROR_TOKEN, or PILOOKUP_MIRROR_USER and PILOOKUP_MIRROR_PASSWORD"
    ),
    Reason.RATE_LIMITED: _RESUMED,
    Reason.QUOTA_EXCEEDED: f"ask the host's operator, or {_RESUMED}",
    Reason.RETIRED: _RESUMED,
    Reason.STALE: "ask the publisher to publish again, use another host, or set this machine's clock right",
    Reason.ROLLED_BACK: "use another host, or tell the host's operator; the mirror keeps what it has",
    Reason.BAD_SIGNATURE: (
        "check that --trust is the trust file of this channel (trust-CHANNEL.json), from the publisher, not the host"
    ),
    Reason.BAD_SNAPSHOT: f"{_RESUMED}, use another host, or tell the publisher",
    Reason.BAD_PROOF: "tell the publisher",
    Reason.BAD_BUCKET: f"{_RESUMED}, use another host, or tell the publisher",
    Reason.BAD_RESPONSE: "check the address and --channel, and --sandbox for a sandbox",
    Reason.NO_STATE: "make room in the mirror's directory, or mend its owner and modes",
    Reason.NO_MIRROR: _RESUMED,
}
"""What to do, for each reason."""

_WHAT: Final[Mapping[Reason, str]] = {
    Reason.STALE: "the host's metadata have expired",
    Reason.ROLLED_BACK: "the host offers older metadata than it did before",
    Reason.BAD_SIGNATURE: "the host's metadata are not signed by enough keys of the pinned root",
    Reason.BAD_SNAPSHOT: "the host's signed files contradict each other",
    Reason.BAD_RESPONSE: "the host's answer is not metadata of a channel",
}
"""What happened, where a failure does not say it."""


def failure_text(failure: Failure, url: str) -> str:
    """The text of a failure of a sync.

    Args:
        failure: the failure.
        url: the channel at the host, if the failure does not say what it asked for. It has no credentials.
    """
    what = failure.detail or _WHAT.get(failure.reason, f"the sync failed ({failure.reason})")
    wait = "" if failure.retry_after is None else f"; the host asks to wait {failure.retry_after:g} seconds"
    return f"{failure.url or url}: {what}{wait}; {REMEDIES[failure.reason]}"
