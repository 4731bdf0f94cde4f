"""Verifies a receipt offline: who signed the statement, who countersigned it, and which report it names."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from pilookup import file_errors
from pilookup.bundles.machine import read_machine_trust
from pilookup.errors import BundleError, FormatError, ReceiptError
from pilookup.plain_file import read_plain
from pilookup.protocol.receipts import MAX_RECEIPT_BYTES, Receipt
from pilookup.protocol.reports import Report


def read_receipt(path: str | Path) -> Receipt:
    """Read the file of a receipt, without verifying it.

    Raises:
        ReceiptError: It cannot be read, or is no receipt. The text repeats nothing of it.
    """
    try:
        return Receipt.from_bytes(read_plain(Path(path), MAX_RECEIPT_BYTES))
    except FormatError as error:
        raise ReceiptError(f"{path}: not a receipt: {error}") from None
    except OSError as error:
        raise ReceiptError(file_errors.failure_text(error, "cannot be read", Path(path))) from error


def verify_receipt(receipt: Receipt, *trust: str | Path, report: Report | None = None) -> None:
    """Verify both signatures of a receipt.

    Args:
        receipt: The receipt.
        trust: Files trust-machine.json of serving machines, or directories with such files. With none, it is not known
            who countersigned, and a receipt without a countersignature is taken too.
        report: The report that it should name; None: that is not compared.

    Raises:
        ReceiptError: A signature is wrong, a trust file cannot be used, none of the machines countersigned, or the
            receipt names another report.
    """
    receipt.statement.verify()
    added = receipt.countersignature
    if added is not None:
        added.verify(receipt.statement)
    if trust and (added is None or added.key not in _machine_keys(trust)):
        raise ReceiptError("the receipt is not countersigned by a serving machine that was trusted")
    if report is not None and receipt.statement.report_sha256 != sha256(report.to_bytes()).hexdigest():
        raise ReceiptError("the receipt names another report, or none")


def _machine_keys(trust: Sequence[str | Path]) -> set[bytes]:
    try:
        return {key.public_bytes_raw() for key in read_machine_trust([Path(path) for path in trust])}
    except (BundleError, OSError) as error:
        raise ReceiptError(f"the trust file cannot be used: {error}") from None
