"""An import that is killed, or meets a full disk, at any step: the online half is as before, or whole."""

import contextlib
import os
import random
import shutil

import pytest

from pilookup.bundles.completion import finish
from pilookup.errors import PilookupError
from tests.support.bundles.machines import LATER, carried, export, import_bundle, opened, serve, state
from tests.support.custody.channel import NUMBERS
from tests.support.custody.full_disk import Disk, next_write
from tests.support.custody.killed_steps import run_killed

KILLS = int(os.environ.get("KILLS", "12"))
"""How many times an import is killed; `KILLS=50` takes a minute."""

PROGRAM = """
from datetime import datetime
from pathlib import Path
from pilookup.bundles.incoming import Trusted
from pilookup.bundles.take_up import take_up
take_up([Path({bundle!r})], Path({home!r}), Trusted.read([Path({trust!r})]), datetime.fromisoformat({now!r}))
"""
BEFORE, AFTER = {"platform": [1], "public": [1]}, {"platform": [1], "public": [1, 2]}


@pytest.fixture
def update(tmp_path):
    """A serving HOME, the bundle that it imports next, the state that it is in before, and the one after."""
    custody, bundle, serving = carried(tmp_path)
    import_bundle(bundle, serving, custody)
    serve(serving)
    with opened(custody, LATER) as open_home:
        open_home.erase(NUMBERS[0])
        open_home.rotate("public")
    export(custody, tmp_path / "second", LATER)
    whole = shutil.copytree(serving, tmp_path / "whole")
    import_bundle(tmp_path / "second", whole, now=LATER)
    return serving, tmp_path / "second", custody, state(whole)


def program(bundle, home, custody):
    return PROGRAM.format(bundle=str(bundle), home=str(home), trust=str(custody), now=LATER.isoformat())


def settle(home, before, after):
    """A server that starts serves one of the two releases, and an interrupted import is completed or removed."""
    assert serve(shutil.copytree(home, home.with_name(f"{home.name}-started")), LATER) in (BEFORE, AFTER)
    shutil.rmtree(home.with_name(f"{home.name}-started"))
    finish(home / "online")
    found = state(home)
    for name, content in before.items():
        assert found.get(name) == content or name in ("journal", "bundle-taken-up") or "root.json" in name
    decided = found["journal"] == after["journal"]
    assert serve(shutil.copytree(home, home.with_name(f"{home.name}-later")), LATER) == (AFTER if decided else BEFORE)
    if not decided:
        assert found == before
    return decided


def test_killed_at_random_steps(update, tmp_path):
    serving, bundle, custody, after = update
    before, decided = state(serving), 0
    first = shutil.copytree(serving, tmp_path / "first")
    total = run_killed(program(bundle, first, custody), first)
    assert state(first) == after
    for steps in {0, total - 1, *random.Random(12).sample(range(total), KILLS - 2)}:
        here = shutil.copytree(serving, tmp_path / f"after-{steps}")
        assert run_killed(program(bundle, here, custody), here, steps) is None
        decided += settle(here, before, after)
        import_bundle(bundle, here, now=LATER)
        assert state(here) == after
        shutil.rmtree(here)
        shutil.rmtree(tmp_path / f"after-{steps}-later")
    assert 0 < decided < total, "the first step changes nothing, and before the last one all is decided"


def test_a_first_import_that_is_killed_can_be_repeated(tmp_path):
    custody, bundle, serving = carried(tmp_path)
    total = run_killed(program(bundle, serving, custody), serving)
    whole = state(serving)
    for steps in random.Random(13).sample(range(total), 5):
        here = tmp_path / f"after-{steps}"
        run_killed(program(bundle, here, custody), here, steps)
        import_bundle(bundle, here, custody, now=LATER)
        assert state(here) == whole
        assert serve(here) == BEFORE


def test_a_full_disk_at_any_write(update, tmp_path, monkeypatch):
    serving, bundle, _, after = update
    before, disk, refused = state(serving), Disk(monkeypatch, tmp_path), 0
    writes = 0
    while True:
        here = shutil.copytree(serving, tmp_path / f"after-{writes}")
        disk.writes, disk.failed_on = writes, None
        with contextlib.suppress(PilookupError, OSError):
            import_bundle(bundle, here, now=LATER)
            assert disk.failed_on is None
        disk.writes = None
        if disk.failed_on is None:
            break
        refused += not settle(here, before, after)
        import_bundle(bundle, here, now=LATER)
        assert state(here) == after
        for left in tmp_path.glob(f"after-{writes}*"):
            shutil.rmtree(left)
        writes = next_write(writes, 6)
    assert refused > 8


def test_an_export_on_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    custody, _, _ = carried(tmp_path)
    disk = Disk(monkeypatch, tmp_path / "out")
    (tmp_path / "out").mkdir()
    for writes in range(100):
        disk.writes, disk.failed_on = writes, None
        try:
            export(custody, tmp_path / "out" / "bundle", LATER, piece_size=8192)
        except PilookupError:
            assert list((tmp_path / "out").iterdir()) == []
        if disk.failed_on is None:
            break
    assert writes > 3
