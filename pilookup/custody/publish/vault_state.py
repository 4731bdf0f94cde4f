"""What a release is built from, as one digest: whether a prepared release is still what the vault holds."""

import json
from dataclasses import asdict
from hashlib import sha256

from pilookup.custody.publish.epoch_release import released_datasets
from pilookup.custody.session import Session


def vault_state(session: Session, channel: str) -> str:
    """The SHA-256, in hex, of a channel's datasets and loads, of the count of removals, and of its epochs' times.

    It changes with every load, withdrawal, erasure and new epoch, and with every text of a dataset. It stays in the
    custody half. Raises CustodyError if the control database fails.
    """
    datasets = released_datasets(session, session.control.channel(channel))
    state = {
        "profile": session.control.channel(channel).profile,
        "datasets": [asdict(dataset) for dataset in sorted(datasets, key=lambda row: row.id)],
        "loads": sorted(load.id for dataset in datasets for load in session.control.loads(dataset.slug)),
        "removals": session.control.removals(),
        "epochs": [[epoch.number, epoch.started_at, epoch.serves_until] for epoch in session.control.epochs(channel)],
    }
    return sha256(json.dumps(state, sort_keys=True, default=str).encode()).hexdigest()
