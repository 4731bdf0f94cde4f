"""Numbers as packed columns, the form in which the core takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Final

import numpy as np

from pilookup.custody.intake.model import Accepted

OFFSET: Final = np.dtype("<u4")
MONTH: Final = np.dtype("<u2")


@dataclass(frozen=True, slots=True)
class PackedBytes:
    """Byte strings, concatenated.

    Attributes:
        data: The bytes of all strings.
        offsets: n + 1 little-endian u32: where each string starts, and the length of `data`.
    """

    data: bytes
    offsets: bytes

    @classmethod
    def of(cls, items: Sequence[bytes]) -> "PackedBytes":
        """Pack strings."""
        return cls(b"".join(items), np.array([0, *accumulate(map(len, items))], OFFSET).tobytes())

    def __len__(self) -> int:
        return len(self.offsets) // OFFSET.itemsize - 1

    def __getitem__(self, index: int) -> bytes:
        start, stop = np.frombuffer(self.offsets, OFFSET)[index : index + 2].tolist()
        return self.data[start:stop]

    def __repr__(self) -> str:
        return f"<{len(self)} items>"

    @classmethod
    def concatenate(cls, blocks: "Sequence[PackedBytes]") -> "PackedBytes":
        """The strings of all blocks, in order."""
        starts = accumulate((len(block.data) for block in blocks), initial=0)
        moved = [
            np.frombuffer(block.offsets, OFFSET)[:-1] + np.uint32(start)
            for block, start in zip(blocks, starts, strict=False)
        ]
        data = b"".join(block.data for block in blocks)
        return cls(data, np.concatenate([*moved, np.array([len(data)], OFFSET)]).astype(OFFSET).tobytes())


@dataclass(frozen=True, slots=True)
class PackedNumbers:
    """n numbers, each with its month and account.

    Attributes:
        identifiers: Canonical identifiers. Few of them occur twice.
        indices: The index of each number's identifier, n little-endian u32.
        months: The month of each number as in `Accepted`, n little-endian u16.
        accounts: The account name of each number, empty if it has none; None if accounts are not read.
    """

    identifiers: PackedBytes
    indices: bytes
    months: bytes
    accounts: PackedBytes | None

    def __len__(self) -> int:
        return len(self.indices) // OFFSET.itemsize

    def __repr__(self) -> str:
        return f"<{len(self)} numbers>"

    def month_counts(self) -> dict[int, int]:
        """The number of numbers for each month that occurs, as in `Report.months`."""
        counts = np.bincount(np.frombuffer(self.months, MONTH))
        present = np.flatnonzero(counts)
        return dict(zip(present.tolist(), counts[present].tolist(), strict=True))

    @classmethod
    def of(cls, batches: Sequence[Accepted], *, accounts: bool) -> "PackedNumbers":
        """Pack the numbers of batches.

        Args:
            batches: The batches.
            accounts: Whether accounts are read.
        """
        rows = [identifier for batch in batches for identifier in batch.identifiers]
        indices = {identifier: i for i, identifier in enumerate(dict.fromkeys(rows))}
        named = [account or b"" for batch in batches for account in batch.accounts] if accounts else None
        return cls(
            PackedBytes.of(list(indices)),
            np.array([indices[identifier] for identifier in rows], OFFSET).tobytes(),
            np.array(list(chain.from_iterable(batch.months for batch in batches)), MONTH).tobytes(),
            None if named is None else PackedBytes.of(named),
        )

    @classmethod
    def concatenate(cls, blocks: "Sequence[PackedNumbers]") -> "PackedNumbers":
        """The numbers of all blocks, in order. Either all blocks have accounts or none has."""
        if len(blocks) == 1:
            return blocks[0]
        starts = accumulate((len(block.identifiers) for block in blocks), initial=0)
        indices = [
            (np.frombuffer(block.indices, OFFSET) + np.uint32(start)).astype(OFFSET).tobytes()
            for block, start in zip(blocks, starts, strict=False)
        ]
        accounts = [block.accounts for block in blocks if block.accounts is not None]
        return cls(
            PackedBytes.concatenate([block.identifiers for block in blocks]),
            b"".join(indices),
            b"".join(block.months for block in blocks),
            PackedBytes.concatenate(accounts) if accounts else None,
        )
