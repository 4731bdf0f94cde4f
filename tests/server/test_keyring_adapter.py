"""The server's keys are those of the online half's keyring, read when they are asked for."""

import pytest
from pilookup_server.keys.keyring_adapter import KeyringKeys

from pilookup.errors import KeyringError
from pilookup.keyring import Half, Keyring
from pilookup.keyring.key_ids import channel_key_id
from pilookup.protocol.oprf import SecretKey


@pytest.fixture
def keyring(tmp_path):
    return Keyring.create(tmp_path / "online", Half.ONLINE, b"secret")


def test_a_destroyed_key_is_gone_and_no_other(keyring):
    keys = KeyringKeys(keyring)
    made = {(channel, epoch): SecretKey.generate() for channel in ("public", "platform") for epoch in (1, 2)}
    for (channel, epoch), key in made.items():
        keyring.add_scalar(channel_key_id(channel, epoch), key)
    assert sorted(keys.epochs("public")) == [1, 2]
    keys.destroy("public", 1)
    keys.destroy("public", 1)  # another worker was faster
    assert keys.epochs("public") == [2]
    assert sorted(keys.epochs("platform")) == [1, 2]
    assert keys.epoch_key("public", 2).public() == made["public", 2].public()
    assert keys.epoch_key("platform", 1).public() == made["platform", 1].public()
    with pytest.raises(KeyringError, match="channel-public-1"):
        keys.epoch_key("public", 1)
