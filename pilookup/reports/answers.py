"""Verifies the answer of the police to a report: who signed it, and which counts it is to."""

from hashlib import sha256
from pathlib import Path

from pilookup.bundles.records import read_trust
from pilookup.errors import BundleError, ReportError
from pilookup.protocol.report_answers import Answer
from pilookup.protocol.reports import Report
from pilookup.reports.send import ReportState


def verified_answer(state: ReportState, trust: str | Path, report: Report | None = None) -> Answer | None:
    """The answer in what a server says of a report, verified; None if there is none yet.

    Args:
        state: What `report_state` returned.
        trust: The file trust-bundles.json that the police gave.
        report: The report that was sent; None: which counts it answers is not compared.

    Raises:
        ReportError: The trust file cannot be used, the police did not sign the answer, or it is to another report.
    """
    try:
        key = read_trust(Path(trust))
    except (BundleError, OSError) as error:
        raise ReportError(f"{trust}: cannot be used: {error}") from None
    if key is None:
        raise ReportError(f"{trust}: no such file")
    answer = state.answer
    if answer is None:
        return None
    answer.verify(key)
    if answer.report != state.id or (report is not None and answer.report_sha256 != _digest(report)):
        raise ReportError("the answer is to another report than the one that was sent")
    return answer


def _digest(report: Report) -> str:
    return sha256(report.to_bytes()).hexdigest()
