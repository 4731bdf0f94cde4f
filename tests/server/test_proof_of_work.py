"""Beyond the soft quota: a challenge admits one request, of at most the number of elements that it states."""

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
from pilookup_server.limits.proof_of_work import LIFE_SECONDS, ProofsOfWork
from pilookup_server.limits.replay import LocalReplayGuard

from pilookup.protocol.proof_of_work import Challenge
from tests.support.server.problem_answers import problem
from tests.support.server.release_fixture import LATER, TOKEN, Repository

SOFT = {"public_soft_quota": "5/minute"}


@pytest.fixture(autouse=True)
def light_work(monkeypatch):
    monkeypatch.setattr(proof_module, "BASE_WORK", 200)
    monkeypatch.setattr(proof_module, "ELEMENT_WORK", 10)


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
async def test_below_the_soft_quota_no_proof_of_work_is_needed(running, repository):
    async with running(**SOFT) as server:
        assert (await server.evaluate(count=5)).status_code == 200


@pytest.mark.anyio
async def test_a_proof_admits_one_request(running, repository):
    async with running(**SOFT) as server:
        await server.evaluate(count=5)
        _, challenge = await refused(server, count=3)
        proof = solved(challenge)
        assert (await server.evaluate(count=3, headers=proof)).status_code == 200
        body, _ = await refused(server, count=3, headers=proof)
        assert "used before" in body["detail"]


@pytest.mark.anyio
async def test_a_proof_is_for_its_elements(running, repository):
    async with running(**SOFT) as server:
        await server.evaluate(count=5)
        _, challenge = await refused(server, count=3)
        proof = solved(challenge)
        await refused(server, count=4, headers=proof)
        assert (await server.evaluate(count=2, headers=proof)).status_code == 200


@pytest.mark.anyio
async def test_a_request_larger_than_the_soft_quota_can_be_paid_for(running, repository):
    async with running(**SOFT) as server:
        _, challenge = await refused(server, count=100)
        assert (await server.evaluate(count=100, headers=solved(challenge))).status_code == 200


@pytest.mark.anyio
async def test_the_hard_quota_still_applies(running, repository):
    async with running(**SOFT, public_quota="8/minute") as server:
        await server.evaluate(count=5)
        _, challenge = await refused(server, count=4)
        answer = await server.evaluate(count=4, headers=solved(challenge))
        problem(answer, 429, "rate-limited")


@pytest.mark.anyio
async def test_beyond_the_hard_quota_a_proof_of_work_is_not_used_up(running, repository):
    async with running(**SOFT, public_quota="8/minute;100/day") as server:
        await server.evaluate(count=5)
        _, challenge = await refused(server, count=4)
        proof = solved(challenge)
        problem(await server.evaluate(count=4, headers=proof), 429, "rate-limited")
        assert (await server.evaluate(count=3, headers=proof)).status_code == 200


@pytest.mark.anyio
async def test_the_work_grows_with_the_elements(running, repository):
    async with running(**SOFT) as server:
        await server.evaluate(count=5)
        few, many = [(await refused(server, count=count))[1].solve() for count in (1, 1000)]
    counters = [json.loads(base64.b64decode(one))["solution"]["counter"] for one in (few, many)]
    assert 0 <= counters[0] < 210
    assert 0 <= counters[1] < 10200
    assert proof_module.max_work(1000) > 20 * proof_module.max_work(1)


@pytest.mark.anyio
async def test_other_channels_and_an_empty_setting_need_no_proof_of_work(running, repository, tmp_path, keys):
    Repository(tmp_path, "platform", keys).publish({1: (1, LATER)})
    bearer = {"authorization": f"Bearer {TOKEN}"}
    async with running(**SOFT, platform_tokens=TOKEN) as server:
        assert (await server.evaluate(count=6, channel="platform", headers=bearer)).status_code == 200
    async with running(public_soft_quota="", channels=("public",)) as server:
        for _ in range(3):
            assert (await server.evaluate(count=900)).status_code == 200


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
    async with running(**SOFT) as server:
        await server.evaluate(count=5)
        _, challenge = await refused(server, count=1)
        document = json.loads(base64.b64decode(challenge.solve()))
        spoil(document)
        header = base64.b64encode(json.dumps(document).encode()).decode()
        await refused(server, count=1, headers={"pilookup-proof": header})


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
