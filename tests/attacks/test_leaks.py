"""What an observer, a caller or a collector of published files could learn, beyond what SECURITY.md says."""

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import date

import httpx2
import pytest

from pilookup.custody.datasets import DatasetSpec
from pilookup.custody.intake import IntakeOptions
from pilookup.custody.load.load import LoadJob, load
from pilookup.custody.publish.publish import publish, republish
from pilookup.custody.removal import erase
from pilookup.keyring import Half
from pilookup.protocol import oprf, token
from pilookup.protocol.encoding import b64url
from pilookup.protocol.label import Kind
from tests.support.attacks.asking import assert_truth, statuses
from tests.support.attacks.home import HIT, LISTED, MISS, ONLINE, OTHER_HIT, OTHER_MISS, REGISTERED, identifier, silent
from tests.support.attacks.server import ROOMY
from tests.support.filters import Filter, contains
from tests.support.passphrase_cost import open_to_commands
from tests.support.server.platform_keys import KEY, add_platform, wait_keys

OCTETS = {"content-type": "application/octet-stream"}
CHANGING = {"x-request-id", "date", "ratelimit"}


def secrets_of(held, numbers, channel="public", epoch=1):
    """(vault element, channel element, token) of each number: what no published byte may show."""
    with held.opened() as session:
        vault, key = session.keyring.scalar("vault"), session.channel_key(channel, epoch)
    listed = [identifier(number) for number in numbers]
    stored, evaluated = oprf.tokenise(listed, vault), oprf.tokenise(listed, key)
    for i, secret in enumerate(token.tokens(evaluated, channel, epoch)):
        yield stored[32 * i : 32 * i + 32], evaluated[32 * i : 32 * i + 32], secret


def published(held):
    """Every byte that mirrors, clients and collectors get, of both channels."""
    folders = [held.channel(channel) / part for channel in ("public", "platform") for part in ("metadata", "targets")]
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}


def test_published_files_hold_no_number_element_token_or_key(original):
    files = published(original)
    assert sum(map(len, files.values())) > 100_000
    everything = b"\0".join(files.values())
    numbers = [LISTED[i] for i in (0, 1, 7, 49, 50, 77, 2099)]
    for number in numbers:
        spelled = [number.encode(), number[3:].encode(), identifier(number), int(number).to_bytes(8, "little")]
        spelled += [int(number).to_bytes(8, "big"), int(number).to_bytes(5, "big"), number.encode("utf-16-le")]
        assert not [text for text in spelled if text in everything]
    assert b"account-" not in everything
    for channel in ("public", "platform"):
        for stored, evaluated, secret in secrets_of(original, numbers, channel):
            assert secret[4:8] in everything  # the tag: the search finds what it looks for
            hidden = [stored, evaluated, secret[8:16], secret[16:24], secret[24:32], secret[32:64], secret[:8]]
            assert not [one for one in hidden if one in everything]
            texts = [one.hex().encode() for one in hidden] + [b64url(one).encode() for one in hidden]
            assert not [text for text in texts if text in everything]


def test_a_public_label_says_no_more_than_its_profile(original):
    """Accounts as lower bounds, months as quarters: not in what is shown alone, in the sealed bytes themselves."""
    buckets = {channel: original.file("buckets.bin", channel).read_bytes() for channel in ("public", "platform")}
    for _, _, secret in secrets_of(original, REGISTERED):
        label = token.find(secret, buckets["public"], "public", 1)
        assert label.accounts in (0, 1, 2, 6)
        assert (label.month - 1) % 3 == 0


@pytest.fixture(scope="module")
def changed(original, tmp_path_factory):
    """A dataset of sensitive rows, and then a number erased."""
    held = original.copy(tmp_path_factory.mktemp("changed") / "home")
    path = held.path.parent / "secret.csv"
    path.write_text("phone\n13711112222\n", encoding="utf-8")
    with held.opened() as session:
        spec = DatasetSpec(
            "hush-hush", Kind.EXPOSURE, title_zh="绝密案", title_en="hush", seized_on=date(2025, 5, 5), sensitive=True
        )
        load(session, LoadJob([path], spec, IntakeOptions(Kind.EXPOSURE)))
        for channel in ("public", "platform"):
            publish(session, channel, silent)
        erase(session, identifier(OTHER_HIT))
        republish(session, silent)
    return held


