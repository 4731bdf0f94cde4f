"""The quota of the public channel: a free reserve, proofs of work past it, and ceilings that no work lifts.

Many citizens may share one address, such as a village behind one line, or the customers of a carrier. The reserve of an
address is for requests of one or two elements, which is what the check of one number takes. A caller that asks for more
cannot use the reserve up by large requests. It may use the rest of the address's ceiling, for work that rises with what
has been used. Work slows a telephone down; it hardly slows down a computer with a graphics card. What bounds such a
caller are the ceilings: of its address, of the networks around it, and of the whole channel.

A part of the channel's ceiling is kept for small requests of addresses that have asked nothing in the last day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Final, NamedTuple

from limits import RateLimitItem

from pilookup.protocol.problems import Problem
from pilookup_server.limits.channel_ledger import ChannelLedger
from pilookup_server.limits.client_address import ClientNetwork
from pilookup_server.limits.counters import Charge, Counters, CountersError
from pilookup_server.limits.proof_of_work import LIFE_SECONDS, ProofsOfWork
from pilookup_server.limits.quota import (
    TOO_MANY,
    Admission,
    Window,
    policy,
    retry_after,
    seconds_until_room,
    unavailable_without_counters,
)
from pilookup_server.limits.replay import ReplayGuard
from pilookup_server.problems import ProblemError
from pilookup_server.settings import Settings, quota_items

HEADER: Final = b"pilookup-proof"
"""The request header that carries a proof of work, in lower case."""

DEFAULT_RESERVE: Final = 3
"""The ceiling is divided by this number to get the reserve, unless the settings name one."""

SMALL: Final = 2
"""Most elements of a request that the reserve is for: a number and a canary."""

KEPT: Final = 0.2
"""The part of the channel's ceiling that is kept for small requests of addresses that have asked nothing that day."""

_CHANNEL: Final = "all"
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class PublicWindows:
    """The windows of the public channel.

    Attributes:
        ceiling: What one address may have evaluated, shortest window first.
        reserve: The part of it that is for small requests, of the same windows; empty if no work is ever needed.
        worked: What is left of it.
        channel: What all callers together may have evaluated.
        policy: The value of the header RateLimit-Policy.
        parts: Each window of the ceiling, with its reserve, if there is one, and what is left of it.
    """

    ceiling: tuple[Window, ...]
    reserve: tuple[Window, ...]
    worked: tuple[Window, ...]
    channel: tuple[Window, ...]
    policy: str = field(init=False)
    parts: tuple[tuple[Window, tuple[Window, ...]], ...] = field(init=False)

    def __post_init__(self) -> None:
        kinds = [kind for kind in (self.reserve, self.worked) if kind]
        object.__setattr__(self, "policy", policy(self.ceiling))
        object.__setattr__(self, "parts", tuple(zip(self.ceiling, zip(*kinds, strict=True), strict=True)))

    @classmethod
    def from_settings(cls, settings: Settings) -> "PublicWindows":
        """The windows that the settings ask for."""
        ceiling = quota_items(settings.public_quota)
        amounts = [0] * len(ceiling)
        if settings.public_reserve is None:
            amounts = [ceil(item.amount / DEFAULT_RESERVE) for item in ceiling]
        elif settings.public_reserve:
            amounts = [item.amount for item in quota_items(settings.public_reserve)]
        parts = list(zip(ceiling, amounts, strict=True))
        return cls(
            tuple(Window.from_item("public", item) for item in ceiling),
            tuple(_part("reserve", item, amount) for item, amount in parts if amount),
            tuple(_part("worked", item, item.amount - amount) for item, amount in parts),
            tuple(Window.from_item("channel", item) for item in quota_items(settings.public_channel_quota)),
        )


def _part(name: str, item: RateLimitItem, amount: int) -> Window:
    """A part of the ceiling of an address, in the same window."""
    return Window(f"public/{name}/{item.get_expiry()}", amount, item.get_expiry())


