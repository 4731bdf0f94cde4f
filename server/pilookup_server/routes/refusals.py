"""Answers to refused requests. Each refusal takes a request of the caller's request quota, and never an element."""

from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pilookup.protocol.problems import Problem
from pilookup_server.problems import ProblemError, problem_of
from pilookup_server.routes.admission import count_request


async def answer_refusal(request: Request, error: Exception) -> Response:
    """The problem document for an error of a route or of Starlette; 429 if the request quota is exhausted."""
    problem = problem_of(error)
    if 400 <= problem.problem.status < 500 and problem.problem.status != Problem.RATE_LIMITED.status:
        try:
            await count_request(request)
        except ProblemError as refusal:
            return refusal.response()
    return problem.response()


COUNTED_HANDLERS: dict[Any, Any] = dict.fromkeys((ProblemError, HTTPException, RequestValidationError), answer_refusal)
"""The value of the app's `exception_handlers`."""
