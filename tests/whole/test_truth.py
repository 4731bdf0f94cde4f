"""The demo's whole truth: 615,040 numbers found with the right label, 100,000 others not found, over HTTP."""

import asyncio
import fcntl
import importlib.util
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from pilookup import AsyncClient, Client
from tests.support.server.platform_keys import KEY
from tests.support.whole.home import Home, read_truth

ROOT = Path(__file__).parents[2]
BATCH = 20_000
TIMEOUT = 600.0
"""Seconds that one call may take: answers are tested here, not how fast they come."""
SINGLY = 2_000

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seizure(tmp_path_factory, worker_id):
    """The full seizure loaded and published once a run, whichever worker comes first."""
    own = tmp_path_factory.getbasetemp()
    base = (own if worker_id == "master" else own.parent) / "whole-seizure"
    base.mkdir(exist_ok=True)
    with (base / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        home = Home(base)
        if not (base / "done").exists():
            prepare(home, base / "files")
            (base / "done").touch()
    return home, base / "files"


def prepare(home, files):
    subprocess.run([sys.executable, ROOT / "examples" / "make_seizure.py", files], check=True)
    home.run("init", home.path)
    for dataset, kind in (("village-accounts", "malicious-registration"), ("stolen-records", "exposure")):
        paths = sorted((files / dataset).iterdir())
        home.run("load", *paths, "--dataset", dataset, "--kind", kind, "--json")
    for channel in ("public", "platform"):
        home.run("publish", channel)


def test_the_files_hold_what_the_issue_says(seizure):
    _, files = seizure
    truth = read_truth(files / "truth.jsonl")
    assert sum(line["malicious"] for line in truth) == 18_800
    assert sum(line["accounts"] for line in truth) >= 100_000
    assert sum(line["exposed"] for line in truth) == 600_000
    assert len((files / "outside.txt").read_text().split()) == 100_000


def test_every_number_over_http_in_batches(seizure):
    home, files = seizure
    truth = read_truth(files / "truth.jsonl")
    outside = (files / "outside.txt").read_text().split()
    with (
        home.serve("--workers", "2") as url,
        Client(url, channel="platform", trust=home.trust("platform"), token=KEY, timeout=TIMEOUT) as client,
    ):
        for at in range(0, len(truth), BATCH):
            part = truth[at : at + BATCH]
            results = client.check_many([line["identifier"] for line in part])
            wrong = [line for line, result in zip(part, results, strict=True) if label_of(result) != expected(line)]
            reasons = {str(result.reason) for result in results}
            assert not wrong, f"{len(wrong)} wrong of {len(part)} from {at}: {reasons}"
        for at in range(0, len(outside), BATCH):
            results = client.check_many(outside[at : at + BATCH])
            assert {str(result.status) for result in results} == {"not_found"}


def label_of(result):
    cases = [case.id for case in result.cases]
    return (str(result.status), result.exposed, result.malicious, result.accounts, result.last_seen, cases)


def expected(line):
    """The exact label; both datasets are of one unknown day, so the later id is the newer."""
    cases = [2] * line["exposed"] + [1] * line["malicious"]
    return ("found", line["exposed"], line["malicious"], line["accounts"], line["last_seen"], cases)


def test_two_thousand_singly_on_the_public_channel(seizure):
    home, files = seizure
    chosen = random.Random(7).sample(read_truth(files / "truth.jsonl"), SINGLY // 2)
    outside = (files / "outside.txt").read_text().split()[: SINGLY // 2]
    with home.serve() as url:
        asyncio.run(check_singly(home, url, chosen, outside))


async def check_singly(home, url, chosen, outside):
    async with AsyncClient(url, trust=home.trust("public"), timeout=TIMEOUT) as client:
        for line in chosen:
            result = await client.check(line["identifier"])
            assert (str(result.status), result.exposed, result.malicious) == (
                "found",
                line["exposed"],
                line["malicious"],
            )
            assert result.accounts == max(bound for bound in (0, 1, 2, 6) if bound <= line["accounts"])
            assert result.last_seen == quarter(line["last_seen"])
        for number in outside:
            assert str((await client.check(number)).status) == "not_found"


def quarter(month):
    return month and f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


def test_the_node_client_agrees(seizure):
    home, files = seizure
    chosen = random.Random(8).sample(read_truth(files / "truth.jsonl"), 20)
    outside = (files / "outside.txt").read_text().split()[:20]
    numbers = [line["identifier"] for line in chosen] + [f"tel:{number}" for number in outside]
    with home.serve() as url, Client(url, trust=home.trust("public")) as client:
        ours = [result.to_json() for result in client.check_many(numbers)]
        command = ["node", ROOT / "tests/node/client.mjs", "--server", url, "--channel", "public"]
        done = subprocess.run(
            [*command, "--trust", home.trust("public")],
            input="".join(f"{number}\n" for number in numbers),
            capture_output=True,
            text=True,
            check=True,
        )
    assert [json.loads(line) for line in done.stdout.splitlines()] == ours
    assert [result["status"] for result in ours] == ["found"] * 20 + ["not_found"] * 20


def test_the_same_seed_gives_the_same_files(tmp_path):
    spec = importlib.util.spec_from_file_location("make_seizure", ROOT / "examples" / "make_seizure.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_seizure"] = module
    spec.loader.exec_module(module)
    for name in ("one", "two"):
        module.make(tmp_path / name, seed=5, scale=0.002)
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file())
    assert len(files) == 7
    for path in files:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes(), path
