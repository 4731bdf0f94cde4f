"""A load in the making: rows come in, one shard a partition comes out, memory stays bounded.

Rows wait in memory up to a limit, then go to spill files, sealed like shards. At the end each partition is merged on
its own.
"""

from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pilookup.custody.vault.rows import PARTITIONS, ROW, Rows, merge_load, split
from pilookup.custody.vault.vault import Vault, place, shard_name

MAX_BUFFERED_ROWS: Final = 1 << 20


class LoadWriter:
    """Collects the rows of one input file under `vault/.staging/{load}`."""

    def __init__(self, vault: Vault, load_id: str, dataset_id: int, limit: int = MAX_BUFFERED_ROWS) -> None:
        self.load_id = load_id
        self.folder = vault.staging(load_id)
        self.erased = 0
        self.distinct = 0
        self._vault = vault
        self._dataset_id = dataset_id
        self._limit = limit
        self._buffer: list[Rows] = []
        self._buffered = 0
        self._spills: dict[int, list[Path]] = {p: [] for p in range(PARTITIONS)}
        self._written: list[int] = []

    def add(self, rows: Rows) -> None:
        """Take rows in; those of erased elements are dropped and counted."""
        kept = self._not_erased(rows)
        self.erased += len(rows) - len(kept)
        self._buffer.append(kept)
        self._buffered += len(kept)
        if self._buffered >= self._limit:
            self._spill()

    def finish(self) -> None:
        """Write the shards and the index; counts the distinct elements. Raises OSError, VaultError."""
        waiting = self._drain()
        for partition in range(PARTITIONS):
            spilled = [self._vault.store.read_table(path, self._spill_place(path)) for path in self._spills[partition]]
            tables = [*spilled, *([waiting[partition]] if partition in waiting else [])]
            if tables:
                self._shard(partition, merge_load(tables))
            for path in self._spills[partition]:
                path.unlink()
        self._vault.write_index(self.folder, self._dataset_id, self._written)

    def elements(self, partition: int) -> pa.ChunkedArray | None:
        """The distinct elements of a finished partition, None where it is empty."""
        if partition not in self._written:
            return None
        path = self.folder / shard_name(partition)
        where = place(self._dataset_id, self.load_id, partition)
        return self._vault.store.read_table(path, where)["element"].unique()

    def _shard(self, partition: int, rows: pa.Table) -> None:
        path = self.folder / shard_name(partition)
        self._vault.store.write_table(path, place(self._dataset_id, self.load_id, partition), rows)
        self._written.append(partition)
        self.distinct += pc.count_distinct(rows["element"]).as_py()

    def _spill(self) -> None:
        for partition, rows in self._drain().items():
            path = self.folder / f"{partition:02}-{len(self._spills[partition])}.spill"
            self._vault.store.write_table(path, self._spill_place(path), rows)
            self._spills[partition].append(path)

    def _spill_place(self, path: Path) -> str:
        return place(self._dataset_id, self.load_id, path.name)

    def _drain(self) -> dict[int, pa.Table]:
        rows = np.concatenate(self._buffer) if self._buffer else np.empty(0, ROW)
        self._buffer, self._buffered = [], 0
        return split(rows)

    def _not_erased(self, rows: Rows) -> Rows:
        erased = self._vault.suppressed
        if not len(erased):
            return rows
        data = pa.py_buffer(np.ascontiguousarray(rows["element"]).tobytes())
        elements = pa.FixedSizeBinaryArray.from_buffers(erased.type, len(rows), [None, data])
        kept: Rows = rows[~pc.is_in(elements, value_set=erased).to_numpy(zero_copy_only=False)]
        return kept