def test_a_sensitive_dataset_leaves_no_trace_in_the_public_channel(changed, original, serve, plain_client_at):
    assert changed.manifest().entries == original.manifest().entries - 1
    assert changed.manifest("platform").entries == original.manifest("platform").entries
    texts = [data for path, data in published(changed).items() if "public" in path.parts]
    assert not [text for text in texts if "绝密案".encode() in text or b"hush" in text]
    server = serve(changed.path)
    assert statuses(plain_client_at(server.url, trust=changed.trust()), ["13711112222"]) == ["not_found"]
    platform = plain_client_at(server.url, "platform", trust=changed.trust("platform"))
    assert statuses(platform, ["13711112222"]) == ["found"]


def test_an_erased_number_is_in_no_file_that_is_served(changed, serve, plain_client_at):
    for channel in ("public", "platform"):
        [(_, _, secret)] = secrets_of(changed, [OTHER_HIT], channel)
        assert token.find(secret, changed.file("buckets.bin", channel).read_bytes(), channel, 1) is None
        for name in changed.manifest(channel).files:
            if name.endswith(".fuse16"):
                body = Filter.from_bytes(changed.file(name, channel).read_bytes()).body
                assert not contains(body, token.filter_key(secret))
    server = serve(changed.path)
    assert statuses(plain_client_at(server.url, trust=changed.trust()), [HIT, OTHER_HIT]) == ["found", "not_found"]


def shape(answer):
    """Everything of an answer that an observer of the line, or the caller, sees beside the bytes."""
    kept = {name: value for name, value in answer.headers.items() if name not in CHANGING}
    return answer.status_code, len(answer.content), tuple(sorted(kept.items())), tuple(sorted(answer.headers))


def test_evaluations_of_listed_and_other_numbers_look_alike(server):
    shapes = set()
    with httpx2.Client(base_url=server.url) as http:
        for number in (HIT, OTHER_HIT, *REGISTERED[:3], MISS, OTHER_MISS, "13900000000"):
            elements = oprf.blind([identifier(number)])[1]
            answer = http.post("/v1/channels/public/evaluate?epoch=1", content=elements, headers=OCTETS)
            shapes.add(shape(answer))
    assert len(shapes) == 1


def test_buckets_look_alike_but_for_their_tags_and_bytes(original, server):
    serial, count = original.manifest().serial, original.manifest().geometry.buckets
    with httpx2.Client(base_url=server.url) as http:
        answers = [http.get(f"/v1/channels/public/snapshots/{serial}/buckets/{i}") for i in range(count)]
    shapes = {
        (answer.status_code, len(answer.content), tuple(sorted(answer.headers)), answer.headers["cache-control"])
        for answer in answers
    }
    assert len(shapes) == 1
    assert [answer.headers["etag"] for answer in answers] == [f'"{serial}-{i}"' for i in range(count)]


def test_a_hit_and_a_miss_send_the_same(proxy, client_at, tmp_path):
    """The same requests, of the same sizes, in the same order; only random bytes and a bucket's index differ."""
    seen = []
    for i, number in enumerate([HIT, OTHER_HIT, MISS, OTHER_MISS]):
        proxy.recorded.clear()
        client = client_at(proxy.url, state_dir=tmp_path / str(i), cache_bytes=0)
        client.check_many([HIT if number != HIT else MISS])  # the canary is behind it
        proxy.recorded.clear()
        client.check_many([number])
        lines = [(one.method, re.sub(r"buckets/\d+", "buckets/i", one.path), len(one.body)) for one in proxy.recorded]
        headers = [sorted(one.headers) for one in proxy.recorded]
        said = "".join(one.path + str(one.headers) for one in proxy.recorded)
        assert number[3:] not in said
        assert not any(number.encode() in one.body for one in proxy.recorded)
        seen.append((lines, headers))
    assert all(one == seen[0] for one in seen)
    assert [line[0] for line in seen[0][0]] == ["POST", "GET"]


def test_two_checks_of_one_number_share_no_byte_sent(proxy, client_at):
    client = client_at(proxy.url)
    for _ in range(3):
        client.check_many([HIT])
    bodies = [request.body for request in proxy.recorded if request.method == "POST"]
    sent = [body[at : at + 32] for body in bodies for at in range(0, len(body), 32)]
    assert len(bodies) == 3
    assert len(set(sent)) == len(sent)
    kept = {name for request in proxy.recorded for name in request.headers} - {"host", "content-length", "content-type"}
    assert kept <= {"user-agent", "accept", "accept-encoding", "connection"}  # no cookie, no id


