"""Reading and changing the vault: whole loads are added and removed, single elements are erased.

    vault/{dataset}/{load}/index.sealed      which partitions the load has
    vault/{dataset}/{load}/{pp}.shard        one partition
    vault/suppressed.sealed                  elements that were erased
    vault/.staging/{load}/                   a load being written
    vault/.unsettled/{load}                  an empty file: the load is being added or removed

A load counts if the control database lists it. The next command resolves pending loads: it keeps those that are listed
and removes the others. A load that is neither listed nor pending means that vault and control database do not belong
together, because an older database was restored: then nothing is changed.
"""

import json
import shutil
from collections.abc import Collection, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol, TypeVar

import pyarrow as pa

from pilookup import _core, durable
from pilookup._core import ELEMENT_BYTES
from pilookup.custody.control import Load
from pilookup.custody.home import Home
from pilookup.custody.vault.partitions import ALL, Span, partitions_of
from pilookup.custody.vault.shard import ShardStore, read_guard
from pilookup.errors import PublishError, VaultError
from pilookup.keyring import Keyring
from pilookup.keyring.key_ids import STORAGE_KEY_ID, VAULT_KEY_ID
from pilookup.protocol.names import VAULT_GUARD

STAGING: Final = ".staging"
PENDING: Final = ".unsettled"
INDEX: Final = "index.sealed"
SUPPRESSED: Final = "suppressed.sealed"


class VaultLoad(Protocol):
    """The attributes that locate a load in the vault."""

    @property
    def id(self) -> str: ...
    @property
    def slug(self) -> str: ...
    @property
    def dataset_id(self) -> int: ...


AnyLoad = TypeVar("AnyLoad", bound=VaultLoad)


