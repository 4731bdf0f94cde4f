"""The built worker in Node against a real server: its answers are the Python client's, field by field."""

import json
import subprocess
from pathlib import Path

import pilookup_server
import pytest

from pilookup import Client
from tests.support.page.home import ACCOUNTS, BOTH, EXPOSED, FILLING, FOREIGN, FOREIGN_MISS, MISS, MISSED, SEVEN, THREE

PAGE = Path(pilookup_server.__file__).parent / "page"
ASK = PAGE.parents[1] / "web" / "test" / "run_worker.mjs"
TEXTS = [
    EXPOSED, *ACCOUNTS, FOREIGN, *MISSED, FOREIGN_MISS, *FILLING[:5],
    f"+86 {EXPOSED[:3]}-{EXPOSED[3:7]}-{EXPOSED[7:]}", f"电话：{BOTH} 转12", "0755-65551234",
]  # fmt: skip
NO_NUMBERS = ["", "张三", "12345", "110101199003077758", "138****8000", "13800138000 13900139000", "+44 20"]


def run_page(server, trust, texts):
    """The worker's answers: `answer`, `last4` and what was `sent`."""
    lines = "".join(f"{json.dumps(text)}\n" for text in texts)
    command = ["node", str(ASK), str(PAGE), server.url, str(trust)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, timeout=300, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def trust(home):
    return home.path / "trust-public.json"


@pytest.fixture(scope="module")
def client(server, trust):
    with Client(server.url, channel="public", trust=trust) as one:
        yield one


def test_answers_are_the_python_client_s(server, trust, client):
    answers = run_page(server, trust, TEXTS)
    statuses = set()
    for printed, result in zip(answers, client.check_many(TEXTS), strict=True):
        found = printed["answer"]
        statuses.add(found["status"])
        assert found["status"] == result.status
        if result.status != "found":
            continue
        assert [found[name] for name in ("exposed", "malicious", "accounts", "last_seen")] == [
            result.exposed, result.malicious, result.accounts, result.last_seen,
        ]  # fmt: skip
        assert [case["id"] for case in found["cases"]] == [case.id for case in result.cases]
        assert [case["title"]["zh"] for case in found["cases"]] == [case.title_zh for case in result.cases]
        assert [case["seized_on"] for case in found["cases"]] == [str(case.seized_on) for case in result.cases]
    assert statuses == {"found", "not_found"}
    by_text = dict(zip(TEXTS, answers, strict=True))
    assert [by_text[text]["answer"]["accounts"] for text in (THREE, SEVEN)] == [2, 6]
    assert by_text[EXPOSED]["last4"] == EXPOSED[-4:]


def test_an_invalid_number_is_answered_without_the_server(server, trust, client):
    for printed, result in zip(run_page(server, trust, NO_NUMBERS), client.check_many(NO_NUMBERS), strict=True):
        assert (printed["answer"]["status"], printed["answer"]["reason"]) == (result.status, result.reason)
        assert printed["answer"]["reason"] == "invalid_number"
        assert {one["what"] for one in printed["sent"]} <= {"library"}


def test_one_check_sends_one_element_and_asks_for_one_bucket(server, trust):
    first, second, third = run_page(server, trust, [MISS, MISS, EXPOSED])
    sizes = [
        [len(one["body"]) // 64 for one in printed["sent"] if one["what"] == "evaluate"]
        for printed in (first, second, third)
    ]
    assert sizes == [[2], [1], [1]]
    bodies = [one["body"] for printed in (first, second, third) for one in printed["sent"] if one["body"]]
    elements = [body[at : at + 64] for body in bodies for at in range(0, len(body), 64)]
    assert len(set(elements)) == len(elements)
    assert [one["what"] for one in second["sent"]] == ["evaluate", "bucket"]


def test_a_proof_of_work_is_done_past_the_reserve(home, serve, trust):
    server = serve(home, public_reserve="6/hour", public_quota="100/hour")
    printed = run_page(server, trust, [MISS, EXPOSED, MISS])
    assert [one["answer"]["status"] for one in printed] == ["not_found", "found", "not_found"]
    refused = [one for one in printed[2]["sent"] if one["what"] == "evaluate"]
    assert [one["status"] for one in refused] == [429, 200]
    assert refused[0]["body"] != refused[1]["body"]


def test_nothing_is_believed_under_another_root(home, server, tmp_path):
    other = type(home).make(tmp_path / "other")
    (printed,) = run_page(server, other.path / "trust-public.json", [EXPOSED])
    assert printed["answer"] == {"status": "unknown", "reason": "bad_signature"}


def test_an_absent_server_is_unreachable(trust):
    class Nobody:
        url = "http://127.0.0.1:1"

    (printed,) = run_page(Nobody, trust, [EXPOSED])
    assert printed["answer"] == {"status": "unknown", "reason": "unreachable"}
