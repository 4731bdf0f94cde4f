"""`pilookup.Filter` never says absent unless every rule of SPEC.md section 10.5 holds."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256, sha512

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup import Filter
from pilookup.protocol import token
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.filter import Algorithm, Role, file_name
from pilookup.protocol.label import Kind, Profile
from pilookup.protocol.manifest import FileRef, Manifest
from pilookup.protocol.names import CANARIES
from pilookup.protocol.oprf import SecretKey
from tests.support.filters import Filter as FilterFile
from tests.support.filters import build_body

EPOCH, SERIAL = 3, 7
NAMES = CANARIES[:4]
PUBLIC_KEY = SecretKey.generate().public()


def token_of(text, channel="public"):
    """A token as good as a real one: 64 pseudorandom bytes."""
    return sha512(f"{channel} {text}".encode()).digest()


CANARY_TOKENS = {name: token_of(name) for name in NAMES}


def keys_of(texts, channel="public"):
    return b"".join(token_of(text, channel)[16:24] for text in texts)


def filter_file(kind, role, texts, algorithm=Algorithm.FUSE16, /, **changes):
    """A filter file's bytes; `changes` are fields of its header, and `channel_of_keys` makes keys of another channel."""
    body = build_body(keys_of(texts, changes.pop("keys_of", "public")), algorithm)
    made = FilterFile("public", EPOCH, SERIAL, kind, role, algorithm, body)
    return replace(made, **changes).to_bytes()


class Snapshot:
    """Filters of a snapshot in a directory, and its manifest."""

    def __init__(self, folder, contents):
        folder.mkdir(parents=True, exist_ok=True)
        self.files = {}
        for name, data in contents.items():
            self.files[name] = folder / name
            self.files[name].write_bytes(data)
        refs = {name: FileRef(sha256(data).hexdigest(), len(data)) for name, data in contents.items()}
        self.manifest = Manifest(
            channel="public",
            profile=Profile.COARSE,
            epoch=EPOCH,
            serial=SERIAL,
            created=datetime(2026, 1, 2, tzinfo=UTC),
            public_key=PUBLIC_KEY,
            geometry=Geometry(0, 64),
            entries=0,
            root=bytes(32),
            files={"buckets.bin": FileRef("0" * 64, 0), "tree.bin": FileRef("0" * 64, 0)} | refs,
            canaries=CANARIES,
        )

    def filter(self, canaries=CANARY_TOKENS):
        return Filter(self.manifest, self.files, canaries)


HELD = {Kind.EXPOSURE: ["a", "b", "c"], Kind.MALICIOUS: ["c", "d"]}
ADDED = {Kind.EXPOSURE: ["e"], Kind.MALICIOUS: []}


def contents(algorithm=Algorithm.FUSE16, *, additions=False, base_serial=None):
    """The files of a right snapshot, by name."""
    made = {}
    for kind in Kind:
        serial = base_serial or (SERIAL - 2 if additions else SERIAL)
        made[file_name(kind, Role.BASE, algorithm)] = filter_file(
            kind, Role.BASE, [*NAMES, *HELD[kind]], algorithm, serial=serial
        )
        if additions:
            made[file_name(kind, Role.ADDITIONS, algorithm)] = filter_file(kind, Role.ADDITIONS, ADDED[kind], algorithm)
    return made


def absent(made, texts):
    return made.absent([token_of(text) for text in texts])


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_numbers_of_no_kind_are_absent_and_others_are_not(algorithm, tmp_path):
    made = Snapshot(tmp_path, contents(algorithm)).filter()
    assert not made.doubts
    assert absent(made, "abcd") == [False] * 4
    # A number that is not held may still be in a filter, by chance: then the bucket decides.
    said = absent(made, [f"other {i}" for i in range(200)])
    assert sum(said) >= (180 if algorithm is Algorithm.FUSE8 else 199)


def test_additions_count_too(tmp_path):
    made = Snapshot(tmp_path, contents(additions=True)).filter()
    assert not made.doubts
    assert absent(made, ["a", "d", "e"]) == [False] * 3
    assert sum(absent(made, [f"other {i}" for i in range(50)])) >= 49


def test_no_tokens(tmp_path):
    made = Snapshot(tmp_path, contents()).filter()
    assert made.absent([]) == []


def base_of(kind):
    return file_name(kind, Role.BASE, Algorithm.FUSE16)