def test_a_bucket_is_fetched_once_however_many_numbers_fall_into_it(proxy, client_at):
    """The bucket host learns which buckets a batch touches, not how often."""
    client = client_at(proxy.url, cache_bytes=0)
    client.check_many([*LISTED[:30], MISS, OTHER_MISS])
    fetched = [int(request.path.rpartition("/")[2]) for request in proxy.recorded if "/buckets/" in request.path]
    assert len(set(fetched)) == len(fetched) <= 8


def serve_process(home, log):
    add_platform(home)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PILOOKUP_")}
    environment |= {"PILOOKUP_ONLINE_PASSPHRASE": ONLINE.decode()}
    environment |= {"PILOOKUP_LOG_LEVEL": "debug", "PILOOKUP_METRICS_PORT": "0"}
    environment |= {f"PILOOKUP_{name.upper()}": str(value) for name, value in ROOMY.items()}
    command = [sys.executable, "-m", "pilookup.cli", "serve", "--home", str(home), "--port", "0"]
    with log.open("wb") as output:
        return subprocess.Popen(command, env=environment, stdout=output, stderr=output)


def wait_for(log, process, pattern):
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(pattern, log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def noted_blinds(monkeypatch):
    """Every blinded element that is made from here on."""
    sent, blind = [], oprf.blind

    def noted(inputs):
        blinds, blinded = blind(inputs)
        sent.extend(blinded[at : at + 32] for at in range(0, len(blinded), 32))
        return blinds, blinded

    monkeypatch.setattr(oprf, "blind", noted)
    return sent


def ask_oddly(url, numbers):
    """Requests that hold a number wherever one can stand."""
    with httpx2.Client(base_url=url) as http:
        for number in numbers:
            odd = {
                "x-number": number,
                "user-agent": number,
                "referer": f"http://{number}/",
                "authorization": f"Bearer {number}",
            }
            http.get(f"/v1/channels/{number}/metadata/{number}", headers=odd)
            http.post(f"/v1/channels/public/evaluate?epoch={number}", content=number, headers=odd)
            http.get(f"/v1/channels/public/snapshots/{number}/buckets/{number}", headers=odd)
            http.get("/v1/channels/public/snapshots/1/buckets/5", headers=odd)


def test_logs_and_metrics_do_not_distinguish_hits_from_misses(original, held, tmp_path, plain_client_at, monkeypatch):
    open_to_commands(held.path / "online", Half.ONLINE, ONLINE)
    log, numbers = tmp_path / "serve.log", [HIT, MISS, OTHER_HIT, OTHER_MISS]
    process, sent = serve_process(held.path, log), noted_blinds(monkeypatch)
    try:
        url = wait_for(log, process, r"serving on (http://\S+)")
        metrics_port = wait_for(log, process, r'"port": (\d+)')
        wait_for(log, process, r"(release served)")
        wait_keys(url)
        for channel in ("public", "platform"):
            client = plain_client_at(url, channel)
            assert_truth(client)
            assert statuses(client, numbers) == ["found", "not_found"] * 2
        ask_oddly(url, numbers)
        metrics = httpx2.get(f"http://127.0.0.1:{metrics_port}/metrics").text
    finally:
        process.terminate()
        assert process.wait(60) == 0
    text = log.read_text().replace(url, "") + metrics
    forbidden = [*numbers, *(number[3:] for number in numbers), KEY, ONLINE.decode(), "127.0.0.1", "buckets/"]
    forbidden += [form for one in sent for form in (one.hex(), b64url(one), str(list(one)))]
    assert len(sent) >= 12
    for channel in ("public", "platform"):
        for _, evaluated, secret in secrets_of(original, numbers, channel):
            forbidden += [evaluated.hex(), secret.hex()[:16], b64url(evaluated), secret[32:64].hex()]
    said = text.replace("/buckets/{index}", "")
    assert not [word for word in forbidden if word in said]
    assert "pilookup_evaluated_elements_total" in metrics
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["event"] == "request"]
    assert {name for line in requests for name in line} == {
        "event", "request", "method", "route", "channel", "status", "ms", "level", "timestamp",
    }  # fmt: skip
    routes = Counter((line["route"], line["status"]) for line in requests if line["channel"] == "platform")
    assert routes["/v1/channels/{channel}/evaluate", 200] == 2
