"""What `pilookup notify` runs: the settings, the key, and the loop, until SIGTERM or SIGINT.

It reads no passphrase and no key of the online half, so whoever takes it over can tell receivers of releases, and
nothing else.
"""

import asyncio
import signal
import time
from functools import partial
from typing import Any

import httpx2

from pilookup.errors import KeyringError
from pilookup_server.logs import configure_logging, logger
from pilookup_server.notify import metrics
from pilookup_server.notify.endpoint import Endpoint
from pilookup_server.notify.message import Message
from pilookup_server.notify.names import Names
from pilookup_server.notify.notifier import Notifier
from pilookup_server.notify.post import Outcome, Post
from pilookup_server.notify.public_address import is_in, is_public
from pilookup_server.notify.secret_key import NotifyKey
from pilookup_server.notify.targets import OpenDatabase, key_file
from pilookup_server.process.hardening import harden
from pilookup_server.service_database.deliveries import Delivery
from pilookup_server.settings import Network, ServeError, Settings, read_settings


def deliver(**overrides: Any) -> None:
    """Deliver notices until SIGTERM or SIGINT.

    Args:
        overrides: Settings by field name that win over the environment; those that are None are ignored.

    Raises:
        ServeError: A setting is invalid, or the metrics port cannot be listened on.
        HomeError: HOME has no online half, and there is no URL of a database.
        KeyringError: The key that secrets are derived from cannot be read.
    """
    settings = read_settings(**overrides)
    database, key = OpenDatabase(settings), NotifyKey.read(key_file(settings))
    harden()
    configure_logging(settings.log_level)
    if settings.notify_metrics_port is not None:
        try:
            port = metrics.serve(settings.metrics_host, settings.notify_metrics_port)
        except OSError as error:
            raise ServeError(f"PILOOKUP_NOTIFY_METRICS_PORT: cannot listen: {error.strerror}") from None
        logger().info("metrics served", port=port)
    allowed = partial(_is_allowed, settings.notify_networks)
    post = Post(Names().look_up, allowed, httpx2.create_ssl_context(), settings.notify_seconds)
    send = partial(_send, post, key, settings)
    notifier = Notifier(database, send, _now, settings.notify_pause_seconds)
    logger().info("delivering notices")
    asyncio.run(_until_stopped(notifier))


async def _until_stopped(notifier: Notifier) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await notifier.run(stop)


async def _send(post: Post, key: NotifyKey, settings: Settings, delivery: Delivery) -> Outcome:
    """Send a notice; raises KeyringError if the target was added with another key, and TargetError for a bad URL."""
    target = delivery.target
    if target.key_check != key.check():
        raise KeyringError(
            f"{key_file(settings)}: not the key that the target {target.name} was added with; put that one back, or "
            "remove the target and add it again"
        )
    message = Message.of(delivery.notice, settings.notice_origin, key.secret(target.secret_id), _now())
    return await post.send(Endpoint.parse(target.url), message)


def _is_allowed(networks: tuple[Network, ...], address: str) -> bool:
    return is_public(address) or is_in(address, networks)


def _now() -> int:
    return int(time.time())
