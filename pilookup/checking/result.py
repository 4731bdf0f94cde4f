"""What a check answers: found, not found, or unknown and why. "No data" is never "no"."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn, Self

from pilookup.protocol.label import Label, Profile, month_text
from pilookup.protocol.manifest import Case
from pilookup.protocol.proof_of_work import Challenge


class Status(StrEnum):
    """The three states of an answer; each equals its plain string."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why an answer is unknown; each equals its plain string."""

    INVALID_NUMBER = "invalid_number"
    """The text is not one phone number; nothing was sent."""
    UNREACHABLE = "unreachable"
    """No connection, a cut connection or no answer in time."""
    SERVER_ERROR = "server_error"
    """The server answered that it cannot."""
    UNAUTHORIZED = "unauthorized"
    """The channel wants a bearer token, or another one."""
    RATE_LIMITED = "rate_limited"
    """Over quota; `Result.retry_after` says for how long, when the server did."""
    RETIRED = "retired"
    """The server no longer serves the epoch or serial it signs for, also after a second look."""
    STALE = "stale"
    """The signed metadata or the epoch has expired."""
    ROLLED_BACK = "rolled_back"
    """The server shows older metadata or an older snapshot than seen before."""
    BAD_SIGNATURE = "bad_signature"
    """The metadata is not signed by enough keys of the trusted root."""
    BAD_SNAPSHOT = "bad_snapshot"
    """What is signed contradicts itself, or a canary is not where it must be."""
    BAD_PROOF = "bad_proof"
    """The evaluation is not proven to be under the epoch's public key."""
    BAD_BUCKET = "bad_bucket"
    """A bucket does not belong to the signed snapshot."""
    BAD_RESPONSE = "bad_response"
    """An answer that does not follow the protocol."""
    NO_STATE = "no_state"
    """The state directory could not be read or written, so a roll-back would go unseen."""


@dataclass(frozen=True, slots=True)
class Result:
    """One number's answer; it does not hold the number.

    Found: `exposed`, `malicious`, `accounts` (a lower bound on the public channel), `last_seen` (`2025-07`,
    `2025-Q3` or None), `cases` (newest first) and `more` (there are more than those). Unknown: `reason`, and
    `retry_after` in seconds where a server gave it. Fields that say nothing in a state are None or empty.
    """

    status: Status
    exposed: bool | None = None
    malicious: bool | None = None
    accounts: int | None = None
    last_seen: str | None = None
    cases: tuple[Case, ...] = ()
    more: bool = False
    reason: Reason | None = None
    retry_after: float | None = None

    @classmethod
    def found(cls, label: Label, cases: tuple[Case, ...], profile: Profile) -> Self:
        """The answer a label makes, its case ids looked up already."""
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
        """The number is in no dataset of the verified snapshot; it does not mean that the number is safe."""
        return cls(status=Status.NOT_FOUND)

    @classmethod
    def unknown(cls, reason: Reason, retry_after: float | None = None) -> Self:
        """There is no answer, for this reason."""
        return cls(status=Status.UNKNOWN, reason=reason, retry_after=retry_after)

    def to_json(self) -> dict[str, Any]:
        """The fields of `check --json`, ready for `json.dumps`."""
        return {
            "status": str(self.status),
            "exposed": self.exposed,
            "malicious": self.malicious,
            "accounts": self.accounts,
            "last_seen": self.last_seen,
            "cases": [_case_json(case) for case in self.cases],
            "more": self.more,
            "reason": str(self.reason) if self.reason else None,
        }

    def __bool__(self) -> NoReturn:
        raise TypeError("a Result is found, not_found or unknown: compare its status")


def _case_json(case: Case) -> dict[str, Any]:
    whole = case.to_json()
    return {name: whole[name] for name in ("id", "kind", "title", "seized_on")}


class Failure(Exception):  # noqa: N818 - it ends as a reason, not as an error a caller sees
    """Why a step of a check gave nothing; becomes `unknown(reason)`.

    `unsent`: no byte of the request left. `missing`: the server answered 404. `challenge`: what the server wants
    solved before it answers.
    """

    def __init__(
        self,
        reason: Reason,
        *,
        retry_after: float | None = None,
        unsent: bool = False,
        missing: bool = False,
        challenge: Challenge | None = None,
    ) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.retry_after = retry_after
        self.unsent = unsent
        self.missing = missing
        self.challenge = challenge

    def without_traceback(self) -> "Failure":
        """The same to raise in another thread or task; it drags no traceback along."""
        return Failure(self.reason, retry_after=self.retry_after)

    def result(self) -> Result:
        return Result.unknown(self.reason, self.retry_after)
