"""What the forked processes run: the worker and the metrics server. Also the check that precedes them."""

import os
import signal
import socket
from pathlib import Path

import uvicorn

from pilookup import _core
from pilookup_server import metrics
from pilookup_server.app import create_app
from pilookup_server.auth import Tokens
from pilookup_server.keys.online_keys import OnlineKeys
from pilookup_server.limits.quota import Quotas
from pilookup_server.logs import logger
from pilookup_server.process.header_limits import BoundedHeaderProtocol
from pilookup_server.settings import Settings

KEEP_ALIVE_SECONDS = 75
"""Longer than common proxies and clients keep an idle connection, so that they close it and not the server."""


def check_startup(settings: Settings, keys: OnlineKeys) -> None:
    """Find errors that otherwise only a worker would find when it builds its app.

    Raises:
        ServeError: A bearer token is invalid, its file cannot be read, or the quota storage cannot be used.
        KeyringError: The timestamp key of a served channel is missing or damaged.
    """
    Tokens.from_settings(settings)
    Quotas(settings)
    for channel in settings.channels:
        keys.timestamp_key(channel)


def run_worker(settings: Settings, keys: OnlineKeys, scratch: Path, listener: socket.socket) -> None:
    """Answer requests until SIGTERM, or until the supervisor has died; then wait for open requests to end.

    Args:
        settings: The server's settings.
        keys: The keys of the online half.
        scratch: An empty private directory that all workers of this machine share.
        listener: The listening socket that all workers accept from.

    Raises:
        SystemExit: The app could not start; the status is 1.
        ServeError: A setting cannot be used.
        KeyringError: A key cannot be read.
    """
    supervisor = os.getppid()

    async def stop_when_orphaned() -> None:
        server.should_exit = server.should_exit or os.getppid() != supervisor

    _core.set_threads(max(1, (os.cpu_count() or 1) // settings.workers))
    config = uvicorn.Config(
        create_app(settings, keys, scratch),
        loop="uvloop",
        http=BoundedHeaderProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        callback_notify=stop_when_orphaned,
        timeout_notify=1,
    )
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    if not server.started:
        raise SystemExit(1)


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
