"""A root that replaces the keys of timestamp or snapshot: what the former keys have signed is forgotten (TUF 5.3.11)."""

import pytest
from securesystemslib.signer import CryptoSigner

from tests.support.checking.asking import assert_unknown, on
from tests.support.checking.numbers import HIT, LABEL
from tests.support.checking.publisher import Publisher
from tests.support.checking.server import Answer

HIGH = 2**31 - 1
NUMBER = b"tel:+8613800138000"


def replace(publisher, *roles):
    """Sign the next root, in which roles have new keys; the root keys stay."""
    version = max(
        int(name.split(".")[0]) for name in publisher.metadata if name.endswith(".root.json") and name[0].isdigit()
    )
    for role in roles:
        publisher.signers[role] = [CryptoSigner.generate_ed25519()]
    publisher.sign_root(version + 1)


def stolen(publisher, role):
    """What a thief of a key signs: a timestamp, or snapshot metadata and a timestamp for them, of the highest version."""
    if role == "timestamp":
        publisher.stamps = HIGH - 1
        publisher.sign_timestamp()
    else:
        publisher.sign_snapshot(version=HIGH)


def honest(publisher, role):
    """A release with the versions that the publisher has reached."""
    if role == "timestamp":
        publisher.stamps = 3
    publisher.publish({NUMBER: LABEL}, serial=publisher.version + 1)


@pytest.mark.parametrize("role", ["timestamp", "snapshot"])
@pytest.mark.parametrize("again", [True, False], ids=["the same client", "a new client with its state"])
def test_the_highest_version_of_a_thief_is_left_behind(host, client_at, role, again):
    client = client_at()
    assert client.check(HIT).status == "found"
    stolen(host.publisher, role)
    client = client if again else client_at()
    client.client._trust._verified_at = (-1e9, -1e9)
    assert client.check(HIT).status == "found"
    honest(host.publisher, role)
    client.client._trust._verified_at = (-1e9, -1e9)
    assert_unknown(client, "rolled_back")
    replace(host.publisher, role)
    if role == "timestamp":
        host.publisher.stamps = 0
    host.publisher.publish({NUMBER: LABEL}, serial=host.publisher.version + 1)
    assert client.check(HIT).status == "found"
    assert client_at().check(HIT).status == "found"


@pytest.mark.parametrize("role", ["timestamp", "snapshot"])
def test_a_failure_after_the_new_root_does_not_keep_what_the_former_keys_signed(host, client_at, role):
    stolen(host.publisher, role)
    assert client_at().check(HIT).status == "found"
    replace(host.publisher, role)
    honest(host.publisher, role)
    host.twist = on("timestamp.json", lambda asked, answer: Answer(status=500))
    assert_unknown(client_at(), "server_error")
    host.twist = lambda asked, answer: answer
    assert client_at().check(HIT).status == "found"


def test_a_root_with_the_same_keys_forgets_nothing(host, client_at):
    stolen(host.publisher, "timestamp")
    assert client_at().check(HIT).status == "found"
    replace(host.publisher)
    honest(host.publisher, "timestamp")
    assert_unknown(client_at(), "rolled_back")


def test_what_a_former_key_signs_after_its_replacement_does_not_count(host, client_at):
    assert client_at().check(HIT).status == "found"
    thief = host.publisher.signers["timestamp"]
    replace(host.publisher, "timestamp")
    host.publisher.publish({NUMBER: LABEL}, serial=host.publisher.version + 1)
    assert client_at().check(HIT).status == "found"
    host.publisher.signers["timestamp"] = thief
    host.publisher.sign_timestamp()
    assert_unknown(client_at(), "bad_signature")
    assert isinstance(host.publisher, Publisher)
