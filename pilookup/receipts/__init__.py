"""A platform's signed statement that it screened its users, and what the server that served it countersigns.

    from pilookup.receipts import make_receipt, read_receipt, send_receipt, verify_receipt
    from pilookup.reports import ReportKey

    key = ReportKey.read("report.key")          # made once with: pilookup reports key report.key
    receipt = make_receipt(key, channel="platform", epoch=1, serial=42, since=began, screened=ended,
                           users=200_000, elements=200_000, report=report)
    receipt = send_receipt(receipt, "https://pilookup.example.org", token)
    Path("receipt.json").write_bytes(receipt.to_bytes())
    ...                                         # whoever looks at it later
    verify_receipt(read_receipt("receipt.json"), "trust-machine.json")

What the platform states is not proved by it (docs/adr/0040).
"""

from pilookup.protocol.receipts import Countersignature, Fetched, Receipt, Statement
from pilookup.receipts.make import make_receipt
from pilookup.receipts.send import send_receipt
from pilookup.receipts.verify import read_receipt, verify_receipt

__all__ = [
    "Countersignature",
    "Fetched",
    "Receipt",
    "Statement",
    "make_receipt",
    "read_receipt",
    "send_receipt",
    "verify_receipt",
]
