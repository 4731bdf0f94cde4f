"""Reports of platforms: receiving one, and saying what became of it (SPEC.md section 17)."""

import json
from datetime import UTC
from http import HTTPStatus
from typing import Final

import rfc8785
from starlette.requests import Request
from starlette.responses import Response

from pilookup.errors import FormatError, ReportError
from pilookup.protocol.messages import JSON
from pilookup.protocol.problems import Problem
from pilookup.protocol.received_reports import ReceivedReport
from pilookup.protocol.reports import MAX_REPORT_BYTES, Report, check_report_id
from pilookup_server.problems import ProblemError
from pilookup_server.report_calls import Find, Outcome, Reply, Submit
from pilookup_server.routes.admission import authenticate
from pilookup_server.routes.asgi_request import header, read_body
from pilookup_server.service import service_of

_RETRY: Final = {"retry-after": "60"}
_STATUS: Final = {
    Outcome.NEW: HTTPStatus.CREATED.value,
    Outcome.SAME: HTTPStatus.OK.value,
    Outcome.FOUND: HTTPStatus.OK.value,
}


async def submit(request: Request) -> Response:
    """POST /v1/reports: 201 for a new report, 200 for one that is there already.

    Raises:
        ProblemError: 401 without a valid key, 415, 413 or 400 if it is not a report, 422 if it is finer than the
            rules, 409 if another one on its case and quarter, or with its id, is there, 429 if there are too many of
            the quarter or too many requests, 503 if it cannot be kept now.
    """
    platform = await platform_of(request)
    media_type = (header(request.scope, b"content-type") or b"").decode("latin-1").partition(";")[0].strip().lower()
    if media_type != JSON:
        raise ProblemError(Problem.MEDIA_TYPE)
    content = await read_body(request.receive)
    if len(content) > MAX_REPORT_BYTES:
        raise ProblemError(Problem.TOO_LARGE)
    service = service_of(request)
    today = service.clock().astimezone(UTC).date()
    try:
        report = Report.from_bytes(content)
        report.quarter.check_reported(today)
    except ReportError as error:
        raise ProblemError(Problem.TOO_FINE, str(error)) from None
    except FormatError as error:
        # The text names a field, and no value of the caller.
        raise ProblemError(Problem.MALFORMED, str(error)) from None
    return _response(report.id, await service.reports.call(Submit(ReceivedReport(platform, today, report))))


async def state(request: Request) -> Response:
    """GET /v1/reports/{id}: the state of a report, and the signed answer to it, for the platform that made it.

    Raises:
        ProblemError: 401 without a valid key, 404 if the platform made no such report, 429 after too many
            requests, 503 if that cannot be found out now.
    """
    platform = await platform_of(request)
    try:
        report = check_report_id(request.path_params["id"])
    except FormatError:
        raise ProblemError(Problem.NOT_FOUND) from None
    return _response(report, await service_of(request).reports.call(Find(platform, report)))


async def platform_of(request: Request) -> str:
    """The name of the platform that a request is from, after the request was counted for it.

    Raises:
        ProblemError: 401 without a valid key, 429 after too many requests, 503 if that is not known now.
    """
    platform = await authenticate(request)
    await service_of(request).quotas.reports.take(platform.name, 1)
    return platform.name


def _response(report: str, reply: Reply) -> Response:
    if reply.outcome is Outcome.MISSING:
        raise ProblemError(Problem.NOT_FOUND)
    if reply.outcome is Outcome.CONFLICT:
        raise ProblemError(Problem.CONFLICT)
    if reply.outcome is Outcome.TOO_MANY:
        raise ProblemError(Problem.RATE_LIMITED, "too many reports on this quarter")
    if reply.outcome is Outcome.UNAVAILABLE or reply.received is None:
        raise ProblemError(Problem.NOT_KEPT, headers=_RETRY)
    body = {
        "id": report,
        "state": "received" if reply.answer is None else "answered",
        "received": reply.received.isoformat(),
        "answer": None if reply.answer is None else json.loads(reply.answer),
    }
    return Response(rfc8785.dumps(body), _STATUS[reply.outcome], {"cache-control": "no-store"}, media_type=JSON)
