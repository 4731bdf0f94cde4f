"""Reports and answers in the service database. Every method is one transaction, and raises ServiceDatabaseError."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.dialects import postgresql, sqlite

from pilookup.protocol.received_reports import ReceivedReport
from pilookup.protocol.report_answers import Answer
from pilookup.protocol.reports import Report
from pilookup_server.report_calls import Outcome, Reply
from pilookup_server.service_database.engine import database_errors
from pilookup_server.service_database.schema import report, report_answer

MOST_A_QUARTER: Final = 300
"""Reports of one platform on one quarter."""


class ReportTable:
    """The tables of reports."""

    def __init__(self, engine: Engine, writing: Engine) -> None:
        """Called by `ServiceDatabase.reports`; `writing` is the engine for transactions that write."""
        self._engine = engine
        self._writing = writing

    def submit(self, received: ReceivedReport) -> Reply:
        """Keep a report, unless the platform has one on its case and quarter, or with its id.

        Returns:
            NEW or SAME with what is kept; CONFLICT if another report was kept before; TOO_MANY if nothing was kept
            because the platform has as many reports on the quarter as it may have.
        """
        platform, found = received.platform, received.report
        body, quarter = found.to_bytes().decode(), str(found.quarter)
        values = {
            "platform": platform,
            "id": found.id,
            "case_id": found.case,
            "quarter": quarter,
            "received": received.received,
            "body": body,
        }
        columns = report.c
        known = (columns.id == found.id) | ((columns.case_id == found.case) & (columns.quarter == quarter))
        query = select(report).where(columns.platform == platform, known)
        with database_errors(), self._writing.begin() as connection:
            rows = list(connection.execute(query))
            new = not rows
            if new:
                same_quarter = (columns.platform == platform) & (columns.quarter == quarter)
                if connection.execute(select(func.count()).where(same_quarter)).scalar_one() >= MOST_A_QUARTER:
                    return Reply(Outcome.TOO_MANY)
                dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
                # Another server may insert one at the same time; then that one stands.
                adding = dialect.insert(report).values(**values).on_conflict_do_nothing().returning(columns.id)
                new = connection.execute(adding).first() is not None
                rows = list(connection.execute(query))
            if [row.body for row in rows] != [body]:
                return Reply(Outcome.CONFLICT)
            return _reply(connection, Outcome.NEW if new else Outcome.SAME, rows[0])

    def find(self, platform: str, report_id: str) -> Reply:
        """What became of a report: FOUND, or MISSING, also for a report of another platform."""
        query = select(report).where(report.c.platform == platform, report.c.id == report_id)
        with database_errors(), self._engine.connect() as connection:
            row = connection.execute(query).first()
            return Reply(Outcome.MISSING) if row is None else _reply(connection, Outcome.FOUND, row)

    def received(self, since: str) -> list[ReceivedReport]:
        """All reports on a quarter and later ones."""
        query = select(report.c.platform, report.c.received, report.c.body).where(report.c.quarter >= since)
        with database_errors(), self._engine.connect() as connection:
            return [
                ReceivedReport(row.platform, row.received, Report.from_bytes(row.body.encode()))
                for row in connection.execute(query)
            ]

    def put_answers(self, answers: Iterable[Answer]) -> None:
        """Keep answers, in place of former ones to the same reports."""
        rows = [
            {"platform": each.platform, "report": each.report, "body": each.to_bytes().decode()} for each in answers
        ]
        if not rows:
            return
        with database_errors(), self._writing.begin() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            new = dialect.insert(report_answer)
            connection.execute(
                new.on_conflict_do_update(index_elements=["platform", "report"], set_={"body": new.excluded.body}), rows
            )


def _reply(connection: Connection, outcome: Outcome, row: Any) -> Reply:
    query = select(report_answer.c.body).where(
        report_answer.c.platform == row.platform, report_answer.c.report == row.id
    )
    received: date = row.received
    return Reply(outcome, received, connection.execute(query).scalar())
