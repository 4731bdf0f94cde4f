"""How the HOMEs in `homes/` were made: a record, and a pattern for the next ones. Never run again for these HOMEs.

Run on the code of commit b106cbb (version 0.1.0), before the modules moved, from the top of a clean checkout:

    python tests/compatibility/make_homes.py            # those whose archive is missing
    python tests/compatibility/make_homes.py NAME...    # these; a name whose archive exists is refused

Every HOME is made from the synthetic numbers below, with passphrases that protect nothing, at DATE and shortly before.
No step reads the machine's clock. The keys are random, as in any HOME. In a "killed" HOME a separate process was
working and killed itself with SIGKILL, by `die`, at the named instant.

For each archive `homes.json` records what this code made of it afterwards: what recovery removed, and the results of
repeating the command, of loading and publishing more, and of rotating. If a process was killed, an unkilled copy of the
same HOME must give the same results, which is asserted here.
"""

import json
import lzma
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from stat import S_IMODE

from sqlalchemy import event

from pilookup import durable
from pilookup.custody.control import ControlDatabase
from pilookup.custody.home import Home
from pilookup.custody.initialise import initialise_home
from pilookup.custody.removal import erase, withdraw
from pilookup.custody.repository import ChannelRepository
from pilookup.custody.status import read_status
from pilookup.keyring import Keyring
from pilookup.release_files.verify import verify_directory
from tests.support.compatibility.homes import (
    ABSENT,
    ARCHIVES,
    CHANNELS,
    DATABASE,
    INDEX,
    archive,
    digest,
    expanded,
    joined,
    key_contents,
    opened,
    revision,
    run,
    run_load,
    stage,
    tree,
    unpack,
    without_new_keys,
)

DATE = datetime(2026, 11, 29, 9, tzinfo=UTC)
BEFORE = DATE - timedelta(hours=30)
PASSPHRASES = {"custody": "custody passphrase of the old HOMEs", "online": "online passphrase of the old HOMEs"}
ROOT = Path(__file__).parents[2]

LEAK, FEW, MANY = 13812340000, 12, 520
"""The first number of the dataset `leak`, and its two sizes: a few numbers, or enough for two buckets."""

ERASED = "13812340001"
OUTSIDE = ["13912340000+10", "13812339999+1", "15812340000+3"]
ALL = [f"{LEAK}+{MANY}", "13712340000+4", "13612340000+3", "13512340000+8", "13412340000+4", *OUTSIDE]
"""Every number that the tests look up; the answers are in homes.json."""


def lines(header, *rows):
    return "\n".join([header, *rows]) + "\n"


def leak(count):
    return {
        "name": "load",
        "dataset": "leak",
        "kind": "exposure",
        "title_zh": "某村泄露名单",
        "title_en": "Leaked list of a village",
        "seized_on": "2026-01-01",
        "files": {"leak.csv": lines("phone", *(str(LEAK + i) for i in range(count)))},
    }


ACCOUNTS = {
    "name": "load",
    "dataset": "accounts",
    "kind": "malicious-registration",
    "title_en": "Registered accounts",
    "seized_on": "2026-02-03",
    "files": {
        "accounts.csv": lines(
            "phone,account,date",
            "13812340000,user-a,2025-03-01",
            "13812340000,user-b,2025-04-01",
            "13812340000,user-b,2025-05-01",
            "13812340002,user-c,2024-12-31",
            "13712340003,,2025-01-15",
            "13712340003,,",
        )
    },
}
SENSITIVE = {
    "name": "load",
    "dataset": "sensitive",
    "kind": "exposure",
    "sensitive": True,
    "files": {"sensitive.csv": lines("手机号", "13712340000", "+86 137 1234 0001", "13812340003")},
}
WITHDRAWN = {
    "name": "load",
    "dataset": "withdrawn",
    "kind": "exposure",
    "files": {"withdrawn.csv": lines("phone", "13612340000", "13612340001", "13612340002")},
}
LATE = {
    "name": "load",
    "dataset": "late",
    "kind": "exposure",
    "seized_on": "2026-06-07",
    "files": {
        "late-1.csv": lines("phone", *(f"1351234000{i}" for i in range(6)), "13812340004", ERASED, "12345"),
        "late-2.csv": lines("phone", "13512340005", "13512340006", "13512340006", "13512340007"),
    },
}
ONE = {"name": "load", "dataset": "leak", "kind": "exposure", "files": {"one.csv": lines("phone", "13412340000")}}
MORE = {
    "name": "load",
    "dataset": "more",
    "kind": "exposure",
    "seized_on": "2026-08-09",
    "files": {"more.csv": lines("phone", "13412340001", "13412340002", "13812340005")},
}


