import pytest

from pilookup.keyring import key_ids
from pilookup.keyring.key_file import check_key_id


def test_the_ids_on_disk():
    """Existing HOMEs have keys with these ids."""
    assert (key_ids.VAULT_KEY_ID, key_ids.STORAGE_KEY_ID, key_ids.DIGEST_KEY_ID) == (
        "vault",
        "vault-storage",
        "vault-digest",
    )
    assert key_ids.role_key_ids("root", "public") == ["root-public-1", "root-public-2", "root-public-3"]
    assert key_ids.role_key_ids("targets", "a-b") == ["targets-a-b-1", "targets-a-b-2", "targets-a-b-3"]
    assert key_ids.role_key_ids("snapshot", "public") == ["snapshot-public"]
    assert key_ids.timestamp_key_id("public") == "timestamp-public"
    assert key_ids.channel_key_id("public", 12) == "channel-public-12"


@pytest.mark.parametrize("channel", ["public", "a-1", "7", "x" * 32])
@pytest.mark.parametrize("epoch", [1, 9, 10, 2**32 - 1])
def test_a_channel_key_id_gives_its_epoch_back(channel, epoch):
    assert key_ids.epoch_of_key_id(check_key_id(key_ids.channel_key_id(channel, epoch)), channel) == epoch


@pytest.mark.parametrize(
    "key_id",
    [
        "vault",
        "timestamp-public",
        "channel-platform-1",
        "channel-public-0",
        "channel-public-01",
        "channel-public-1-2",
        "channel-public-",
        "channel-public-x",
        "xchannel-public-1",
    ],
)
def test_other_keys_have_no_epoch(key_id):
    assert key_ids.epoch_of_key_id(key_id, "public") is None


@pytest.mark.parametrize(
    ("role", "channel", "number", "key_id"),
    [
        ("root", "public", 1, "root-public-1"),
        ("root", "public", 4, "root-public-4"),
        ("snapshot", "a-1", 1, "snapshot-a-1"),
        ("snapshot", "a-1", 2, "snapshot-a-1-2"),
        ("timestamp", "public", 1, "timestamp-public"),
        ("timestamp", "public", 12, "timestamp-public-12"),
    ],
)
def test_the_keys_of_a_role_are_numbered(role, channel, number, key_id):
    assert key_ids.numbered_key_id(role, channel, number) == key_id
    assert key_ids.number_of_key_id(key_id, role, channel) == number


@pytest.mark.parametrize(
    "key_id", ["snapshot-public-1", "snapshot-public-02", "snapshot-publi", "targets-public", "snapshot-public-x", ""]
)
def test_another_key_id_has_no_number(key_id):
    assert key_ids.number_of_key_id(key_id, "snapshot", "public") is None
