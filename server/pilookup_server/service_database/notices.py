"""The notices in the service database. Every method is one transaction, and raises ServiceDatabaseError."""

import json
from collections.abc import Iterable

from sqlalchemy import Engine, RowMapping, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from pilookup.errors import FormatError
from pilookup_server.notices.notice import KEPT, Notice
from pilookup_server.service_database.engine import ServiceDatabaseError, database_errors, for_writing
from pilookup_server.service_database.schema import notice


class NoticeTable:
    """The newest notices of each channel, each once, however many machines record it."""

    def __init__(self, engine: Engine) -> None:
        """Use the connections of an open service database."""
        self._engine = engine
        self._writing = for_writing(engine)

    def record(self, notices: Iterable[Notice]) -> int:
        """Record notices. One that is known is not changed, and of a channel only the newest `KEPT` stay.

        Returns:
            How many were new.
        """
        with database_errors(), self._writing.begin() as connection:
            insert = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert
            new = 0
            for one in notices:
                row = insert(notice).values(
                    channel=one.channel,
                    serial=one.serial,
                    datasets=json.dumps(one.datasets, separators=(",", ":")),
                    manifest=one.manifest,
                    created=one.created,
                )
                made = row.on_conflict_do_nothing().returning(notice.c.serial)
                new += connection.execute(made).first() is not None
                kept = select(notice.c.serial).where(notice.c.channel == one.channel)
                oldest = kept.order_by(notice.c.serial.desc()).offset(KEPT).limit(1).scalar_subquery()
                connection.execute(delete(notice).where(notice.c.channel == one.channel, notice.c.serial <= oldest))
            return new

    def states(self) -> dict[str, tuple[int, int]]:
        """The newest serial of each channel that has a notice, and the number of its notices."""
        query = select(notice.c.channel, func.max(notice.c.serial), func.count()).group_by(notice.c.channel)
        with database_errors(), self._engine.connect() as connection:
            return {channel: (serial, count) for channel, serial, count in connection.execute(query)}

    def newest(self, channel: str) -> list[Notice]:
        """The notices of a channel, newest first."""
        query = select(notice).where(notice.c.channel == channel).order_by(notice.c.serial.desc()).limit(KEPT)
        with database_errors(), self._engine.connect() as connection:
            return [notice_of_row(row) for row in connection.execute(query).mappings()]


def notice_of_row(row: RowMapping) -> Notice:
    """The notice of a row; raises ServiceDatabaseError if another program wrote it."""
    try:
        return Notice.from_json({**row, "datasets": json.loads(row["datasets"])})
    except (FormatError, ValueError) as error:
        raise ServiceDatabaseError(f"a notice of {row['channel']} is not one that pilookup wrote: {error}") from None
