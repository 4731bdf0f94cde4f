"""Makes a receipt from what a platform states."""

from datetime import date, datetime
from hashlib import sha256

import rfc8785

from pilookup.errors import FormatError, ReceiptArgumentError
from pilookup.protocol.receipts import MAX_USERS, Receipt, Statement
from pilookup.protocol.reports import Report, power_of_ten
from pilookup.reports import ReportKey


def make_receipt(
    key: ReportKey,
    *,
    channel: str,
    epoch: int,
    serial: int,
    since: date,
    screened: datetime,
    users: int,
    elements: int,
    report: Report | None = None,
) -> Receipt:
    """Make a receipt that only the platform has signed. Made again from the same, it is the same.

    Args:
        key: The platform's key of reports; the key that signs receipts is derived from it.
        channel: The channel.
        epoch: The epoch whose tokens were used.
        serial: The serial that was screened with.
        since: The day (UTC) from which on the elements were evaluated.
        screened: When the screening ended, with its time zone.
        users: How many users were screened; the receipt has the power of ten that is not greater.
        elements: How many elements were evaluated from `since` on.
        report: The report on what was done; None: the receipt names none.

    Raises:
        ReceiptArgumentError: One of these cannot be right.
    """
    if screened.tzinfo is None or not 1 <= users <= MAX_USERS:
        raise ReceiptArgumentError(f"screened: without a time zone, or users: not 1 to {MAX_USERS:,}")
    statement = Statement(
        channel=channel,
        epoch=epoch,
        serial=serial,
        since=since,
        screened=screened.replace(microsecond=0),
        users=power_of_ten(users),
        elements=elements,
        report_sha256=None if report is None else sha256(report.to_bytes()).hexdigest(),
    )
    try:
        return Receipt(Statement.from_bytes(statement.signed(key.receipt_key()).to_bytes()))
    except rfc8785.CanonicalizationError:
        raise ReceiptArgumentError("a number is too large") from None
    except FormatError as error:
        raise ReceiptArgumentError(str(error)) from None
