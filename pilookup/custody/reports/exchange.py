"""Takes reports over from a serving machine, and gives answers to be carried back."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pilookup import durable, file_errors
from pilookup.bundles.machine import read_machine_key
from pilookup.bundles.records import read_exports
from pilookup.bundles.report_files import ANSWERS_FILE, read_reports
from pilookup.custody.control.report_rows import ImportedReport
from pilookup.custody.journal import journal_key
from pilookup.custody.session import Session
from pilookup.errors import ArgumentError, BundleError, CustodyError, FormatError, HomeError, ReportError
from pilookup.protocol.received_reports import ReceivedReport
from pilookup.protocol.report_answers import MAX_TEXT, Answer, AnswerKind, answers_to_bytes
from pilookup.protocol.reports import LEAST_NUMBERS, check_words


@dataclass(frozen=True, slots=True)
class ReportsImported:
    """What an import of reports did.

    new: how many are new. known: how many were here. refused: for each that was not taken, which it is and why.
    """

    new: int
    known: int
    refused: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The outcome as `pilookup reports import --json` prints it."""
        return {"new": self.new, "known": self.known, "refused": list(self.refused)}


def import_reports(
    session: Session, paths: Sequence[Path], trusted: Sequence[Ed25519PublicKey] = ()
) -> ReportsImported:
    """Take over the reports in a bundle of a serving machine. Repeating it is harmless.

    A report is refused if its case is not known here, if the case has too few numbers here for coarse counts, or if
    another report on the same case and quarter was taken over before.

    Args:
        session: An unlocked HOME.
        paths: The bundle, as `open_stream` finds it.
        trusted: Keys of serving machines of which no acknowledgement was imported yet.

    Raises:
        BundleError: The bundle is damaged, comes from custody, is not signed by a known machine, or has no reports.
        CustodyError: The control database failed.
    """
    with file_errors.failures_as(BundleError, paths[0]):
        try:
            found = read_reports(paths, [*_machine_keys(session), *trusted])
        except (FormatError, ReportError) as error:
            raise BundleError(f"{paths[0]}: {error}") from None
    known = {(each.received.platform, each.received.report.id): each.received for each in session.control.reports.all()}
    taken = {_subject(each): each for each in known.values()}
    sizes = _sizes(session)
    new, refused, repeated = [], [], 0
    for each in found:
        here = known.get((each.platform, each.report.id)) or taken.get(_subject(each))
        if here is not None and here.report == each.report:
            repeated += 1
            continue
        problem = _conflict(here) or _problem(each, sizes)
        if problem:
            refused.append(f"{described(each)}: {problem}")
        else:
            new.append(each)
            taken[_subject(each)] = each
    session.control.reports.add(new, session.now)
    return ReportsImported(len(new), repeated, tuple(refused))


def _machine_keys(session: Session) -> list[Ed25519PublicKey]:
    """The keys of the serving machines that acknowledged a bundle, and of this one if it is a serving machine too."""
    keys = [machine.key for machine in read_exports(session.home.custody).machines.values()]
    own = read_machine_key(session.home.online) if session.home.has_online() else None
    return keys if own is None else [*keys, own.public_key()]


def answer_report(
    session: Session,
    report: str,
    kind: AnswerKind,
    zh: str | None = None,
    en: str | None = None,
    platform: str | None = None,
) -> Answer:
    """Answer a report, in place of a former answer, and sign it. It goes to the platform with the next bundle.

    Where the online half is on this machine, the server gives it out at once.

    Args:
        session: An unlocked HOME.
        report: The report's id, or its first digits.
        kind: What the answer says.
        zh: A text in Chinese; None for no text.
        en: The same in English.
        platform: The platform's name; None: whichever made such a report.

    Raises:
        ArgumentError: A text is not valid, or missing.
        CustodyError: There is no such report, several begin so, or the control database failed.
        KeyringError: The key cannot be read or written.
        HomeError: A file cannot be written.
    """
    if (zh is None) != (en is None) or (kind is AnswerKind.QUESTION and zh is None):
        raise ArgumentError(
            "an answer has a text in Chinese and in English; only one that notes a report may have none"
        )
    try:
        for name, text in (("zh", zh), ("en", en)):
            if text is not None:
                check_words(text, MAX_TEXT, name)
    except FormatError as error:
        raise ArgumentError(str(error)) from None
    found = _find(session, report, platform).received
    answer = Answer(found.platform, found.report.id, found.sha256, session.now, kind, zh, en)
    answer = answer.signed(journal_key(session).sign)
    session.control.reports.put_answer(answer)
    if session.home.has_online():
        path = session.home.online / ANSWERS_FILE
        with file_errors.failures_as(HomeError, path):
            durable.replace(path, answers_bytes(session))
    return answer


def answers_bytes(session: Session) -> bytes:
    """All answers, as a bundle carries them; raises CustodyError."""
    return answers_to_bytes(each.answer for each in session.control.reports.all() if each.answer is not None)


def described(received: ReceivedReport) -> str:
    """A report for a person, such as `report 5a07c2d1 of a3f0 on case 3, 2026-Q4`."""
    report = received.report
    return f"report {report.id[:8]} of {received.platform} on case {report.case}, {report.quarter}"


def _subject(received: ReceivedReport) -> tuple[str, int, str]:
    return received.platform, received.report.case, str(received.report.quarter)


def _sizes(session: Session) -> dict[int, int | None]:
    """How many numbers each case has here, withdrawn ones included, of which that is not known any more."""
    found: dict[int, int | None] = {}
    for dataset in session.control.datasets(active_only=False):
        loads = session.control.loads(dataset.slug)
        found[dataset.id] = sum(load.counts.distinct for load in loads) if dataset.withdrawn_at is None else None
    return found


def _conflict(here: ReceivedReport | None) -> str | None:
    return None if here is None else "another report on this case and quarter, or with this id, was imported before"


def _problem(received: ReceivedReport, sizes: dict[int, int | None]) -> str | None:
    report = received.report
    if report.case not in sizes:
        return "there is no such case here"
    size = sizes[report.case]
    if report.because is None and size is not None and size < LEAST_NUMBERS:
        return f"the case has fewer than {LEAST_NUMBERS:,} numbers, so counts could point to a person"
    return None


def _find(session: Session, report: str, platform: str | None) -> ImportedReport:
    found = [
        each
        for each in session.control.reports.all()
        if platform in (None, each.received.platform) and each.received.report.id.startswith(report)
    ]
    if len(found) != 1:
        raise CustodyError(f"{len(found)} reports have an id that begins so; see: pilookup reports show")
    return found[0]
