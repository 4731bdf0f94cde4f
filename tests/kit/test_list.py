"""The list of cases is the file that is published, the kit needs the standard library only, and it reports broken rules."""

import json
import subprocess
import sys
from collections import Counter
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.kit import oprf
from tests.kit.canonical_json import base64url
from tests.kit.cases.every import CASES
from tests.kit.server import Kit, case_list
from tests.support.docs.documents import ROOT

KIT = ROOT / "tests" / "kit"
REASONS = {
    "invalid_number", "unreachable", "server_error", "unauthorized", "rate_limited", "retired", "stale", "rolled_back",
    "bad_signature", "bad_snapshot", "bad_proof", "bad_bucket", "bad_response",
}  # fmt: skip
"""All reasons of SPEC.md section 11 that a server can cause, and that of a text that is not a number."""


@pytest.fixture(scope="module")
def own():
    with Kit(CASES) as kit:
        yield kit


def get(url, **headers):
    with urlopen(Request(url, headers=headers), timeout=10) as answer:
        return answer.read()


def post(url, body=b"", **headers):
    with urlopen(Request(url, data=body, headers=headers, method="POST"), timeout=10) as answer:
        return answer.read()


def test_the_published_list_is_the_one_that_is_served(own):
    listed = json.loads((KIT / "cases.json").read_bytes())
    assert listed == case_list(CASES), "run: python -m tests.kit --list > tests/kit/cases.json"
    assert json.loads(get(own.url + "/cases.json")) == listed


def test_each_name_stands_once_and_each_reason_is_given():
    assert max(Counter(case.name for case in CASES).values()) == 1
    checks = [check for case in CASES for step in case.steps for check in step.checks]
    assert {check.right.get("reason") for check in checks} == REASONS | {None}
    assert all(check.right not in check.also for check in checks)


def test_the_kit_needs_the_standard_library_only():
    command = [sys.executable, "-S", "-m", "tests.kit", "--list"]
    done = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, check=True, timeout=60)
    assert done.stdout == (KIT / "cases.json").read_bytes()


def test_the_kit_listens_on_loopback_alone(own):
    assert own.url.startswith("http://127.0.0.1:")


def test_a_fresh_start_of_the_program_serves_a_case():
    command = [sys.executable, "-S", "-m", "tests.kit", "--port", "0", "--case", "root-expired"]
    with subprocess.Popen(command, cwd=ROOT, env={}, stdout=subprocess.PIPE, text=True) as program:
        try:
            listed = program.stdout.readline().split()[-1]
            case = json.loads(get(listed))["cases"][0]
            base = listed.removesuffix("/cases.json")
            root = "/v1/channels/kit/metadata/1.root.json"
            assert get(base + case["url"] + root) == get(base + case["trust"])
            assert get(base + root) == get(f"{base}/trust/root-expired.json") != get(base + case["trust"])
        finally:
            program.terminate()


def test_a_blinded_element_that_is_sent_twice_is_reported(own):
    name, element = "good-exposed", oprf.element(b"input", 5)
    octets = {"Content-Type": "application/octet-stream"}
    post(f"{own.url}/step/{name}/1")
    url = f"{own.url}/case/{name}/v1/channels/kit/evaluate?epoch=3"
    first = post(url, element, **octets)
    assert oprf.verify(oprf.public_key(own.running[name].site(own.now).keys[3]), [element], [first[:32]], first[32:])
    assert json.loads(get(f"{own.url}/log/{name}"))["broken"] == []
    post(url, element, **octets)
    assert "twice" in json.loads(get(f"{own.url}/log/{name}"))["broken"][0]
    post(f"{own.url}/step/{name}/1")
    assert json.loads(get(f"{own.url}/log/{name}")) == {"requests": [], "broken": []}


def test_a_redirect_that_is_followed_and_a_cookie_that_is_kept_are_reported(own):
    name = "timestamp-redirect"
    post(f"{own.url}/step/{name}/1")
    url = f"{own.url}/case/{name}/v1/channels/kit/metadata/timestamp.json"
    with pytest.raises(HTTPError, match="404"):
        get(url, Cookie="kit=1")
    broken = json.loads(get(f"{own.url}/log/{name}"))["broken"]
    assert {word for line in broken for word in ("cookie", "redirect") if word in line} == {"cookie", "redirect"}


def test_json_is_answered_with_json(own):
    url = f"{own.url}/case/good-exposed/v1/channels/kit/evaluate"
    element = oprf.element(b"input", 7)
    body = json.dumps({"epoch": 3, "elements": [base64url(element)]}).encode()
    answer = json.loads(post(url, body, **{"Content-Type": "application/json"}))
    assert answer["epoch"] == 3
    assert len(answer["elements"]) == 1
    assert set(answer) == {"epoch", "elements", "proof"}


@pytest.mark.parametrize(
    ("body", "status"), [(b"short", 400), (bytes(32), 422), (b"\xff" * 32, 422)], ids=["short", "identity", "false"]
)
def test_a_client_that_sends_no_elements_is_refused(own, body, status):
    url = f"{own.url}/case/good-exposed/v1/channels/kit/evaluate?epoch=3"
    with pytest.raises(HTTPError) as refused:
        post(url, body, **{"Content-Type": "application/octet-stream"})
    assert refused.value.code == status
    assert json.loads(refused.value.read())["status"] == status
