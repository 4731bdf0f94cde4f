"""apply(delta(old, new), old) is new, and nothing else that is called a delta leads anywhere."""

import random
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup import _core
from pilookup.errors import FormatError
from pilookup.protocol import delta, merkle
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.delta import HEADER, REMOVAL, DeltaHeader, delta_name, is_delta
from pilookup.release_files import delta_file
from pilookup.release_files.delta_file import SnapshotBuckets, apply_delta, write_delta

GEOMETRY = Geometry(2, 64)


class Snapshot:
    """The geometry, root and buckets of a snapshot, as far as deltas go."""

    def __init__(self, records, geometry=GEOMETRY):
        self.geometry = geometry
        self.buckets = b"".join(
            b"".join(sorted(entry for index, entry in records if index == bucket)).ljust(geometry.stride, b"\0")
            for bucket in range(geometry.buckets)
        )
        self.root = root_of(self.buckets, geometry)


def root_of(buckets, geometry):
    _, leaves = _core.check_buckets(buckets, geometry.slots)
    return merkle.root(merkle.build(leaves[at : at + 32] for at in range(0, len(leaves), 32)))


def entry(number):
    return sha256(number.to_bytes(4)).digest()


def snapshot(numbers):
    return Snapshot({(number % 4, entry(number)) for number in numbers})


class Folder:
    """Writes snapshots and deltas into a directory, and applies them."""

    def __init__(self, folder):
        self.folder = folder

    def delta(self, old, new, name="delta"):
        path = self.folder / name
        path.unlink(missing_ok=True)
        found = write_delta(self.on_disk("old", old), self.on_disk("new", new), path)
        if found is None:
            assert not list(self.folder.glob(f"{name}*"))
            return None
        data = path.read_bytes()
        assert (found.size, found.sha256) == (len(data), sha256(data).hexdigest())
        assert not list(self.folder.glob("*.added"))
        return data

    def applied(self, data, old, new):
        (self.folder / "data").write_bytes(data)
        out = SnapshotBuckets(new.geometry, new.root, self.folder / "out")
        apply_delta(self.on_disk("old", old), self.folder / "data", out)
        return out.path.read_bytes()

    def on_disk(self, name, snapshot):
        (self.folder / name).write_bytes(snapshot.buckets)
        return SnapshotBuckets(snapshot.geometry, snapshot.root, self.folder / name)


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.fixture(params=[1 << 22, 2048, 72], ids=["at once", "a bucket at once", "an item at once"])
def blocks(request, monkeypatch):
    monkeypatch.setattr(delta_file, "READ_BYTES", request.param)


NUMBERS = st.sets(st.integers(0, 199), max_size=200)


@settings(deadline=None, max_examples=60)
@given(old=NUMBERS, new=NUMBERS)
def test_a_delta_leads_from_one_snapshot_to_the_other(blocks, old, new):
    before, after = snapshot(old), snapshot(new)
    with TemporaryDirectory() as temporary:
        folder = Folder(Path(temporary))
        data = folder.delta(before, after)
        if data is None:
            too_large = HEADER.size + 8 * len(old - new) + 36 * len(new - old) > GEOMETRY.size // 2
            assert old == new or too_large
            return
        assert len(data) == HEADER.size + 8 * len(old - new) + 36 * len(new - old)
        assert folder.applied(data, before, after) == after.buckets
        assert folder.delta(before, after) == data, "the same two snapshots give the same bytes"


@pytest.fixture
def pair(folder):
    old, new = snapshot(range(100)), snapshot([*range(4, 100), *range(200, 208)])
    return old, new, folder.delta(old, new)


def led_to(folder, data, old, new):
    """Whether bytes lead to the new root, or are refused."""
    try:
        buckets = folder.applied(data, old, new)
        return root_of(buckets, new.geometry) == new.root
    except (FormatError, ValueError):
        return False


def test_any_byte_that_is_changed_is_refused(folder, pair):
    old, new, data = pair
    assert led_to(folder, data, old, new)
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 1 << at % 8
        assert not led_to(folder, bytes(changed), old, new), at


def test_any_other_length_is_refused(folder, pair):
    old, new, data = pair
    for size in range(len(data)):
        with pytest.raises(FormatError):
            folder.applied(data[:size], old, new)
    for more in (b"\0", b"\0" * 8, data[-36:]):
        with pytest.raises(FormatError):
            folder.applied(data + more, old, new)


def test_random_bytes_and_pieces_of_deltas_are_refused(folder, pair):
    """A fuzzer that keeps the header's counts consistent, so that the items behind it are reached."""
    old, new, data = pair
    chance = random.Random(13)
    for _ in range(150):
        removals, additions = chance.randrange(6), chance.randrange(6)
        items = [REMOVAL.pack(chance.randrange(6), chance.randrange(70)) for _ in range(removals)]
        items += [chance.randrange(6).to_bytes(4) + entry(chance.randrange(210)) for _ in range(additions)]
        head = DeltaHeader(GEOMETRY, removals, additions, old.root, new.root).to_bytes()
        assert not led_to(folder, head + b"".join(items), old, new)
        cut, other = chance.randrange(len(data)), chance.randrange(len(data))
        mixed = data[:cut] + chance.randbytes(chance.randrange(80)) + data[other:]
        assert mixed == data or not led_to(folder, mixed, old, new)


