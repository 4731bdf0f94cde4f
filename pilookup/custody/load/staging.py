"""A load in the making, under `vault/.staging`: tasks write sorted files, from which other tasks make the shards.

{load}/             the finished shards and the index, as they will be in the vault
{load}.splits/      000007.sorted, the vault rows of split 7 (`sorted_file.py`), and
                    000007.rejects, its rejected cells, also sealed
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from pilookup import durable
from pilookup._core import ELEMENT_BYTES
from pilookup.custody.vault.schema import ACCOUNT_BYTES, SCHEMA
from pilookup.custody.vault.vault import STAGING, Vault, shard_aad, shard_name

MONTH_BYTES: Final = 2
COUNT_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class StagedLoad:
    """A load in the making. accounts: whether its rows have accounts."""

    id: str
    dataset_id: int
    accounts: bool

    @property
    def row_bytes(self) -> int:
        """Bytes of a row in a segment."""
        return ELEMENT_BYTES + MONTH_BYTES + (COUNT_BYTES + ACCOUNT_BYTES if self.accounts else 0)

    def folder(self, vault: Vault) -> Path:
        """Where the shards are made."""
        return vault.directory / STAGING / self.id

    def sorted_folder(self, vault: Vault) -> Path:
        """Where the sorted files are."""
        return vault.directory / STAGING / f"{self.id}.splits"

    def aad(self, number: int, what: str) -> str:
        """The AAD of what is kept under `number`: "rows" or "rejects"."""
        return shard_aad(self.dataset_id, self.id, f"{number:06}/{what}")


def write_rejects(vault: Vault, load: StagedLoad, number: int, text: str) -> None:
    """Keep the rejected cells of split `number`, sealed; raises OSError."""
    sealed = vault.store.seal(load.aad(number, "rejects"), text.encode("utf-8", "surrogatepass"))
    durable.write_and_rename(_rejects(vault, load, number), [sealed], flushed=False)


def pop_rejects(vault: Vault, load: StagedLoad, number: int) -> str:
    """Read the rejected cells of split `number`, and delete them.

    Raises:
        VaultError: The file is missing or altered.
        OSError: It cannot be deleted.
    """
    path = _rejects(vault, load, number)
    text = vault.store.read(path, load.aad(number, "rejects")).decode("utf-8", "surrogatepass")
    path.unlink()
    return text


def write_shard(vault: Vault, load: StagedLoad, partition: int, rows: Iterable[pa.Table]) -> None:
    """Write a shard of the load, flushed and in one step, so that a task may run twice.

    Args:
        vault: The vault.
        load: The load.
        partition: The partition of the shard.
        rows: Its rows in ascending order, in tables of any size.

    Raises:
        OSError: The file cannot be written.
    """
    frames = vault.store.encode_shard(shard_aad(load.dataset_id, load.id, partition), rows)
    durable.write_and_rename(load.folder(vault) / shard_name(partition), frames, flushed=True)


def table_of(elements: bytes, accounts: bytes, counts: bytes, months: bytes) -> pa.Table:
    """A table of n vault rows from its columns: 32, 16, 4 and 2 bytes a row, integers little-endian."""
    count = len(elements) // ELEMENT_BYTES
    columns = [
        pa.Array.from_buffers(field.type, count, [None, pa.py_buffer(data)])
        for field, data in zip(SCHEMA, (elements, accounts, counts, months), strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _rejects(vault: Vault, load: StagedLoad, number: int) -> Path:
    return load.sorted_folder(vault) / f"{number:06}.rejects"
