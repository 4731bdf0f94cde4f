"""What the service database contains, for the operator."""

from datetime import date
from typing import Any

from pilookup.errors import HomeError
from pilookup.protocol.names import PUBLIC
from pilookup_server.service_database.counts import ServiceDatabase
from pilookup_server.service_database.engine import FILE, ServiceDatabaseError
from pilookup_server.settings import Settings


def report(settings: Settings, since: date, *, migrate: bool) -> dict[str, Any]:
    """Read the service database.

    Args:
        settings: The server's settings.
        since: The first day whose usage is reported.
        migrate: Whether to make the tables, or change those of an older version. Without it they must be there.

    Returns:
        A JSON object: `database`, `revision`, `ceiling`, `epochs` and `usage`.

    Raises:
        HomeError: HOME has no online half.
        ServeError: A setting cannot be used.
        ServiceDatabaseError: The database cannot be used, or has no tables of this version yet.
    """
    online, url = settings.home / "online", settings.read_service_database_url()
    if not online.is_dir():
        raise HomeError(f"{settings.home}: has no online half")
    if not migrate and not url and not (online / FILE).exists():
        raise ServiceDatabaseError(f"{online / FILE}: missing; `pilookup serve` or `pilookup service migrate` makes it")
    database = ServiceDatabase.open(online, url, migrate_tables=migrate)
    try:
        return {
            "database": "PostgreSQL" if url else FILE,
            "revision": database.revision(),
            "ceiling": settings.public_epoch_quota,
            "epochs": [
                {"channel": PUBLIC, "epoch": epoch, "evaluated": count}
                for epoch, count in sorted(database.epochs(PUBLIC).items())
            ],
            "usage": [
                {
                    "day": one.day.isoformat(),
                    "platform": one.platform,
                    "channel": one.channel,
                    "requests": one.requests,
                    "elements": one.elements,
                }
                for one in database.usage(since)
            ],
        }
    finally:
        database.close()
