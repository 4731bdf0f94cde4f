"""Receipts of platforms: countersigning them (SPEC.md section 18)."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from pilookup.errors import FormatError, ReceiptError
from pilookup.protocol.messages import JSON
from pilookup.protocol.problems import Problem
from pilookup.protocol.receipts import MAX_STATEMENT_BYTES, Statement
from pilookup_server.problems import ProblemError
from pilookup_server.report_calls import Countersign
from pilookup_server.routes.asgi_request import header, read_body
from pilookup_server.routes.reports import platform_of
from pilookup_server.service import service_of

_RETRY: Final = {"retry-after": "60"}


async def countersign(request: Request) -> Response:
    """POST /v1/receipts: the countersignature of a statement. Nothing is kept, so it may be asked for again.

    Raises:
        ProblemError: 401 without a valid key, 415, 413 or 400 if it is not a signed statement, 404 if its channel is
            not served, 429 after too many requests, 503 if it cannot be countersigned now.
    """
    platform = await platform_of(request)
    media_type = (header(request.scope, b"content-type") or b"").decode("latin-1").partition(";")[0].strip().lower()
    if media_type != JSON:
        raise ProblemError(Problem.MEDIA_TYPE)
    content = await read_body(request.receive)
    if len(content) > MAX_STATEMENT_BYTES:
        raise ProblemError(Problem.TOO_LARGE)
    try:
        statement = Statement.from_bytes(content)
        statement.verify()
    except (FormatError, ReceiptError) as error:
        # The text names a field, and no value of the caller.
        raise ProblemError(Problem.MALFORMED, str(error)) from None
    service = service_of(request)
    if statement.channel not in service.watchers:
        raise ProblemError(Problem.NOT_FOUND)
    call = Countersign(platform, statement.sha256, statement.channel, statement.since, statement.until)
    reply = await service.reports.call(call)
    if reply.answer is None:
        raise ProblemError(Problem.NOT_COUNTERSIGNED, headers=_RETRY)
    return Response(reply.answer.encode(), headers={"cache-control": "no-store"}, media_type=JSON)
