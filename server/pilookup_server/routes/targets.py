"""Target files (manifest, filters, buckets.bin, tree.bin): only paths that a served release lists."""

from starlette.requests import Request
from starlette.responses import Response

from pilookup.protocol.messages import JSON, OCTETS
from pilookup.protocol.problems import Problem
from pilookup_server.problems import ProblemError
from pilookup_server.routes.admission import admit, count_request
from pilookup_server.routes.conditional import IMMUTABLE, PRIVATE, file_response


async def target(request: Request) -> Response:
    """GET /v1/channels/{channel}/targets/{path}"""
    authorized = admit(request)
    await count_request(request)
    path = request.path_params["path"]
    file = authorized.state().targets.get(path) or (await authorized.newest()).targets.get(path)
    if file is None:
        raise ProblemError(Problem.NOT_FOUND)
    media_type = JSON if path.endswith(".json") else OCTETS
    return file_response(request, file, PRIVATE if authorized.holder else IMMUTABLE, media_type)
