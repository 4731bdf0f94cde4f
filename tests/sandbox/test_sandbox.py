"""`pilookup sandbox` answers as `pilookup.testing` says, is taken by nobody by mistake, and cleans up."""

import asyncio
import json
import os
import signal
import stat
import subprocess
import sys
import urllib.request

import pytest

from pilookup import Client, Reason, Result, Status, TrustError
from pilookup.cli.commands.sandbox import BASE_POINT, _guide
from pilookup.custody import Custody
from pilookup.errors import HomeError, MissingExtraError, PilookupError
from pilookup.protocol.encoding import from_b64url
from pilookup.protocol.oprf import is_element
from pilookup.protocol.platform_key import KeyKind, PlatformKey
from pilookup.sandbox import server_process
from pilookup.sandbox.fictional_data import ENTRIES
from pilookup.sandbox.home import prepare
from pilookup.testing import FakeClient, SyntheticNumber
from pilookup.testing.synthetic_numbers import LABELS
from tests.support.passphrase_cost import shipped_profile
from tests.support.sandbox import running

IN_THE_DATA = [SyntheticNumber.NOT_FOUND, *LABELS]
REASONS = {
    "401": Result.unknown(Reason.UNAUTHORIZED, detail="the server answered with status 401"),
    "410": Result.unknown(Reason.RETIRED, detail="the server answered with status 410"),
    "quota": FakeClient().check(SyntheticNumber.QUOTA_EXCEEDED),
    "429": Result.unknown(Reason.RATE_LIMITED, 30.0, "the server answered with status 429"),
    "500": Result.unknown(Reason.SERVER_ERROR, detail="the server answered with status 500"),
    "503": Result.unknown(Reason.SERVER_ERROR, detail="the server answered with status 503"),
}


def post(url, token, **headers):
    body = json.dumps({"epoch": 1, "elements": [BASE_POINT]}).encode()
    head = {"Content-Type": "application/json", "Authorization": f"Bearer {token}", **headers}
    request = urllib.request.Request(f"{url}/v1/channels/platform/evaluate", body, head)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.load(error)


@pytest.mark.parametrize("channel", ["public", "platform"])
def test_the_numbers_have_the_answers_of_the_fake_client(channel, sandbox):
    with sandbox.client(channel=channel) as client:
        assert client.check_many(IN_THE_DATA) == FakeClient(channel=channel).check_many(IN_THE_DATA)
        assert client.catalogue == FakeClient().catalogue
    assert {entry.number for entry in ENTRIES} == set(LABELS)


@pytest.mark.parametrize("fault", REASONS)
def test_a_fault_in_the_address_is_answered(fault, sandbox):
    with sandbox.client(fault) as client:
        assert client.check(SyntheticNumber.EXPOSED) == REASONS[fault]
    status, headers, problem = post(sandbox.url, sandbox.token, **{"Pilookup-Sandbox-Fault": fault})
    assert status == problem["status"] == (429 if fault == "quota" else int(fault))
    assert headers["Retry-After"] == {"429": "30", "quota": "86400"}.get(fault)


def test_a_slow_answer_is_unreachable_within_a_shorter_time(sandbox):
    async def ask():
        async with sandbox.async_client("slow", timeout=0.5) as client:
            return await client.check(SyntheticNumber.EXPOSED)

    with sandbox.client() as client:
        client.check(SyntheticNumber.EXPOSED)  # the release is verified, and its state kept
    assert asyncio.run(ask()).reason is Reason.UNREACHABLE


def test_an_unknown_fault_is_told(sandbox):
    for url, headers in ((f"{sandbox.url}/faults/418", {}), (sandbox.url, {"Pilookup-Sandbox-Fault": "418"})):
        status, _, problem = post(url, sandbox.token, **headers)
        assert (status, problem["detail"]) == (404, "the sandbox's faults are 401, 410, 429, 500, 503, quota, slow")


def test_the_example_of_curl_is_answered(sandbox):
    assert is_element(from_b64url(BASE_POINT, 32, "element"))
    status, _, answer = post(sandbox.url, sandbox.token)
    assert (status, answer["epoch"], len(answer["elements"])) == (200, 1, 1)
    text = _guide(sandbox.facts)
    for value in (*sandbox.facts.values(), BASE_POINT, "sandbox=True"):
        assert value in text


def test_a_client_that_was_not_made_for_a_sandbox_refuses_it(sandbox):
    with pytest.raises(TrustError, match="that of a sandbox, whose data are not real"):
        sandbox.client(sandbox=False)
    with pytest.warns(match="no trust given"), sandbox.client(trust=None, state_dir=sandbox.folder / "first") as client:
        assert client.check(SyntheticNumber.EXPOSED).status == Status.FOUND
    with sandbox.client(sandbox=False, trust=None, state_dir=sandbox.folder / "first") as client:
        result = client.check(SyntheticNumber.EXPOSED)
    assert (result.status, result.reason) == (Status.UNKNOWN, Reason.BAD_RESPONSE)


