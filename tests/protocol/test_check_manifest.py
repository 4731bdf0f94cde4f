from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pilookup.errors import FormatError
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.label import Profile
from pilookup.protocol.manifest import FileRef, Manifest
from pilookup.protocol.oprf import SecretKey
from pilookup.protocol.release import MANIFEST, check_manifest

FILES = {"buckets.bin": FileRef("0" * 64, 8192), "tree.bin": FileRef("1" * 64, 224)}
SIGNED = FILES | {MANIFEST: FileRef("2" * 64, 900)}
MADE = Manifest(
    channel="public",
    profile=Profile.COARSE,
    epoch=3,
    serial=7,
    created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    public_key=SecretKey.generate().public(),
    geometry=Geometry(2, 64),
    entries=5,
    root=bytes(32),
    files=FILES,
    canaries=("test:pilookup-canary-1",),
)


def test_a_manifest_of_its_channel_epoch_and_files():
    check_manifest(MADE, channel="public", epoch=3, files=SIGNED)
    check_manifest(MADE, channel="public", epoch=3)


@pytest.mark.parametrize("changed", [{"channel": "platform"}, {"epoch": 4}])
def test_a_manifest_of_another_channel_or_epoch(changed):
    for files in (SIGNED, None):
        with pytest.raises(FormatError, match="another channel or epoch"):
            check_manifest(replace(MADE, **changed), channel="public", epoch=3, files=files)


@pytest.mark.parametrize(
    "files",
    [
        SIGNED | {"exposure.base.fuse16": FileRef("3" * 64, 100)},
        {name: SIGNED[name] for name in ("buckets.bin", MANIFEST)},
        SIGNED | {"tree.bin": FileRef("3" * 64, 224)},
        SIGNED | {"tree.bin": FileRef("1" * 64, 225)},
        {MANIFEST: SIGNED[MANIFEST]},
    ],
    ids=["one more", "one less", "another digest", "another size", "none"],
)
def test_files_that_are_not_the_signed_ones(files):
    with pytest.raises(FormatError, match="not the files signed"):
        check_manifest(MADE, channel="public", epoch=3, files=files)