@dataclass(frozen=True, slots=True)
class PublicQuota:
    """Decides which requests of the public channel are evaluated, and counts them.

    Attributes:
        windows: The windows of the settings.
        batch: Most elements of a request past the reserve.
        counters: The counters of all windows.
        ledger: The count of the epoch.
        proofs_of_work: Makes the challenges and checks their solutions.
        replay_guard: Remembers which challenges have been answered.
    """

    windows: PublicWindows
    batch: int
    counters: Counters
    ledger: ChannelLedger
    proofs_of_work: ProofsOfWork
    replay_guard: ReplayGuard

    async def admit(self, networks: Sequence[ClientNetwork], epoch: int, elements: int, proof: str | None) -> Admission:
        """Charge a request that fits the reserve, or fits the ceilings and carries a proof of work.

        Args:
            networks: The networks of the caller, its own address first.
            epoch: The epoch whose key is asked for.
            elements: The number of elements in the request.
            proof: The value of the header `Pilookup-Proof`; None if the request has none.

        Raises:
            ProblemError: 429, with a challenge if a proof of work is needed, or 503 if counters cannot be reached. The
                request is not charged then, and its proof can be sent again unless it was used before.
        """
        request = _Request(self, tuple(networks), epoch, elements)
        with unavailable_without_counters():
            if not self.windows.reserve:
                return request.admission(await request.charge_worked())
            if elements <= SMALL:
                counted = await request.charge(request.reserve_charges(elements))
                if counted is not None:
                    return request.admission(counted)
            return request.admission(await self._worked(request, proof))

    async def _worked(self, request: "_Request", proof: str | None) -> "_Counted":
        """Charge a request past the reserve, for its proof of work."""
        name = self.proofs_of_work.check(proof, request.elements) if proof is not None else None
        if request.elements > self.batch or name is None:
            await request.check_room(min(request.elements, self.batch))
            raise await request.proof_needed(answered=proof is not None)
        counted = await request.charge_worked()
        try:
            unused = await self.replay_guard.mark_used(name, LIFE_SECONDS)
        except ProblemError:
            await request.refund(counted.charges)
            raise
        if not unused:
            await request.refund(counted.charges)
            raise await request.proof_needed(answered=True)
        return counted


