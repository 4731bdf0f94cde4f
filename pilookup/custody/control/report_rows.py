"""Reports and answers in the control database. Every method is one transaction, and raises CustodyError if it fails."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, insert, select, update

from pilookup.custody.control import schema
from pilookup.custody.control.engine import database_errors
from pilookup.protocol.received_reports import ReceivedReport
from pilookup.protocol.report_answers import Answer
from pilookup.protocol.reports import Report


@dataclass(frozen=True, slots=True)
class ImportedReport:
    """A report as it was received by a server, and the answer of custody; None if there is none yet."""

    received: ReceivedReport
    answer: Answer | None


class ReportRows:
    """The table of reports."""

    def __init__(self, engine: Engine, writing: Engine) -> None:
        """Called by `ControlDatabase.reports`; `writing` is the engine for transactions that write."""
        self._engine = engine
        self._writing = writing

    def all(self) -> list[ImportedReport]:
        """All reports, by platform and id."""
        table = schema.report
        query = select(table).order_by(table.c.platform, table.c.id)
        with database_errors("failed"), self._engine.connect() as connection:
            return [_imported(row) for row in connection.execute(query)]

    def add(self, reports: Iterable[ReceivedReport], now: datetime) -> None:
        """Insert reports that are not there yet."""
        moment = now.astimezone(UTC).replace(tzinfo=None)
        rows = [
            {
                "platform": each.platform,
                "id": each.report.id,
                "received": each.received,
                "imported_at": moment,
                "body": each.report.to_bytes().decode(),
            }
            for each in reports
        ]
        if rows:
            with database_errors("failed"), self._writing.begin() as connection:
                connection.execute(insert(schema.report), rows)

    def put_answer(self, answer: Answer) -> None:
        """Set the answer to a report, in place of a former one."""
        table = schema.report
        which = (table.c.platform == answer.platform) & (table.c.id == answer.report)
        with database_errors("failed"), self._writing.begin() as connection:
            connection.execute(update(table).where(which).values(answer=answer.to_bytes().decode()))


def _imported(row: Any) -> ImportedReport:
    report = Report.from_bytes(row.body.encode())
    answer = None if row.answer is None else Answer.from_bytes(row.answer.encode())
    return ImportedReport(ReceivedReport(row.platform, row.received, report), answer)
