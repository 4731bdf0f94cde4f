"""`pilookup.Filter` settles the kit's numbers as absent where that is right, and in no other case."""

from datetime import UTC, datetime

import pytest

from pilookup import Filter
from pilookup.protocol.manifest import Manifest
from tests.kit.cases.filters import CASES
from tests.kit.changes import path_of
from tests.kit.repository import CANARIES, EPOCH, channel_key
from tests.kit.snapshot import token

SETTLED = {"filters-absent", "filters-additions-absent"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case, tmp_path):
    site = case.steps[0].build(datetime.now(UTC).replace(microsecond=0))
    manifest = Manifest.from_bytes(site.files[path_of(site, ".manifest.json")])
    files = {}
    for name, ref in manifest.files.items():
        files[name] = tmp_path / name
        files[name].write_bytes(site.files[f"targets/epochs/{EPOCH}/{ref.sha256}.{name}"])
    secret = {
        name: token(name, "kit", EPOCH, channel_key(EPOCH))
        for name in (*CANARIES, f"tel:{case.steps[0].checks[0].number}")
    }
    number = secret.pop(f"tel:{case.steps[0].checks[0].number}")
    settled = Filter(manifest, files, secret)
    assert settled.absent([number]) == [case.name in SETTLED]
    assert bool(settled.doubts) == (case.name not in {*SETTLED, "filters-found", "filters-additions-found"})
