"""A release as publish writes it, served by nginx with deploy/nginx/platform-mirror.conf: a static host needs nothing else."""

import httpx2
import pytest
from typer.testing import CliRunner

from pilookup import Client, Mirror, MirrorError
from pilookup.cli.app import build
from pilookup.custody import Custody
from tests.support.custody.home import numbers, write_csv
from tests.support.server.static_nginx import PASSWORD, USER, StaticNginx

BOTH = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online passphrase of the tests"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    write_csv(folder / "a.csv", numbers(900))
    Custody.initialise(folder / "home", **BOTH)
    with Custody.open(folder / "home", **BOTH) as custody:
        custody.load(folder / "a.csv", dataset="leak", kind="exposure")
        custody.publish("public")
    return folder / "home"


@pytest.fixture(scope="module")
def nginx(home, tmp_path_factory):
    nginx = StaticNginx(tmp_path_factory.mktemp("nginx"), home / "online" / "channels")
    try:
        yield nginx.wait()
    finally:
        nginx.stop()


def test_a_mirror_of_a_static_host(home, nginx, folder):
    trust = home / "trust-public.json"
    done = Mirror(folder).sync(nginx.url, channel="public", trust=trust, credentials=(USER, PASSWORD))
    assert done.serial == 1
    (published,) = (home / "online").rglob("*.buckets.bin")
    (mirrored,) = folder.rglob("*.buckets.bin")
    assert mirrored.read_bytes() == published.read_bytes()
    assert not list(folder.rglob("*.fuse*"))
    with Client(nginx.url, "public", trust, mirror=folder) as client:
        assert client.check("13800138000").reason == "bad_response"  # a static host evaluates nothing


def test_the_host_has_credentials_of_its_own(home, nginx, folder):
    for options in ({}, {"token": "x"}, {"credentials": (USER, "wrong")}):
        with pytest.raises(MirrorError) as raised:
            Mirror(folder).sync(nginx.url, channel="public", trust=home / "trust-public.json", **options)
        assert raised.value.reason == "unauthorized"


@pytest.mark.parametrize("path", ["lock", "metadata/", "metadata/../lock", "targets/%2e%2e/lock", "staging/x", ""])
def test_nothing_but_metadata_and_targets_is_served(nginx, path):
    answer = httpx2.get(f"{nginx.url}/v1/channels/public/{path}", auth=(USER, PASSWORD))
    assert answer.status_code in (400, 404)


def run(*words, **env):
    return CliRunner().invoke(build(), words, env={"COLUMNS": "200"} | env)


def test_the_command(home, nginx, folder, tmp_path):
    trust = str(home / "trust-public.json")
    common = ("sync", nginx.url, str(folder), "--trust", trust)
    secret = {"PILOOKUP_MIRROR_USER": USER, "PILOOKUP_MIRROR_PASSWORD": PASSWORD}
    metrics = tmp_path / "pilookup.prom"
    refused = run(*common, "--json", "--metrics", str(metrics))
    assert (refused.exit_code, '"reason": "unauthorized"' in refused.output) == (1, True)
    assert 'pilookup_mirror_sync_success{channel="public"} 0' in metrics.read_text()
    first = run(*common, "--metrics", str(metrics), **secret)
    assert first.exit_code == 0, first.output
    assert "public: the mirror now has serial 1 of epoch 1 (3 files fetched" in first.output
    assert 'pilookup_mirror_serial{channel="public"} 1' in metrics.read_text()
    again = run(*common, "--json", **secret)
    assert '"changed": false' in again.output
    assert run(*common, "--at-least", "2", **secret).exit_code == 1
    assert run("sync", "http://host.example", str(folder), "--trust", trust).exit_code == 2
    assert run("sync", nginx.url, str(folder)).exit_code == 2
    assert PASSWORD not in refused.output + first.output + again.output + metrics.read_text()


def test_the_metrics_are_in_the_exposition_format(home, nginx, folder, tmp_path):
    from prometheus_client.parser import text_string_to_metric_families

    path = tmp_path / "pilookup.prom"
    trust = home / "trust-public.json"
    done = Mirror(folder).sync(nginx.url, channel="public", trust=trust, credentials=(USER, PASSWORD), metrics=path)
    found = {
        one.name: one.samples[0].value
        for one in text_string_to_metric_families(path.read_text())
        if one.type == "gauge" and one.samples[0].labels == {"channel": "public"}
    }
    assert found.pop("pilookup_mirror_synced_timestamp_seconds") > 1.7e9
    assert found.pop("pilookup_mirror_valid_until_timestamp_seconds") > 1.7e9
    assert found == {
        "pilookup_mirror_sync_success": 1,
        "pilookup_mirror_fetched_bytes": done.fetched,
        "pilookup_mirror_size_bytes": done.size,
        "pilookup_mirror_epoch": 1,
        "pilookup_mirror_serial": 1,
    }
