"""Notices and targets for tests."""

from pilookup_server.notices.notice import Notice
from pilookup_server.service_database.deliveries import Target

NOW = 1_795_000_000


def made_notice(serial=1, channel="platform", datasets=(1, 2)):
    manifest = f"/v1/channels/{channel}/targets/epochs/1/{serial:064x}.manifest.json"
    return Notice(channel, serial, tuple(datasets), manifest, NOW + serial)


def made_target(name="shop", channel="platform", url="https://hooks.example/pilookup"):
    return Target(name, "5ec" * 10 + "00", "c" * 16, url, channel, NOW)
