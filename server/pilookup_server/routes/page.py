"""The page for citizens: its files and its configuration."""

import re
from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pilookup.protocol.problems import Problem
from pilookup.protocol.release import ROOT
from pilookup_server.page_host.assets import INDEX, Asset
from pilookup_server.page_host.config import PageConfig
from pilookup_server.problems import ProblemError
from pilookup_server.routes.conditional import bytes_response
from pilookup_server.service import service_of

REVALIDATE: Final = "no-cache"
"""A cache must revalidate each time, because a page older than the server's protocol would fail."""

_GZIP: Final = re.compile(r"gzip(;q=(1(\.0{0,3})?|0\.0{0,2}[1-9][0-9]{0,2}))?")

_FIXED: Final = {
    "vary": "Accept-Encoding",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def page_routes(assets: Mapping[str, Asset], config: PageConfig) -> list[Route]:
    """The routes of the page.

    Args:
        assets: The built files by path; empty if the page is not built.
        config: The configuration of the page.

    Returns:
        A route for each file, for `/` and for `/config.json`; none if the page is not built.
    """
    if not assets:
        return []
    headers = _FIXED | {"content-security-policy": config.policy()}
    files = [Route(f"/{name}", partial(_asset, asset, headers)) for name, asset in assets.items()]
    index = Route("/", partial(_asset, assets[INDEX], headers))
    return [index, Route("/config.json", partial(_config, config)), *files]


def _accepts_gzip(lines: list[str]) -> bool:
    """Whether Accept-Encoding, whose list may go over several lines, names gzip with a weight above 0."""
    items = (item.strip().lower().replace(" ", "") for item in ",".join(lines).split(","))
    return any(_GZIP.fullmatch(item) is not None for item in items)


async def _asset(asset: Asset, headers: Mapping[str, str], request: Request) -> Response:
    response = _respond(asset, request)
    response.headers.update(headers)
    return response


def _respond(asset: Asset, request: Request) -> Response:
    """The file, compressed if the browser accepts that."""
    gzipped = _accepts_gzip(request.headers.getlist("accept-encoding"))
    data, etag = (asset.gzipped, f'"{asset.etag}-gzip"') if gzipped else (asset.plain, f'"{asset.etag}"')
    response = bytes_response(request, data, etag, REVALIDATE, asset.media_type)
    if gzipped and response.status_code == 200:
        response.headers["content-encoding"] = "gzip"
    return response


async def _config(config: PageConfig, request: Request) -> Response:
    """GET /config.json, with the newest root by which the channel's release was verified."""
    watcher = service_of(request).watchers.get(config.channel)
    state = watcher.state if watcher else None
    if state is None:
        raise ProblemError(Problem.UNAVAILABLE, headers={"retry-after": "60"})
    response = _respond(_document(config, state.metadata[f"{state.loaded.release.root_version}.{ROOT}"]), request)
    response.headers["vary"] = "Accept-Encoding"
    return response


@lru_cache(maxsize=2)
def _document(config: PageConfig, root: bytes) -> Asset:
    """The document config.json; cached, since it changes only with the root."""
    return Asset.from_bytes("config.json", config.to_json(root))