def additions_of(kind):
    return file_name(kind, Role.ADDITIONS, Algorithm.FUSE16)


OTHER = {Kind.EXPOSURE: Kind.MALICIOUS, Kind.MALICIOUS: Kind.EXPOSURE}


def rebuilt(which, texts, algorithm=Algorithm.FUSE16, /, **changes):
    """A change of a snapshot's files: another base of a kind."""
    made = filter_file(which, Role.BASE, [*NAMES, *texts], algorithm, **changes)
    return lambda files: files | {base_of(which): made}


def faults(kind):
    """Changes to a right snapshot with additions, each of which leaves the kind unsettled."""
    held = HELD[kind]
    base, added = base_of(kind), additions_of(kind)
    return {
        "another key": lambda files: files | {base: filter_file(kind, Role.BASE, [*NAMES, *held], keys_of="platform")},
        "empty base": lambda files: files | {base: filter_file(kind, Role.BASE, [])},
        "base without canaries": lambda files: files | {base: filter_file(kind, Role.BASE, held)},
        "one canary of four missing": lambda files: files | {base: filter_file(kind, Role.BASE, [*NAMES[1:], *held])},
        "no base": lambda files: {name: data for name, data in files.items() if name != base},
        "older base without additions": lambda files: {n: d for n, d in files.items() if n != added},
        "older additions": lambda files: files | {added: filter_file(kind, Role.ADDITIONS, [], serial=SERIAL - 1)},
        "newer additions": lambda files: files | {added: filter_file(kind, Role.ADDITIONS, [], serial=SERIAL + 1)},
        "newer base": rebuilt(kind, held, serial=SERIAL + 1),
        "another channel": rebuilt(kind, held, channel="platform"),
        "another epoch": rebuilt(kind, held, epoch=EPOCH - 1),
        "another kind": rebuilt(kind, held, kind=OTHER[kind]),
        "another role": rebuilt(kind, held, role=Role.ADDITIONS),
        "another algorithm than its name": rebuilt(kind, held, Algorithm.FUSE32),
        "additions of another channel": lambda files: (
            files | {added: filter_file(kind, Role.ADDITIONS, [], channel="platform")}
        ),
        "additions of another epoch": lambda files: (
            files | {added: filter_file(kind, Role.ADDITIONS, [], epoch=EPOCH + 1)}
        ),
        "additions of another kind": lambda files: (
            files | {added: filter_file(kind, Role.ADDITIONS, [], kind=OTHER[kind])}
        ),
        "additions in another algorithm": lambda files: (
            {n: d for n, d in files.items() if n != added}
            | {
                base: filter_file(kind, Role.BASE, [*NAMES, *held]),
                file_name(kind, Role.ADDITIONS, Algorithm.FUSE8): filter_file(
                    kind, Role.ADDITIONS, [], Algorithm.FUSE8
                ),
            }
        ),
        "kinds swapped": lambda files: (
            files
            | {
                base_of(Kind.EXPOSURE): files[base_of(Kind.MALICIOUS)],
                base_of(Kind.MALICIOUS): files[base_of(Kind.EXPOSURE)],
            }
        ),
        "base and additions swapped": lambda files: files | {base: files[added], added: files[base]},
        "cut": lambda files: files | {base: files[base][:-1]},
        "altered": lambda files: files | {base: files[base][:-40] + bytes([files[base][-40] ^ 1]) + files[base][-39:]},
        "no content": lambda files: files | {base: b""},
    }


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("fault", sorted(faults(Kind.EXPOSURE)))
def test_a_fault_that_is_signed_leaves_every_number_to_its_bucket(kind, fault, tmp_path):
    """The manifest lists the faulty files themselves: the fault is the publisher's."""
    made = Snapshot(tmp_path, faults(kind)[fault](contents(additions=True))).filter()
    assert made.doubts
    assert absent(made, ["a", "d", "e", "other", *NAMES]) == [False] * 8


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("fault", sorted(set(faults(Kind.EXPOSURE)) - {"no base", "older base without additions"}))
def test_a_file_other_than_the_listed_one_leaves_every_number_to_its_bucket(kind, fault, tmp_path):
    """The manifest lists the right files, and somebody has replaced one."""
    right = contents(additions=True)
    snapshot = Snapshot(tmp_path, right)
    for name, data in faults(kind)[fault](right).items():
        if name in snapshot.files:
            snapshot.files[name].write_bytes(data)
    made = snapshot.filter()
    assert made.doubts
    assert absent(made, ["a", "d", "e", "other"]) == [False] * 4


