"""The page for citizens: its files and its configuration."""

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
from pilookup_server.routes.compressed import asset_response
from pilookup_server.service import service_of

REVALIDATE: Final = "no-cache"
"""A cache must revalidate each time, because a page older than the server's protocol would fail."""

_FIXED: Final = {
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
        A route for each file, for each recording, for `/` and for `/config.json`; none if the page is not built.
    """
    if not assets:
        return []
    headers = _FIXED | {"content-security-policy": config.policy()}
    sounds = {one.path: Asset.from_bytes(one.path, one.data) for one in config.sounds}
    files = [Route(f"/{name}", partial(_asset, asset, headers)) for name, asset in {**assets, **sounds}.items()]
    index = Route("/", partial(_asset, assets[INDEX], headers))
    return [index, Route("/config.json", partial(_config, config)), *files]


async def _asset(asset: Asset, headers: Mapping[str, str], request: Request) -> Response:
    response = asset_response(asset, request, REVALIDATE)
    response.headers.update(headers)
    return response


async def _config(config: PageConfig, request: Request) -> Response:
    """GET /config.json, with the newest root by which the channel's release was verified."""
    watcher = service_of(request).watchers.get(config.channel)
    state = watcher.state if watcher else None
    if state is None:
        raise ProblemError(Problem.UNAVAILABLE, headers={"retry-after": "60"})
    root = state.metadata[f"{state.loaded.release.root_version}.{ROOT}"]
    return asset_response(_document(config, root), request, REVALIDATE)


@lru_cache(maxsize=2)
def _document(config: PageConfig, root: bytes) -> Asset:
    """The document config.json; cached, since it changes only with the root."""
    return Asset.from_bytes("config.json", config.to_json(root))
