"""The soft quota of the public channel.

Beyond the soft quota, each request must carry a proof of work; the hard quota still applies. Many citizens may share
one address, such as a village behind one line, and few of them misuse the service. With a soft quota nobody is refused
at once, but whoever has a whole range of numbers evaluated pays with computing time for each of them.
"""

from pilookup.protocol.problems import Problem
from pilookup_server.limits.proof_of_work import LIFE_SECONDS, ProofsOfWork
from pilookup_server.limits.quota import Quota
from pilookup_server.limits.replay import ReplayGuard
from pilookup_server.problems import ProblemError

HEADER = b"pilookup-proof"
"""The request header that carries a proof of work, in lower case."""


class SoftQuota:
    """Applies a soft quota and a hard quota, and accepts proofs of work in between."""

    def __init__(self, soft: Quota, hard: Quota, proofs_of_work: ProofsOfWork, replay_guard: ReplayGuard) -> None:
        """Combine two quotas.

        Args:
            soft: Beyond this quota, a request needs a proof of work.
            hard: Beyond this quota, a request is refused.
            proofs_of_work: Makes the challenges and checks their solutions.
            replay_guard: Remembers which challenges have been answered.
        """
        self._soft = soft
        self._hard = hard
        self._proofs_of_work = proofs_of_work
        self._replay_guard = replay_guard

    async def admit(self, key: str, elements: int, proof: str | None) -> dict[str, str]:
        """Count a request that fits the hard quota and either fits the soft quota or carries a proof of work.

        A proof of work is marked as used last, so if the hard quota refuses the request, the proof can be sent again.

        Args:
            key: The quota key of the caller.
            elements: The number of elements in the request.
            proof: The value of the header `Pilookup-Proof`; None if the request has none.

        Returns:
            The RateLimit headers of the response, which report the hard quota.

        Raises:
            ProblemError: 429, with a challenge if a proof of work is needed, or 503 if counters cannot be reached.
        """
        name, refusal = None, await self._refusal(key, elements)
        if refusal is not None:
            name = self._proofs_of_work.check(proof, elements) if proof is not None else None
            if name is None:
                raise self._proof_needed(refusal, elements, answered=proof is not None)
        headers = await self._hard.take(key, elements)
        if refusal is not None and name is not None and not await self._replay_guard.mark_used(name, LIFE_SECONDS):
            raise self._proof_needed(refusal, elements, answered=True)
        return headers

    async def _refusal(self, key: str, elements: int) -> ProblemError | None:
        try:
            await self._soft.charge(key, elements)
        except ProblemError as refusal:
            if refusal.problem is not Problem.RATE_LIMITED:
                raise
            return refusal
        return None

    def _proof_needed(self, refusal: ProblemError, elements: int, *, answered: bool) -> ProblemError:
        detail = "The proof is wrong, expired, used before or for fewer elements." if answered else None
        members = {"challenge": self._proofs_of_work.challenge(elements)}
        return ProblemError(Problem.PROOF_NEEDED, detail, refusal.headers, members)