def publishing(channel, *, bloom=False):
    return {"name": "publish", "channel": channel, "bloom": bloom}


def rotating(channel):
    return {"name": "rotate", "channel": channel}


# HOMEs, without their last step.


def base(path, work, count=FEW, *, bloom=False):
    """Loaded, with a dataset withdrawn and a number erased, and both channels published, all 30 hours before DATE."""
    initialise_home(path, *(PASSPHRASES[half].encode() for half in ("custody", "online")), BEFORE)
    with at(path, BEFORE) as session:
        for command in (leak(count), ACCOUNTS, SENSITIVE, WITHDRAWN):
            run(session, command, work)
        withdraw(session, "withdrawn")
        erase(session, f"tel:+86{ERASED}".encode())
        run(session, publishing("public"), work)
        run(session, publishing("platform", bloom=bloom), work)


def at(path, now):
    return opened(path, {"passphrases": PASSPHRASES}, now)


def published(path, work):
    """Two buckets, a previous release that clients may still be reading, an additions filter, a Bloom filter."""
    base(path, work, MANY, bloom=True)
    with at(path, DATE) as session:
        run(session, ONE, work)
        run(session, publishing("public"), work)
        run(session, publishing("platform", bloom=True), work)


def retired_epoch(path, work):
    """`public`: epoch 2, and epoch 1 is still served. `platform`: epoch 3, 2 is still served, 1 is destroyed."""
    base(path, work)
    for hours, channels in ((20, ["platform"]), (10, ["public", "platform"])):
        with at(path, DATE - timedelta(hours=hours)) as session:
            for channel in channels:
                run(session, rotating(channel), work)


def waiting(path, work):
    """A load that is not yet published in any channel."""
    base(path, work)
    with at(path, DATE) as session:
        run(session, LATE, work)


def withdrawing(path, work):
    """As `waiting`, and a dataset is withdrawn, so that the previous release must be deleted at once."""
    waiting(path, work)
    with at(path, DATE) as session:
        withdraw(session, "accounts")


# Instants of a kill. Each function takes the session and makes this process kill itself when it reaches that instant.


def die(*_args, **_options):
    os.kill(os.getpid(), signal.SIGKILL)


