"""The state of targets as JSON objects, for operators and scripts."""

from datetime import UTC, datetime
from typing import Any

from pilookup.protocol.encoding import time_text
from pilookup_server.service_database.deliveries import TargetState


def target_json(state: TargetState) -> dict[str, Any]:
    """A target and how its deliveries go; its URL may contain a secret, so only `notify list` adds it."""
    return {
        "target": state.target.name,
        "channel": state.target.channel,
        "delivered": state.delivered or None,
        "delivered_at": _time(state.delivered_at),
        "failing_since": _time(state.failing_since),
        "fault": state.fault,
        "paused_since": _time(state.paused),
        "paused_because": state.paused_because,
    }


def target_line(told: dict[str, Any]) -> str:
    """The same in words."""
    delivered = f"serial {told['delivered']} delivered" if told["delivered"] else "nothing delivered yet"
    parts = [f"{told['target']}: {told['channel']}, {delivered}"]
    if told["fault"] is not None:
        parts.append(f"failing since {told['failing_since']} ({told['fault']})")
    if told["paused_since"] is not None:
        parts.append(f"paused since {told['paused_since']} ({told['paused_because']})")
    return "; ".join(parts)


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else time_text(datetime.fromtimestamp(seconds, UTC))
