"""The number of elements that each platform had evaluated in an epoch, for all workers of a server together.

The workers count in memory that they share, and use up leases: elements that the keeper of the counts
(`pilookup_server.count_keeper`) takes in the service database in advance, a hundredth of what is left. What was taken
and not used when a server was killed counts as evaluated. So several servers, workers and starts together never let
more through than the quota. While the database cannot be used, a platform has what is left of its lease, and then
nothing more.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from struct import Struct
from typing import Final, NamedTuple

from pilookup_server.limits.channel_ledger import Keeping
from pilookup_server.limits.counters import CountersError
from pilookup_server.limits.shared_lock import SharedLock
from pilookup_server.limits.shared_rows import SharedRows
from pilookup_server.logs import logger
from pilookup_server.platforms.platform import Purpose

LEASE_PART: Final = 100
"""A lease is what is left divided by this."""

ROWS: Final = 8192
"""Most accounts that are remembered; those of the lowest epochs are dropped first."""

_NAME: Final = Struct("<32s32s16sQ")
_PAUSE_SECONDS: Final = 0.005
_ROUNDS: Final = 400
"""How often a request waits a pause for elements to be taken: two seconds."""


class Account(NamedTuple):
    """What is counted apart from all else: a platform's elements in an epoch of a channel, for a purpose."""

    platform: str
    channel: str
    purpose: Purpose
    epoch: int


class Charged(NamedTuple):
    """What became of a charge.

    Attributes:
        counted: Whether the elements were counted; if not, they are more than is left.
        left: What is left of the quota afterwards.
    """

    counted: bool
    left: int


class Want(NamedTuple):
    """What an account needs of the keeper.

    Attributes:
        account: The account.
        elements: Elements to take for requests that wait, and in advance.
        limit: Most elements of the account.
    """

    account: Account
    elements: int
    limit: int


