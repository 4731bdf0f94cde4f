"""Past a soft quota an address may go on, by a proof of work for each request, up to its hard quota.

Many citizens share an address (a village behind one line), and most are no trouble: nobody is refused at once, and
whoever asks for a whole range of numbers pays for each.
"""

from pilookup.protocol.problems import Problem
from pilookup_server.limits.proof_of_work import LIFE_SECONDS, ProofsOfWork
from pilookup_server.limits.quota import Quota
from pilookup_server.limits.replay import ReplayGuard
from pilookup_server.problems import ProblemError

HEADER = b"pilookup-proof"


class SoftQuota:
    """A soft quota, the proofs that go beyond it, and the hard quota that holds for all."""

    def __init__(self, soft: Quota, hard: Quota, proofs_of_work: ProofsOfWork, replay_guard: ReplayGuard) -> None:
        self._soft = soft
        self._hard = hard
        self._proofs_of_work = proofs_of_work
        self._replay_guard = replay_guard

    async def admit(self, key: str, elements: int, proof: str | None) -> dict[str, str]:
        """Let in what fits the soft quota or brings a proof, and the hard quota; returns its RateLimit headers.

        Raises ProblemError 429, with a challenge where a proof would help, or 503. A proof is spent last: over the
        hard quota it is still good for another time.
        """
        name, refused = None, await self._refused(key, elements)
        if refused is not None:
            name = self._proofs_of_work.check(proof, elements) if proof is not None else None
            if name is None:
                raise self._proof_needed(refused, elements, answered=proof is not None)
        headers = await self._hard.take(key, elements)
        if refused is not None and name is not None and not await self._replay_guard.mark_used(name, LIFE_SECONDS):
            raise self._proof_needed(refused, elements, answered=True)
        return headers

    async def _refused(self, key: str, elements: int) -> ProblemError | None:
        try:
            await self._soft.charge(key, elements)
        except ProblemError as refused:
            if refused.problem is not Problem.RATE_LIMITED:
                raise
            return refused
        return None

    def _proof_needed(self, refused: ProblemError, elements: int, *, answered: bool) -> ProblemError:
        detail = "The proof is wrong, expired, used before or for fewer elements." if answered else None
        members = {"challenge": self._proofs_of_work.challenge(elements)}
        return ProblemError(Problem.PROOF_NEEDED, detail, refused.headers, members)
