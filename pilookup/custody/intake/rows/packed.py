"""Numbers column by column, as the core takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any, Final

import numpy as np

from pilookup.custody.intake.model import Accepted

Numbers = np.ndarray[Any, np.dtype[np.uint32]]
OFFSET: Final = np.dtype("<u4")
MONTH: Final = np.dtype("<u2")


@dataclass(frozen=True, slots=True)
class Items:
    """Byte strings end to end. offsets: little-endian u32, one more than there are items, from 0 to the data's end."""

    data: bytes
    offsets: bytes

    @classmethod
    def of(cls, items: Sequence[bytes]) -> "Items":
        """The given strings."""
        return cls(b"".join(items), np.array([0, *accumulate(map(len, items))], OFFSET).tobytes())

    @classmethod
    def equal(cls, data: bytes, width: int) -> "Items":
        """Strings of one width."""
        return cls(data, np.arange(0, len(data) + 1, width).astype(OFFSET).tobytes())

    def __len__(self) -> int:
        return len(self.offsets) // OFFSET.itemsize - 1

    def __repr__(self) -> str:
        return f"<{len(self)} items>"

    @classmethod
    def joined(cls, parts: "Sequence[Items]") -> "Items":
        """The items of all parts."""
        starts = accumulate((len(part.data) for part in parts), initial=0)
        moved = [
            np.frombuffer(part.offsets, OFFSET)[:-1] + np.uint32(start)
            for part, start in zip(parts, starts, strict=False)
        ]
        data = b"".join(part.data for part in parts)
        return cls(data, np.concatenate([*moved, np.array([len(data)], OFFSET)]).astype(OFFSET).tobytes())


@dataclass(frozen=True, slots=True)
class Packed:
    """n numbers with what is said about each.

    identifiers: canonical identifiers, few of them twice. places: for each number its identifier's index, n x u32.
    months: n x u16, as in `Accepted`. accounts: n names, empty where there is none; None where none are read.
    """

    identifiers: Items
    places: bytes
    months: bytes
    accounts: Items | None

    def __len__(self) -> int:
        return len(self.places) // OFFSET.itemsize

    def __repr__(self) -> str:
        return f"<{len(self)} numbers>"

    @classmethod
    def of(cls, batches: Sequence[Accepted], *, accounts: bool) -> "Packed":
        """The numbers of batches of rows."""
        rows = [identifier for batch in batches for identifier in batch.identifiers]
        places = {identifier: i for i, identifier in enumerate(dict.fromkeys(rows))}
        named = [account or b"" for batch in batches for account in batch.accounts] if accounts else None
        return cls(
            Items.of(list(places)),
            np.array([places[identifier] for identifier in rows], OFFSET).tobytes(),
            np.array(list(chain.from_iterable(batch.months for batch in batches)), MONTH).tobytes(),
            None if named is None else Items.of(named),
        )

    @classmethod
    def joined(cls, parts: "Sequence[Packed]") -> "Packed":
        """The numbers of all parts, which agree on whether accounts are read."""
        if len(parts) == 1:
            return parts[0]
        starts = accumulate((len(part.identifiers) for part in parts), initial=0)
        places = [
            (np.frombuffer(part.places, OFFSET) + np.uint32(start)).astype(OFFSET).tobytes()
            for part, start in zip(parts, starts, strict=False)
        ]
        accounts = [part.accounts for part in parts if part.accounts is not None]
        return cls(
            Items.joined([part.identifiers for part in parts]),
            b"".join(places),
            b"".join(part.months for part in parts),
            Items.joined(accounts) if accounts else None,
        )
