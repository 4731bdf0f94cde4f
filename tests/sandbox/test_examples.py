"""The examples for platforms work with a sandbox as they are: as programs, with their settings from the environment."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from fastapi.testclient import TestClient

from pilookup.cli.commands.sandbox import _guide
from pilookup.testing import FakeClient, SyntheticNumber
from pilookup.testing.synthetic_numbers import LABELS
from tests.support.docs.documents import ROOT

EXAMPLES = ROOT / "examples" / "platform"
NUMBERS = [SyntheticNumber.NOT_FOUND, *LABELS]

DRIVER = """
import { readFileSync } from "node:fs";
import { PilookupClient } from "pilookup-client";
import { clientFromEnvironment, createSignup } from "./signup.mjs";

const { CHECK_URL: url, CHECK_TRUST, CHECK_TOKEN: token } = process.env;
const trust = readFileSync(CHECK_TRUST);
const numbers = JSON.parse(process.argv[2]);
const codes = new Map();
const opened = [];
const client = clientFromEnvironment({ ...process.env });
client.timeout = 30_000; // this machine may be busy
const signup = createSignup({ client, sendCode: (number, code) => codes.set(number, code), opened: (one) => opened.push(one) });
await new Promise((resolve) => signup.listen(0, "127.0.0.1", resolve));
const at = `http://127.0.0.1:${signup.address().port}`;
async function post(path, form) {
  const reply = await fetch(at + path, { method: "POST", body: typeof form === "string" ? form : JSON.stringify(form) });
  return [reply.status, await reply.json()];
}

const before = new Set();
const after = [];
for (const number of numbers) {
  before.add(JSON.stringify(await post("/signup/code", { number })));
  const code = codes.get(number);
  const wrong = String((Number(code) + 1) % 1_000_000).padStart(6, "0");
  before.add(JSON.stringify(await post("/signup", { number, code: wrong })));
  const [status, { next }] = await post("/signup", { number, code });
  after.push([status, next]);
}
const refusals = [await post("/signup/code", { number: "12345" }), await post("/signup", "{"), await post("/other", {})];
signup.close();

