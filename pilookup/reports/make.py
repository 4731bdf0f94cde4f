"""Makes a report from what a platform counted."""

from collections import Counter
from collections.abc import Mapping

from pilookup.errors import FormatError, ReportArgumentError
from pilookup.protocol.reports import (
    AFTERWARDS,
    LEAST_NUMBERS,
    MAX_CASE,
    MAX_REASON,
    Quarter,
    Report,
    Verb,
    check_words,
    power_of_ten,
)
from pilookup.reports.rounding import ReportKey, rounded


class Tally:
    """Counts what was done with the numbers of one case: each under one verb, so that a person changes little."""

    def __init__(self) -> None:
        self.counts: Counter[Verb] = Counter()

    def add(self, verb: Verb | str, *, appealed: bool = False, released: bool = False) -> None:
        """Count one number of the case, once, however many accounts it has.

        Args:
            verb: The last thing that was done: `verified`, `corrected`, `restricted`, `suspended`, `closed`, `barred`.
            appealed: Whether its holder appealed afterwards.
            released: Whether that was lifted afterwards.

        Raises:
            ReportArgumentError: `verb` is another word.
        """
        found = _verb(verb)
        if found in AFTERWARDS:
            raise ReportArgumentError(f"{found}: comes after another verb; add that one with {found}=True")
        self.counts[found] += 1
        self.counts[Verb.APPEALED] += appealed
        self.counts[Verb.RELEASED] += released


def make_report(
    key: ReportKey,
    *,
    case: int,
    case_numbers: int,
    quarter: Quarter,
    users: int,
    counts: Mapping[Verb, int] | Mapping[str, int],
    exact_because: str | None = None,
) -> Report:
    """Make the report on a case and quarter. Made again from the same counts, it is the same.

    Args:
        key: The platform's key.
        case: The id of the case in the catalogue.
        case_numbers: How many numbers the case has at least, such as by its size class in the details of the case.
        quarter: The quarter that it is about.
        users: How many users were screened.
        counts: The exact counts by verb; a verb that is missing counts 0.
        exact_because: A person's reason to tell exact counts; None: they are told coarsely.

    Raises:
        ReportArgumentError: The case is too small, or a count, a verb or the reason is not valid.
    """
    if not 1 <= case <= MAX_CASE:
        raise ReportArgumentError(f"case: not an id from 1 to {MAX_CASE}")
    if users < 1 or case_numbers < 1:
        raise ReportArgumentError("users and the numbers of the case: not 1 or more")
    if exact_because is None and case_numbers < LEAST_NUMBERS:
        raise ReportArgumentError(
            f"no report is made of a case under {LEAST_NUMBERS:,} numbers: it could point to a person"
        )
    exact = dict.fromkeys(Verb, 0) | {_verb(name): count for name, count in counts.items()}
    if any(type(count) is not int or count < 0 for count in exact.values()):
        raise ReportArgumentError("counts: not integers of 0 or more")
    try:
        because = None if exact_because is None else check_words(exact_because, MAX_REASON, "reason")
    except FormatError as error:
        raise ReportArgumentError(str(error)) from None
    told: dict[Verb, int | None] = {
        verb: count if because is not None else rounded(key, case, verb, count) for verb, count in exact.items()
    }
    return Report(
        key.report_id(case, quarter), case, power_of_ten(case_numbers), quarter, power_of_ten(users), told, because
    )


def _verb(name: str) -> Verb:
    try:
        return Verb(name)
    except ValueError:
        raise ReportArgumentError(f"not a verb of a report; the verbs are {', '.join(Verb)}") from None
