"""The answers of a fake client: fixed ones for synthetic numbers, and those that a test gives."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pilookup.checking.result import Reason, Result
from pilookup.errors import RealNumberError
from pilookup.identifier import canonicalise
from pilookup.protocol.label import Profile
from pilookup.testing.synthetic_numbers import CASES, LABELS, SyntheticNumber, is_synthetic, label_of


@dataclass(frozen=True, slots=True)
class SlowResult:
    """A result that comes after a time. A call whose timeout is shorter gets `unreachable` when its time is over.

    Attributes:
        result: the result.
        seconds: the time that the answer takes.
    """

    result: Result
    seconds: float


_RETRY_AFTER: Final = 30.0
_DAY: Final = 86_400.0

_REASONS: Final[Mapping[str, Result | SlowResult]] = {
    SyntheticNumber.UNREACHABLE: Result.unknown(Reason.UNREACHABLE, detail="no connection: Connection refused"),
    SyntheticNumber.SERVER_ERROR: Result.unknown(Reason.SERVER_ERROR, detail="the server answered with status 500"),
    SyntheticNumber.UNAUTHORIZED: Result.unknown(Reason.UNAUTHORIZED, detail="the server answered with status 401"),
    SyntheticNumber.RATE_LIMITED: Result.unknown(
        Reason.RATE_LIMITED, _RETRY_AFTER, "the server answered with status 429"
    ),
    SyntheticNumber.RATE_LIMITED_WITHOUT_TIME: Result.unknown(
        Reason.RATE_LIMITED, detail="the server answered with status 429"
    ),
    SyntheticNumber.RETIRED: Result.unknown(Reason.RETIRED, detail="the server answered with status 410"),
    SyntheticNumber.STALE: Result.unknown(Reason.STALE),
    SyntheticNumber.ROLLED_BACK: Result.unknown(Reason.ROLLED_BACK),
    SyntheticNumber.BAD_SIGNATURE: Result.unknown(Reason.BAD_SIGNATURE),
    SyntheticNumber.BAD_SNAPSHOT: Result.unknown(Reason.BAD_SNAPSHOT),
    SyntheticNumber.BAD_PROOF: Result.unknown(Reason.BAD_PROOF),
    SyntheticNumber.BAD_BUCKET: Result.unknown(Reason.BAD_BUCKET),
    SyntheticNumber.BAD_RESPONSE: Result.unknown(Reason.BAD_RESPONSE),
    SyntheticNumber.NO_MIRROR: Result.unknown(Reason.NO_MIRROR),
    SyntheticNumber.QUOTA_EXCEEDED: Result.unknown(
        Reason.QUOTA_EXCEEDED,
        _DAY,
        "the quota for signup is used up: 0 of 12,000 elements are left until the epoch ends at 2027-05-01 00:00 UTC",
    ),
    SyntheticNumber.NO_STATE: Result.unknown(Reason.NO_STATE, detail="the client's state cannot be used"),
}


def _fixed_answers(profile: Profile) -> dict[str, Result | SlowResult]:
    """Return the answer of every synthetic number with a name, on a channel of the given profile."""
    cases = {case.id: case for case in CASES}
    answers: dict[str, Result | SlowResult] = {SyntheticNumber.NOT_FOUND: Result.not_found(), **_REASONS}
    for number in LABELS:
        label = label_of(number, profile)
        answers[number] = Result.found(label, tuple(cases[case] for case in label.cases), profile)
    malicious = answers[SyntheticNumber.MALICIOUS]
    assert isinstance(malicious, Result)
    answers[SyntheticNumber.SLOW_NOT_FOUND] = SlowResult(Result.not_found(), 2)
    answers[SyntheticNumber.SLOW_MALICIOUS] = SlowResult(malicious, 2)
    answers[SyntheticNumber.VERY_SLOW] = SlowResult(Result.not_found(), 60)
    return answers


def _identifier_of(text: str) -> bytes:
    """Return the identifier of a number that an answer is given for; raises ValueError if the text is not a number."""
    identifier = canonicalise(text)
    if not isinstance(identifier, bytes):
        raise ValueError(f"answers: a key is not exactly one phone number ({identifier})")  # noqa: TRY004 - of the right type
    return identifier


class Answers:
    """What a fake client knows: answers by identifier."""

    def __init__(self, own: Mapping[str, Result | SlowResult], profile: Profile) -> None:
        """Collect the fixed answers and a test's own ones, which take precedence.

        Raises:
            ValueError: a key of `own` is not exactly one phone number.
        """
        given = {**_fixed_answers(profile), **own}
        self._by_identifier = {_identifier_of(text): answer for text, answer in given.items()}

    def of(self, texts: Iterable[str], region: str, timeout: float) -> tuple[float, list[Result]]:
        """Return the seconds that a call takes, and its results in the order of the texts.

        Args:
            texts: phone numbers as typed.
            region: where numbers without a country code are from.
            timeout: the seconds that the call may take. Answers that take longer are `unreachable`.

        Raises:
            RealNumberError: a number is neither synthetic nor one that an answer was given for.
        """
        answers = [self._answer(text, region) for text in texts]
        wait = max((one.seconds for one in answers if isinstance(one, SlowResult)), default=0.0)
        late = Result.unknown(Reason.UNREACHABLE, detail=f"no answer within {timeout:g} seconds")
        results = [one if isinstance(one, Result) else one.result if one.seconds < timeout else late for one in answers]
        return min(wait, timeout), results

    def _answer(self, text: str, region: str) -> Result | SlowResult:
        identifier = canonicalise(text, region)
        if not isinstance(identifier, bytes):
            return Result.unknown(Reason.INVALID_NUMBER)
        answer = self._by_identifier.get(identifier)
        if answer is None and not is_synthetic(identifier):
            raise RealNumberError(
                "a fake client of pilookup.testing was asked for a number that may belong to somebody: use a number "
                "that begins with 154, give the answer in answers=, or, in production, make a pilookup.Client"
            )
        return Result.not_found() if answer is None else answer
