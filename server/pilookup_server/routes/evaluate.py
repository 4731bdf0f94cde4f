"""Blind evaluation with a DLEQ proof (RFC 9497 section 3.3.2)."""

from contextlib import suppress
from functools import partial
from typing import Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pilookup.errors import FormatError
from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, OCTETS, EvaluateRequest, EvaluateResponse
from pilookup.protocol.oprf import SecretKey
from pilookup.protocol.problems import Problem
from pilookup.protocol.token import ELEMENT_BYTES
from pilookup_server import metrics
from pilookup_server.limits.counters import CountersError
from pilookup_server.limits.platform_quota import ServedEpoch
from pilookup_server.limits.public_quota import HEADER, SMALL
from pilookup_server.limits.quota import Admission
from pilookup_server.platforms.platform import Purpose
from pilookup_server.problems import ProblemError
from pilookup_server.release.loaded_release import Evaluator
from pilookup_server.routes.admission import AuthorizedRequest, admit
from pilookup_server.routes.asgi_request import header, query_epoch, read_body
from pilookup_server.routes.request_form import may_be_evaluate_request

INLINE: Final = 4
"""Up to this number of elements, handing the work to a thread costs more time than the work itself."""


PURPOSE_HEADER: Final = b"pilookup-purpose"


class Evaluate:
    """POST /v1/channels/{channel}/evaluate

    The endpoint is an ASGI app, because Starlette wraps functions in another layer of error handlers.

    Raises:
        ProblemError: 400, 415 or 422 if the request is invalid, 410 if the epoch is not served any more, 429 if a
            quota is exhausted; 401, 404 or 503 as in every channel route.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await _respond(Request(scope, receive))
        await response(scope, receive, send)


async def _respond(request: Request) -> Response:
    authorized = await admit(request)
    authorized.state()
    media_type = _media_type(request.scope)
    evaluate_request = _parse(media_type, request.scope, await read_body(request.receive))
    evaluator = await _evaluator(authorized, evaluate_request.epoch)
    count = len(evaluate_request.elements) // ELEMENT_BYTES
    purpose = _purpose(request.scope, count)
    admission = await _charge(authorized, request.scope, evaluator, (purpose, count))
    try:
        answer = await _evaluate(authorized, evaluate_request, evaluator.key, count)
    except ProblemError:
        await admission.refund()
        raise
    _count_usage(authorized, purpose, count)
    content = answer.to_json() if media_type == JSON else answer.to_octets()
    headers = {**admission.headers, "cache-control": "no-store"}
    return Response(content, headers=headers, media_type=media_type)


def _media_type(scope: Scope) -> str:
    """The media type of the request, without its parameters."""
    value = header(scope, b"content-type") or b""
    return value.decode("latin-1").partition(";")[0].strip().lower()


def _parse(media_type: str, scope: Scope, content: bytes) -> EvaluateRequest:
    try:
        if media_type == JSON:
            if not may_be_evaluate_request(content):
                raise ProblemError(Problem.MALFORMED, "not an object with an epoch and a list of elements")
            return EvaluateRequest.from_json(content)
        if media_type == OCTETS:
            return EvaluateRequest.from_octets(query_epoch(scope), content)
    except FormatError as error:
        # The text of the error names a field and a size, but no value of the caller.
        raise ProblemError(Problem.MALFORMED, str(error)) from None
    raise ProblemError(Problem.MEDIA_TYPE)


async def _evaluator(authorized: AuthorizedRequest, epoch: int) -> Evaluator:
    """The key of a served epoch; raises ProblemError 410 if the epoch is not served."""
    evaluator = authorized.state().loaded.evaluators.get(epoch)
    if evaluator is None:
        evaluator = (await authorized.newest()).loaded.evaluators.get(epoch)
    if evaluator is None or evaluator.serves_until <= authorized.service.clock().timestamp():
        raise ProblemError(Problem.RETIRED)
    return evaluator


def _purpose(scope: Scope, count: int) -> Purpose:
    """What a platform has elements evaluated for; raises ProblemError 400 for a purpose that there is not.

    A request that does not say it is a sign-up's if it has as many elements as a check of one number.
    """
    given = header(scope, PURPOSE_HEADER)
    if given is None:
        return Purpose.SIGNUP if count <= SMALL else Purpose.SCREENING
    try:
        return Purpose(given.decode("latin-1").strip())
    except ValueError:
        raise ProblemError(Problem.MALFORMED, f"Pilookup-Purpose: not {' or '.join(Purpose)}") from None


async def _charge(
    authorized: AuthorizedRequest, scope: Scope, evaluator: Evaluator, asked: tuple[Purpose, int]
) -> Admission:
    """Count the elements for the quotas of the platform or the address; raises ProblemError 429 or 503."""
    service, (purpose, count) = authorized.service, asked
    if authorized.platform is not None:
        served = ServedEpoch(authorized.watcher.name, evaluator.epoch, evaluator.serves_until)
        return await service.quotas.platform.admit(authorized.platform, served, purpose, count)
    quota = service.quotas.public
    assert quota is not None, "only the public channel needs no key"
    proof = header(scope, HEADER)
    networks = service.client_addresses.networks(scope)
    text = proof.decode("latin-1") if proof is not None else None
    return await quota.admit(networks, evaluator.epoch, count, text)


def _count_usage(authorized: AuthorizedRequest, purpose: Purpose, count: int) -> None:
    """Count what a platform had evaluated. A request that is answered is not refused for that."""
    if authorized.platform is not None:
        with suppress(CountersError):
            authorized.service.counts.usage.count(authorized.platform.name, authorized.watcher.name, purpose, count)


async def _evaluate(
    authorized: AuthorizedRequest, evaluate_request: EvaluateRequest, key: SecretKey, count: int
) -> EvaluateResponse:
    """Evaluate the elements; raises ProblemError 422 if one of them is invalid."""
    service, channel = authorized.service, authorized.watcher.name
    if count == 1:
        found = await service.evaluation_batcher.evaluate(channel, key, evaluate_request.elements)
        if found is None:
            raise ProblemError(Problem.INVALID_ELEMENT)
        return EvaluateResponse(evaluate_request.epoch, *found)
    job = partial(oprf.evaluate_and_prove, evaluate_request.elements, key)
    try:
        evaluated, proof = (
            job() if count <= INLINE else await to_thread.run_sync(job, limiter=service.evaluation_threads)
        )
    except ValueError:
        raise ProblemError(Problem.INVALID_ELEMENT) from None
    metrics.count_evaluated(channel, count)
    return EvaluateResponse(evaluate_request.epoch, evaluated, proof)
