"""Has a server countersign a receipt. It keeps nothing of it; asked again, it says what it knows then."""

import json
from dataclasses import replace
from typing import Final

import httpx2

from pilookup.checking.requests import check_url
from pilookup.errors import ReceiptError
from pilookup.protocol.canonical_objects import canonical
from pilookup.protocol.receipts import Countersignature, Receipt
from pilookup.reports.exchange import TIMEOUT_SECONDS, exchange

_OTHER: Final = "this is not a server that countersigns receipts"
_REMEDIES: Final = {
    400: "the receipt is not valid; make it with this version of pilookup",
    401: "the platform's key is missing, wrong, expired or revoked",
    404: "the server does not serve the receipt's channel, or countersigns no receipts",
    429: "too many requests; send it later",
    503: "the server cannot countersign now; send it later",
}


def send_receipt(
    receipt: Receipt,
    url: str,
    token: str,
    *,
    insecure: bool = False,
    timeout: float = TIMEOUT_SECONDS,
    transport: httpx2.BaseTransport | None = None,
) -> Receipt:
    """Send the statement of a receipt.

    Args:
        receipt: The receipt; a countersignature that it has is not sent.
        url: The server's address, https:// (http:// to this machine only).
        token: The platform's key.
        insecure: Whether http:// is allowed to other hosts.
        timeout: Most seconds for the whole exchange.
        transport: Sends the request; None: over the network.

    Returns:
        The receipt with the server's countersignature, which is signed by the key that it names. Whether that is the
        key of the serving machine, `verify_receipt` says.

    Raises:
        ReceiptError: The server refused it, or did not answer. The text repeats neither key nor receipt.
        ValueError: The address is not one.
    """
    address = f"{check_url(url, insecure=insecure)}/v1/receipts"
    content = receipt.statement.to_bytes()
    status, data = exchange("POST", address, token, content, timeout, transport, ReceiptError)
    if status != httpx2.codes.OK:
        raise ReceiptError(f"the server answered {status}: {_REMEDIES.get(status, _OTHER)}")
    try:
        added = Countersignature.from_bytes(canonical(json.loads(data), "countersignature"))
    except (ValueError, RecursionError):
        raise ReceiptError(f"the answer is no countersignature; {_OTHER}") from None
    added.verify(receipt.statement)
    return replace(receipt, countersignature=added)