const options = { url, trust, token, sandbox: true, timeout: 30_000 };
const fresh = new PilookupClient(options);
const answers = await Promise.all([...numbers, ...numbers].map((number) => fresh.check(number)));
const limited = await new PilookupClient({ ...options, url: `${url}/faults/429` }).check(numbers[0]);
const exceeded = await new PilookupClient({ ...options, url: `${url}/faults/quota` }).check(numbers[0]);
const slow = await new PilookupClient({ ...options, url: `${url}/faults/slow`, timeout: 1 }).check(numbers[0]);
const purposes = [];
const unwatched = globalThis.fetch;
globalThis.fetch = (target, init) => {
  purposes.push([init.method, init.headers["pilookup-purpose"] ?? null]);
  return unwatched(target, init);
};
const screened = await new PilookupClient({ ...options, purpose: "screening" }).check(numbers[0]);
let unknownPurpose;
try {
  new PilookupClient({ ...options, purpose: "other" });
} catch (error) {
  unknownPurpose = error.message;
}
let refused;
try {
  new PilookupClient({ ...options, sandbox: false });
} catch (error) {
  refused = error.reason;
}
process.stdout.write(JSON.stringify({ before: [...before], after, refusals, opened, answers, limited, exceeded, slow, refused, screened, purposes, unknownPurpose }));
"""


@pytest.fixture
def environment(sandbox, tmp_path):
    """The settings that the examples read."""
    return os.environ | {
        "CHECK_URL": sandbox.url,
        "CHECK_TRUST": sandbox.trust(),
        "CHECK_TOKEN": sandbox.token,
        "CHECK_SANDBOX": "1",
        "CHECK_POLICY": str(EXAMPLES / "policy.toml"),
        "CHECK_RECHECK": str(tmp_path),
        "XDG_STATE_HOME": str(sandbox.folder / "xdg"),
        "SMS_GATEWAY_URL": "http://127.0.0.1:1/",
    }


def printed_lines(sandbox, title):
    """The lines that the command prints for a language, without their indent."""
    (part,) = (part for part in _guide(sandbox.facts).split("\n\n") if part.startswith(title))
    return "\n".join(line.removeprefix("  ") for line in part.splitlines()[1:])


def test_the_lines_for_python_that_the_command_prints(sandbox, environment):
    lines = printed_lines(sandbox, "Python")
    done = subprocess.run([sys.executable, "-c", lines], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f"{FakeClient().check(SyntheticNumber.MALICIOUS)}\n"


def run(program, environment, *words, text=""):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / program), *map(str, words)],
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_checker_of_streams(environment):
    lines = run("high_rate.py", environment, text="".join(f"{number}\n" for number in NUMBERS)).splitlines()
    assert [json.loads(line) for line in lines] == [one.to_json() for one in FakeClient().check_many(NUMBERS)]


def test_the_nightly_job(environment, tmp_path):
    from pilookup.decisions import RecheckList

    RecheckList.make_key(tmp_path / "private.key", tmp_path / "public.key")
    rows = [f"u-{number[-1]},{number},2025-04-01\n" for number in NUMBERS]
    (tmp_path / "users.csv").write_text("id,number,verified_on\n" + "".join(rows), encoding="utf-8")
    run("nightly.py", environment, tmp_path / "users.csv", tmp_path / "decisions.csv")
    lines = (tmp_path / "decisions.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "u-0,allow,"
    assert lines[2] == "u-2,review,malicious"
    assert len(lines) == len(NUMBERS)


def test_the_signup_with_fastapi(environment, monkeypatch):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import fastapi_signup
    from possession import Codes

    issued = {}
    issue = Codes.issue

    def noted(self, number):
        issued[number] = issue(self, number)
        return issued[number]

    monkeypatch.setattr(Codes, "issue", noted)
    with TestClient(fastapi_signup.app_from_environment(), raise_server_exceptions=False) as http:
        number = SyntheticNumber.MALICIOUS
        assert http.post("/signup/code", json={"number": number}).status_code == 500, "no gateway is there"
        answer = http.post("/signup", json={"number": number, "code": issued[number]}).json()
    assert answer["next"] in ("wait-for-review", "welcome")  # the latter if this machine took longer than the deadline
    assert answer["next"] == "wait-for-review" or answer["reasons"] == ["这个号码我们稍后还会再核对一次。"]


def test_the_signup_with_node(sandbox, environment, tmp_path):
    web = ROOT / "server" / "web"
    package = tmp_path / "node_modules" / "pilookup-client"
    subprocess.run(["node", "build_package.mjs", str(package)], cwd=web, check=True)
    assert json.loads((package / "package.json").read_text())["name"] == "pilookup-client"
    assert "noble" in (package / "licences.txt").read_text()
    shutil.copy(EXAMPLES / "node" / "signup.mjs", tmp_path)
    (tmp_path / "printed.mjs").write_text(printed_lines(sandbox, "Node"), encoding="utf-8")
    lines = subprocess.run(["node", "printed.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "malicious: true" in lines
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    command = ["node", "driver.mjs", json.dumps(NUMBERS)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert len(said["before"]) == 2, "one answer to each of the two forms, whatever the number"
    fake = FakeClient().check_many(NUMBERS)
    assert said["after"] == [[200, "wait-for-review" if one.malicious else "welcome"] for one in fake]
    assert [status for status, _ in said["refusals"]] == [422, 400, 404]
    assert [one["recheck"] for one in said["opened"]] == [False] * len(NUMBERS)
    for answer, expected in zip(said["answers"], fake * 2, strict=True):
        assert answer["status"] == expected.status
        if expected.malicious is not None:
            members = "exposed", "malicious", "accounts", "last_seen", "more"
            assert {name: answer[name] for name in members} == {name: getattr(expected, name) for name in members}
            assert [case["id"] for case in answer["cases"]] == [case.id for case in expected.cases]
    assert said["exceeded"] == {"status": "unknown", "reason": "quota_exceeded", "wait": 86400}
    assert said["limited"] == {"status": "unknown", "reason": "rate_limited", "wait": 30}
    assert said["screened"]["status"] == "not_found"
    assert {tuple(one) for one in said["purposes"]} == {("GET", None), ("POST", "screening")}
    assert said["unknownPurpose"] == "purpose: not signup or screening"
    assert (said["slow"]["status"], said["refused"]) == ("unknown", "bad_response")
