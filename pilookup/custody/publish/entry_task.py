"""From the vault to sealed entries: the task that does a publish's heavy work, one part of the vault at a time.

vault shards -> merged by element -> shifted -> sealed -> a spill file by range of buckets

The shift d = c / v is made in the memory of the process that runs the task and is never written; no element under the
channel key leaves the native core.
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
from pilookup.custody.vault.schema import Span, fixed_bytes
from pilookup.custody.vault.vault import shard_name
from pilookup.errors import VaultError
from pilookup.keyring.key_ids import VAULT_KEY_ID, channel_key_id
from pilookup.protocol import oprf
from pilookup.protocol.label import Kind, Label, Profile, pack_labels
from pilookup.protocol.names import CANARIES


@dataclass(frozen=True, slots=True)
class StoredLoad:
    """Where one load lies in the vault."""

    id: str
    slug: str
    dataset_id: int


@dataclass(frozen=True, slots=True)
class EntryTask:
    """One part of the vault for one epoch: partitions `first` to `stop` - 1, of each the elements of `span`.

    `sources` are the datasets told of, newest first: catalogue id and kind flag. Part 0 has the canaries besides.
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
    """How many entries a part came to, and how many distinct filter keys of each kind, in the order of `Kind`."""

    entries: int
    filter_keys: tuple[int, ...]


def write_entries(task: EntryTask) -> EntryOutcome:
    """Write the part's spill file.

    Raises:
        KeyringError: The keyring cannot be opened where the task runs.
        VaultError: A shard is missing or altered, or holds rows that cannot be published; the text names its partition.
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
        except ValueError as error:  # of the core: a shard opens, but its rows are not rows of the vault
            raise VaultError(f"{shard_name(partition)}: {error}") from None
    if task.number == 0:
        collector.add_canaries(vault_key)
    path = spill_path(Path(task.folder), task.number)
    keys = write_spill_file(path, vault.store, collector.records, collector.filter_keys)
    return EntryOutcome(collector.entries, keys)


def shift_of(vault_key: _core.SecretKey, channel_key: _core.SecretKey) -> _core.SecretKey:
    """The shift d = c / v. The coordinator checks it against every shard's guard; the canaries tell of a wrong one."""
    return vault_key.shift_to(channel_key)


class _EntryCollector:
    """The records and filter keys of one part."""

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
            for kind, parts in self.filter_keys.items():
                parts.append(keys[(merged.labels["flags"] & kind.flag) != 0].tobytes())

    def add_canaries(self, vault_key: _core.SecretKey) -> None:
        """The identifiers that clients check a snapshot by; every filter holds them too.

        They go the way of every number, from the vault's key by the shift: where the shift is wrong they do not open.
        """
        inputs = [name.encode() for name in CANARIES]
        labels = np.frombuffer(pack_labels([Label(canary=True)] * len(inputs)), LABELS)
        keys = self._seal(oprf.tokenise(inputs, vault_key), labels).tobytes()
        for parts in self.filter_keys.values():
            parts.append(keys)

    def _seal(self, elements: bytes, labels: Labels) -> "np.ndarray[tuple[int], np.dtype[np.uint64]]":
        task = self._task
        common = (task.channel, task.epoch, INDEX_BITS)
        records, keys = _core.shift_and_seal(elements, labels.tobytes(), self._shift, *common)
        self.records.append(records)
        self.entries += len(labels)
        return np.frombuffer(keys, np.uint64)
