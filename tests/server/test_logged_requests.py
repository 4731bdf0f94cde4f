"""Nothing of a request and no secret is in the logs and the metrics of `pilookup serve`."""

import json
import re
import socket

import httpx2

from pilookup.protocol.encoding import b64url
from pilookup.protocol.messages import JSON
from tests.support.server.platform_keys import KEY, add_platform, wait_keys
from tests.support.server.serve_process import PASSPHRASE, evaluate, wait_for_line

PUBLIC = "/v1/channels/public"


def test_no_number_element_index_token_or_passphrase_in_logs_and_metrics(launch, home):
    home.publish("platform", {1: 1})
    add_platform(home.path)
    server = launch("--workers", "2", metrics_port=0, log_level="debug").wait()
    wait_keys(server.url)
    number = "13912345678"
    sent = [number, KEY, PASSPHRASE, "sentinel"]
    with httpx2.Client(base_url=server.url) as client:
        for channel in ("public", "platform"):
            elements, answer = evaluate(client, channel=channel, authorization=f"Bearer {KEY}")
            assert answer.status_code == 200
            sent += [
                b64url(elements),
                elements.hex(),
                json.loads(answer.content)["proof"],
                json.loads(answer.content)["elements"][0],
            ]
        wrong = {
            "authorization": "Bearer sentinel-wrong",
            "user-agent": "sentinel",
            "x-forwarded-for": "198.51.100.77",
        }
        client.get(f"/v1/channels/platform/targets/{number}", headers=wrong)
        client.get(f"{PUBLIC}/snapshots/{number}/buckets/{number}?number={number}")
        client.get(f"{PUBLIC}/snapshots/1/buckets/3")
        client.post(
            f"{PUBLIC}/evaluate?epoch={number}",
            content=f'{{"sentinel":"{number}"}}',
            headers={"content-type": JSON},
        )
        client.request("SENTINEL", f"/{number}")
    with socket.create_connection(("127.0.0.1", server.port), 10) as raw:
        raw.sendall(f"sentinel {number} nonsense\r\n\r\n".encode())
        raw.recv(65536)
    port = re.search(r'"port": (\d+)', wait_for_line(server.log, '"metrics served"'))[1]
    metrics = httpx2.get(f"http://127.0.0.1:{port}/metrics").text
    assert server.stop() == 0
    log = server.log.read_text()
    assert '"route": "/v1/channels/{channel}/evaluate"' in log
    assert 'route="/v1/channels/{channel}/snapshots/{serial}/buckets/{index}"' in metrics
    assert "127.0.0.1" not in log.replace(server.url, "")
    for text in sent:
        assert text not in log
        assert text not in metrics
    assert "198.51.100.77" not in log
    for line in log.splitlines():
        if not line.startswith(("serving on ", "public: at most ")):
            json.loads(line)
    check_labels(metrics)


def check_labels(metrics):
    """Every label of every series is one of a few fixed values; no text of a request becomes a label."""
    allowed = {
        "route": {
            "/healthz", "/readyz", "unrouted", "/v1/channels/{channel}/evaluate", "/v1/channels/{channel}/metadata/{name}",
            "/v1/channels/{channel}/targets/{path:path}", "/v1/channels/{channel}/snapshots/{serial}/buckets/{index}",
        },
        "channel": {"", "public", "platform"},
        "status": {"200", "400", "401", "404", "405", "410"},
        "listener": {"main", "health"},
            "database": {"service"},
        "kind": {"open", "limit", "evaluated", "ceiling"},
        "reason": {"malformed"},
    }  # fmt: skip
    for line in metrics.splitlines():
        for name, value in re.findall(r'(\w+)="([^"]*)"', line):
            assert name == "le" or value in allowed[name], line
    assert 'pilookup_evaluated_elements_total{channel="public"} 1.0' in metrics
    assert 'pilookup_serial{channel="platform"} 1.0' in metrics
    assert 'pilookup_publish_due{channel="public"} 0.0' in metrics
