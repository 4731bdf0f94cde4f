"""What became of the accounts of each case, as platforms report it: for each of them the newest report."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pilookup.custody.control.report_rows import ImportedReport
from pilookup.custody.control.tables import Dataset
from pilookup.protocol.encoding import time_text
from pilookup.protocol.reports import Verb


@dataclass(frozen=True, slots=True)
class CaseReports:
    """A case with the reports on it.

    case: its id in the catalogue. dataset: its id on the command line; None if it is not known here. title_zh and
    title_en: its title. newest: of each platform. reports: how many there are on all quarters.
    """

    case: int
    dataset: str | None
    title_zh: str
    title_en: str
    newest: tuple[ImportedReport, ...]
    reports: int

    @property
    def totals(self) -> Mapping[Verb, int]:
        """For each verb the sum of the counts that platforms tell."""
        return {verb: sum(_counts(each)[verb] or 0 for each in self.newest) for verb in Verb}

    @property
    def not_told(self) -> Mapping[Verb, int]:
        """For each verb how many platforms tell no count: there it is below 100, or a little above."""
        return {verb: sum(_counts(each)[verb] is None for each in self.newest) for verb in Verb}

    def to_json(self) -> dict[str, Any]:
        """The case as `pilookup reports show --json` prints it."""
        return {
            "case": self.case,
            "dataset": self.dataset,
            "title": {"zh": self.title_zh, "en": self.title_en},
            "reports": self.reports,
            "totals": {str(verb): count for verb, count in self.totals.items()},
            "not_told": {str(verb): count for verb, count in self.not_told.items()},
            "newest": [_to_json(each) for each in self.newest],
        }


def summarise(reports: Iterable[ImportedReport], datasets: Iterable[Dataset]) -> list[CaseReports]:
    """The cases that there are reports on, by id."""
    known = {dataset.id: dataset for dataset in datasets}
    by_case: dict[int, list[ImportedReport]] = {}
    for each in reports:
        by_case.setdefault(each.received.report.case, []).append(each)
    return [_case(case, known.get(case), by_case[case]) for case in sorted(by_case)]


def waiting(cases: Sequence[CaseReports]) -> int:
    """How many of the newest reports have no answer yet."""
    return sum(each.answer is None for case in cases for each in case.newest)


def _case(case: int, dataset: Dataset | None, reports: Sequence[ImportedReport]) -> CaseReports:
    return CaseReports(
        case,
        dataset.slug if dataset else None,
        dataset.title_zh if dataset else str(case),
        dataset.title_en if dataset else str(case),
        tuple(_newest(reports)),
        len(reports),
    )


def _newest(reports: Iterable[ImportedReport]) -> Iterator[ImportedReport]:
    found: dict[str, ImportedReport] = {}
    for each in sorted(reports, key=lambda one: one.received.report.quarter):
        found[each.received.platform] = each
    for platform in sorted(found):
        yield found[platform]


def _counts(each: ImportedReport) -> Mapping[Verb, int | None]:
    return each.received.report.counts


def _to_json(each: ImportedReport) -> dict[str, Any]:
    report, answer = each.received.report, each.answer
    return {
        "platform": each.received.platform,
        "id": report.id,
        "quarter": str(report.quarter),
        "received": each.received.received.isoformat(),
        "users": report.users,
        "exact_because": report.because,
        "counts": {str(verb): report.counts[verb] for verb in Verb},
        "answer": answer and {"kind": str(answer.kind), "answered": time_text(answer.answered)},
    }
