"""Past a soft quota an address may go on, by a proof of work for each request, up to its quota proper.

Many citizens share an address (a village behind one line), and most are no trouble: nobody is refused at once, and
whoever asks for a whole range of numbers pays for each.
"""

from pilookup.protocol.messages import Problem
from pilookup_server.limits.proof import LIFE_SECONDS, Proofs
from pilookup_server.limits.quota import Quota
from pilookup_server.limits.spent import Spent
from pilookup_server.problems import ProblemError

HEADER = "pilookup-proof"


class Gate:
    """A soft quota, and the proofs that go beyond it."""

    def __init__(self, quota: Quota, proofs: Proofs, spent: Spent) -> None:
        self._quota = quota
        self._proofs = proofs
        self._spent = spent

    async def admit(self, key: str, elements: int, proof: str | None) -> None:
        """Let in what fits the soft quota or brings a proof; raises ProblemError 429 with a challenge, or 503."""
        try:
            await self._quota.take(key, elements)
        except ProblemError as refused:
            if refused.problem is not Problem.RATE_LIMITED:
                raise
            if proof is None or not await self._accept(proof, elements):
                raise self._needed(refused, elements, answered=proof is not None) from None

    async def _accept(self, proof: str, elements: int) -> bool:
        name = self._proofs.check(proof, elements)
        return name is not None and await self._spent.spend(name, LIFE_SECONDS)

    def _needed(self, refused: ProblemError, elements: int, *, answered: bool) -> ProblemError:
        detail = "The proof is wrong, expired, used before or for fewer elements." if answered else None
        members = {"challenge": self._proofs.challenge(elements)}
        return ProblemError(Problem.PROOF_NEEDED, detail, refused.headers, members)
