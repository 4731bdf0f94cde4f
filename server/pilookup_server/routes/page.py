"""The page for citizens: its files, its configuration, and the feed of the newest cases."""

from collections.abc import Mapping
from functools import lru_cache, partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pilookup.protocol.feed import FEED_FILE
from pilookup.protocol.problems import Problem
from pilookup.protocol.release import ROOT
from pilookup_server.page_host.assets import INDEX, Asset
from pilookup_server.page_host.config import PageConfig
from pilookup_server.problems import ProblemError
from pilookup_server.release.loaded_release import ServedState
from pilookup_server.routes.compressed import asset_response
from pilookup_server.service import service_of

REVALIDATE: Final = "no-cache"
"""A cache must revalidate each time, because a page older than the server's protocol would fail."""

FEED_CACHE: Final = "public, max-age=600"
"""Feed readers ask often. A case that was withdrawn is gone from the feed within ten minutes."""

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
        A route for each file, for each recording, for `/`, `/config.json` and `/feed.xml`; none if the page is not
        built.
    """
    if not assets:
        return []
    headers = _FIXED | {"content-security-policy": config.policy()}
    sounds = {one.path: Asset.from_bytes(one.path, one.data) for one in config.sounds}
    files = [Route(f"/{name}", partial(_asset, asset, headers)) for name, asset in {**assets, **sounds}.items()]
    index = Route("/", partial(_asset, assets[INDEX], headers))
    made = [Route("/config.json", partial(_config, config)), Route(f"/{FEED_FILE}", partial(_feed, config.channel))]
    return [index, *made, *files]


async def _asset(asset: Asset, headers: Mapping[str, str], request: Request) -> Response:
    response = asset_response(asset, request, REVALIDATE)
    response.headers.update(headers)
    return response


async def _config(config: PageConfig, request: Request) -> Response:
    """GET /config.json, with the newest root by which the channel's release was verified."""
    state = _state(config.channel, request)
    root = state.metadata[f"{state.loaded.release.root_version}.{ROOT}"]
    return asset_response(_document(config, root), request, REVALIDATE)


async def _feed(channel: str, request: Request) -> Response:
    """GET /feed.xml, the bytes of `feed.xml` of the newest epoch (SPEC.md section 7.2).

    Raises:
        ProblemError: 404 if the release was made by a version without feeds, 503 if there is no valid release.
    """
    state = _state(channel, request)
    if state.fault(service_of(request).clock()):
        raise _unavailable()
    newest = state.loaded.release.epochs[0]
    if FEED_FILE not in newest.files:
        raise ProblemError(Problem.NOT_FOUND)
    file = state.targets[newest.path(FEED_FILE)]
    return asset_response(_compressed(file.read(0, file.ref.size)), request, FEED_CACHE)


def _state(channel: str, request: Request) -> ServedState:
    """What is served of the page's channel; raises ProblemError 503 if nothing is."""
    watcher = service_of(request).watchers.get(channel)
    if watcher is None or watcher.state is None:
        raise _unavailable()
    return watcher.state


def _unavailable() -> ProblemError:
    return ProblemError(Problem.UNAVAILABLE, headers={"retry-after": "60"})


@lru_cache(maxsize=2)
def _compressed(feed: bytes) -> Asset:
    """The feed as a file of the page; cached, since it changes only with a release."""
    return Asset.from_bytes(FEED_FILE, feed)


@lru_cache(maxsize=2)
def _document(config: PageConfig, root: bytes) -> Asset:
    """The document config.json; cached, since it changes only with the root."""
    return Asset.from_bytes("config.json", config.to_json(root))
