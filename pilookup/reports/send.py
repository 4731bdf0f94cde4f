"""Sends a report to a server, and asks what became of it. Sending again is harmless: the server answers as before."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import httpx2

from pilookup.checking.requests import check_url
from pilookup.errors import FormatError, ReportError
from pilookup.protocol.canonical_objects import canonical
from pilookup.protocol.encoding import from_day_text
from pilookup.protocol.report_answers import Answer
from pilookup.protocol.reports import Report, check_report_id
from pilookup.reports.exchange import TIMEOUT_SECONDS, exchange

_NAMES: Final = {"answer", "id", "received", "state"}
_REMEDIES: Final = {
    400: "the report is not valid; make it with this version of pilookup",
    401: "the platform's key is missing, wrong, expired or revoked",
    404: "there is no such report of this platform, or the server takes no reports",
    409: "another report on this case and quarter was received before; it stands",
    413: "the report is too large",
    422: "the report is finer than the rules",
    429: "too many requests, or too many reports of a quarter; send it later",
    503: "the server cannot keep reports now; send it later",
}


@dataclass(frozen=True, slots=True)
class ReportState:
    """What a server says of a report.

    Attributes:
        id: The report's id.
        received: The day (UTC) on which the server received it.
        answer: The answer of the police; None if there is none yet. `Answer.verify` says whether it is theirs.
    """

    id: str
    received: date
    answer: Answer | None

    def to_json(self) -> dict[str, Any]:
        """The state as a JSON object, as the server answers it."""
        return {
            "id": self.id,
            "state": "received" if self.answer is None else "answered",
            "received": self.received.isoformat(),
            "answer": None if self.answer is None else json.loads(self.answer.to_bytes()),
        }


def send_report(
    report: Report,
    url: str,
    token: str,
    *,
    insecure: bool = False,
    timeout: float = TIMEOUT_SECONDS,
    transport: httpx2.BaseTransport | None = None,
) -> ReportState:
    """Send a report.

    Args:
        report: The report.
        url: The server's address, https:// (http:// to this machine only).
        token: The platform's key.
        insecure: Whether http:// is allowed to other hosts.
        timeout: Most seconds for the whole exchange.
        transport: Sends the request; None: over the network.

    Returns:
        What the server says of it.

    Raises:
        ReportError: The server refused it, or did not answer. The text repeats neither key nor report.
        ValueError: The address is not one.
    """
    content = report.to_bytes()
    return _ask(
        "POST", f"{check_url(url, insecure=insecure)}/v1/reports", token, content, report.id, timeout, transport
    )


def report_state(
    report: str,
    url: str,
    token: str,
    *,
    insecure: bool = False,
    timeout: float = TIMEOUT_SECONDS,
    transport: httpx2.BaseTransport | None = None,
) -> ReportState:
    """Ask what became of a report, by its id; arguments and errors as those of `send_report`."""
    address = f"{check_url(url, insecure=insecure)}/v1/reports/{check_report_id(report)}"
    return _ask("GET", address, token, None, report, timeout, transport)


def _ask(
    method: str,
    url: str,
    token: str,
    content: bytes | None,
    report: str,
    timeout: float,
    transport: httpx2.BaseTransport | None,
) -> ReportState:
    status, data = exchange(method, url, token, content, timeout, transport, ReportError)
    if status not in (200, 201):
        raise ReportError(f"the server answered {status}: {_REMEDIES.get(status, 'this is not the server of reports')}")
    state = _parse(data)
    if state.id != report:
        raise ReportError("the server answered for another report")
    return state


def _parse(data: bytes) -> ReportState:
    try:
        body = json.loads(data)
        if not isinstance(body, dict) or not set(body) >= _NAMES:
            raise FormatError("not the state of a report")
        found = body["answer"]
        answer = None if found is None else Answer.from_bytes(canonical(found, "answer"))
        return ReportState(check_report_id(body["id"]), from_day_text(body["received"], "received"), answer)
    except (ValueError, RecursionError):
        raise ReportError("the answer is not the state of a report; this is not the server of reports") from None
