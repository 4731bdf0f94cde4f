"""What a server countersigns in receipts. Every method is one transaction, and raises ServiceDatabaseError."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Engine, func, select
from sqlalchemy.dialects import postgresql, sqlite

from pilookup.protocol.receipts import PURPOSES, Fetched
from pilookup_server.limits.fetch_table import Fetch
from pilookup_server.service_database.engine import database_errors
from pilookup_server.service_database.schema import platform_day, platform_fetch


class ReceiptTable:
    """The serials that platforms fetched, and sums of their usage."""

    def __init__(self, engine: Engine, writing: Engine) -> None:
        """Called by `ServiceDatabase.receipts`; `writing` is the engine for transactions that write."""
        self._engine = engine
        self._writing = writing

    def add_fetches(self, fetches: Sequence[Fetch], day: date) -> None:
        """Keep serials that are higher than those that are kept, with the day. Repeating it changes nothing."""
        with database_errors(), self._writing.begin() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            new = dialect.insert(platform_fetch)
            adding = new.on_conflict_do_update(
                index_elements=["platform", "channel"],
                set_={"serial": new.excluded.serial, "day": new.excluded.day},
                where=platform_fetch.c.serial < new.excluded.serial,
            )
            for one in sorted(fetches, key=lambda each: (each.platform, each.channel)):
                row = {"platform": one.platform, "channel": one.channel, "serial": one.serial, "day": day}
                connection.execute(adding.values(**row))

    def facts(self, platform: str, channel: str, since: date, until: date) -> tuple[dict[str, int], Fetched | None]:
        """The elements that were answered to a platform on some days (UTC), by purpose, and what it fetched."""
        days = platform_day.c
        sums = (
            select(days.purpose, func.sum(days.elements))
            .where(days.platform == platform, days.channel == channel, days.day >= since, days.day <= until)
            .group_by(days.purpose)
        )
        fetches = platform_fetch.c
        query = select(fetches.serial, fetches.day).where(fetches.platform == platform, fetches.channel == channel)
        with database_errors(), self._engine.connect() as connection:
            counted = {purpose: int(total) for purpose, total in connection.execute(sums)}
            row = connection.execute(query).first()
        elements = {purpose: counted.get(purpose, 0) for purpose in PURPOSES}
        return elements, None if row is None else Fetched(row.serial, row.day)
