"""From sorted files to shards: the task that finishes one partition of every load of a command.

segments of all sorted files, some coarse spans at a time -> merged by element and account, in ascending order
-> one shard for each load

The shards depend only on the numbers, not on how the files were split or how many coarse spans are merged at once. A
step holds `STEP_ROWS` rows at most, or one coarse span that has more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from pilookup import _core
from pilookup.custody.home import Home
from pilookup.custody.load.sorted_file import PartitionRows
from pilookup.custody.load.staging import StagedLoad, table_of, write_shard
from pilookup.custody.task_keyring import keyring_for
from pilookup.custody.vault import Vault
from pilookup.custody.vault.vault import shard_name
from pilookup.errors import VaultError

STEP_ROWS: Final = 1 << 16
"""Number of rows merged at once. Each takes about 150 bytes meanwhile."""


@dataclass(frozen=True, slots=True)
class ShardTask:
    """One partition of the loads of a command, each load with the numbers of its sorted files.

    dry_run: count, and write nothing.
    """

    home: str
    partition: int
    loads: tuple[tuple[StagedLoad, tuple[int, ...]], ...]
    dry_run: bool


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """The number of distinct elements in the partition: of each load, and of all loads together."""

    partition: int
    distinct: tuple[int, ...]
    distinct_in_all: int


def run_shard(task: ShardTask) -> ShardOutcome:
    """Write the shards of a partition.

    Raises:
        KeyringError: The keyring cannot be opened where the task runs.
        VaultError: A sorted file is missing or altered, or its segments are not rows; the text names the file or shard.
        OSError: A file cannot be read or written.
    """
    vault = Vault(Home(Path(task.home)), keyring_for(task.home))
    loads = [PartitionRows(vault, load, sorted_files, task.partition) for load, sorted_files in task.loads]
    try:
        distinct = tuple(_write_shard(vault, task, rows) for rows in loads)
        distinct_in_all = distinct[0] if len(loads) == 1 else _distinct_in_all(loads)
    except ValueError as error:  # from the core: a sorted file can be opened, but its segments are not rows
        raise VaultError(f"{shard_name(task.partition)}: {error}") from None
    return ShardOutcome(task.partition, distinct, distinct_in_all)


def _write_shard(vault: Vault, task: ShardTask, rows: PartitionRows) -> int:
    """Write the shard of a load, if it has rows. Returns its number of distinct elements."""
    distinct = 0

    def merged() -> Iterator[pa.Table]:
        nonlocal distinct
        for first, stop in steps(rows.counts.tolist()):
            *columns, count = _core.merge_segments(rows.segments(first, stop), rows.load.accounts)
            distinct += count
            yield table_of(*columns)

    if task.dry_run or not rows.counts.any():
        for _ in merged():
            pass
    else:
        write_shard(vault, rows.load, task.partition, merged())
    return distinct


def _distinct_in_all(loads: list[PartitionRows]) -> int:
    """The number of distinct elements in all loads together."""
    rows = np.sum([load.counts for load in loads], axis=0)
    accounts = loads[0].load.accounts  # all loads of a command are of one dataset
    return sum(
        _core.count_distinct([segment for load in loads for segment in load.segments(first, stop)], accounts)
        for first, stop in steps(rows.tolist())
    )


def steps(rows: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Group consecutive coarse spans into steps of at most `STEP_ROWS` rows; a larger span is a step alone.

    Args:
        rows: The number of rows in each coarse span.

    Yields:
        (first, stop): a step is coarse spans `first` to `stop` - 1. Nothing if all spans are empty.
    """
    first = at = held = 0
    for at, count in enumerate(rows):
        if held and held + count > STEP_ROWS:
            yield first, at
            first, held = at, 0
        held += count
    if held:
        yield first, at + 1