def test_the_command_check_needs_its_option(sandbox):
    words = ["check", "--server", sandbox.url, "--channel", "platform", "--trust", sandbox.trust(), "--json"]
    words += ["--token", sandbox.token, "--state-dir", str(sandbox.folder / "cli")]

    def ask(*more):
        done = subprocess.run(
            [sys.executable, "-m", "pilookup.cli", *words, *more],
            input=SyntheticNumber.BOTH,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, json.loads(done.stdout)

    assert ask()[1]["reason"] == "bad_response"
    status, answer = ask("--sandbox")
    assert (status, answer) == (0, FakeClient().check(SyntheticNumber.BOTH).to_json())


def test_a_sandbox_is_made_once_and_served_again_with_the_same_trust_file(tmp_path):
    first = prepare(tmp_path / "kept")
    trust, files = first.trust("platform").read_bytes(), sorted((tmp_path / "kept").iterdir())
    again = prepare(tmp_path / "kept")
    assert (again.secrets, again.trust("platform").read_bytes()) == (first.secrets, trust)
    assert sorted((tmp_path / "kept").iterdir()) == files
    assert stat.S_IMODE((tmp_path / "kept" / "sandbox.json").stat().st_mode) == 0o600
    assert first.secrets.token.startswith("plk_test_")
    assert first.secrets.token not in repr(first)
    Client("http://127.0.0.1:1", "platform", first.trust("platform"), tmp_path / "state", sandbox=True).close()
    (tmp_path / "kept" / "sandbox.json").write_text("{}")
    with pytest.raises(HomeError, match="make a new one"):
        prepare(tmp_path / "kept")


def test_a_directory_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(HomeError, match="name another directory"):
        prepare(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_without_the_server_the_error_names_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(server_process, "_MODULE", "a_server_that_is_not_installed")
    with pytest.raises(MissingExtraError, match=r"pip install pilookup-server 'pilookup\[load\]'"):
        server_process.check_installed()


def test_the_faults_are_never_put_in_front_of_a_real_home(tmp_path):
    passphrases = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online one of the tests"}
    Custody.initialise(tmp_path / "home", **passphrases)
    done = subprocess.run(
        [sys.executable, "-m", "pilookup_server.sandbox", "--port", "0"],
        env=os.environ | {"PILOOKUP_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "is not the HOME of a sandbox: use `pilookup serve`" in done.stderr


def test_a_kept_sandbox_is_served_by_the_command_and_a_taken_port_is_told(sandbox, tmp_path, capfd):
    port = int(sandbox.url.rpartition(":")[2])
    with shipped_profile():
        made = prepare(tmp_path / "kept")
    with pytest.raises(PilookupError, match="did not start"), server_process.serving(made, port):
        pass
    assert f"cannot listen on 127.0.0.1 port {port}" in capfd.readouterr().err
    # The platform key is registered by now, and is the same the next time.
    with running(tmp_path, tmp_path / "kept", stop=signal.SIGTERM) as again, again.client() as client:
        assert (again.trust(), again.token) == (str(made.trust("platform")), made.secrets.token)
        assert client.check(SyntheticNumber.MALICIOUS).malicious
        assert post(again.url, PlatformKey.generate(KeyKind.TEST).text)[0] == 401


def test_a_kept_sandbox_of_a_former_version_gets_a_platform_key(tmp_path):
    path = tmp_path / "kept" / "sandbox.json"
    made = prepare(tmp_path / "kept")
    former = json.loads(path.read_text()) | {"token": "sandbox-" + "x" * 32}
    path.write_text(json.dumps(former))
    again = prepare(tmp_path / "kept")
    assert again.secrets.token.startswith("plk_test_")
    assert again.secrets.passphrase == made.secrets.passphrase
    assert json.loads(path.read_text())["token"] == again.secrets.token
    assert prepare(tmp_path / "kept").secrets == again.secrets


def test_a_server_takes_no_other_key_than_one_for_tests(tmp_path):
    made = prepare(tmp_path / "kept")
    live = PlatformKey.generate(KeyKind.LIVE).text
    environment = {"PILOOKUP_HOME": str(made.home), "PILOOKUP_SANDBOX_KEY": live}
    done = subprocess.run(
        [sys.executable, "-m", "pilookup_server.sandbox", "--port", "0"],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "PILOOKUP_SANDBOX_KEY: is not a platform key for tests" in done.stderr
    assert live not in done.stderr


def test_a_server_that_ends_is_told(sandbox):
    with pytest.raises(PilookupError, match="ended with status 3"):
        server_process.ServerProcess(subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]), 1).wait()
