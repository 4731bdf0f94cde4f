"""The answer to a check: found, not found, or unknown with a reason. Unknown is never reported as not found."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn, Self

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
    """What happened, in English for a log, where the answer is unknown and more than `reason` is known: for
    `unreachable`, whether a name was not found, a certificate was refused or the time was over. The wording may change.
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
            detail: what happened, in words.
        """
        return cls(status=Status.UNKNOWN, reason=reason, retry_after=retry_after, detail=detail)

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
    ) -> None:
        """Make a failure.

        Args:
            reason: the reason of the result that it becomes.
            retry_after: the seconds in the server's `Retry-After`, if it sent one.
            unsent: whether it is certain that nothing of the request was sent.
            missing: whether the server answered 404.
            challenge: the proof of work that the server asks for before it answers, if it does.
            detail: what happened, in words, for `Result.detail`.
        """
        super().__init__(str(reason))
        self.reason = reason
        self.retry_after = retry_after
        self.unsent = unsent
        self.missing = missing
        self.challenge = challenge
        self.detail = detail

    def without_traceback(self) -> "Failure":
        """Return a copy to raise in another thread or task, with reason, `retry_after` and `detail` alone."""
        return Failure(self.reason, retry_after=self.retry_after, detail=self.detail)

    def result(self) -> Result:
        """Return the unknown result that this failure becomes."""
        return Result.unknown(self.reason, self.retry_after, self.detail)
