"""TUF metadata of the current release, and of former releases in their grace."""

from functools import lru_cache
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from pilookup.protocol.messages import JSON
from pilookup.protocol.problems import Problem
from pilookup_server.page_host.assets import Asset
from pilookup_server.problems import ProblemError
from pilookup_server.release.combined import COMBINED
from pilookup_server.routes.admission import admit
from pilookup_server.routes.compressed import asset_response
from pilookup_server.routes.conditional import bytes_response

SECONDS = 10
"""How long a cache may keep metadata. A client decides by its clock whether metadata has expired."""


async def metadata(request: Request) -> Response:
    """GET /v1/channels/{channel}/metadata/{name}

    Raises:
        ProblemError: 404 if there is no such file; 401, 404 or 503 as in every channel route.
    """
    authorized = await admit(request)
    state = await authorized.newest()
    name = request.path_params["name"]
    data = state.metadata.get(name)
    if data is None:
        raise ProblemError(Problem.NOT_FOUND)
    cache = f"{'private' if authorized.platform else 'public'}, max-age={SECONDS}"
    if name == COMBINED:
        if state.combined_serial is not None and request.method == "GET":
            authorized.note_fetched(state.combined_serial)
        return asset_response(_combined(data), request, cache)
    return bytes_response(request, data, f'"{sha256(data).hexdigest()}"', cache, JSON)


@lru_cache(maxsize=4)
def _combined(data: bytes) -> Asset:
    """`combined.json`, compressed. Cached, since it changes only with a release or a timestamp."""
    return Asset.from_bytes(COMBINED, data)
