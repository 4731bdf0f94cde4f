"""The compose file, and each of its parts started as its image would start it, on this machine.

No container engine is used: the program, its arguments and its environment are those of the file, and only addresses
and directories are replaced. Valkey is Redis here, which has the same options.
"""

import os
import re
import shlex
import shutil
import subprocess
import time

import httpx2
import pytest
import redis
import yaml

from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, EvaluateRequest
from tests.docs.test_settings import ROWS
from tests.support.custody.postgresql import Cluster
from tests.support.docs.documents import ROOT
from tests.support.server.nginx import free_port, make_certificate, place
from tests.support.server.platform_keys import KEY, add_platform, wait_keys
from tests.support.server.serve_process import PASSPHRASE, Home, Process
from tests.support.server.service_databases import counted

FOLDER = ROOT / "deploy" / "container"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
SERVER = SERVICES["server"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_part_is_hardened(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].partition(":")[0]) > 0
    assert "privileged" not in service
    assert "cap_add" not in service
    image = service["image"]
    assert image == "pilookup:local" or re.fullmatch(r"[a-z.]+(/[a-z]+)+:\d[\w.-]+(@sha256:[0-9a-f]{64})?", image)


def test_secrets_are_files_and_reach_only_who_needs_them():
    text = (FOLDER / "compose.yaml").read_text()
    given = {name: {one if isinstance(one, str) else one["source"] for one in service.get("secrets", [])}
             for name, service in SERVICES.items()}  # fmt: skip
    assert set().union(*given.values()) == COMPOSE["secrets"].keys()
    assert given["server"].isdisjoint(given["postgres"] | given["nginx"])
    assert given["valkey"] == set()
    for service in SERVICES.values():
        for name in service.get("environment", {}):
            assert not re.search(r"PASSWORD$|PASSPHRASE$|TOKENS$|URL$", name), name
    for path in re.findall(r"/run/secrets/(\S+)", text):
        assert path in COMPOSE["secrets"]


def test_only_nginx_can_be_reached_from_outside():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"server": ["443:443", "80:80"]}
    assert SERVICES["nginx"]["network_mode"] == "service:server"
    assert COMPOSE["networks"]["back"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if service.get("networks") == ["back"]} == {"postgres", "valkey"}


def test_the_settings_of_the_server_exist():
    containerfile = (FOLDER / "Containerfile").read_text()
    names = {*SERVER["environment"], *re.findall(r"PILOOKUP_\w+", containerfile)}
    assert names - {"RUNTIME_DIRECTORY"} <= ROWS.keys()
    for line in ("USER 10001:10001", 'ENTRYPOINT ["pilookup"]', "--no-index", "--require-hashes"):
        assert line in containerfile


def test_what_is_mounted_exists():
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            if source.endswith(".conf"):
                assert (FOLDER / source).is_file()


@pytest.fixture(scope="module")
def postgresql():
    environment = SERVICES["postgres"]["environment"]
    cluster = Cluster(shlex.split(environment["POSTGRES_INITDB_ARGS"]))
    yield cluster
    cluster.remove()


@pytest.fixture(scope="module")
def valkey():
    program, *options = SERVICES["valkey"]["entrypoint"]
    port = free_port()
    assert program == "valkey-server"
    found = shutil.which(program) or shutil.which("redis-server")
    process = subprocess.Popen([found, "--port", str(port), *options], stdout=subprocess.DEVNULL)
    try:
        client = redis.Redis(port=port)
        end = time.monotonic() + 30
        while True:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                assert time.monotonic() < end
                time.sleep(0.05)
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("save") == {"save": ""}
        client.close()
        yield port
    finally:
        process.terminate()
        process.wait(30)


def environment_of_the_server(folder, postgresql, valkey):
    """The variables of the compose file and of the image, with the directories and addresses of this machine."""
    url = postgresql.database()
    secrets = {"online": PASSPHRASE, "service-database-url": url}
    for name, text in secrets.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o400)
    image = dict(re.findall(r"(PILOOKUP_\w+)=(\S+)", (FOLDER / "Containerfile").read_text()))
    given = image | SERVER["environment"] | {"PILOOKUP_METRICS_PORT": "0", "PILOOKUP_HEALTH_LISTEN": "127.0.0.1:0"}
    moved = {"/run/secrets/": f"{folder}/", "/run/pilookup": str(folder / "run"), "valkey:6379": f"127.0.0.1:{valkey}"}
    for old, new in moved.items():
        given = {name: value.replace(old, new) for name, value in given.items()}
    given.pop("PILOOKUP_HOME")
    return url, given


