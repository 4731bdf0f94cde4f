"""The notices of a channel, newer ones than a serial that the caller has."""

import re
from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from pilookup.errors import FormatError
from pilookup.protocol.encoding import encode_object
from pilookup.protocol.messages import JSON
from pilookup.protocol.names import MAX_SERIAL
from pilookup.protocol.problems import Problem
from pilookup_server.logs import describe, logger
from pilookup_server.notices.notice import Notice
from pilookup_server.problems import ProblemError
from pilookup_server.release.announce import notice_of
from pilookup_server.routes.admission import AuthorizedRequest, admit
from pilookup_server.routes.conditional import bytes_response

SECONDS: Final = 10
"""How long a cache may keep a list."""

PAGE: Final = 50
"""Most notices of one answer."""

_CURSOR: Final = re.compile(r"0|[1-9][0-9]{0,15}")


async def notices(request: Request) -> Response:
    """GET /v1/channels/{channel}/notices?after=SERIAL

    Raises:
        ProblemError: 400 if the query is anything but one serial; 401, 404 or 503 as in every channel route.
    """
    authorized = await admit(request)
    state = await authorized.newest()
    after = _after(request)
    own = notice_of(authorized.watcher.name, state.loaded)
    found = _found(authorized, own, after)
    origin = authorized.service.notice_origin
    body = encode_object(
        {
            "channel": authorized.watcher.name,
            "notices": [one.told(origin) for one in found[:PAGE]],
            "more": len(found) > PAGE,
        }
    )
    cache = f"{'private' if authorized.platform else 'public'}, max-age={SECONDS}"
    return bytes_response(request, body, f'"{sha256(body).hexdigest()}"', cache, JSON)


def _after(request: Request) -> int:
    """The cursor: 0 if the query has none. Raises ProblemError 400 for anything else than one canonical serial."""
    if not request.query_params:
        return 0
    values = request.query_params.getlist("after")
    if len(request.query_params.multi_items()) != 1 or len(values) != 1 or not _CURSOR.fullmatch(values[0]):
        raise ProblemError(Problem.MALFORMED, "the query is not after= and one serial")
    after = int(values[0])
    if after > MAX_SERIAL:
        raise ProblemError(Problem.MALFORMED, "after: larger than any serial")
    return after


def _found(authorized: AuthorizedRequest, own: Notice | None, after: int) -> list[Notice]:
    """The notices after a serial, oldest first.

    The notice of what this worker serves is always among them, with or without a service database. None is newer: of
    several machines, one may have taken up a release that this one does not serve yet.
    """
    if own is None:
        return []
    listed = {one.serial: one for one in _listed(authorized) if one.serial < own.serial} | {own.serial: own}
    return [listed[serial] for serial in sorted(listed) if serial > after]


def _listed(authorized: AuthorizedRequest) -> tuple[Notice, ...]:
    try:
        return authorized.service.board.listed(authorized.watcher.name)
    except (FormatError, OSError) as error:
        logger().error("former notices cannot be listed", channel=authorized.watcher.name, **describe(error))
        return ()
