"""Health checks: whether the process runs, and whether it has valid releases to serve."""

import json

from starlette.requests import Request
from starlette.responses import Response

from pilookup.clock import Clock
from pilookup.protocol.encoding import time_text
from pilookup.protocol.messages import JSON
from pilookup.protocol.names import PUBLIC
from pilookup.protocol.problems import Problem
from pilookup_server.limits.channel_ledger import Keeping
from pilookup_server.problems import ProblemError
from pilookup_server.release.watcher import ReleaseWatcher
from pilookup_server.service import service_of

_DATABASE = {Keeping.STARTING: "starting", Keeping.DATABASE: "used"} | dict.fromkeys(
    (Keeping.FILE, Keeping.MEMORY), "unusable"
)
_NO_STORE = {"cache-control": "no-store"}


async def alive(_: Request) -> Response:
    """GET /healthz"""
    return Response(b'{"status":"ok"}', headers=_NO_STORE, media_type=JSON)


async def ready(request: Request) -> Response:
    """GET /readyz: 200 if at least one channel is published and every published channel is valid.

    `service_database` is "unusable" while the server counts without it. It is ready then too, since it serves files.
    `platform_keys` says how well the keys of platforms are known (`limits.key_table.KeysState`).

    A channel whose new release was refused is ready if its former release is valid; `release_refused` then says so.

    Raises:
        ProblemError: 503 otherwise; its detail states the condition of each channel.
    """
    service = service_of(request)
    states = {name: _readiness(watcher, service.clock) for name, watcher in service.watchers.items()}
    conditions = {str(state["state"]) for state in states.values()}
    if conditions - {"ready", "unpublished"} or "ready" not in conditions:
        detail = ", ".join(f"{name}: {state['state']}" for name, state in states.items())
        raise ProblemError(Problem.UNAVAILABLE, detail)
    told = {
        "status": "ready",
        "clock_doubtful": service.clock.doubtful,
        "service_database": _DATABASE[service.counts.ledger.keeping],
        "platform_keys": service.counts.key_table.state,
        "channels": states,
    }
    body = json.dumps(told, separators=(",", ":")).encode()
    return Response(body, headers=_NO_STORE, media_type=JSON)


def _readiness(watcher: ReleaseWatcher, clock: Clock) -> dict[str, object]:
    state = watcher.state
    followed: dict[str, object] = (
        {} if watcher.timestamp_source is None else {"timestamp_source": watcher.timestamp_source}
    )
    if state is None:
        return {"state": "refused" if watcher.published() else "unpublished"} | followed
    told: dict[str, object] = {"state": state.fault(clock()) or "ready", "release_refused": watcher.refused, **followed}
    if watcher.name != PUBLIC:
        return told  # only token holders may learn how often a closed channel is published
    loaded = state.loaded
    if followed:
        told["valid_until"] = time_text(state.expires)
    return told | {"epochs": sorted(loaded.evaluators), "serials": sorted(loaded.snapshots)}
