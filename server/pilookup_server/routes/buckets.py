"""Buckets: one bucket of a snapshot with its Merkle path, read from the mapped files."""

from starlette.requests import Request
from starlette.responses import Response

from pilookup.protocol.problems import Problem
from pilookup_server.problems import ProblemError
from pilookup_server.routes.admission import admit
from pilookup_server.routes.conditional import IMMUTABLE, PRIVATE, bytes_response


async def bucket(request: Request) -> Response:
    """GET /v1/channels/{channel}/snapshots/{serial}/buckets/{index}

    Raises:
        ProblemError: 410 if the snapshot is not served any more, 404 if it has no such bucket; 401, 404, 429 or 503
            as in every channel route.
    """
    authorized = await admit(request)
    serial, index = _number(request.path_params["serial"]), _number(request.path_params["index"])
    snapshot = authorized.state().snapshots.get(serial) or (await authorized.newest()).snapshots.get(serial)
    if snapshot is None:
        raise ProblemError(Problem.RETIRED)
    try:
        body = snapshot.body(index)
    except IndexError:
        raise ProblemError(Problem.NOT_FOUND) from None
    return bytes_response(request, body, f'"{serial}-{index}"', PRIVATE if authorized.platform else IMMUTABLE)


def _number(text: str) -> int:
    """Parse a canonical decimal number. Raises ProblemError 404, as no other spelling names a resource."""
    if not (text.isascii() and text.isdigit() and len(text) <= 16) or (text.startswith("0") and text != "0"):
        raise ProblemError(Problem.NOT_FOUND)
    return int(text)