def nginx_of_the_container(folder, upstream):
    """nginx with the arguments of the compose file, in the directories that it mounts."""
    port = free_port()
    make_certificate(folder)
    for name in ("temporary", "log", "run", "cache"):
        (folder / name).mkdir()
    moved = {
        "/var/cache/nginx/temporary": str(folder / "temporary"), "/var/log/nginx": str(folder / "log"),
        "/run/nginx": str(folder / "run"), "/etc/nginx/conf.d/pilookup.conf": str(folder / "pilookup.conf"),
    }  # fmt: skip
    (folder / "nginx.conf").write_text(place(FOLDER / "nginx.conf", moved))
    moved = {
        "    listen [::]:443 ssl http2;\n": "", "    listen [::]:80;\n": "", "listen 443": f"listen 127.0.0.1:{port}",
        "listen 80;": f"listen 127.0.0.1:{free_port()};", "127.0.0.1:8080": f"127.0.0.1:{upstream}",
        "/var/cache/nginx/pilookup": str(folder / "cache"), "/var/log/nginx": str(folder / "log"),
        "/etc/pilookup/tls": str(folder),
    }  # fmt: skip
    (folder / "pilookup.conf").write_text(place(FOLDER.parent / "nginx" / "pilookup.conf", moved))
    command = [
        str(folder / "nginx.conf") if part.endswith(".conf") else part for part in SERVICES["nginx"]["entrypoint"]
    ]
    # As root, nginx would change to the user of its workers, which may not enter this directory.
    user = ["-g", "user root; daemon off;"] if os.getuid() == 0 else []
    command = [*command[:-2], *user] if user else command
    return port, subprocess.Popen([*command, "-e", str(folder / "log" / "start.log")], stderr=subprocess.DEVNULL)


def test_the_parts_work_together(postgresql, valkey, tmp_path):
    home = Home(tmp_path / "home")
    for channel in ("public", "platform"):
        home.publish(channel, {1: 1})
    (tmp_path / "run").mkdir(mode=0o700)
    url, given = environment_of_the_server(tmp_path, postgresql, valkey)
    add_platform(home.path, url=url)
    _, *options = SERVER["command"]
    runtime = given.pop("RUNTIME_DIRECTORY")
    given = {name.removeprefix("PILOOKUP_").lower(): value for name, value in given.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUNTIME_DIRECTORY", runtime)
        server = Process(home.path, tmp_path / "serve.log", *options, **given, secret_in_environment=False)
    try:
        wait_keys(server.wait().url)
        (tmp_path / "nginx").mkdir()
        port, nginx = nginx_of_the_container(tmp_path / "nginx", server.port)
        try:
            with httpx2.Client(base_url=f"https://127.0.0.1:{port}", verify=False, timeout=30) as client:
                asked = [ask(client, "public", {}), ask(client, "platform", {"authorization": f"Bearer {KEY}"})]
                assert asked == [200, 200]
                assert client.get("/v1/channels/public/snapshots/1/buckets/0").status_code == 200
                assert client.get("/readyz").status_code == 404
        finally:
            nginx.terminate()
            nginx.wait(30)
    finally:
        assert server.stop() == 0
    assert counted(home.path, url) == {1: 1}
    assert not (home.path / "online" / "service.sqlite3").exists()
    assert redis.Redis(port=valkey).dbsize() > 0


def ask(client, channel, headers):
    _, elements = oprf.blind([b"tel:+8613912345678"])
    content = EvaluateRequest(1, elements).to_json()
    end = time.monotonic() + 30
    while True:  # nginx may not listen yet
        try:
            path = f"/v1/channels/{channel}/evaluate"
            return client.post(path, content=content, headers={"content-type": JSON} | headers).status_code
        except httpx2.ConnectError:
            assert time.monotonic() < end
            time.sleep(0.05)