def in_write(name_part, number):
    """Kill in the middle of the n-th write of a file whose name contains `name_part`, so that the file is torn."""
    write, left = durable._write, [number]

    def torn(path, data, *, flushed):
        if name_part in path.name:
            left[0] -= 1
            if not left[0]:
                whole = data if isinstance(data, bytes) else b"".join(data)
                data = cut(whole[: len(whole) // 2])
        write(path, data, flushed=flushed)

    def cut(half):
        yield half
        die()

    durable._write = torn


def before(owner, name, number=1, of=lambda *_: True):
    """Kill before the n-th call of a method whose arguments satisfy `of`."""
    act, left = getattr(owner, name), [number]

    def counted(*args, **options):
        if of(*args):
            left[0] -= 1
            if not left[0]:
                die()
        return act(*args, **options)

    setattr(owner, name, counted)


def after(owner, name):
    """Kill after a call of a method."""
    act = getattr(owner, name)

    def followed(*args, **options):
        act(*args, **options)
        die()

    setattr(owner, name, followed)


def at_third_shard(_session):
    """One worker, so that two shards are complete and the third is torn; the sorted files of both inputs exist."""
    in_write(".shard.", 3)


def in_commit(session):
    """Both loads are in their dataset and pending, and the transaction is half written: some pages of the database are
    new, and the journal has the pages that they replace.
    """

    @event.listens_for(session.control._engine, "connect")
    def spill(connection, _):
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("PRAGMA cache_spill = 1")

    session.control._engine.dispose()
    event.listen(session.control._engine, "commit", die)


def after_commit(_session):
    """The new loads are committed and the replaced ones are no longer in the control data; both are still pending."""
    after(ControlDatabase, "commit_loads")


def at_buckets(_session):
    """Spill files and filter parts exist, a bucket range is torn, buckets.bin is empty."""
    in_write(".range.", 1)


def while_adopting(_session):
    """The snapshot is complete and verified; two of its files have their final names, the others are staged."""
    before(Path, "replace", 3)


def before_the_swap(_session):
    """Targets and snapshot metadata are signed; the new timestamp is written but not yet renamed."""
    before(Path, "rename", of=lambda old, new: new.name == "timestamp.json")


def after_the_swap(_session):
    """The new release is served; the previous one still exists, and the control data do not record the new one."""
    before(ChannelRepository, "_sweep")


def between_the_halves(_session):
    """The new epoch's key is in the custody half and not in the online half."""
    before(Keyring, "add_scalar", 2)


def after_the_epoch_began(_session):
    """The new epoch is in the control data and its key in both halves; nothing of it is published."""
    after(ControlDatabase, "start_epoch")


PUBLISH = publishing("public")
ROTATE = rotating("public")
MADE = {
    # name: (HOME without its last step, the command that was killed or None, the instant)
    "published": (published, None, None),
    "retired_epoch": (retired_epoch, None, None),
    "killed_load": (base, LATE, at_third_shard),
    "killed_load_adopted": (base, LATE, in_commit),
    "killed_load_committed": (waiting, {**LATE, "replace": True}, after_commit),
    "killed_publish": (waiting, PUBLISH, at_buckets),
    "killed_publish_adopting": (waiting, PUBLISH, while_adopting),
    "killed_publish_signed": (waiting, PUBLISH, before_the_swap),
    "killed_publish_swapped": (withdrawing, PUBLISH, after_the_swap),
    "killed_rotate": (base, ROTATE, between_the_halves),
    "killed_rotate_begun": (base, ROTATE, after_the_epoch_began),
}


def kill(name, path, work):
    """Run the command in a separate process, which must kill itself."""
    done = subprocess.run([sys.executable, __file__, "--child", name, path, work], check=False)
    assert done.returncode == -signal.SIGKILL, f"{name}: not killed but ended with {done.returncode}"


def child(name, path, work):
    _, command, instant = MADE[name]
    with at(Path(path), DATE) as session:
        session.recover()
        instant(session)
        if command["name"] == "load":
            run_load(session, command, Path(work), ThreadPoolExecutor(1))
        else:
            run(session, command, Path(work))


# The archives and their entries.


def pack(home, name):
    """Write a tar with modes, sorted names, no owner and one fixed time, so that it depends only on HOME."""
    ARCHIVES.mkdir(exist_ok=True)
    with (
        lzma.open(archive(name), "xb", preset=9 | lzma.PRESET_EXTREME) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in [home, *sorted(home.rglob("*"))]:
            member = tarfile.TarInfo(str(Path("home") / path.relative_to(home)))
            member.mode, member.mtime = S_IMODE(path.stat().st_mode), int(DATE.timestamp())
            if path.is_dir():
                member.type = tarfile.DIRTYPE
                tar.addfile(member)
            else:
                member.size = path.stat().st_size
                with path.open("rb") as file:
                    tar.addfile(member, file)


def make(name, folder):
    """Make a HOME, archive it, and record what this code makes of the archive. Returns the entry for homes.json."""
    prepare, command, instant = MADE[name]
    home, work = folder / "home", folder / "work"
    prepare(home, work)
    unkilled, database, before_kill = None, digest(home / DATABASE), revision(home)
    if instant:
        copy = folder / "unkilled"
        shutil.copytree(home, copy)
        unkilled = results_of(copy, {"date": DATE.isoformat(), "passphrases": PASSPHRASES}, [command], work)
        kill(name, home, work)
    pack(home, name)
    facts = {
        "about": " ".join((instant or prepare).__doc__.split()),
        "date": DATE.isoformat(),
        "version": version("pilookup"),
        "commit": commit(),
        "sha256": digest(archive(name)),
        "passphrases": PASSPHRASES,
        "alembic": before_kill,
        "retry": [command or PUBLISH],
        "more": [MORE, publishing("public"), publishing("platform", bloom=name == "published")],
        "rotate": [rotating(channel) for channel in CHANNELS],
        "new_key": command == ROTATE and instant is between_the_halves,
    }
    torn = instant is in_commit
    assert not torn or digest(home / DATABASE) != database
    facts["expected"] = expected(name, facts, folder, {DATABASE: [0o600, database]} if torn else {})
    said = facts["expected"]["opened"]["answers"]["platform"]
    found_there, absent = [], []
    for label, runs in next(iter(said.values())).items():
        (absent if label == ABSENT else found_there).extend(expanded(runs))
    facts |= {"in": joined(found_there), "out": joined(absent)}
    if unkilled:
        same(unkilled, facts["expected"]["retry"], command)
    return facts


def results_of(path, facts, commands, work):
    with opened(path, facts) as session:
        return stage(session, commands, work, expanded(ALL))


def same(unkilled, retried, command):
    """Assert that a repeated command has the results of an unkilled one: rows, answers, bytes unless a key is new."""
    for what in ("vault", "answers"):
        assert retried[what] == unkilled[what]
    if command["name"] == "load":
        assert retried["channels"] == unkilled["channels"]
    if command["name"] == "publish":
        assert buckets(retried) == buckets(unkilled)


def buckets(results):
    """The digests of all buckets and trees. Filters and manifests contain a serial, which a kill may have used up."""
    return {name: value for name, value in results["channels"].items() if name.endswith(("buckets.bin", "tree.bin"))}


def expected(name, facts, folder, restored):
    """The results of recovery, of the repeated command, of loading and publishing more, and of rotating."""
    path = unpack(name, folder / "again")
    numbers = expanded(ALL)
    results = {"numbers": ALL}
    with ControlDatabase.open(Home(path)) as control:
        results["status"] = read_status(Home(path), control, DATE).to_json()
    results["verified"] = {
        channel: [
            each.to_json()
            for each in verify_directory(
                path / "online" / "channels" / channel, (path / f"trust-{channel}.json").read_bytes(), DATE
            )
        ]
        for channel in CHANNELS
    }
    there = tree(unpack(name, folder / "untouched"))
    with opened(path, facts) as session:
        results["keys"] = {"custody": key_contents(session.keyring), "online": key_contents(session.online_keyring())}
        session.recover()
        left = tree(path)
        changed = {name: list(now) for name, now in left.items() if there.get(name) != now}
        assert changed == restored, "recovery changed what it should leave alone"
        results["removed"], results["restored"] = sorted(set(there) - set(left)), restored
        results["opened"] = stage(session, [], folder / "work", numbers)
        del results["opened"]["channels"]  # the same as in the archive
        for each in ("retry", "more"):
            results[each] = stage(session, facts[each], folder / "work", numbers)
        results["rotate"] = without_new_keys(stage(session, facts["rotate"], folder / "work", numbers))
    return results


def commit():
    """The commit of the code, which must have no further changes."""
    changed = git("status", "--porcelain", "--", "pilookup", "rust", "server")
    assert not changed, changed
    return git("rev-parse", "HEAD")


def git(*command):
    return subprocess.run(["git", "-C", ROOT, *command], check=True, capture_output=True, text=True).stdout.strip()


def laid_out(value, depth=5):
    """JSON with line breaks down to a depth: small and readable."""
    if depth and isinstance(value, dict) and value:
        pad = " " * (6 - depth)
        items = [f"{pad}{json.dumps(key)}: {laid_out(each, depth - 1)}" for key, each in value.items()]
        return "{\n" + ",\n".join(items) + "\n" + pad[1:] + "}"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def main():
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
        return
    names = sys.argv[1:] or [name for name in MADE if not archive(name).exists()]
    known = json.loads(INDEX.read_text(encoding="utf-8")) if INDEX.exists() else {}
    for name in names:
        assert not archive(name).exists(), f"{archive(name)}: exists already; a fixture is never made again"
        with tempfile.TemporaryDirectory() as folder:
            known[name] = make(name, Path(folder))
        INDEX.write_text(laid_out(known) + "\n", encoding="utf-8")
        print(f"{name}: {archive(name).stat().st_size} bytes")


if __name__ == "__main__":
    main()
