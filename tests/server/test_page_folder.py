"""`pilookup page DIR` writes the page for a static host, with the pinned root."""

import gzip
import json
from pathlib import Path

import pytest
from pilookup_server.page_host import folder as folder_module
from pilookup_server.page_host.assets import read_assets
from typer.testing import CliRunner

from pilookup.cli.app import build
from tests.support.page.recordings import packed

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def built(tmp_path, monkeypatch):
    page = tmp_path / "built"
    (page / "images").mkdir(parents=True)
    (page / "index.html").write_bytes(b"<!doctype html>")
    (page / "index.html.br").write_bytes(b"with Brotli")
    (page / "images" / "a.svg").write_bytes(b"<svg/>")
    monkeypatch.setattr(folder_module, "read_assets", lambda: read_assets(page))


@pytest.fixture
def trust(repository, tmp_path):
    path = tmp_path / "trust-public.json"
    path.write_bytes((repository.metadata / "1.root.json").read_bytes())
    return path


def run(*words):
    return RUNNER.invoke(build(), ["page", *map(str, words)])


def test_the_folder_holds_the_page_and_its_configuration(tmp_path, trust):
    out = tmp_path / "out"
    options = ("--server", "https://check.example", "--buckets", "https://buckets.example", "--trust", trust)
    done = run(out, *options, "--operator-zh", "某市公安局", "--telephone", "96110", "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.output)
    assert report["files"] == ["images/a.svg", "index.html", "config.json"]
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert written == sorted([*report["files"], "config.json.gz", "images/a.svg.gz", "index.html.br", "index.html.gz"])
    assert (out / "index.html.br").read_bytes() == b"with Brotli"
    assert gzip.decompress((out / "index.html.gz").read_bytes()) == (out / "index.html").read_bytes()
    assert "connect-src 'self' https://buckets.example https://check.example;" in report["policy"]
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    assert config["root"] == json.loads(trust.read_text(encoding="utf-8"))
    assert config["server"] == "https://check.example"
    assert config["operator"]["name"] == {"zh": "某市公安局", "en": ""}


def test_services_can_be_corrected(tmp_path, trust):
    options = ("--server", "https://check.example", "--trust", trust)
    done = run(tmp_path / "out", *options, "--service", "antifraud=96119", "--service", "lookup_account=新的公众号")
    assert done.exit_code == 0, done.output
    config = json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))
    assert config["services"] == {"antifraud": "96119", "lookup_account": "新的公众号"}
    for wrong in ("antifraud", "antifraud=", "fire=119", f"police={'1' * 41}"):
        done = run(tmp_path / "other", *options, "--service", wrong)
        assert done.exit_code != 0, wrong
        assert "--service" in done.output
        assert not (tmp_path / "other").exists()


def test_output_for_people_says_what_to_do_next(tmp_path, trust):
    done = run(tmp_path / "out", "--server", "https://check.example", "--trust", trust)
    assert done.exit_code == 0, done.output
    assert "Content-Security-Policy: default-src 'none'" in done.output
    assert "PILOOKUP_ALLOWED_ORIGINS" in done.output


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"--server": ""}, "--server"), ({"--server": "check.example"}, "--server"), ({"--server": "https://check.example/path"}, "--server"), ({"--server": "http://check.example"}, "--server"), ({"--address": "check.example"}, "--address"),
        ({"--server": "https://a.example; script-src *"}, "--server"), ({"--buckets": "ftp://x"}, "--buckets"), ({"--channel": "../x"}, "--channel"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_named_and_nothing_is_written(tmp_path, trust, changed, named):
    options = {"--server": "https://check.example", "--trust": trust} | changed
    done = run(tmp_path / "out", *(word for pair in options.items() for word in pair))
    assert done.exit_code == 2, "an argument that is not valid"
    assert named in done.output
    assert not (tmp_path / "out").exists()


def test_an_invalid_root_is_refused(tmp_path, trust):
    document = json.loads(trust.read_text())
    document["signatures"] = document["signatures"][:1]
    trust.write_text(json.dumps(document))
    done = run(tmp_path / "out", "--server", "https://check.example", "--trust", trust)
    assert done.exit_code == 1
    assert "not a TUF root" in done.output
    assert not (tmp_path / "out").exists()


def test_a_folder_in_use_is_left_alone(tmp_path, trust):
    out = tmp_path / "out"
    out.mkdir()
    (out / "own.txt").write_text("mine")
    done = run(out, "--server", "https://check.example", "--trust", trust)
    assert done.exit_code == 1
    assert [path.name for path in out.iterdir()] == ["own.txt"]


def test_a_page_that_is_not_built_is_an_error(tmp_path, trust, monkeypatch):
    monkeypatch.setattr(folder_module, "read_assets", lambda: read_assets(Path(tmp_path / "nowhere")))
    done = run(tmp_path / "out", "--server", "https://check.example", "--trust", trust)
    assert done.exit_code == 1
    assert "not built" in done.output


def test_recordings_are_written_with_the_page(tmp_path, trust):
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    recording = packed(tmp_path, "za")
    (sounds / "za.sound").write_bytes(recording.data)
    options = ("--server", "https://check.example", "--trust", trust, "--sounds", sounds)
    done = run(tmp_path / "out", *options)
    assert done.exit_code == 0, done.output
    assert "media-src blob:;" in done.output
    config = json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))
    assert config["sounds"] == [{"language": "za", "name": "壮话 Vahcuengh", "file": recording.path}]
    assert (tmp_path / "out" / recording.path).read_bytes() == recording.data
    done = run(tmp_path / "other", *options, "--service", "antifraud=96119")
    assert done.exit_code == 1
    assert "za.sound: was packed with other telephone lines" in done.output
    assert not (tmp_path / "other").exists()
