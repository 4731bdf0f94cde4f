"""What the service database contains, for the operator."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from pilookup.errors import HomeError
from pilookup.protocol.names import PUBLIC
from pilookup_server.limits.usage_table import Usage
from pilookup_server.service_database.counts import ServiceDatabase
from pilookup_server.service_database.deliveries import DeliveryTable, TargetState
from pilookup_server.service_database.engine import FILE
from pilookup_server.service_database.target_report import target_json
from pilookup_server.settings import Settings


def report(settings: Settings, since: date, *, migrate: bool) -> dict[str, Any]:
    """Read the service database.

    Args:
        settings: The server's settings.
        since: The first day whose usage is reported.
        migrate: Whether to make the tables, or change those of an older version. Without it they must be there.

    Returns:
        A JSON object: `database`, `revision` (null for a file that no server has made yet), `ceiling`, `epochs`,
        `usage` and `targets` of notices.

    Raises:
        HomeError: HOME has no online half.
        ServeError: A setting cannot be used.
        ServiceDatabaseError: The database cannot be used, or has not the tables of this version.
    """
    online, url = settings.home / "online", settings.read_service_database_url()
    if not online.is_dir():
        raise HomeError(f"{settings.home}: has no online half")
    if not migrate and not url and not (online / FILE).exists():
        return _found(settings, None, {}, [], [])
    database = ServiceDatabase.open(online, url, migrate_tables=migrate)
    try:
        targets = DeliveryTable(database.engine).targets()
        return _found(settings, database.revision(), database.epochs(PUBLIC), database.usage(since), targets)
    finally:
        database.close()


def _found(
    settings: Settings,
    revision: str | None,
    epochs: Mapping[int, int],
    usage: Sequence[Usage],
    targets: Sequence[TargetState],
) -> dict[str, Any]:
    return {
        "database": "PostgreSQL" if settings.read_service_database_url() else FILE,
        "revision": revision,
        "ceiling": settings.public_epoch_quota,
        "epochs": [{"channel": PUBLIC, "epoch": epoch, "evaluated": count} for epoch, count in sorted(epochs.items())],
        "usage": [
            {
                "day": one.day.isoformat(),
                "platform": one.platform,
                "channel": one.channel,
                "purpose": one.purpose,
                "requests": one.requests,
                "elements": one.elements,
            }
            for one in usage
        ],
        "targets": [target_json(one) for one in targets],
    }