def changed(data, *, removals=None, additions=None, **header):
    """A delta with other items or another header."""
    old = DeltaHeader.from_bytes(data[: HEADER.size])
    first = HEADER.size + old.removals * 8
    was_removed = [data[at : at + 8] for at in range(HEADER.size, first, 8)]
    was_added = [data[at : at + 36] for at in range(first, len(data), 36)]
    removals = was_removed if removals is None else removals(was_removed)
    additions = was_added if additions is None else additions(was_added)
    values = {
        "geometry": old.geometry, "removals": len(removals), "additions": len(additions),
        "old_root": old.old_root, "new_root": old.new_root,
    } | header  # fmt: skip
    return DeltaHeader(**values).to_bytes() + b"".join([*removals, *additions])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"removals": lambda items: items[::-1]}, "removals are not in order"),
        ({"removals": lambda items: [items[0], *items]}, "removals are not in order"),
        ({"removals": lambda items: [*items, REMOVAL.pack(4, 0)]}, "removals are not in order"),
        ({"removals": lambda items: [*items, REMOVAL.pack(3, 64)]}, "removals are not in order"),
        ({"removals": lambda items: [*items, REMOVAL.pack(3, 63)]}, "removes an entry that is not there"),
        ({"additions": lambda items: items[::-1]}, "additions are not in order"),
        ({"additions": lambda items: [items[0], *items]}, "additions are not in order"),
        ({"additions": lambda items: [*items, (4).to_bytes(4) + entry(9)]}, "additions are not in order"),
        ({"additions": lambda items: [bytes(36), *items]}, "additions are not in order"),
        ({"additions": lambda items: sorted([*items, (3).to_bytes(4) + entry(7)])}, "adds an entry that is there"),
        ({"additions": lambda items: sorted([*items, *((3).to_bytes(4) + entry(n) for n in range(300, 364))])},
         "more entries than slots"),
        ({"geometry": Geometry(2, 72)}, "between other snapshots"),
        ({"old_root": bytes(32)}, "between other snapshots"),
        ({"new_root": bytes(32)}, "between other snapshots"),
        ({"removals": lambda items: items[1:], "additions": lambda items: items}, None),
    ],
)  # fmt: skip
def test_each_rule(folder, pair, change, text):
    old, new, data = pair
    other = changed(data, **change)
    if text is None:
        assert folder.applied(other, old, new) != new.buckets
        return
    with pytest.raises(FormatError, match=text):
        folder.applied(other, old, new)


def test_a_change_of_a_label_is_a_removal_and_an_addition(folder):
    old = snapshot(range(40))
    new = Snapshot({(n % 4, entry(n) if n != 8 else entry(n)[:4] + bytes(27) + b"\1") for n in range(40)})
    assert len(folder.delta(old, new)) == HEADER.size + 8 + 36


def test_no_delta_where_nothing_is_gained(folder):
    old = snapshot(range(40))
    assert folder.delta(old, old) is None
    assert folder.delta(Snapshot(set()), snapshot(range(200))) is None, "half the size of buckets.bin"
    grown = Snapshot({(n % 4, entry(n)) for n in range(41)}, Geometry(2, 72))
    assert folder.delta(old, grown) is None


def test_buckets_of_another_size_are_refused(folder, pair):
    old, new, data = pair
    old.buckets = old.buckets[:-1]
    with pytest.raises(FormatError, match="another size"):
        folder.applied(data, old, new)


def test_one_percent_of_changes_takes_less_than_one_and_a_half_of_the_records(folder):
    """10,000 entries: 100 records change, half of them as labels; a record has 36 bytes, and its entry 32."""
    geometry = Geometry(5, 640)
    records = {(n % 32, entry(n)) for n in range(10_000)}
    gone = set(random.Random(1).sample(sorted(records), 100))
    old = Snapshot(records, geometry)
    relabelled = Snapshot(records - gone | {(index, one[:4] + entry(9)[4:]) for index, one in gone}, geometry)
    added = Snapshot(records | {(n % 32, entry(n)) for n in range(10_000, 10_100)}, geometry)
    assert len(folder.delta(old, relabelled)) <= 1.5 * 100 * 32
    assert len(folder.delta(old, added)) <= 1.5 * 100 * 32


@pytest.mark.parametrize(
    ("name", "right"),
    [("delta-1.bin", True), ("delta-9007199254740991.bin", True), ("delta-0.bin", False), ("delta-01.bin", False),
     ("delta-.bin", False), ("delta-1", False), ("1.bin", False), ("delta-9007199254740992.bin", False),
     ("delta-१.bin", False), ("buckets.bin", False), ("delta--1.bin", False)],
)  # fmt: skip
def test_names(name, right):
    assert is_delta(name) is right


def test_a_name_leads_back_to_its_serial():
    assert delta_name(41) == "delta-41.bin"
    assert is_delta(delta_name(41))
    assert delta.HEADER.size == 84
