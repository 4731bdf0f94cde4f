"""The quota of the public channel: a free reserve, proofs of work past it, and ceilings that no work lifts.

Many citizens may share one address, such as a village behind one line, or the customers of a carrier. The reserve of an
address is for requests of one or two elements, which is what the check of one number takes. A caller that asks for more
cannot use the reserve up by large requests. It may use the rest of the address's ceiling, for work that rises with what
has been used. Work slows a telephone down; it hardly slows down a computer with a graphics card. What bounds such a
caller are the ceilings: of its address, of the networks around it, and of the whole channel.

A part of the channel's ceiling is kept for addresses that have asked nothing in the last day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from limits import RateLimitItem

from pilookup.protocol.problems import Problem
from pilookup_server.limits.channel_ledger import ChannelLedger
from pilookup_server.limits.client_address import ClientNetwork
from pilookup_server.limits.counters import Charge, Counters, weighted
from pilookup_server.limits.proof_of_work import LIFE_SECONDS, ProofsOfWork
from pilookup_server.limits.quota import (
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
"""Unless the settings say otherwise, one in so many elements of the ceiling belongs to the reserve."""

SMALL: Final = 2
"""Most elements of a request that the reserve is for: a number and a canary."""

KEPT: Final = 0.2
"""The part of the channel's ceiling that is kept for addresses that have asked nothing in the last day."""

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
    """

    ceiling: tuple[Window, ...]
    reserve: tuple[Window, ...]
    worked: tuple[Window, ...]
    channel: tuple[Window, ...]

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
                return await request.admission(await request.charge_worked())
            if elements <= SMALL and await request.charge(request.reserve_charges(elements)):
                return await request.admission(request.reserve_charges(elements))
            return await request.admission(await self._worked(request, proof))

    async def _worked(self, request: "_Request", proof: str | None) -> list[Charge]:
        """Charge a request past the reserve, for its proof of work."""
        if request.elements > self.batch:
            raise await request.proof_needed("The request has more elements than one past the reserve may have.")
        charges = await request.charge_worked()
        name = self.proofs_of_work.check(proof, request.elements) if proof is not None else None
        if name is not None and await self.replay_guard.mark_used(name, LIFE_SECONDS):
            return charges
        await request.refund(charges)
        detail = "The proof is wrong, expired, used before or for fewer elements."
        raise await request.proof_needed(detail if proof is not None else None)


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
        return [
            *(window.charge(own.key, elements) for window in windows),
            *(windows[-1].charge(network.key, elements, network.multiple) for network in wider),
        ]

    async def charge_worked(self) -> list[Charge]:
        """Charge the request past the reserve; raises ProblemError 429 if a ceiling is reached."""
        charges = self.worked_charges(self.elements)
        if await self.charge(charges):
            return charges
        too_large = min(charge.limit for charge in charges) < self.elements
        detail = "One request asks for more than the whole quota." if too_large else None
        headers = await self._headers() | retry_after(await self._wait(charges))
        raise ProblemError(Problem.RATE_LIMITED, detail, headers)

    async def charge(self, charges: list[Charge]) -> bool:
        """Count charges, and the request for the whole channel.

        Returns:
            Whether the charges fit. If not, nothing is counted.

        Raises:
            ProblemError: 429 if the ceiling of the channel is reached; nothing is counted.
        """
        for part in (1 - KEPT, 1.0):
            if part == 1 and not await self._asked_nothing():
                break
            fitted = await self._charge_part(charges, part)
            if fitted is not None:
                return fitted
            refused = part
        raise await self._channel_refusal(refused)

    async def _charge_part(self, charges: list[Charge], part: float) -> bool | None:
        """Count charges within `part` of the channel's ceiling; None if the channel is what is full."""
        quota, whole = self.quota, self._channel_charges(part)
        full = await quota.counters.charge([*charges, *whole])
        if full is not None:
            return False if full < len(charges) else None
        if quota.ledger.charge(self.epoch, self.elements, part):
            return True
        await quota.counters.refund([*charges, *whole])
        return None

    async def refund(self, charges: list[Charge]) -> None:
        """Take back what `charge` has counted."""
        await self.quota.counters.refund([*charges, *self._channel_charges(1)])
        self.quota.ledger.refund(self.epoch, self.elements)

    async def admission(self, charges: list[Charge]) -> Admission:
        async def refund() -> None:
            with unavailable_without_counters():
                await self.refund(charges)

        return Admission(await self._headers(), refund)

    async def proof_needed(self, detail: str | None) -> ProblemError:
        """The answer to a request that needs a proof of work."""
        most = min(self.elements, self.quota.batch)
        challenge = self.quota.proofs_of_work.challenge(most, await self._used())
        wait = await self._wait(self.reserve_charges(min(self.elements, SMALL)))
        headers = await self._headers() | retry_after(wait)
        return ProblemError(Problem.PROOF_NEEDED, detail, headers, {"challenge": challenge})

    def _channel_charges(self, part: float) -> list[Charge]:
        return [
            Charge(f"{window.prefix}/{_CHANNEL}", int(window.amount * part), window.seconds, self.elements)
            for window in self.quota.windows.channel
        ]

    async def _asked_nothing(self) -> bool:
        """Whether the caller's address has asked nothing in the longest window of its quota."""
        windows = [kind[-1] for kind in (self.quota.windows.reserve, self.quota.windows.worked) if kind]
        return not any([await self._weighted(window.charge(self.networks[0].key, 0)) for window in windows])

    async def _used(self) -> float:
        """How much of what can be had for work is used, 0 to 1: of the caller's address, or of a network around it."""
        charges = self.worked_charges(0)[len(self.quota.windows.worked) - 1 :]
        return max([await self._weighted(charge) / max(1, charge.limit) for charge in charges])

    async def _wait(self, charges: Sequence[Charge]) -> float:
        """Seconds until all charges fit."""
        counters = self.quota.counters
        return max(
            [seconds_until_room(charge, await counters.counts(charge.key, charge.seconds)) for charge in charges]
        )

    async def _channel_refusal(self, part: float) -> ProblemError:
        wait = await self._wait(self._channel_charges(part))
        if not self.quota.ledger.fits(self.epoch, self.elements, part):
            wait = _DAY_SECONDS  # until the next epoch, whose begin is not known here
        detail = "All callers together have reached the ceiling of the channel."
        return ProblemError(Problem.RATE_LIMITED, detail, retry_after(wait))

    async def _headers(self) -> dict[str, str]:
        """The RateLimit headers: what the ceiling of the caller's address leaves."""
        windows, key, items = self.quota.windows, self.networks[0].key, []
        for window in windows.ceiling:
            parts = [one for kind in (windows.reserve, windows.worked) for one in kind if one.seconds == window.seconds]
            used = sum([await self._weighted(part.charge(key, 0)) for part in parts])
            _, _, _, left = await self.quota.counters.counts(parts[0].charge(key, 0).key, window.seconds)
            items.append(window.header_item(used, left - window.seconds))
        return {"ratelimit-policy": policy(windows.ceiling), "ratelimit": ", ".join(items)}

    async def _weighted(self, charge: Charge) -> int:
        return weighted(await self.quota.counters.counts(charge.key, charge.seconds), charge.seconds)


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
