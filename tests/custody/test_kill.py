import os
import random
import signal
from itertools import count

import pytest

from pilookup.custody.removal import erase
from tests.support.custody.home import content, make_home, numbers, opened, run_load, write_csv
from tests.support.custody.kill import duration_of, exit_status, kill_after, kill_at_random

WORK = """
from pathlib import Path
from tests.support.custody.home import opened, run_load
from pilookup.custody.removal import erase
with opened(Path({home!r})) as session:
    print("ready", flush=True)
    {work}
"""


def command(home, work):
    return WORK.format(home=str(home), work=work)


def load_command(home, path, slug, *, replace=False):
    return command(home, f"run_load(session, [Path({str(path)!r})], {slug!r}, replace={replace})")


def rows_of(session, slug):
    return [row[1:] for row in content(session, session.control.loads(slug))]


def remains(home):
    """Files of the vault that belong to no finished shard."""
    return [path for path in (home / "custody" / "vault").rglob("*") if path.suffix in {".sorted", ".new"}]


def loads_killed(tmp_path, rows, kills, seed):
    home = make_home(tmp_path / "home").path
    path = write_csv(tmp_path / "a.csv", [*numbers(rows), *numbers(rows // 10)])
    longest = duration_of(load_command(home, path, "whole"), ready=True)
    with opened(home) as session:
        whole = rows_of(session, "whole")
    assert len(whole) == rows

    def check(i, _cut):
        slug = f"case-{i}"
        with opened(home) as session:
            kept = rows_of(session, slug)
            assert kept in ([], whole), "half a load"
            assert not remains(home)
            if not kept:
                run_load(session, [path], slug)
            assert rows_of(session, slug) == whole
            assert len(session.control.loads(slug)) == 1

    return kill_at_random(
        lambda i: load_command(home, path, f"case-{i}"), kills, longest, random.Random(seed), check, ready=True
    )


def test_a_load_killed_at_any_instant_is_whole_or_absent(tmp_path):
    assert loads_killed(tmp_path, rows=8_000, kills=15, seed=1) >= 3


@pytest.mark.parametrize("replace", [False, True])
def test_a_load_killed_before_each_of_its_steps_is_whole_or_absent(tmp_path, replace):
    home, path = make_home(tmp_path / "home").path, write_csv(tmp_path / "a.csv", numbers(3))
    with opened(home) as session:
        run_load(session, [path], "whole")
        whole = rows_of(session, "whole")
    kept = []
    for n in count(1):
        slug = "whole" if replace else f"case-{n}"
        steps = f"from tests.support.custody.steps import kill_before; kill_before({n}, session.control._engine); "
        work = f"{steps}run_load(session, [Path({str(path)!r})], {slug!r}, replace={replace})"
        code = exit_status(command(home, work))
        with opened(home) as session:
            kept.append(rows_of(session, slug))
            assert not remains(home)
            assert len(session.control.loads(slug)) == bool(kept[-1])
        if code != -signal.SIGKILL:
            break
    assert code == 0
    assert n > 10, "too few steps were counted"
    assert all(rows in ([whole] if replace else ([], whole)) for rows in kept)
    assert kept == sorted(kept, key=bool), "once committed, always there"
    assert kept[-1] == whole


@pytest.mark.parametrize("seconds", [None, 0.05])
def test_a_load_killed_at_its_commit_or_before_is_whole_or_absent(database, tmp_path, seconds):
    home, path = make_home(tmp_path / "home").path, write_csv(tmp_path / "a.csv", numbers(300))
    if seconds is None:
        steps = "from tests.support.custody.steps import kill_before; kill_before(1, session.control._engine, commits_alone=True); "
        work = f"{steps}run_load(session, [Path({str(path)!r})], 'case-1')"
        assert exit_status(command(home, work)) == -signal.SIGKILL
    else:
        kill_after(load_command(home, path, "case-1"), seconds, ready=True)
    with opened(home) as session:
        kept = rows_of(session, "case-1")
        assert len(kept) in ((0,) if seconds is None else (0, 300))
        assert not remains(home)
        if not kept:
            run_load(session, [path], "case-1")
        assert len(rows_of(session, "case-1")) == 300
        assert len(session.control.loads("case-1")) == 1


@pytest.mark.long
def test_many_killed_loads(tmp_path):
    kills = int(os.environ.get("PILOOKUP_TEST_KILLS", "500"))
    assert loads_killed(tmp_path, rows=20_000, kills=kills, seed=2) >= kills // 3


def test_a_replacing_load_killed_at_any_instant_keeps_the_content(tmp_path):
    home = make_home(tmp_path / "home").path
    path = write_csv(tmp_path / "a.csv", numbers(2000))
    duration_of(load_command(home, path, "case-1"), ready=True)
    longest = duration_of(load_command(home, path, "case-1", replace=True), ready=True)
    with opened(home) as session:
        whole = rows_of(session, "case-1")

    def check(_i, _cut):
        with opened(home) as session:
            assert rows_of(session, "case-1") == whole
            assert len(list((home / "custody" / "vault" / "case-1").iterdir())) == 1

    replacing = load_command(home, path, "case-1", replace=True)
    assert kill_at_random(lambda _: replacing, 8, longest, random.Random(3), check, ready=True) >= 2


def test_an_erasure_killed_at_any_instant_is_all_or_nothing_and_can_be_repeated(tmp_path):
    home, paths = make_home(tmp_path / "home").path, []
    with opened(home) as session:
        for i in range(4):
            paths.append(write_csv(tmp_path / f"{i}.csv", [*numbers(300), *numbers(10, 1000 * (i + 1))]))
            run_load(session, [paths[-1]], f"case-{i}")
        left = len(content(session))

    def identifier(i):
        return b"tel:+86" + numbers(300)[i].encode()

    def check(i, _cut):
        with opened(home) as session:
            gone = left - 4 * (i + 1)
            assert len(content(session)) in (gone + 4, gone)
            erase(session, identifier(i))
            assert len(content(session)) == gone

    erasing = lambda i: command(home, f"erase(session, {identifier(i)!r})")  # noqa: E731
    kill_at_random(erasing, 8, 0.1, random.Random(4), check, ready=True)
    assert not list((home / "custody" / "vault").rglob("*.new"))
