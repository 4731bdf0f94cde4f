"""Receipts of the tests."""

from datetime import UTC, date, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pilookup.protocol.receipts import Countersignature, Fetched, Receipt
from pilookup.receipts import make_receipt
from tests.support.reports.made import KEY

DAY = date(2026, 11, 24)
ENDED = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
MACHINE = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))


def stated(key=KEY, **more):
    """A receipt of 200,000 users that only the platform has signed."""
    given = {"channel": "platform", "epoch": 1, "serial": 1, "since": DAY, "screened": ENDED}
    return make_receipt(key, **(given | {"users": 234_567, "elements": 200_003} | more))


def countersigned(receipt, machine=MACHINE, **more):
    """The receipt with a countersignature of a machine."""
    given = {"elements": {"signup": 3, "screening": 200_000}, "fetched": Fetched(1, DAY), "countersigned": ENDED}
    added = Countersignature(receipt.statement.sha256, "shop", **(given | more)).signed(machine)
    return Receipt(receipt.statement, added)
