"""Keeps the notices of this server's workers in the service database, and gives the workers the list."""

from typing import TYPE_CHECKING

from pilookup.errors import FormatError
from pilookup_server.logs import describe, logger
from pilookup_server.notices.board import NoticeBoard

if TYPE_CHECKING:
    from pilookup_server.service_database.counts import ServiceDatabase


class NoticeKeeper:
    """Carries notices between the board and the database. Use it in the process that has the database."""

    def __init__(self, board: NoticeBoard) -> None:
        """Carry nothing yet."""
        self._board = board
        self._listed: dict[str, tuple[int, int]] = {}
        self._usable = True

    def keep(self, database: "ServiceDatabase") -> None:
        """Record what workers have put, and list what is new; raises ServiceDatabaseError.

        A board that cannot be read or written is logged once, and tried again at the next call.
        """
        try:
            self._carry(database)
        except (FormatError, OSError) as error:
            if self._usable:
                logger().error("notices are not passed on", **describe(error))
            self._usable = False
        else:
            self._usable = True

    def _carry(self, database: "ServiceDatabase") -> None:
        from pilookup_server.service_database.notices import NoticeTable  # noqa: PLC0415 - imports SQLAlchemy

        table, waiting = NoticeTable(database.engine), self._board.waiting()
        if waiting:
            table.record(waiting.values())
            self._board.take(waiting)
        for channel, state in table.states().items():
            if self._listed.get(channel) != state:
                self._board.replace_list(channel, table.newest(channel))
                self._listed[channel] = state
