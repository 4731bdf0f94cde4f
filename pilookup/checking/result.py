"""The answer to a check: found, not found, or unknown with a reason. Unknown is never reported as not found."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NoReturn, Self

from pilookup.protocol.label import Label, Profile, month_text
from pilookup.protocol.manifest import Case
from pilookup.protocol.proof_of_work import Challenge


class Status(StrEnum):
    """The three states of an answer. Each member equals its string."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why an answer is unknown. Each member equals its string.

    This is `pilookup.Reason`. `pilookup.identifier.Reason` is another enumeration: why a text is not a phone number,
    which a check reports as INVALID_NUMBER.
    """

    INVALID_NUMBER = "invalid_number"
    """The text is not exactly one phone number. Nothing was sent."""
    UNREACHABLE = "unreachable"
    """No connection, a connection that broke, or no answer in time."""
    SERVER_ERROR = "server_error"
    """The server answered that it failed (status 5xx)."""
    UNAUTHORIZED = "unauthorized"
    """The channel requires a bearer token, or another one than was given."""
    RATE_LIMITED = "rate_limited"
    """Over quota. `Result.retry_after` is the number of seconds to wait, where the server gave it."""
    QUOTA_EXCEEDED = "quota_exceeded"
    """The platform's quota of the epoch is used up; waiting helps only once the epoch ends. `detail` says which one."""
    RETIRED = "retired"
    """The server no longer serves the epoch or serial of the newest signed manifest, even after a refresh."""
    STALE = "stale"
    """The signed metadata or the epoch has expired."""
    ROLLED_BACK = "rolled_back"
    """The server offers older metadata or an older snapshot than this client has seen before."""
    BAD_SIGNATURE = "bad_signature"
    """The metadata is not signed by enough keys of the trusted root."""
    BAD_SNAPSHOT = "bad_snapshot"
    """The signed files contradict each other, or a canary is not in its bucket."""
    BAD_PROOF = "bad_proof"
    """The proof does not show that the evaluation was made with the epoch's key."""
    BAD_BUCKET = "bad_bucket"
    """A bucket does not belong to the signed snapshot."""
    BAD_RESPONSE = "bad_response"
    """The server's answer does not follow the protocol."""
    NO_STATE = "no_state"
    """The state directory cannot be read or written, so a rollback could not be detected."""
    NO_MIRROR = "no_mirror"
    """The mirror's directory has no release, or one that cannot be read. A mirror that is too old is STALE."""


DETAILS: Final[Mapping[Reason, str]] = {
    Reason.UNREACHABLE: "no answer; check the address, the network and whether the server runs",
    Reason.SERVER_ERROR: "the server failed; check again later, or tell its operator",
    Reason.UNAUTHORIZED: "the server refused the key that was given, or there was none; check the platform key",
    Reason.RATE_LIMITED: "the quota is used up; check again later",
    Reason.QUOTA_EXCEEDED: "the platform's quota of the epoch is used up; ask the operator of the server",
    Reason.RETIRED: "the server has ended the epoch or serial of the newest release that it offers; check again later",
    Reason.STALE: "the signed metadata or the epoch have expired: the publisher must publish, or this clock is wrong",
    Reason.ROLLED_BACK: "the server offers an older release than this client has seen; tell its operator",
    Reason.BAD_SIGNATURE: (
        "the metadata are not signed by enough keys of the trusted root; check that the trust file is that of this "
        "server and channel (trust-CHANNEL.json), and get the newest one from the publisher, not from the server"
    ),
    Reason.BAD_SNAPSHOT: "the signed files contradict each other; check again later, or tell the publisher",
    Reason.BAD_PROOF: "the evaluation was not made with the key of the epoch; tell the publisher",
    Reason.BAD_BUCKET: "a bucket does not belong to the signed snapshot; check again later, or tell the publisher",
    Reason.BAD_RESPONSE: "the answer does not follow the protocol; check the address and the channel",
    Reason.NO_STATE: "the state directory cannot be read or written; check its path, owner and disk",
    Reason.NO_MIRROR: "the mirror has no release that can be read; run: pilookup sync",
}
"""What is said of an unknown answer if nothing more is known. INVALID_NUMBER says all that there is to say."""


