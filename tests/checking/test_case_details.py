"""What a client says further about cases: fetched once, verified against the manifest, and never in the way."""

from dataclasses import replace

import pytest

from pilookup.protocol.cases import CASES_FILE, Appeal, CaseDetails, Texts, cases_to_bytes
from pilookup.protocol.manifest import FileRef, Manifest
from tests.support.checking.numbers import HIT, LABEL
from tests.support.checking.publisher import Publisher, ref
from tests.support.checking.server import Host

DETAILS = {
    1: CaseDetails(size="1000", appeal=Appeal(who=Texts("某公安局", "A police station"), url="https://a.example/b")),
    4: CaseDetails(platforms=(Texts("某平台", "A platform"),)),
}


def published(data, named=None):
    """A publisher of a snapshot whose manifest names `cases.json` with these bytes, or with `named` as its reference."""
    publisher = Publisher()
    publisher.publish({b"tel:+8613800138000": LABEL})
    body = next(data for path, data in publisher.targets.items() if path.endswith("manifest.json"))
    manifest = Manifest.from_bytes(body)
    listed = named or ref(data)
    changed = replace(manifest, serial=2, files={**manifest.files, CASES_FILE: listed})
    publisher.buckets[2] = publisher.buckets[1]
    publisher.release(changed.to_bytes(), 1)
    publisher.targets[f"epochs/1/{listed.sha256}.{CASES_FILE}"] = data
    return publisher


def details(client_at, host, **options):
    made = client_at(host.url, trust=host.publisher.pin, **options)
    assert made.check(HIT).status == "found"
    return made, made.case_details()


@pytest.fixture
def hosted(client_at):
    """Serves a publisher, and makes a client of it; returns both, and the details that the client gives."""
    hosts = []

    def serve(publisher):
        hosts.append(Host(publisher))
        return hosts[-1], *details(client_at, hosts[-1])

    yield serve
    for host in hosts:
        host.close()


def fetched(host):
    return [asked for asked in host.asked if asked.path.endswith(CASES_FILE)]


def test_details_are_those_of_the_cases_and_are_fetched_once(hosted):
    further = {**DETAILS, 9: CaseDetails(size="1000")}  # a case that the manifest does not list
    host, client, found = hosted(published(cases_to_bytes(further)))
    assert found == DETAILS
    assert client.case_details() == DETAILS
    assert len(fetched(host)) == 1


def test_a_channel_without_details_has_none(hosted):
    publisher = Publisher()
    publisher.publish({b"tel:+8613800138000": LABEL})
    host, _, found = hosted(publisher)
    assert (found, fetched(host)) == ({}, [])


@pytest.mark.parametrize(
    "publisher",
    [
        published(cases_to_bytes(DETAILS), FileRef("0" * 64, len(cases_to_bytes(DETAILS)))),
        published(cases_to_bytes(DETAILS), replace(ref(cases_to_bytes(DETAILS)), size=10)),
        published(b"{}"),
        published(b'{"cases":[{"close":"x","id":1}],"format":1}'),
        published(b"", FileRef("0" * 64, 2**30)),
    ],
    ids=["digest", "size", "no cases", "a wrong text", "too large"],
)
def test_details_that_are_not_valid_are_left_out_and_change_no_answer(hosted, publisher):
    _, client, found = hosted(publisher)
    assert found == {}
    assert client.check(HIT).status == "found"


def test_a_server_that_is_gone_has_no_details(hosted):
    host, client, _ = hosted(published(b"{}"))
    host.close()
    assert client.case_details() == {}


def test_a_closed_client_raises(hosted):
    _, client, _ = hosted(published(cases_to_bytes(DETAILS)))
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.case_details()
