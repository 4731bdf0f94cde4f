"""Countersigns statements of platforms (SPEC.md section 18) with the key of this machine, and keeps nothing of them."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pilookup.bundles.machine import make_machine_key, read_machine_key
from pilookup.protocol.receipts import Countersignature
from pilookup_server.report_calls import Countersign, Outcome, Reply

if TYPE_CHECKING:
    from pilookup_server.service_database.counts import ServiceDatabase


def countersign(call: Countersign, database: "ServiceDatabase", online: Path, now: datetime) -> Reply:
    """Sign what the database has for a statement.

    Args:
        call: What is known of the statement.
        database: The service database.
        online: HOME's online half, where the machine has its key; it is made if there is none.
        now: The time of the countersignature.

    Returns:
        FOUND with the countersignature.

    Raises:
        ServiceDatabaseError: The database cannot be used.
        BundleError, OSError: The machine's key cannot be read or made.
    """
    elements, fetched = database.receipts.facts(call.platform, call.channel, call.since, call.until)
    key = read_machine_key(online) or make_machine_key(online)
    added = Countersignature(call.statement_sha256, call.platform, elements, fetched, now).signed(key)
    return Reply(Outcome.FOUND, answer=added.to_bytes().decode())
