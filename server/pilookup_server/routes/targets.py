"""Target files (manifest, filters, buckets.bin, tree.bin): only paths that a served release lists."""

from starlette.requests import Request
from starlette.responses import Response

from pilookup.protocol.messages import JSON, OCTETS, Problem
from pilookup_server.problems import ProblemError
from pilookup_server.routes.cached import IMMUTABLE, PRIVATE, file_response
from pilookup_server.routes.door import count_request, enter


async def target(request: Request) -> Response:
    """GET /v1/channels/{channel}/targets/{path}"""
    visit = enter(request)
    await count_request(request)
    path = request.path_params["path"]
    file = visit.state().targets.get(path) or (await visit.newest()).targets.get(path)
    if file is None:
        raise ProblemError(Problem.NOT_FOUND)
    media_type = JSON if path.endswith(".json") else OCTETS
    return file_response(request, file, PRIVATE if visit.holder else IMMUTABLE, media_type)