@pytest.mark.parametrize("more", [b"x", b"x" * 100_000])
def test_a_longer_file_is_not_the_listed_one(more, tmp_path):
    snapshot = Snapshot(tmp_path, contents())
    path = snapshot.files[base_of(Kind.EXPOSURE)]
    path.write_bytes(path.read_bytes() + more)
    assert set(snapshot.filter().doubts) == {Kind.EXPOSURE}


def test_a_file_that_is_not_given_leaves_every_number_to_its_bucket(tmp_path):
    snapshot = Snapshot(tmp_path, contents())
    del snapshot.files[base_of(Kind.MALICIOUS)]
    made = snapshot.filter()
    assert "not given" in made.doubts[Kind.MALICIOUS]
    assert absent(made, ["other"]) == [False]


def test_no_canary_leaves_every_number_to_its_bucket(tmp_path):
    made = Snapshot(tmp_path, contents()).filter({})
    assert set(made.doubts) == set(Kind)
    assert absent(made, ["other"]) == [False]


def test_a_canary_of_another_snapshot_is_refused(tmp_path):
    snapshot = Snapshot(tmp_path, contents())
    with pytest.raises(ValueError, match="does not list"):
        snapshot.filter({"test:another": token_of("x")})
    with pytest.raises(ValueError, match="64 bytes"):
        snapshot.filter({NAMES[0]: token_of(NAMES[0])[:63]})
    with pytest.raises(ValueError, match="64 bytes"):
        snapshot.filter().absent([b""])


def test_a_token_of_a_canary_under_another_key_leaves_every_number_to_its_bucket(tmp_path):
    made = Snapshot(tmp_path, contents()).filter({NAMES[0]: token_of(NAMES[0], "platform")})
    assert set(made.doubts) == set(Kind)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    snapshot = Snapshot(tmp_path, contents())
    snapshot.files[base_of(Kind.EXPOSURE)].unlink()
    with pytest.raises(FileNotFoundError):
        snapshot.filter()


@settings(deadline=None, max_examples=60)
@given(
    held=st.lists(st.text(max_size=6), max_size=30, unique=True),
    asked=st.lists(st.text(max_size=6), max_size=30),
    algorithm=st.sampled_from([Algorithm.FUSE16, Algorithm.FUSE32]),
    kind=st.sampled_from(Kind),
    fault=st.sampled_from([None, *sorted(faults(Kind.EXPOSURE))]),
    data=st.data(),
)
def test_random_snapshots_never_say_that_a_held_number_is_absent(held, asked, algorithm, kind, fault, data, tmp_path):
    cut = data.draw(st.integers(0, len(held)))
    files = {}
    for one in Kind:
        base, more = (held[:cut], held[cut:]) if one is kind else ([], [])
        files[file_name(one, Role.BASE, algorithm)] = filter_file(
            one, Role.BASE, [*NAMES, *base], algorithm, serial=SERIAL - 1
        )
        files[file_name(one, Role.ADDITIONS, algorithm)] = filter_file(one, Role.ADDITIONS, more, algorithm)
    if fault is not None:
        files = contents(additions=True) if algorithm is not Algorithm.FUSE16 else files
        files = faults(kind)[fault](files)
    made = Snapshot(tmp_path, files).filter()
    said = absent(made, [*held, *asked])
    assert not any(said[: len(held)])
    assert not (fault and any(said))
    if fault is None:
        assert not made.doubts


@settings(deadline=None, max_examples=300)
@given(at=st.integers(0, 10**6), bit=st.integers(0, 7), name=st.sampled_from(sorted(contents(additions=True))))
def test_any_flipped_bit_of_a_file_leaves_every_number_to_its_bucket(at, bit, name, tmp_path):
    snapshot = Snapshot(tmp_path, contents(additions=True))
    changed = bytearray(snapshot.files[name].read_bytes())
    changed[at % len(changed)] ^= 1 << bit
    snapshot.files[name].write_bytes(changed)
    made = snapshot.filter()
    assert made.doubts
    assert absent(made, ["a", "other"]) == [False, False]


def test_the_filter_key_is_that_of_the_token():
    assert keys_of(["x"]) == token.filter_key(token_of("x")).to_bytes(8, "big")
