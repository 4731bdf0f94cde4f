"""Answers to refused requests.

A refusal takes a request of the caller's quota of refusals, and never an element. What an honest client meets takes
none: a file that does not exist yet (404), an epoch or serial that is no longer served (410), and a quota that others
behind the same address have used up (429). So nobody can turn such an answer into another one for them.
"""

from typing import Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pilookup.protocol.problems import Problem
from pilookup_server.problems import ProblemError, problem_of
from pilookup_server.routes.admission import count_refusal
from pilookup_server.routes.wait_page import wait_page, wants_page

_NOT_COUNTED: Final = {404, 410, Problem.RATE_LIMITED.status}


async def answer_refusal(request: Request, error: Exception) -> Response:
    """The problem document for an error of a route or of Starlette; 429 if the quota of refusals is exhausted.

    A browser that opens an address and is answered 429 gets a page.
    """
    problem = problem_of(error)
    if 400 <= problem.problem.status < 500 and problem.problem.status not in _NOT_COUNTED:
        try:
            await count_refusal(request)
        except ProblemError as refusal:
            problem = refusal
    if problem.problem.status == Problem.RATE_LIMITED.status and wants_page(request):
        return wait_page(problem)
    return problem.response()


COUNTED_HANDLERS: dict[Any, Any] = dict.fromkeys((ProblemError, HTTPException, RequestValidationError), answer_refusal)
"""The value of the app's `exception_handlers`."""