@dataclass(slots=True)
class _Row:
    """One account.

    Attributes:
        evaluated: Elements evaluated since this server started.
        taken: Elements taken by this server since then, used or not.
        known: The count of all servers when it was read last, what was taken included.
        wanted: What `taken` must become for the requests that wait.
        limit: Most elements of the account, as the last request had it.
        read: 1 if the count was read since this server started, else 0.
    """

    evaluated: int = 0
    taken: int = 0
    known: int = 0
    wanted: int = 0
    limit: int = 0
    read: int = 0

    @property
    def unused(self) -> int:
        """Elements that were taken and not evaluated."""
        return max(0, self.taken - self.evaluated)

    @property
    def left(self) -> int:
        """What the quota leaves, as far as it is known."""
        return max(0, self.limit - self.known) + self.unused

    @property
    def lease(self) -> int:
        """How many elements are taken in advance."""
        return max(0, self.limit - self.known) // LEASE_PART

    @property
    def short(self) -> bool:
        """Whether elements must be taken, for requests that wait or in advance."""
        return self.wanted > self.taken or (bool(self.evaluated) and self.unused < self.lease // 2)

    def fields(self) -> tuple[int, ...]:
        return self.evaluated, self.taken, self.known, self.wanted, self.limit, self.read


class PlatformLedger:
    """Counts the evaluated elements of platforms by epoch. Make it before the workers are forked."""

    def __init__(
        self, lock: SharedLock, wake: Callable[[], None], keeping: Callable[[], Keeping], rows: int = ROWS
    ) -> None:
        """Map an empty table.

        Args:
            lock: The lock that all workers and the keeper use.
            wake: Has the keeper look at what is wanted; it need not wait for that.
            keeping: Whether the service database can be used.
            rows: Most accounts.
        """
        self._lock = lock
        self._wake = wake
        self._keeping = keeping
        self._rows = SharedRows(rows, _NAME.size, len(_Row().fields()))

    async def charge(self, account: Account, elements: int, limit: int) -> Charged:
        """Count elements, if they are within `limit`.

        Raises:
            CountersError: The lock cannot be had, or there are not enough elements in the lease and no more can be
                taken now.
        """
        for number in range(_ROUNDS):
            with self._lock:
                charged, short = self._use(account, elements, limit)
            if short:
                self._wake()
            if charged is not None:
                return charged
            if self._keeping() not in (Keeping.STARTING, Keeping.DATABASE):
                break
            await asyncio.sleep(_PAUSE_SECONDS if number else 0)
        with self._lock:  # where the keeper is this process, it may have taken some just now
            charged, _ = self._use(account, elements, limit)
        if charged is None:
            raise CountersError
        return charged

    def refund(self, account: Account, elements: int) -> None:
        """Take back elements that were counted a short time ago; raises CountersError."""
        with self._lock:
            place, row = self._get(account)
            row.evaluated = max(0, row.evaluated - elements)
            self._rows.set(place, row.fields())

    def wants(self) -> list[Want]:
        """What the keeper is to take now; raises CountersError."""
        wants = []
        with self._lock:
            for place, name in self._rows.all():
                row = self._row(place)
                if row.short:
                    waiting = max(0, row.wanted - row.taken)
                    ahead = max(0, row.lease - row.unused)
                    wants.append(Want(_account(name), waiting + ahead, row.limit))
        return wants

    def took(self, account: Account, elements: int, count: int) -> None:
        """Record what was taken in the service database; raises CountersError.

        Args:
            account: The account.
            elements: The number of elements taken.
            count: The count there, these included.
        """
        with self._lock:
            place, row = self._get(account)
            row.taken, row.known, row.wanted, row.read = row.taken + elements, count, 0, 1
            self._rows.set(place, row.fields())

    def accounts(self) -> list[Account]:
        """The accounts that were asked for since this server started; raises CountersError."""
        with self._lock:
            return [_account(name) for _, name in self._rows.all()]

    def read(self, counts: Mapping[Account, int]) -> None:
        """Record the counts of accounts in the service database; raises CountersError."""
        with self._lock:
            for account, count in counts.items():
                place, row = self._get(account)
                row.known, row.read = count, 1
                self._rows.set(place, row.fields())

    def remainders(self) -> dict[Account, int]:
        """Elements taken and not used; raises CountersError."""
        with self._lock:
            rows = {_account(name): self._row(place).unused for place, name in self._rows.all()}
        return {account: unused for account, unused in rows.items() if unused}

    def _use(self, account: Account, elements: int, limit: int) -> tuple[Charged | None, bool]:
        """Count elements of the lease.

        Returns:
            What became of them, None if they must be taken first; and whether elements are wanted.
        """
        place, row = self._get(account)
        row.limit, charged = limit, None
        if row.read and elements > row.left:
            charged = Charged(counted=False, left=row.left)
        elif row.unused >= elements:
            row.evaluated += elements
            charged = Charged(counted=True, left=row.left)
        else:
            row.wanted = max(row.wanted, row.evaluated + elements)
        self._rows.set(place, row.fields())
        return charged, row.short

    def _get(self, account: Account) -> tuple[int, _Row]:
        """The offset and the content of an account's row, which is made if there is none."""
        name = _NAME.pack(account.platform.encode(), account.channel.encode(), account.purpose.encode(), account.epoch)
        place = self._rows.find(name)
        if place is None:
            place = self._rows.add(name)
        if place is None:
            place, dropped = min(self._rows.all(), key=lambda row: _account(row[1]).epoch)
            lost = self._row(place).unused
            logger().warning("an account of a platform was dropped", epoch=_account(dropped).epoch, lost_elements=lost)
            self._rows.rename(place, name)
        return place, self._row(place)

    def _row(self, place: int) -> _Row:
        return _Row(*self._rows.get(place))


def _account(name: bytes) -> Account:
    platform, channel, purpose, epoch = _NAME.unpack(name)
    texts = (part.rstrip(b"\0").decode() for part in (platform, channel, purpose))
    platform_name, channel_name, purpose_name = texts
    return Account(platform_name, channel_name, Purpose(purpose_name), epoch)
