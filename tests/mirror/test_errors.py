"""Every error of a mirror names the URL or the file, without credentials, and what to do."""

import re

import pytest

from pilookup import Mirror, MirrorError, Reason
from pilookup.checking.mirror import sync as syncing
from pilookup.checking.mirror.remedies import REMEDIES, failure_text
from pilookup.checking.result import Failure
from pilookup.errors import FormatError
from tests.support.checking.server import Answer

URL = "https://mirror.example/v1/channels/public/"
REMEDY = re.compile(
    r"; (?:[^;]*(?:check|run the sync again|use another host|tell|ask the|make room|mend|try again)[^;]*)"
)


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("options", [{}, {"detail": "what happened"}, {"url": f"{URL}targets/x", "retry_after": 5.0}])
def test_every_failure_of_a_sync_names_the_url_and_a_remedy(reason, options, tmp_path):
    assert set(REMEDIES) == set(Reason)
    with pytest.raises(MirrorError) as raised, syncing._errors(tmp_path, URL):
        raise Failure(reason, **options)
    text = str(raised.value)
    assert raised.value.reason == reason
    assert text.startswith(f"{options.get('url', URL)}: ")
    assert text.endswith(REMEDIES[reason])
    assert REMEDY.search(text), text
    assert options.get("detail", "") in text


@pytest.mark.parametrize(
    ("error", "place"),
    [
        (FormatError("manifest: epoch"), URL),
        (OSError(28, "No space left on device", "/mirror/partial/x"), "/mirror/partial/x"),
    ],
)
def test_other_errors_of_a_sync_do_too(error, place, tmp_path):
    with pytest.raises(MirrorError) as raised, syncing._errors(tmp_path, URL):
        raise error
    assert place in str(raised.value)
    assert REMEDY.search(str(raised.value)), raised.value


def _gone(host):
    host.twist = lambda _, __: Answer(404)


def _down(host):
    host.twist = lambda _, __: Answer(503)


def _closed(host):
    host.twist = lambda asked, right: Answer(401) if "targets" in asked.path else right


def _nothing(_):
    pass


def _torn(host):
    host.twist = lambda asked, right: Answer(200, b"x" * 8192) if asked.path.endswith("buckets.bin") else right


@pytest.mark.parametrize(
    ("trouble", "options"),
    [
        (_gone, {}), (_down, {}), (_closed, {}), (_torn, {}), (_nothing, {"at_least": 99}),
        (_nothing, {"url": "http://127.0.0.1:9"}),
    ],
)  # fmt: skip
def test_a_sync_that_fails_names_its_host(host, sync, trouble, options):
    trouble(host)
    with pytest.raises(MirrorError) as raised:
        sync(token="a-secret-of-the-host", **options)
    text = str(raised.value)
    assert f"{options.get('url', host.url)}/v1/channels/" in text, text
    assert REMEDY.search(text), text
    assert "a-secret-of-the-host" not in text


def test_a_directory_that_cannot_be_used_is_named(host, sync, folder, publisher):
    folder.write_text("a file")
    with pytest.raises(MirrorError) as raised:
        sync()
    assert str(folder) in str(raised.value)
    assert REMEDY.search(str(raised.value)), raised.value
    folder.unlink()
    sync()
    with Mirror(folder)._directory.lock(), pytest.raises(MirrorError) as raised:
        sync()
    assert (raised.value.reason, str(folder) in str(raised.value)) == ("locked", True)
    assert REMEDY.search(str(raised.value)), raised.value


def test_credentials_in_an_address_are_refused_and_not_repeated(sync):
    with pytest.raises(ValueError, match="must have no user") as raised:
        sync(url="https://somebody:a-secret-of-the-host@mirror.example")
    assert "a-secret" not in str(raised.value)


def test_a_text_of_its_own_has_no_credentials():
    assert "secret" not in failure_text(Failure(Reason.UNAUTHORIZED), URL)
