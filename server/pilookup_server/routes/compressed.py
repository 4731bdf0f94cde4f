"""Responses with a file that is kept compressed as well."""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from pilookup_server.page_host.assets import Asset
from pilookup_server.routes.conditional import bytes_response

_BROTLI: Final = "br"
_GZIP: Final = "gzip"
_ACCEPTED: Final = re.compile(r"([a-z]+)(;q=(1(\.0{0,3})?|0\.0{0,2}[1-9][0-9]{0,2}))?")


def asset_response(asset: Asset, request: Request, cache: str) -> Response:
    """A response with the file, compressed if the caller accepts that, or 304 if the caller already has it.

    Args:
        asset: The file.
        request: The request.
        cache: The value of Cache-Control.
    """
    accepted = _accepted(request.headers.getlist("accept-encoding"))
    coding, data = _smallest(asset, accepted)
    etag = f'"{asset.etag}-{coding}"' if coding else f'"{asset.etag}"'
    response = bytes_response(request, data, etag, cache, asset.media_type)
    response.headers["vary"] = "Accept-Encoding"
    if coding and response.status_code == 200:
        response.headers["content-encoding"] = coding
    return response


def _smallest(asset: Asset, accepted: set[str]) -> tuple[str, bytes]:
    """The content coding ("" for none) of the smallest form that the caller accepts, and that form."""
    if asset.brotli is not None and _BROTLI in accepted:
        return _BROTLI, asset.brotli
    return (_GZIP, asset.gzipped) if _GZIP in accepted else ("", asset.plain)


def _accepted(lines: list[str]) -> set[str]:
    """The codings to which Accept-Encoding, whose list may go over several lines, gives a weight above 0."""
    items = (item.strip().lower().replace(" ", "") for item in ",".join(lines).split(","))
    return {match[1] for item in items if (match := _ACCEPTED.fullmatch(item)) is not None}
