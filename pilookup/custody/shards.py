"""Parts to shards: the task that finishes one partition of every load of a command.

the segments of all parts -> merged by element and account, in ascending order -> one shard a load

What it writes depends on the numbers alone and not on how the files were cut.
"""

from dataclasses import dataclass
from pathlib import Path

from pilookup import _core
from pilookup.custody.home import Home
from pilookup.custody.vault import Vault
from pilookup.custody.vault.writer import Staged, read_part, table_of, write_shard
from pilookup.custody.workshop import keyring_of


@dataclass(frozen=True, slots=True)
class ShardTask:
    """One partition of the loads of a command, each with its number of parts. dry_run: count and write nothing."""

    home: str
    partition: int
    loads: tuple[tuple[Staged, int], ...]
    dry_run: bool


@dataclass(frozen=True, slots=True)
class ShardOutcome:
    """How many distinct elements the partition has, load by load and in all loads together."""

    partition: int
    distinct: tuple[int, ...]
    together: int


def run_shard(task: ShardTask) -> ShardOutcome:
    """Write the partition's shards. Raises KeyringError, VaultError, OSError."""
    vault = Vault(Home(Path(task.home)), keyring_of(task.home))
    distinct, held = [], []
    for load, parts in task.loads:
        segments = [read_part(vault, load, number, task.partition) for number in range(parts)]
        elements, accounts, counts, months, count = _core.merge_load(segments, load.accounts)
        if count and not task.dry_run:
            write_shard(vault, load, task.partition, table_of(elements, accounts, counts, months))
        distinct.append(count)
        if len(task.loads) > 1:
            held.append(elements)
    together = _core.count_distinct(b"".join(held)) if held else distinct[0]
    return ShardOutcome(task.partition, tuple(distinct), together)
