"""What the forked processes run: the worker and the metrics server. Also the check that precedes them."""

import asyncio
import os
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import uvicorn
from fastapi import FastAPI

from pilookup import _core
from pilookup.protocol.names import PUBLIC
from pilookup_server import metrics
from pilookup_server.app import create_app, create_health_app
from pilookup_server.auth import DEPRECATED, Tokens, needs_token
from pilookup_server.count_keeper import check_database_url
from pilookup_server.keys.online_keys import OnlineKeys
from pilookup_server.limits.channel_ledger import Keeping
from pilookup_server.limits.client_address import ClientAddresses
from pilookup_server.limits.counters import CountersError
from pilookup_server.limits.quotas import Quotas, SharedCounts
from pilookup_server.logs import logger
from pilookup_server.process.connection import ConnectionFactory, ConnectionTimes, Listener
from pilookup_server.process.connection_table import ConnectionTable
from pilookup_server.process.connection_watch import ConnectionWatch
from pilookup_server.process.hardening import RESERVED_DESCRIPTORS, open_descriptors
from pilookup_server.report_calls import ReportDesk
from pilookup_server.settings import Settings

KEEP_ALIVE_SECONDS = 75
"""Longer than common proxies and clients keep an idle connection, so that they close it and not the server."""

HEAD_SECONDS = 10.0
"""Most seconds from a head's first byte, or from the start of the connection, until the head is complete."""

HEALTH_CONNECTIONS = 64
"""Most connections to the health listener of one worker."""


def check_startup(settings: Settings, keys: OnlineKeys, counts: SharedCounts) -> None:
    """Find errors that otherwise only a worker would find when it builds its app.

    Raises:
        ServeError: A bearer token is missing or invalid, its file cannot be read, or the quota storage or the URL
            of the service database cannot be used.
        KeyringError: The timestamp key of a served channel is missing or damaged.
    """
    if Tokens.from_settings(settings).holders:
        logger().warning(DEPRECATED)
    Quotas.from_settings(settings, counts, None, settings.home)
    check_database_url(settings)
    for channel in settings.channels:
        keys.timestamp_keys(channel)
        if settings.metadata_from and needs_token(channel):
            settings.read_metadata_token()


@dataclass(frozen=True, slots=True)
class WorkerSockets:
    """The listening sockets that all workers accept from.

    Attributes:
        main: The socket of the service.
        health: The socket for health checks only; None if there is none.
    """

    main: socket.socket
    health: socket.socket | None


@dataclass(frozen=True, slots=True)
class WorkerShares:
    """What all workers share; it is made before they are forked.

    Attributes:
        sockets: The listening sockets.
        counts: What quotas count in.
        desk: Where workers ask about reports.
        scratch: An empty private directory.
        descriptor_limit: The most descriptors that a worker may have open.
    """

    sockets: WorkerSockets
    counts: SharedCounts
    desk: ReportDesk
    scratch: Path
    descriptor_limit: int


def run_worker(name: str, settings: Settings, keys: OnlineKeys, shares: WorkerShares) -> None:
    """Answer requests until SIGTERM, or until the supervisor has died; then wait for open requests to end.

    Args:
        name: The worker's name, which a worker that replaces it has too.
        settings: The server's settings.
        keys: The keys of the online half.
        shares: What the worker shares with the others.

    Raises:
        SystemExit: The app could not start; the status is 1.
        ServeError: A setting cannot be used.
        KeyringError: A key cannot be read.
    """
    supervisor = os.getppid()
    metrics.set_process(name)
    _core.set_threads(max(1, (os.cpu_count() or 1) // settings.workers))
    app = create_app(settings, keys, shares.scratch, counts=shares.counts, reports=shares.desk.calls(name))
    connections, watch = _connections(settings, app, shares.sockets, shares.descriptor_limit)

    async def tick() -> None:
        watch.tick()
        _report_counts(app, shares.counts)
        server.should_exit = server.should_exit or os.getppid() != supervisor

    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=cast("type[asyncio.Protocol]", connections),  # uvicorn only calls it
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        callback_notify=tick,
        timeout_notify=1,
    )
    server = uvicorn.Server(config)
    server.run(sockets=[one for one in (shares.sockets.main, shares.sockets.health) if one is not None])
    if not server.started:
        raise SystemExit(1)


def _report_counts(app: FastAPI, counts: SharedCounts) -> None:
    """Record where the counts are kept, and how much of the newest epoch of the public channel is used."""
    ledger = counts.ledger
    metrics.set_database(used=ledger.keeping is Keeping.DATABASE)
    metrics.set_keys_age(counts.key_table.age)
    watcher = app.state.service.watchers.get(PUBLIC)
    if watcher is None or watcher.state is None:
        return
    epoch, saved = max(watcher.state.loaded.evaluators), ledger.keeping is not Keeping.MEMORY
    with suppress(CountersError):  # another worker is stopped, or the count is not known; requests are answered 503
        metrics.set_epoch_elements(PUBLIC, ledger.evaluated(epoch), ledger.ceiling, saved=saved)


def _connections(
    settings: Settings, app: FastAPI, sockets: WorkerSockets, descriptor_limit: int
) -> tuple[ConnectionFactory, ConnectionWatch]:
    """What makes the connections of a worker, and what looks after them."""
    clock = time.monotonic
    most = min(settings.max_connections, descriptor_limit - RESERVED_DESCRIPTORS)
    main = ConnectionTable(most, min(most, settings.max_connections_per_address), clock)
    health = ConnectionTable(HEALTH_CONNECTIONS, HEALTH_CONNECTIONS, clock)
    others = {}
    if sockets.health is not None:
        others[sockets.health.getsockname()[1]] = Listener(health, create_health_app(app))
    times = ConnectionTimes(HEAD_SECONDS, settings.body_seconds, settings.response_seconds)
    factory = ConnectionFactory(Listener(main), others, ClientAddresses(settings.trusted_proxies), times)
    tables = {"main": main, "health": health}
    return factory, ConnectionWatch(tables, open_descriptors, descriptor_limit, clock)


def serve_metrics(host: str, port: int) -> None:
    """Serve the metrics of all workers until SIGTERM, or until the supervisor has died.

    Args:
        host: The address to listen on.
        port: The port to listen on; 0 takes a free one, and the log names it.

    Raises:
        OSError: The address cannot be listened on.
    """
    supervisor, stop = os.getppid(), {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    logger().info("metrics served", port=metrics.serve(host, port))
    while signal.sigtimedwait(stop, 1) is None and os.getppid() == supervisor:
        pass
