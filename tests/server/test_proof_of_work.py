"""Past the reserve a challenge admits one request, of at most the number of elements that it states."""

import base64
import json
import os
import shutil
import time

import altcha
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from pilookup_server.limits import proof_of_work as proof_module
from pilookup_server.limits.proof_of_work import LIFE_SECONDS, RISE, ProofsOfWork
from pilookup_server.limits.replay import LocalReplayGuard

from pilookup.protocol.messages import MAX_BATCH
from pilookup.protocol.proof_of_work import MAX_WORK, Challenge
from tests.support.server.platform_keys import add_platform
from tests.support.server.problem_answers import problem
from tests.support.server.release_fixture import LATER, Repository

QUOTA = {"public_reserve": "12/hour", "public_quota": "212/hour"}
"""At once six elements in small requests, and a hundred for work."""


@pytest.fixture(autouse=True)
def light_work(monkeypatch):
    monkeypatch.setattr(proof_module, "ELEMENT_WORK", 100)


async def refused(server, count=1, **more):
    """Send a request that is answered 429; returns the problem and its challenge."""
    answer = await server.evaluate(count=count, **more)
    body = problem(answer, 429, "proof-needed")
    assert int(answer.headers["retry-after"]) >= 1
    assert "ratelimit" in answer.headers
    return body, Challenge.from_problem(answer.content)


def solved(challenge):
    return {"pilookup-proof": challenge.solve()}


@pytest.mark.anyio
async def test_the_reserve_is_for_small_requests(running, repository):
    async with running(**QUOTA) as server:
        assert [(await server.evaluate(count=count)).status_code for count in (2, 2, 1)] == [200] * 3
        await refused(server, count=1)


@pytest.mark.anyio
async def test_large_requests_need_work_and_leave_the_reserve(running, repository):
    async with running(**QUOTA) as server:
        for _ in range(6):
            _, challenge = await refused(server, count=16)
            assert (await server.evaluate(count=16, headers=solved(challenge))).status_code == 200
        problem(await server.evaluate(count=16), 429, "rate-limited")
        assert [(await server.evaluate(count=count)).status_code for count in (2, 2, 1)] == [200] * 3


@pytest.mark.anyio
@pytest.mark.parametrize("count", [17, 1000])
async def test_a_larger_request_is_told_how_many_elements_it_may_have(running, repository, count):
    async with running(**QUOTA) as server:
        body, challenge = await refused(server, count=count)
        assert challenge.elements == body["challenge"]["parameters"]["data"]["elements"] == 16
        proof = solved(challenge)
        await refused(server, count=count, headers=proof)
        assert (await server.evaluate(count=16, headers=proof)).status_code == 200
    async with running(**QUOTA, public_batch=count) as server:
        assert (await refused(server, count=count))[1].elements == count if count < 100 else True


@pytest.mark.anyio
async def test_a_proof_admits_one_request(running, repository):
    async with running(**QUOTA) as server:
        _, challenge = await refused(server, count=3)
        proof = solved(challenge)
        assert (await server.evaluate(count=3, headers=proof)).status_code == 200
        body, _ = await refused(server, count=3, headers=proof)
        assert "used before" in body["detail"]


@pytest.mark.anyio
async def test_a_proof_is_for_its_elements(running, repository):
    async with running(**QUOTA) as server:
        _, challenge = await refused(server, count=3)
        proof = solved(challenge)
        await refused(server, count=4, headers=proof)
        assert (await server.evaluate(count=3, headers=proof)).status_code == 200


@pytest.mark.anyio
async def test_no_work_lifts_a_ceiling(running, repository):
    async with running(public_reserve="12/hour", public_quota="18/hour") as server:
        _, challenge = await refused(server, count=3)
        proof = solved(challenge)
        answer = await server.evaluate(count=4, headers=proof)
        assert "at once" in problem(answer, 429, "rate-limited")["detail"]
        assert (await server.evaluate(count=3, headers=proof)).status_code == 200
        problem(await server.evaluate(count=3, headers=proof), 429, "rate-limited")


@pytest.mark.anyio
async def test_at_a_ceiling_a_proof_of_work_is_not_used_up(running, repository, monkeypatch):
    async with running(public_reserve="12/hour", public_quota="20/hour") as server:
        (_, first), (_, second) = [await refused(server, count=count) for count in (3, 3)]
        assert (await server.evaluate(count=3, headers=solved(first))).status_code == 200
        proof = solved(second)
        problem(await server.evaluate(count=3, headers=proof), 429, "rate-limited")
        # The small requests of the reserve do not need it.
        assert (await server.evaluate(count=2)).status_code == 200
        quota = server.app.state.service.quotas.public
        await quota.counters.refund([w.charge("192.0.2.7", 3) for w in quota.windows.worked])
        await quota.counters.refund([quota.windows.worked[-1].charge("192.0.2.0/24", 3, 32)])
        assert (await server.evaluate(count=3, headers=proof)).status_code == 200


def test_the_work_rises_with_elements_and_use_to_what_clients_compute():
    monkey = proof_module.ELEMENT_WORK
    assert proof_module.max_work(1, 0) == monkey
    assert proof_module.max_work(16, 0) == 16 * monkey
    assert proof_module.max_work(2, 1) == RISE * 2 * monkey == proof_module.max_work(2, 7)
    use = [proof_module.max_work(16, n / 10) for n in range(11)]
    assert use == sorted(set(use))


def test_no_challenge_takes_more_than_clients_compute(monkeypatch):
    monkeypatch.undo()
    assert proof_module.max_work(16, 1) == MAX_WORK
    assert proof_module.max_work(MAX_BATCH, 1) == MAX_WORK


