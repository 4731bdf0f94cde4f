"""Reports of platforms: one part of the API of the police side."""

from collections.abc import Sequence
from pathlib import Path

from pilookup.bundles.machine import read_machine_trust
from pilookup.custody.control import ControlDatabase
from pilookup.custody.home import Home
from pilookup.custody.open_home import OpenHome
from pilookup.custody.reports.exchange import ReportsImported, answer_report, import_reports
from pilookup.custody.reports.summary import CaseReports, summarise
from pilookup.errors import ArgumentError
from pilookup.protocol.report_answers import Answer, AnswerKind


class ReportCalls(OpenHome):
    """What platforms report of cases. `Custody` has these methods; HOME may be open without the online half."""

    @staticmethod
    def reports_of(home: str | Path) -> list[CaseReports]:
        """What became of each case's accounts, as platforms report it, without a passphrase.

        Raises:
            HomeError: the custody half is not here, or another command is working on it.
            CustodyError: the control database cannot be used.
        """
        layout = Home(Path(home))
        with layout.locked(), ControlDatabase.open(layout) as control:
            return summarise(control.reports.all(), control.datasets(active_only=False))

    def import_reports(
        self, paths: str | Path | Sequence[str | Path], *, trust: Sequence[str | Path] = ()
    ) -> ReportsImported:
        """Take over the reports that a server received, from a bundle that it wrote and its machine's key signed.

        Args:
            paths: the bundle: a file, its pieces, or their directory.
            trust: files trust-machine.json of serving machines of which no acknowledgement was imported yet.

        Raises:
            BundleError: the bundle is damaged, comes from custody, is not signed by a serving machine that is known,
                or has no reports in it; or a file of `trust` is not such a file.
            OSError: a file of `trust` cannot be read.
            CustodyError: the control database failed.
            AuditError: an entry of the audit log cannot be written.
            RuntimeError: this HOME was closed.
        """
        session = self._session()
        trusted = read_machine_trust([Path(path) for path in trust])
        given = [paths] if isinstance(paths, str | Path) else paths
        with self._audit.recorded("reports import") as entry:
            outcome = import_reports(session, [Path(path) for path in given], trusted)
            entry.outcome(new=outcome.new, known=outcome.known, refused=len(outcome.refused))
        return outcome

    def answer_report(
        self,
        report: str,
        *,
        kind: AnswerKind | str = AnswerKind.NOTED,
        text_zh: str | None = None,
        text_en: str | None = None,
        platform: str | None = None,
    ) -> Answer:
        """Answer a report, signed. The audit log has which report, not the text.

        Args:
            report: the report's id, or its first digits.
            kind: `noted`, or `question`, which needs a text.
            text_zh: a text in Chinese, without seven digits that may be a number; None for no text.
            text_en: the same in English.
            platform: the platform's name, as `reports_of` tells it; None: whichever made such a report.

        Raises:
            ArgumentError: the kind or a text is not valid, or a text is missing.
            CustodyError: there is no such report, several begin so, or the control database failed.
            KeyringError: the key that signs cannot be read or written.
            HomeError: a file cannot be written (a full disk).
            AuditError: an entry of the audit log cannot be written.
            RuntimeError: this HOME was closed.
        """
        session = self._session()
        if kind not in list(AnswerKind):
            raise ArgumentError(f"an answer is one of: {', '.join(AnswerKind)}")
        with self._audit.recorded("reports answer", kind=str(kind), text=text_zh is not None) as entry:
            answer = answer_report(session, report, AnswerKind(kind), text_zh, text_en, platform)
            entry.outcome(platform=answer.platform, report=answer.report)
        return answer