@dataclass(frozen=True, slots=True)
class Result:
    """The answer for one number. It does not hold the number.

    Compare `status` with a `Status` or its string; a Result has no truth value. A field that does not apply to the
    status is None or empty.
    """

    status: Status
    exposed: bool | None = None
    """Whether the number is in stolen personal data; None unless found."""
    malicious: bool | None = None
    """Whether accounts were maliciously registered on the number; None unless found."""
    accounts: int | None = None
    """Number of those accounts, on the public channel a lower bound (1, 2 or 6); None unless found."""
    last_seen: str | None = None
    """The latest month (`2025-07`) or quarter (`2025-Q3`) recorded for the number, or None."""
    cases: tuple[Case, ...] = ()
    """The datasets that hold the number, newest first; at most three."""
    more: bool = False
    """Whether there are more datasets than `cases` lists."""
    reason: Reason | None = None
    """Why the answer is unknown; None otherwise."""
    retry_after: float | None = None
    """Seconds after which to check again, where the answer is unknown and the server gave them."""
    detail: str | None = None
    """What happened and what to check, in English for a log, where the answer is unknown: for `unreachable`, whether a
    name was not found, a certificate was refused or the time was over. None for `invalid_number`, which says all. The
    wording may change.
    """

    @classmethod
    def found(cls, label: Label, cases: tuple[Case, ...], profile: Profile) -> Self:
        """Make the answer for a label.

        Args:
            label: the opened label of the number's entry.
            cases: the catalogue's cases for the label's references, in the same order.
            profile: the label profile of the channel, which says how exact month and count are.
        """
        return cls(
            status=Status.FOUND,
            exposed=label.exposed,
            malicious=label.malicious,
            accounts=label.accounts,
            last_seen=month_text(label.month, profile),
            cases=cases,
            more=label.more,
        )

    @classmethod
    def not_found(cls) -> Self:
        """Make the answer for a number in no dataset of the snapshot. It does not mean that the number is safe."""
        return cls(status=Status.NOT_FOUND)

    @classmethod
    def unknown(cls, reason: Reason, retry_after: float | None = None, detail: str | None = None) -> Self:
        """Make the answer for a check that failed.

        Args:
            reason: why the answer is unknown.
            retry_after: the seconds to wait, if the server gave them.
            detail: what happened, in words; by default what is true of every failure with this reason.
        """
        text = detail or DETAILS.get(reason)
        return cls(status=Status.UNKNOWN, reason=reason, retry_after=retry_after, detail=text)

    def to_json(self) -> dict[str, Any]:
        """Return the fields that `pilookup check --json` prints, as values that `json.dumps` accepts."""
        return {
            "status": str(self.status),
            "exposed": self.exposed,
            "malicious": self.malicious,
            "accounts": self.accounts,
            "last_seen": self.last_seen,
            "cases": [_case_json(case) for case in self.cases],
            "more": self.more,
            "reason": str(self.reason) if self.reason else None,
            "retry_after": self.retry_after,
            "detail": self.detail,
        }

    def __bool__(self) -> NoReturn:
        raise TypeError("a Result is found, not_found or unknown: compare its status")


def _case_json(case: Case) -> dict[str, Any]:
    whole = case.to_json()
    return {name: whole[name] for name in ("id", "kind", "title", "seized_on")}


class Failure(Exception):  # noqa: N818 - internal: a caller sees it as the reason of a result
    """A step of a check failed. It ends as `Result.unknown(reason)` and never reaches a caller of the client."""

    def __init__(
        self,
        reason: Reason,
        *,
        retry_after: float | None = None,
        unsent: bool = False,
        missing: bool = False,
        challenge: Challenge | None = None,
        detail: str | None = None,
        url: str | None = None,
    ) -> None:
        """Make a failure.

        Args:
            reason: the reason of the result that it becomes.
            retry_after: the seconds in the server's `Retry-After`, if it sent one.
            unsent: whether it is certain that nothing of the request was sent.
            missing: whether the server answered 404.
            challenge: the proof of work that the server asks for before it answers, if it does.
            detail: what happened, in words, for `Result.detail`.
            url: what was asked for, where it tells nothing of a number; never that of a bucket.
        """
        super().__init__(str(reason))
        self.reason = reason
        self.retry_after = retry_after
        self.unsent = unsent
        self.missing = missing
        self.challenge = challenge
        self.detail = detail
        self.url = url

    def without_traceback(self) -> "Failure":
        """Return a copy to raise in another thread or task, with reason, `retry_after`, `detail` and `url` alone."""
        return Failure(self.reason, retry_after=self.retry_after, detail=self.detail, url=self.url)

    def result(self) -> Result:
        """Return the unknown result that this failure becomes."""
        return Result.unknown(self.reason, self.retry_after, self.detail)