class _Counted(NamedTuple):
    """What was counted for a request.

    Attributes:
        charges: Of its address and the networks around it.
        levels: The levels afterwards by key, those of all windows of its address among them.
    """

    charges: list[Charge]
    levels: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Request:
    """One request, and what is counted for it."""

    quota: PublicQuota
    networks: tuple[ClientNetwork, ...]
    epoch: int
    elements: int

    def reserve_charges(self, elements: int) -> list[Charge]:
        return self._charges(self.quota.windows.reserve, elements)

    def worked_charges(self, elements: int) -> list[Charge]:
        return self._charges(self.quota.windows.worked, elements)

    def _charges(self, windows: Sequence[Window], elements: int) -> list[Charge]:
        """The charges of every window for the caller's own address, and of the longest one for the wider networks."""
        own, *wider = self.networks
        charges = [
            *(window.charge(own.key, elements) for window in windows),
            *(windows[-1].charge(network.key, elements, network.multiple) for network in wider),
        ]
        return [_with_room_for_a_check(one) for one in charges]

    def own_reads(self) -> list[Charge]:
        """Charges of 0 for all windows of the caller's address."""
        windows, key = self.quota.windows, self.networks[0].key
        return [window.charge(key, 0) for window in (*windows.reserve, *windows.worked)]

    async def charge_worked(self) -> _Counted:
        """Charge the request past the reserve; raises ProblemError 429 if a ceiling is reached."""
        charges = self.worked_charges(self.elements)
        counted = await self.charge(charges)
        if counted is None:
            raise await self._refusal(charges)
        return counted

    async def check_room(self, elements: int) -> None:
        """Raise ProblemError 429 if no work would help, because a ceiling is reached."""
        charges = self.worked_charges(elements)
        if await self._wait(charges) > 0 or min(charge.limit for charge in charges) < elements:
            raise await self._refusal(charges)
        part = 1.0 if await self._may_use_what_is_kept() else 1 - KEPT
        whole = self._channel_charges(part, elements)
        if await self._wait(whole) > 0 or not await self.quota.ledger.fits(self.epoch, elements, part):
            raise await self._channel_refusal(part)

    async def _refusal(self, charges: list[Charge]) -> ProblemError:
        too_many = any(charge.amount > charge.limit for charge in charges)
        wait = await self._wait(charges)
        if self.elements <= SMALL and self.quota.windows.reserve:
            wait = min(wait, await self._wait(self.reserve_charges(self.elements)))
        headers = await self._current_headers() | retry_after(wait)
        return ProblemError(Problem.RATE_LIMITED, TOO_MANY if too_many else None, headers)

    async def charge(self, charges: list[Charge]) -> _Counted | None:
        """Count charges, and the request for the whole channel.

        Returns:
            What was counted; None if the charges do not fit, and then nothing is.

        Raises:
            ProblemError: 429 if the ceiling of the channel is reached; nothing is counted.
        """
        for part in (1 - KEPT, 1.0):
            if part == 1 and not await self._may_use_what_is_kept():
                break
            levels = await self._charge_part(charges, part)
            if levels is not None:
                return _Counted(charges, levels) if levels else None
            refused = part
        raise await self._channel_refusal(refused)

    async def _charge_part(self, charges: list[Charge], part: float) -> Mapping[str, float] | None:
        """Count charges within `part` of the channel's ceiling.

        Returns:
            The levels afterwards by key, those of `own_reads` among them; empty if the charges do not fit, and None if
            the channel is what is full.
        """
        quota, whole = self.quota, self._channel_charges(part, self.elements)
        if not await quota.ledger.charge(self.epoch, self.elements, part):
            return None
        counted = {charge.key for charge in charges}
        every = [*charges, *whole, *(read for read in self.own_reads() if read.key not in counted)]
        try:
            full, levels = await quota.counters.charge(every)
        except CountersError:
            quota.ledger.refund(self.epoch, self.elements)
            raise
        if full is None:
            return {charge.key: level for charge, level in zip(every, levels, strict=True)}
        quota.ledger.refund(self.epoch, self.elements)
        return {} if full < len(charges) else None

    async def refund(self, charges: list[Charge]) -> None:
        """Take back what `charge` has counted."""
        await self.quota.counters.refund([*charges, *self._channel_charges(1, self.elements)])
        self.quota.ledger.refund(self.epoch, self.elements)

    def admission(self, counted: _Counted) -> Admission:
        async def refund() -> None:
            with unavailable_without_counters():
                await self.refund(counted.charges)

        return Admission(self._headers(counted.levels), refund)

    async def proof_needed(self, *, answered: bool) -> ProblemError:
        """The answer to a request that needs a proof of work, and to one whose proof does not hold (`answered`)."""
        quota, detail = self.quota, None
        if answered:
            detail = "The proof is wrong, expired, used before or for fewer elements."
        if self.elements > quota.batch:
            detail = "The request has more elements than one that needs a proof of work may have."
        challenge = quota.proofs_of_work.challenge(min(self.elements, quota.batch), await self._used())
        wait = await self._wait(self.reserve_charges(min(self.elements, SMALL)))
        headers = await self._current_headers() | retry_after(wait)
        return ProblemError(Problem.PROOF_NEEDED, detail, headers, {"challenge": challenge})

    def _channel_charges(self, part: float, elements: int) -> list[Charge]:
        charges = [window.charge(_CHANNEL, elements) for window in self.quota.windows.channel]
        return [
            _with_room_for_a_check(Charge(key, int(limit * part), rate, amount)) for key, limit, rate, amount in charges
        ]

    async def _may_use_what_is_kept(self) -> bool:
        """Whether this is a small request, and nothing was evaluated for the caller's address in the last day."""
        if self.elements > SMALL:
            return False
        kinds = (self.quota.windows.reserve, self.quota.windows.worked)
        keys = [kind[-1].charge(self.networks[0].key, 0) for kind in kinds if kind]
        return all(state.idle > _DAY_SECONDS for state in await self.quota.counters.states(keys))

    async def _used(self) -> float:
        """How much of what can be had for work is used, 0 to 1: of the caller's address, or of a network around it."""
        charges = self.worked_charges(SMALL)[len(self.quota.windows.worked) - 1 :]
        states = await self.quota.counters.states(charges)
        return max(state.level / max(1, charge.limit) for state, charge in zip(states, charges, strict=True))

    async def _wait(self, charges: Sequence[Charge]) -> float:
        """Seconds until all charges fit."""
        states = await self.quota.counters.states(charges)
        return max(seconds_until_room(charge, state) for charge, state in zip(charges, states, strict=True))

    async def _channel_refusal(self, part: float) -> ProblemError:
        wait = await self._wait(self._channel_charges(part, self.elements))
        if not await self.quota.ledger.fits(self.epoch, self.elements, part):
            wait = _DAY_SECONDS  # until the next epoch, whose begin is not known here
        detail = "All callers together have reached the ceiling of the channel."
        return ProblemError(Problem.RATE_LIMITED, detail, await self._current_headers() | retry_after(wait))

    async def _current_headers(self) -> dict[str, str]:
        reads = self.own_reads()
        states = await self.quota.counters.states(reads)
        return self._headers({read.key: state.level for read, state in zip(reads, states, strict=True)})

    def _headers(self, levels: Mapping[str, float]) -> dict[str, str]:
        """The RateLimit headers: what the ceiling of the caller's address leaves, for the levels of its windows."""
        windows, key = self.quota.windows, self.networks[0].key
        items = []
        for ceiling, parts in windows.parts:
            used = [(window, levels[window.charge_key(key)]) for window in parts]
            left = sum(window.burst - level for window, level in used)
            wait = max(level / window.rate for window, level in used)
            items.append(ceiling.header_item(left, wait))
        return {"ratelimit-policy": windows.policy, "ratelimit": ", ".join(items)}


def _with_room_for_a_check(charge: Charge) -> Charge:
    """A charge of one element with a limit that lets it through only where two elements would be.

    Otherwise a caller that always asks for one would take each element that becomes free, and a first check, which
    takes two, would wait for ever. A larger charge is returned unchanged.
    """
    key, limit, rate, amount = charge
    if amount >= SMALL or limit <= amount:
        return charge
    return Charge(key, max(amount, limit - (SMALL - amount)), rate, amount)


def public_quota(
    settings: Settings,
    counters: Counters,
    ledger: ChannelLedger,
    proofs_of_work: ProofsOfWork,
    replay_guard: ReplayGuard,
) -> PublicQuota:
    """The quota that the settings ask for."""
    windows = PublicWindows.from_settings(settings)
    return PublicQuota(windows, settings.public_batch, counters, ledger, proofs_of_work, replay_guard)
