"""Blind evaluation with a proof (RFC 9497 section 3.3.2): what this server is for."""

from functools import partial
from typing import Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from pilookup.errors import FormatError
from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, OCTETS, EvaluateRequest, EvaluateResponse, Problem
from pilookup.protocol.oprf import SecretKey
from pilookup.protocol.token import ELEMENT_BYTES
from pilookup_server import metrics
from pilookup_server.channel import Evaluator
from pilookup_server.limits.gate import HEADER
from pilookup_server.problems import ProblemError
from pilookup_server.routes.door import Visit, enter

INLINE: Final = 4
"""Up to so many elements, a thread's round trip costs more than it frees."""


async def evaluate(request: Request) -> Response:
    """POST /v1/channels/{channel}/evaluate"""
    visit = enter(request)
    visit.state()
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    ask = _parse(media_type, request, await request.body())
    evaluator = await _evaluator(visit, ask.epoch)
    count = len(ask.elements) // ELEMENT_BYTES
    headers = await _charge(visit, request, count)
    answer = await _evaluate(visit, ask, evaluator.key, count)
    body = answer.to_json() if media_type == JSON else answer.to_octets()
    return Response(body, headers=headers | {"cache-control": "no-store"}, media_type=media_type)


def _parse(media_type: str, request: Request, body: bytes) -> EvaluateRequest:
    try:
        if media_type == JSON:
            return EvaluateRequest.from_json(body)
        if media_type == OCTETS:
            return EvaluateRequest.from_octets(request.query_params.get("epoch", ""), body)
    except FormatError as error:
        # Its text names a field and a size, never a value.
        raise ProblemError(Problem.MALFORMED, str(error)) from None
    raise ProblemError(Problem.MEDIA_TYPE)


async def _evaluator(visit: Visit, epoch: int) -> Evaluator:
    """The epoch's key while it may be used; raises ProblemError 410."""
    found = visit.state().layer.evaluators.get(epoch) or (await visit.newest()).layer.evaluators.get(epoch)
    if found is None or found.serves_until <= visit.service.clock().timestamp():
        raise ProblemError(Problem.RETIRED)
    return found


async def _charge(visit: Visit, request: Request, count: int) -> dict[str, str]:
    """Take the elements from the token's quota, or the address's; raises ProblemError 429 or 503."""
    if visit.holder is not None:
        return await visit.service.quotas.platform.take(visit.holder, count)
    key = visit.service.callers.key(request.scope)
    if visit.service.gate is not None:
        return await visit.service.gate.admit(key, count, request.headers.get(HEADER))
    return await visit.service.quotas.public.take(key, count)


async def _evaluate(visit: Visit, ask: EvaluateRequest, key: SecretKey, count: int) -> EvaluateResponse:
    """Raises ProblemError 422 for an invalid element."""
    if count == 1:
        found = await visit.service.waiting.evaluate(visit.channel.name, key, ask.elements)
        if found is None:
            raise ProblemError(Problem.INVALID_ELEMENT)
        return EvaluateResponse(ask.epoch, *found)
    job = partial(oprf.evaluate_and_prove, ask.elements, key)
    try:
        evaluated, proof = job() if count <= INLINE else await to_thread.run_sync(job, limiter=visit.service.batches)
    except ValueError:
        raise ProblemError(Problem.INVALID_ELEMENT) from None
    metrics.evaluated(visit.channel.name, count)
    return EvaluateResponse(ask.epoch, evaluated, proof)
