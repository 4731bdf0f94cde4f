"""Error responses: RFC 9457 problem documents, which never repeat what the caller sent."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pilookup.protocol.problems import PROBLEM_JSON, Problem

_BY_STATUS = {
    401: Problem.UNAUTHORIZED,
    404: Problem.NOT_FOUND,
    405: Problem.METHOD,
    408: Problem.TIMEOUT,
    413: Problem.TOO_LARGE,
    415: Problem.MEDIA_TYPE,
    416: Problem.RANGE,
    429: Problem.RATE_LIMITED,
    503: Problem.UNAVAILABLE,
}


class ProblemError(Exception):
    """Ends a request with a problem document.

    Attributes:
        problem: The kind of problem; it determines the status, type and title.
        detail: An explanation written by the server; it contains no text of the caller.
        headers: Further headers of the response.
        members: Further members of the document.
    """

    def __init__(
        self,
        problem: Problem,
        detail: str | None = None,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(problem.name)
        self.problem = problem
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = dict(members or {})

    def response(self) -> Response:
        """The response to send. Caches must not keep it, unless `headers` says otherwise."""
        headers = {"cache-control": "no-store", **self.headers}
        body = self.problem.to_json(self.detail, self.members)
        return Response(body, self.problem.status, headers, media_type=PROBLEM_JSON)


def problem_of(error: Exception) -> ProblemError:
    """The problem that describes an error: one that a route raised, or one of Starlette and FastAPI.

    Starlette's are an unknown path, a wrong method, and a body that broke off.
    """
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, RequestValidationError):
        return ProblemError(Problem.MALFORMED)
    assert isinstance(error, HTTPException)
    problem = _BY_STATUS.get(error.status_code, Problem.MALFORMED if error.status_code < 500 else Problem.INTERNAL)
    return ProblemError(problem, headers=error.headers)


async def _answer(_: Request, error: Exception) -> Response:
    return problem_of(error).response()


HANDLERS: dict[Any, Any] = dict.fromkeys((ProblemError, HTTPException, RequestValidationError), _answer)
"""The value of `exception_handlers` of an app without quotas."""
