"""Responses with a file that is kept compressed as well."""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from pilookup_server.page_host.assets import Asset
from pilookup_server.routes.conditional import bytes_response

_GZIP: Final = re.compile(r"gzip(;q=(1(\.0{0,3})?|0\.0{0,2}[1-9][0-9]{0,2}))?")


def asset_response(asset: Asset, request: Request, cache: str) -> Response:
    """A response with the file, compressed if the caller accepts that, or 304 if the caller already has it.

    Args:
        asset: The file.
        request: The request.
        cache: The value of Cache-Control.
    """
    gzipped = _accepts_gzip(request.headers.getlist("accept-encoding"))
    data, etag = (asset.gzipped, f'"{asset.etag}-gzip"') if gzipped else (asset.plain, f'"{asset.etag}"')
    response = bytes_response(request, data, etag, cache, asset.media_type)
    response.headers["vary"] = "Accept-Encoding"
    if gzipped and response.status_code == 200:
        response.headers["content-encoding"] = "gzip"
    return response


def _accepts_gzip(lines: list[str]) -> bool:
    """Whether Accept-Encoding, whose list may go over several lines, names gzip with a weight above 0."""
    items = (item.strip().lower().replace(" ", "") for item in ",".join(lines).split(","))
    return any(_GZIP.fullmatch(item) is not None for item in items)
