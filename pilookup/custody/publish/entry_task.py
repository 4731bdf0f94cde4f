"""From a vault range to sealed entries: the task that does most of the work of a publish.

vault shards -> merged by element -> shifted -> sealed -> a spill file, by bucket range

The shift d = c / v is computed in the memory of the process that runs the task and is never written. No element under
the channel key leaves the native core.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pilookup import _core
from pilookup.custody.home import Home
from pilookup.custody.publish.labels import LABELS, Labels, MergedRows, merge_rows
from pilookup.custody.publish.spill_file import INDEX_BITS, spill_path, write_spill_file
from pilookup.custody.task_keyring import keyring_for
from pilookup.custody.vault import Vault
from pilookup.custody.vault.columns import fixed_bytes
from pilookup.custody.vault.partitions import Span
from pilookup.custody.vault.vault import shard_name
from pilookup.errors import VaultError
from pilookup.keyring.key_ids import VAULT_KEY_ID, channel_key_id
from pilookup.protocol import oprf
from pilookup.protocol.label import Kind, Label, Profile, pack_labels
from pilookup.protocol.names import CANARIES


@dataclass(frozen=True, slots=True)
class StoredLoad:
    """The location of one load in the vault."""

    id: str
    slug: str
    dataset_id: int


@dataclass(frozen=True, slots=True)
class EntryTask:
    """One vault range for one epoch: the elements of `span` in each of the partitions `first` to `stop` - 1.

    folder: of this run. number: of the spill file; number 0 also contains the canaries. sources: the published
    datasets, newest first: catalogue id and flag of the kind.
    """

    home: str
    folder: str
    number: int
    channel: str
    epoch: int
    profile: str
    sources: tuple[tuple[int, int], ...]
    loads: tuple[StoredLoad, ...]
    first: int
    stop: int
    span: Span


@dataclass(frozen=True, slots=True)
class EntryOutcome:
    """The number of entries, and of distinct filter keys of each kind, in the order of `Kind`."""

    entries: int
    filter_keys: tuple[int, ...]


def write_entries(task: EntryTask) -> EntryOutcome:
    """Write the spill file of a vault range.

    Raises:
        KeyringError: The keyring cannot be opened where the task runs.
        VaultError: A shard is missing or altered, or holds rows that cannot be published; the text names its partition.
        PublishError: The entries or filter keys do not have the right sizes; the text names the spill file.
        OSError: A file cannot be read or written.
    """
    keyring = keyring_for(task.home)
    vault = Vault(Home(Path(task.home)), keyring)
    vault_key = keyring.scalar(VAULT_KEY_ID)
    collector = _EntryCollector(task, shift_of(vault_key, keyring.scalar(channel_key_id(task.channel, task.epoch))))
    erased = fixed_bytes(vault.suppressed)
    for partition in range(task.first, task.stop):
        runs = ((load.dataset_id, rows) for load, rows in vault.runs(partition, task.loads, task.span))
        try:
            collector.add(merge_rows(runs, task.sources, erased, Profile(task.profile)))
        except ValueError as error:  # from the core: a shard can be opened, but its rows are not vault rows
            raise VaultError(f"{shard_name(partition)}: {error}") from None
    if task.number == 0:
        collector.add_canaries(vault_key)
    path = spill_path(Path(task.folder), task.number)
    keys = write_spill_file(path, vault.store, collector.records, collector.filter_keys)
    return EntryOutcome(collector.entries, keys)


def shift_of(vault_key: _core.SecretKey, channel_key: _core.SecretKey) -> _core.SecretKey:
    """The shift d = c / v. The command checks it with the guard of every shard, and a wrong one makes canaries fail."""
    return vault_key.shift_to(channel_key)


class _EntryCollector:
    """Collects the records and filter keys of one vault range."""

    def __init__(self, task: EntryTask, shift: _core.SecretKey) -> None:
        self.records: list[bytes] = []
        self.filter_keys: dict[Kind, list[bytes]] = {kind: [] for kind in Kind}
        self.entries = 0
        self._task = task
        self._shift = shift

    def add(self, merged: MergedRows) -> None:
        """Shift n elements to the channel key and seal them with their n labels."""
        if len(merged):
            keys = self._seal(merged.elements, merged.labels)
            for kind, collected in self.filter_keys.items():
                collected.append(keys[(merged.labels["flags"] & kind.flag) != 0].tobytes())

    def add_canaries(self, vault_key: _core.SecretKey) -> None:
        """Add the canaries, by which clients check a snapshot. They are in every filter too.

        Like every number they are shifted from the vault key, so their entries do not open if the shift is wrong.
        """
        inputs = [name.encode() for name in CANARIES]
        labels = np.frombuffer(pack_labels([Label(canary=True)] * len(inputs)), LABELS)
        keys = self._seal(oprf.tokenise(inputs, vault_key), labels).tobytes()
        for collected in self.filter_keys.values():
            collected.append(keys)

    def _seal(self, elements: bytes, labels: Labels) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
        task = self._task
        common = (task.channel, task.epoch, INDEX_BITS)
        records, keys = _core.shift_and_seal(elements, labels.tobytes(), self._shift, *common)
        self.records.append(records)
        self.entries += len(labels)
        return np.frombuffer(keys, np.uint64)
