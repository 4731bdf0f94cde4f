"""Target files (manifest, filters, buckets.bin, tree.bin). Only paths that a served release lists exist."""

from starlette.requests import Request
from starlette.responses import Response

from pilookup.protocol.messages import JSON, OCTETS
from pilookup.protocol.problems import Problem
from pilookup_server.problems import ProblemError
from pilookup_server.routes.admission import admit
from pilookup_server.routes.conditional import IMMUTABLE, PRIVATE, file_response


async def target(request: Request) -> Response:
    """GET /v1/channels/{channel}/targets/{path}

    Raises:
        ProblemError: 404 if no served release lists the path, 416 if the range is invalid; 401, 404, 429 or 503 as in
            every channel route.
    """
    authorized = await admit(request)
    path = request.path_params["path"]
    state = authorized.state()
    if path not in state.targets:
        state = await authorized.newest()
    file = state.targets.get(path)
    if file is None:
        raise ProblemError(Problem.NOT_FOUND)
    media_type = JSON if path.endswith(".json") else OCTETS
    response = file_response(request, file, PRIVATE if authorized.platform else IMMUTABLE, media_type)
    serial = state.manifests.get(path)
    if serial is not None and request.method == "GET":
        authorized.note_fetched(serial)
    return response