class Vault:
    """The vault of one HOME."""

    def __init__(self, home: Home, keyring: Keyring) -> None:
        self.directory = home.vault
        self._keyring = keyring

    def create(self) -> None:
        """Write the only file of a new vault, the empty list of erased elements; raises OSError."""
        self.store.write(self.directory / SUPPRESSED, SUPPRESSED, b"")

    @cached_property
    def store(self) -> ShardStore:
        """The store that seals and opens the vault's files; raises KeyringError."""
        guard = _core.tokenise([VAULT_GUARD], self._keyring.scalar(VAULT_KEY_ID))
        return ShardStore(self._keyring.symmetric(STORAGE_KEY_ID), guard)

    def stage(self, *folders: Path) -> None:
        """Make new, empty directories for a load being written; raises OSError."""
        (self.directory / STAGING).mkdir(mode=durable.DIRECTORY_MODE, exist_ok=True)
        for folder in folders:
            folder.mkdir(mode=durable.DIRECTORY_MODE)

    def adopt(self, staged: Path, slug: str) -> None:
        """Move a finished load into its dataset. It counts once the control database lists it. Raises OSError."""
        self.mark_pending([staged.name])
        folder = self.directory / slug
        if not folder.exists():
            durable.make_directory(folder)
        durable.sync_directory(staged)
        staged.rename(folder / staged.name)
        durable.sync_directory(folder)

    def mark_pending(self, load_ids: Iterable[str]) -> None:
        """Mark loads that are about to be added or removed, before anything is done to them; raises OSError."""
        folder = self.directory / PENDING
        folder.mkdir(mode=durable.DIRECTORY_MODE, exist_ok=True)
        for load_id in load_ids:
            (folder / load_id).touch(mode=durable.FILE_MODE)
        durable.sync_directory(folder)
        durable.sync_directory(self.directory)

    def recover(self, loads: Collection[Load]) -> None:
        """Resolve what killed commands left: keep the pending loads that are listed, and remove the others.

        Args:
            loads: every load that the control database lists.

        Raises:
            VaultError: vault and control database do not belong together. Nothing was changed.
            OSError: a file cannot be removed.
        """
        known = {load.id for load in loads}
        present = {path.name: path for path in self.directory.glob("[!.]*/*") if path.is_dir()}
        pending = {path.name for path in (self.directory / PENDING).glob("*")}
        if strange := sorted(set(present) - known - pending):
            raise VaultError(
                f"{present[strange[0]]}: not in the control data; was an older database restored? Nothing was touched"
            )
        shutil.rmtree(self.directory / STAGING, ignore_errors=True)
        for load_id in pending:
            if load_id in present and load_id not in known:
                shutil.rmtree(present[load_id])
                # Flushed first: otherwise a power cut could leave a load that is neither listed nor marked.
                durable.sync_directory(present[load_id].parent)
            (self.directory / PENDING / load_id).unlink()
        for dataset in {path.parent for path in present.values()}:
            if not any(dataset.iterdir()):
                dataset.rmdir()

    def write_index(self, folder: Path, dataset_id: int, partitions: Iterable[int]) -> None:
        """Seal the list of a load's partitions, so that a missing shard is noticed; raises OSError."""
        listed = json.dumps(sorted(partitions)).encode()
        self.store.write(folder / INDEX, shard_aad(dataset_id, folder.name, "index"), listed)

    def partitions(self, load: VaultLoad) -> list[int]:
        """The partitions that a load has; raises VaultError."""
        path = self._folder(load) / INDEX
        listed: list[int] = json.loads(self.store.read(path, shard_aad(load.dataset_id, load.id, "index")))
        return listed

    def runs(self, partition: int, loads: Iterable[AnyLoad], span: Span = ALL) -> Iterator[tuple[AnyLoad, pa.Table]]:
        """Yield each load's rows of a partition's span, in ascending order of elements. Erased elements are included.

        Raises VaultError, which names the shard that is missing or altered.
        """
        for load in loads:
            if partition in self._cached_partitions(load):
                yield load, self._shard(load, partition, span)

    def check_shift(self, shift: _core.SecretKey, channel_key: _core.SecretKey, loads: Iterable[VaultLoad]) -> None:
        """Check that the shift maps the guard of the vault and of every shard to the guard under the channel key.

        Raises:
            PublishError: it does not, because a guard was made under another vault key, or the shift is wrong.
            VaultError: a shard or an index is missing or altered.
        """
        expected = _core.tokenise([VAULT_GUARD], channel_key)
        paths = [self._path(load, p) for load in loads for p in self._cached_partitions(load)]
        for guard in {self.store.guard, *map(read_guard, paths)}:
            if _core.shift(guard, shift) != expected:
                raise PublishError(
                    "the vault was written under another vault key; refusing to publish (restored from a mixed backup?)"
                )

    @cached_property
    def suppressed(self) -> pa.Array:
        """The erased elements; raises VaultError."""
        data = self.store.read(self.directory / SUPPRESSED, SUPPRESSED)
        elements = [data[at : at + ELEMENT_BYTES] for at in range(0, len(data), ELEMENT_BYTES)]
        return pa.array(elements, pa.binary(ELEMENT_BYTES))

    def suppress(self, element: bytes) -> None:
        """Add an element to the list of erased ones, in one step; raises VaultError, OSError."""
        if element in self.suppressed.to_pylist():
            return
        data = b"".join([*self.suppressed.to_pylist(), element])
        durable.replace(self.directory / SUPPRESSED, self.store.seal(SUPPRESSED, data))
        del self.suppressed

    def expunge(self, element: bytes, loads: Iterable[Load]) -> set[int]:
        """Remove an element from the shards that contain it.

        Returns:
            The catalogue ids of the datasets that contained it.

        Raises:
            VaultError: a shard is missing or altered.
            OSError: a shard cannot be written.
        """
        from pyarrow import compute  # noqa: PLC0415 - importing it takes a tenth of a second, and only this needs it

        partition = int(partitions_of(element)[0])
        found = set()
        for load in loads:
            if partition not in self._cached_partitions(load):
                continue
            rows = self._shard(load, partition)
            kept = rows.filter(compute.not_equal(rows["element"], pa.scalar(element, pa.binary(ELEMENT_BYTES))))
            if kept.num_rows < rows.num_rows:
                found.add(load.dataset_id)
                self._rewrite(load, partition, kept)
        return found

    def _rewrite(self, load: Load, partition: int, rows: pa.Table) -> None:
        frames = self.store.encode_shard(shard_aad(load.dataset_id, load.id, partition), [rows])
        durable.replace(self._path(load, partition), frames)

    def _cached_partitions(self, load: VaultLoad) -> list[int]:
        if load.id not in self._indexes:
            self._indexes[load.id] = self.partitions(load)
        return self._indexes[load.id]

    @cached_property
    def _indexes(self) -> dict[str, list[int]]:
        return {}

    def _shard(self, load: VaultLoad, partition: int, span: Span = ALL) -> pa.Table:
        aad = shard_aad(load.dataset_id, load.id, partition)
        return self.store.read_table(self._path(load, partition), aad, span)

    def _folder(self, load: VaultLoad) -> Path:
        return self.directory / load.slug / load.id

    def _path(self, load: VaultLoad, partition: int) -> Path:
        return self._folder(load) / shard_name(partition)


def shard_name(partition: int) -> str:
    """The file name of a partition's shard, such as `07.shard`."""
    return f"{partition:02}.shard"


def shard_aad(dataset_id: int, load_id: str, name: int | str) -> str:
    """The AAD of a vault file: its dataset, its load, and its partition or name."""
    return f"{dataset_id}/{load_id}/{name}"
