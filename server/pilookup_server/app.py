"""The ASGI app of one worker: its middleware and its routes, each as one list."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route

from pilookup.clock import Clock, Elapsed, boot_id, seconds_since_boot, utc_now
from pilookup.protocol.platform_key import KeyKind
from pilookup_server.count_keeper import counts_of_one_process
from pilookup_server.keys.online_keys import OnlineKeys
from pilookup_server.limits.quotas import SharedCounts
from pilookup_server.logs import describe, logger
from pilookup_server.middleware.access_log import AccessLog
from pilookup_server.middleware.request_limits import RequestLimits
from pilookup_server.middleware.response_headers import CrossOrigin, SecurityHeaders
from pilookup_server.page_host.assets import read_assets
from pilookup_server.page_host.config import PageConfig
from pilookup_server.page_host.sound.frames import SoundError
from pilookup_server.problems import HANDLERS
from pilookup_server.release.watcher import ReleaseWatcher
from pilookup_server.report_calls import ReportCalls
from pilookup_server.report_keeper import reports_of_one_process
from pilookup_server.routes.buckets import bucket
from pilookup_server.routes.evaluate import Evaluate
from pilookup_server.routes.health import alive, ready
from pilookup_server.routes.metadata import metadata
from pilookup_server.routes.notices import notices
from pilookup_server.routes.page import page_routes
from pilookup_server.routes.receipts import countersign
from pilookup_server.routes.refusals import COUNTED_HANDLERS
from pilookup_server.routes.reports import state as report_state
from pilookup_server.routes.reports import submit as submit_report
from pilookup_server.routes.targets import target
from pilookup_server.service import Service
from pilookup_server.settings import Settings
from pilookup_server.trusted_clock import TrustedClock


def create_app(
    settings: Settings,
    keys: OnlineKeys,
    scratch: Path,
    clock: Clock = utc_now,
    elapsed: Elapsed | None = None,
    boot: str | None = None,
    counts: SharedCounts | None = None,
    key_kind: KeyKind = KeyKind.LIVE,
    reports: ReportCalls | None = None,
) -> FastAPI:
    """Build the app of one worker.

    The app loads the releases on disk when its lifespan starts, and watches for newer ones until its lifespan ends.

    Args:
        settings: The server's settings.
        keys: The keys of the online half.
        scratch: An empty private directory that all workers of this machine share while they run.
        clock: The wall clock; tests pass their own.
        elapsed: The seconds since the machine started. None: the system's, or, with a `clock` of the caller, the
            seconds of that clock, which then cannot be stepped.
        boot: The id of that start of the machine; None: the system's.
        counts: What all workers count in; None: this app is the only one.
        key_kind: The kind of platforms' keys that this server takes.
        reports: Keeps reports of platforms; None: this app does, and is the only one.

    Raises:
        HomeError: Without `counts`: `evaluated.json` is damaged.
        ServeError: A setting cannot be used (bearer tokens, quota storage, service database).
        KeyringError: The key that proofs of work are derived from cannot be read.
        OSError: The built page, or the id of the machine's start, cannot be read.
        KeyError: The built page holds a file of an unknown type.
    """
    if elapsed is None:
        elapsed = seconds_since_boot if clock is utc_now else lambda: clock().timestamp()
    trusted = TrustedClock(clock, elapsed, boot or boot_id(), settings.home / "online")
    counts = counts or counts_of_one_process(settings, elapsed, clock)
    reports = reports or reports_of_one_process(settings, elapsed, clock, counts.wake)
    threads = max(1, (os.cpu_count() or 1) // settings.workers)
    service = Service.from_settings(settings, keys, counts, reports, scratch, trusted, threads, key_kind)
    routes = [*api_routes(), *_page_routes(settings)]
    app = FastAPI(
        title="pilookup",
        routes=list[BaseRoute](routes),
        middleware=_middleware(settings, {route.endpoint: route.path for route in routes}),
        exception_handlers=COUNTED_HANDLERS,
        lifespan=_lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # FastAPI's spans and logs contain request paths, and a path contains a bucket index.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.service = service
    return app


def create_health_app(app: FastAPI) -> Starlette:
    """Build the app of the health listener: the health checks of `app`, without its log lines and limits."""
    health = Starlette(routes=_health_routes(), exception_handlers=HANDLERS)
    health.state.service = app.state.service
    return health


def _health_routes() -> list[Route]:
    return [Route("/healthz", alive), Route("/readyz", ready)]


def api_routes() -> list[Route]:
    """The routes of the HTTP interface (SPEC.md section 8), without the page's files."""
    channel = "/v1/channels/{channel}"
    return [
        Route(f"{channel}/evaluate", Evaluate(), methods=["POST"]),
        Route(f"{channel}/snapshots/{{serial}}/buckets/{{index}}", bucket),
        Route(f"{channel}/metadata/{{name}}", metadata),
        Route(f"{channel}/targets/{{path:path}}", target),
        Route(f"{channel}/notices", notices),
        Route("/v1/reports", submit_report, methods=["POST"]),
        Route("/v1/reports/{id}", report_state),
        Route("/v1/receipts", countersign, methods=["POST"]),
        *_health_routes(),
    ]


def _page_routes(settings: Settings) -> list[Route]:
    if not settings.page:
        return []
    routes = page_routes(read_assets(), _page_config(settings))
    if not routes:
        logger().warning("the page is not built, nothing is served at /")
    return routes


def _page_config(settings: Settings) -> PageConfig:
    """The page's configuration, without recordings if they have become unusable since the server has started."""
    try:
        return PageConfig.from_settings(settings)
    except (SoundError, OSError) as error:
        logger().error("the page has no recordings", **describe(error))
        return PageConfig.from_settings(settings.model_copy(update={"page_sounds": None}))


def _middleware(settings: Settings, templates: Mapping[object, str]) -> list[Middleware]:
    """The middleware, outermost first. `templates` maps each endpoint to its path template."""
    return [
        Middleware(AccessLog, templates=templates, channels=settings.channels),
        Middleware(SecurityHeaders),
        Middleware(CrossOrigin, origins=settings.allowed_origins),
        Middleware(
            RequestLimits,
            max_body=settings.max_body_bytes,
            body=settings.body_seconds,
            request=settings.request_seconds,
        ),
    ]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    for watcher in service.watchers.values():
        await watcher.tick()
    tasks = [asyncio.create_task(_watch(watcher)) for watcher in service.watchers.values()]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for watcher in service.watchers.values():
            await watcher.close()
        await service.quotas.close()


async def _watch(watcher: ReleaseWatcher) -> None:
    """Watch one channel. A tick that fails in an unforeseen way is logged and does not end the watch."""
    while True:
        try:
            await watcher.watch()
        except Exception as error:  # noqa: BLE001 - a channel without a watcher would expire in silence
            logger().error("watch failed", channel=watcher.name, **describe(error))