@pytest.mark.anyio
async def test_what_is_used_makes_the_next_challenge_harder(running, repository):
    async with running(**QUOTA) as server:
        quota, counters = server.app.state.service.quotas.public, []
        real = quota.proofs_of_work.challenge
        used = []
        object.__setattr__(quota, "proofs_of_work", Noting(quota.proofs_of_work, real, used))
        for _ in range(5):
            _, challenge = await refused(server, count=16)
            counters.append(challenge)
            assert (await server.evaluate(count=16, headers=solved(challenge))).status_code == 200
    assert used == [(16, n * 16 / 100) for n in range(5)]


class Noting:
    """Notes what challenges are made for."""

    def __init__(self, proofs, challenge, used):
        self.check = proofs.check
        self._challenge, self._used = challenge, used

    def challenge(self, elements, used):
        self._used.append((elements, used))
        return self._challenge(elements, used)


@pytest.mark.anyio
async def test_other_channels_and_an_empty_setting_need_no_proof_of_work(running, repository, tmp_path, keys):
    Repository(tmp_path, "platform", keys).publish({1: (1, LATER)})
    bearer = {"authorization": f"Bearer {add_platform(tmp_path)}"}
    async with running(**QUOTA) as server:
        for _ in range(3):
            assert (await server.evaluate(count=300, channel="platform", headers=bearer)).status_code == 200
    async with running(public_reserve="", channels=("public",)) as server:
        for _ in range(2):
            assert (await server.evaluate(count=700)).status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d["solution"].update(counter=d["solution"]["counter"] + 1),
        lambda d: d["solution"].update(counter="1"),
        lambda d: d["solution"].update(counter=True),
        lambda d: d["solution"].update(derivedKey="00" * 32),
        lambda d: d["challenge"]["parameters"].update(keyPrefix=""),
        lambda d: d["challenge"]["parameters"].update(keyLength=32.0),
        lambda d: d["challenge"]["parameters"]["data"].update(elements=1000),
        lambda d: d["challenge"]["parameters"].update(expiresAt=2**40),
        lambda d: d["challenge"]["parameters"].pop("data"),
        lambda d: d["challenge"].update(signature="00" * 32),
        lambda d: d["challenge"].pop("signature"),
        lambda d: d.pop("solution"),
    ],
)
async def test_altered_proofs_are_not_accepted(running, repository, spoil):
    async with running(**QUOTA) as server:
        _, challenge = await refused(server, count=3)
        document = json.loads(base64.b64decode(challenge.solve()))
        spoil(document)
        header = base64.b64encode(json.dumps(document).encode()).decode()
        await refused(server, count=3, headers={"pilookup-proof": header})


def test_an_expired_proof_is_not_accepted(monkeypatch):
    proofs = ProofsOfWork(os.urandom(32))
    challenge = altcha.Challenge.from_dict(proofs.challenge(1))
    header = altcha.Payload(challenge, altcha.solve_challenge(challenge)).to_base64()
    assert proofs.check(header, 1)
    late = time.time() + LIFE_SECONDS + 2
    monkeypatch.setattr(time, "time", lambda: late)
    assert proofs.check(header, 1) is None


def test_the_library_s_own_solver_and_ours_agree():
    proofs = ProofsOfWork(os.urandom(32))
    document = proofs.challenge(3)
    body = json.dumps({"type": "urn:pilookup:problem:proof-needed", "challenge": document}).encode()
    ours = json.loads(base64.b64decode(Challenge.from_problem(body).solve()))["solution"]
    theirs = altcha.solve_challenge(altcha.Challenge.from_dict(document))
    assert (ours["counter"], ours["derivedKey"]) == (theirs.counter, theirs.derived_key)


def test_workers_and_machines_of_one_half_share_the_secret():
    key = Ed25519PrivateKey.generate()
    assert ProofsOfWork.from_key(key).secret == ProofsOfWork.from_key(key).secret
    assert ProofsOfWork.from_key(Ed25519PrivateKey.generate()).secret != ProofsOfWork.from_key(key).secret
    assert ProofsOfWork.from_key(key).secret.hex() not in repr(ProofsOfWork.from_key(key))


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(lambda b: base64.b64encode(b).decode())))
def test_an_arbitrary_header_is_refused_without_an_exception(text):
    assert ProofsOfWork(b"\1" * 32).check(text, 1) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["challenge", "solution", "parameters", "signature", "algorithm", "nonce", "salt", "cost", "counter", "derivedKey", "data"]), inner, max_size=8),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_an_arbitrary_document_is_refused_without_an_exception(document):
    assert ProofsOfWork(b"\1" * 32).check(base64.b64encode(json.dumps(document).encode()).decode(), 1) is None


@pytest.mark.anyio
async def test_a_name_is_marked_used_once_by_any_worker(tmp_path):
    first, second = LocalReplayGuard(tmp_path), LocalReplayGuard(tmp_path)
    assert await first.mark_used("a", 300)
    assert not await second.mark_used("a", 300)
    assert await second.mark_used("b", 300)


@pytest.mark.anyio
async def test_a_deleted_folder_is_created_again(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir(mode=0o700)
    guard = LocalReplayGuard(folder)
    assert await guard.mark_used("a", 300)
    shutil.rmtree(folder)
    assert await guard.mark_used("b", 300)
    assert not await guard.mark_used("b", 300)
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.anyio
async def test_old_names_are_deleted(tmp_path, monkeypatch):
    guard = LocalReplayGuard(tmp_path)
    assert await guard.mark_used("a", 10)
    os.utime(tmp_path / "a", (time.time() - 30,) * 2)
    monkeypatch.setattr(guard, "_last_sweep", time.monotonic() - 11)
    assert await guard.mark_used("b", 10)
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
