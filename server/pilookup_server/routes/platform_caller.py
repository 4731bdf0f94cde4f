"""Which platform makes a request."""

from starlette.requests import Request

from pilookup_server.auth import unauthorized
from pilookup_server.routes.asgi_request import header
from pilookup_server.service import service_of


def platform_of(request: Request) -> str:
    """The name of the platform whose token a request bears.

    Raises:
        ProblemError: 401 if it bears none, or one that is not valid.
    """
    authorization = header(request.scope, b"authorization")
    holder = service_of(request).tokens.holder(authorization)
    if holder is None:
        raise unauthorized(presented=authorization is not None)
    return holder
