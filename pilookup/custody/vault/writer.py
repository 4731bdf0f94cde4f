"""A load in the making, under `vault/.staging`: parts come in from tasks, one shard a partition comes out.

    {load}/             the finished shards and the index, as they will lie in the vault
    {load}.parts/       000007.spill, the vault rows of part 7; 000007.rejects, its refused cells, sealed too

A part file holds rows by partition, so that one partition of all parts is read without the rest:

    321 bytes   sealed index: for each of the 64 partitions its number of rows, u32
    ...         for each partition that has rows, in ascending order, its sealed segment

A segment is n elements of 32 bytes, n months (u16) and, where accounts are kept, n accounts of 16 bytes; integers are
little-endian. Sealed means the vault's sealed form (`shard.py`), bound to load, part and partition: a segment put
elsewhere does not open. Part files are not flushed to the disk, since a load that the power failed in starts anew.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import pyarrow as pa
from cryptography.exceptions import InvalidTag

from pilookup import _core, durable
from pilookup._core import ELEMENT_BYTES
from pilookup.custody.intake.packed import OFFSET
from pilookup.custody.vault.rows import ACCOUNT_BYTES, PARTITIONS, SCHEMA
from pilookup.custody.vault.shard import ShardStore, sealed_size
from pilookup.custody.vault.vault import STAGING, Vault, place, shard_name
from pilookup.errors import VaultError

MONTH_BYTES: Final = 2
_INDEX_BYTES: Final = sealed_size(PARTITIONS * OFFSET.itemsize)


@dataclass(frozen=True, slots=True)
class Staged:
    """A load in the making; accounts: whether its rows have accounts."""

    id: str
    dataset_id: int
    accounts: bool

    @property
    def row_bytes(self) -> int:
        """Bytes of a row in a segment."""
        return ELEMENT_BYTES + MONTH_BYTES + (ACCOUNT_BYTES if self.accounts else 0)

    def folder(self, vault: Vault) -> Path:
        """Where the shards are made."""
        return vault.directory / STAGING / self.id

    def parts(self, vault: Vault) -> Path:
        """Where the parts lie."""
        return vault.directory / STAGING / f"{self.id}.parts"


@dataclass(frozen=True, slots=True)
class VaultRows:
    """n rows of a load: row i has the element numbered places[i] (u32), months[i] (u16) and account i (16 bytes)."""

    elements: bytes
    places: bytes
    months: bytes
    accounts: bytes


def write_part(vault: Vault, load: Staged, number: int, rows: VaultRows) -> int:
    """Write the rows as a part of the load; returns how many were left out, their numbers having been erased.

    A second run of a task writes the same rows again in one step. Raises OSError.
    """
    erased = b"".join(vault.suppressed.to_pylist())
    segments, counts, gone = _core.part_rows(rows.elements, rows.places, rows.months, rows.accounts, erased)
    pieces = [vault.store.sealed(_place(load, number, "index"), np.array(counts, OFFSET).tobytes())]
    at = 0
    for partition, count in enumerate(counts):
        if count:
            segment = segments[at : at + count * load.row_bytes]
            pieces.append(vault.store.sealed(_place(load, number, partition), segment))
            at += len(segment)
    durable.put_whole(load.parts(vault) / f"{number:06}.spill", pieces, flushed=False)
    return gone


def read_part(vault: Vault, load: Staged, number: int, partition: int) -> bytes:
    """One partition's segment of a part, empty where it has no rows. Raises VaultError naming the file."""
    path = load.parts(vault) / f"{number:06}.spill"
    try:
        with path.open("rb") as file:
            return _segment(file, vault.store, load, number, partition)
    except FileNotFoundError:
        raise VaultError(f"{path}: missing") from None
    except InvalidTag:
        raise VaultError(f"{path}: altered, or not where it belongs") from None


def _segment(file: BinaryIO, store: ShardStore, load: Staged, number: int, partition: int) -> bytes:
    index = store.opened(_place(load, number, "index"), file.read(_INDEX_BYTES))
    counts = np.frombuffer(index, OFFSET).tolist()
    if not counts[partition]:
        return b""
    before = sum(sealed_size(count * load.row_bytes) for count in counts[:partition] if count)
    size = sealed_size(counts[partition] * load.row_bytes)
    return store.opened(_place(load, number, partition), os.pread(file.fileno(), size, _INDEX_BYTES + before))


def write_rejects(vault: Vault, load: Staged, number: int, text: str) -> None:
    """Keep the refused cells of a part, sealed; raises OSError."""
    sealed = vault.store.sealed(_place(load, number, "rejects"), text.encode("utf-8", "surrogatepass"))
    durable.put_whole(_rejects(vault, load, number), [sealed], flushed=False)


def take_rejects(vault: Vault, load: Staged, number: int) -> str:
    """The refused cells of a part, which are kept no longer. Raises VaultError."""
    path = _rejects(vault, load, number)
    text = vault.store.read(path, _place(load, number, "rejects")).decode("utf-8", "surrogatepass")
    path.unlink()
    return text


def write_shard(vault: Vault, load: Staged, partition: int, rows: pa.Table) -> None:
    """Write one partition of the load, flushed; in one step, so that a task may run twice. Raises OSError."""
    frames = vault.store.framed(place(load.dataset_id, load.id, partition), rows)
    durable.put_whole(load.folder(vault) / shard_name(partition), frames, flushed=True)


def table_of(elements: bytes, accounts: bytes, counts: bytes, months: bytes) -> pa.Table:
    """N vault rows as a table: 32, 16, 4 and 2 bytes a row, integers little-endian."""
    count = len(elements) // ELEMENT_BYTES
    columns = [
        pa.Array.from_buffers(field.type, count, [None, pa.py_buffer(data)])
        for field, data in zip(SCHEMA, (elements, accounts, counts, months), strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _rejects(vault: Vault, load: Staged, number: int) -> Path:
    return load.parts(vault) / f"{number:06}.rejects"


def _place(load: Staged, number: int, what: int | str) -> str:
    return place(load.dataset_id, load.id, f"{number:06}/{what}")
