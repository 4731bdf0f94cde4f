"""Bundles that were changed on their way: any byte, any length, pieces swapped, repeated, mixed or missing."""

import json
import random
import shutil
from functools import partial

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.bundles.header import DOMAINS, Header, Item, Section, Sender, framed
from pilookup.bundles.journal import Journal, Removal, erased_element, open_dataset, open_element, withdrawn_dataset
from pilookup.bundles.pieces import PieceHead, piece_path
from pilookup.bundles.read import opened_bundle
from pilookup.bundles.records import (
    TRUST_FILE,
    Exported,
    ExportRecord,
    Machine,
    parse_trust,
    read_trust,
    split_framed,
    trust_bytes,
)
from pilookup.bundles.write import item_of
from pilookup.custody.journal import journal_key
from pilookup.errors import BundleError, FormatError, PilookupError
from tests.support.bundles.machines import LATER, carried, export, import_bundle, opened, serve, state
from tests.support.custody.channel import NOW

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SEAL = bytes(range(32, 64))
PIECE = 8192
_changed = st.tuples(st.integers(0, 10_000), st.integers(1, 255))


def header(**changes):
    item = item_of("journal", "journal", b"content")
    fields = {
        "sender": Sender.CUSTODY,
        "number": 3,
        "created": NOW,
        "machine": "",
        "sections": (Section("journal", critical=True),),
        "items": (item,),
        "channels": (),
        "journal": 0,
    }
    return Header(**(fields | changes))


def journal(entries=3):
    made = Journal(KEY.public_key())
    for at in range(entries):
        kind = Removal.ERASE if at % 2 == 0 else Removal.WITHDRAW
        payload = erased_element(bytes([at]) * 32) if kind is Removal.ERASE else withdrawn_dataset(at, f"case-{at}")
        made = made.extended(kind, payload, NOW, KEY, SEAL)
    return made


def flipped(data, change):
    at, bits = change[0] % len(data), change[1]
    return data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """The directory with the bundle, whole and in pieces, and HOMEs; tests do not change what is in it."""
    path = tmp_path_factory.mktemp("machines")
    custody, bundle, serving = carried(path)
    import_bundle(bundle, serving, custody)
    serve(serving)
    with opened(custody, LATER) as open_home:
        open_home.publish("public")
    export(custody, path / "second", LATER)
    export(custody, path / "third", LATER, piece_size=PIECE)
    export(custody, path / "fourth", LATER, piece_size=PIECE)
    return path


@pytest.fixture
def serving(machines, tmp_path):
    return shutil.copytree(machines / "serving", tmp_path / "serving")


def pieces(machines, name):
    return sorted(machines.glob(f"{name}.[0-9]*"))


def refused(paths, home, match=None):
    before = state(home)
    with pytest.raises(PilookupError, match=match):
        import_bundle(paths, home, now=LATER)
    assert state(home) == before
    assert not (home / "online" / "incoming").exists()


@given(st.binary(max_size=400) | _changed.map(partial(flipped, header().to_bytes())))
@settings(max_examples=200, deadline=None)
def test_a_header_is_written_as_it_was_read_or_refused(data):
    try:
        found = Header.from_bytes(data)
    except FormatError:
        return
    assert found.to_bytes() == data


@given(_changed | st.integers(1, 500))
@settings(max_examples=150, deadline=None)
def test_no_changed_or_shortened_journal_is_accepted_as_a_continuation(change):
    whole = journal()
    data = flipped(whole.data, change) if isinstance(change, tuple) else whole.data[:-change]
    try:
        found = Journal.from_bytes(data, KEY.public_key())
    except PilookupError:
        return
    with pytest.raises(BundleError):
        found.check_extends(whole)


def test_a_journal_opens_with_its_key_alone_and_no_two_entries_are_equal():
    made = journal()
    erase, withdraw, again = made.entries
    assert (open_element(erase, SEAL), open_dataset(withdraw, SEAL)) == (bytes(32), (1, "case-1"))
    assert open_element(again, SEAL) == b"\x02" * 32
    assert len(erase.to_line()) == len(again.to_line())
    assert len(erase.sealed) == len(withdraw.sealed)
    for entry in made.entries:
        with pytest.raises(BundleError, match="sealed under another key"):
            open_element(entry, bytes(32))
    with pytest.raises(BundleError, match="does not follow"):
        Journal.from_bytes(made.entries[1].to_line(), KEY.public_key())
    swapped = b"".join(made.entries[at].to_line() for at in (0, 2, 1))
    with pytest.raises(BundleError, match="does not follow"):
        Journal.from_bytes(swapped, KEY.public_key())
    with pytest.raises(BundleError):
        Journal.from_bytes(made.data, Ed25519PrivateKey.generate().public_key())


@given(st.binary(min_size=64, max_size=64))
def test_a_piece_head_is_written_as_it_was_read_or_refused(data):
    for each in (data, b"PLPIECE\x01" + data[8:]):
        try:
            head = PieceHead.from_bytes(each)
        except FormatError:
            continue
        assert head.to_bytes() == each


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
@settings(max_examples=100, deadline=None)
def test_records_of_any_bytes_are_refused_with_their_own_error(data):
    for parse in (ExportRecord.from_bytes, parse_trust, split_framed):
        with pytest.raises(FormatError):
            parse(data)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists))
@settings(max_examples=100, deadline=None)
def test_records_with_any_values_are_refused_or_read(value):
    machine = Machine(KEY.public_key(), Exported(1, NOW, 2, {}), {"public": 3})
    record = ExportRecord((Exported(1, NOW, 2, {"public": 3}),), {"ab": machine})
    assert ExportRecord.from_bytes(record.to_bytes()) == record
    for name in ("exports", "machines", "version"):
        body = json.loads(record.to_bytes()) | {name: value}
        try:
            ExportRecord.from_bytes(json.dumps(body).encode())
        except FormatError:
            continue
        assert name != "version" or value == 2


def test_the_trust_file_is_read_as_written():
    assert parse_trust(trust_bytes(KEY.public_key())).public_bytes_raw() == KEY.public_key().public_bytes_raw()


def test_no_changed_byte_is_accepted(machines, serving, tmp_path):
    data, rng = (machines / "second").read_bytes(), random.Random(7)
    start = int.from_bytes(data[8:12], "big") + 76
    places = [0, 7, 8, 11, 12, start - 64, start - 1, start, len(data) - 1]
    for at in [*places, *(rng.randrange(len(data)) for _ in range(20))]:
        (tmp_path / "changed").write_bytes(flipped(data, (at, rng.randrange(1, 256))))
        refused(tmp_path / "changed", serving)


def test_no_other_length_is_accepted(machines, serving, tmp_path):
    data, rng = (machines / "second").read_bytes(), random.Random(8)
    for size in (0, 1, 8, 12, 100, len(data) - 1, *(rng.randrange(len(data)) for _ in range(10))):
        (tmp_path / "short").write_bytes(data[:size])
        refused(tmp_path / "short", serving)
    (tmp_path / "long").write_bytes(data + b"\0")
    refused(tmp_path / "long", serving, "longer or shorter than its header says")


def test_pieces_are_found_by_name_by_one_of_them_in_any_order_and_by_their_directory(machines, serving, tmp_path):
    here = pieces(machines, "third")
    assert len(here) > 2
    folder = tmp_path / "disc"
    folder.mkdir()
    for path in here:
        shutil.copy(path, folder)
    for paths in (machines / "third", here[1], list(reversed(here)), folder):
        import_bundle(paths, serving, now=LATER)


def test_missing_repeated_mixed_and_cut_pieces_are_named(machines, serving, tmp_path):
    third, fourth = pieces(machines, "third"), pieces(machines, "fourth")
    cut = tmp_path / "third.002"
    cut.write_bytes(third[1].read_bytes()[:-1])
    refused([third[0], *third[2:]], serving, "piece 2 of")
    refused([*third, third[0]], serving, "piece 1 is here twice")
    refused([third[0], fourth[1], *third[2:]], serving, r"fourth\.002: a piece of another bundle")
    refused([third[0], cut, *third[2:]], serving, "piece 2 of .* is not whole")


def test_a_piece_under_the_head_of_another_bundle_is_refused(machines, serving, tmp_path):
    third, fourth = pieces(machines, "third"), pieces(machines, "fourth")
    for number in (0, 1, len(third) - 1):
        head, body = third[number].read_bytes()[:64], fourth[number].read_bytes()[64:]
        forged = tmp_path / f"forged-{number}"
        forged.write_bytes(head + body)
        paths = [forged if at == number else path for at, path in enumerate(third)]
        if third[number].read_bytes()[64:] != body:
            refused(paths, serving)


def signed(custody, content, **changes):
    """A bundle signed by custody with these items, whatever they are."""
    sources = {item_of(section, name, data): data for (section, name), data in content.items()}
    with opened(custody, LATER) as open_home:
        key = journal_key(open_home._session())
    made = header(items=tuple(sources), **changes).to_bytes()
    return framed(made, key.sign(DOMAINS[Sender.CUSTODY] + made)) + b"".join(sources.values())


def test_an_unknown_section_is_skipped_unless_it_is_critical(machines, serving, tmp_path):
    """Later versions add sections, such as answers to reports."""
    with opened_bundle(
        [machines / "second"], Sender.CUSTODY, [read_trust(machines / "custody" / TRUST_FILE)]
    ) as bundle:
        whole = {(item.section, item.name): b"".join(chunks) for item, chunks in bundle.items()}
        former = bundle.header
    content = whole | {("answers", "1.json"): b"{}"}
    common = {"number": former.number + 1, "channels": former.channels, "journal": former.journal}
    for critical in (True, False):
        sections = (*former.sections, Section("answers", critical=critical))
        (tmp_path / "later").write_bytes(signed(machines / "custody", content, sections=sections, **common))
        if critical:
            refused(tmp_path / "later", serving, "a section answers, which this version cannot read")
    import_bundle(tmp_path / "later", serving, now=LATER)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda whole: {("release", "public/targets/more.json"): b""} | whole, "not a file of a release"),
        (
            lambda whole: {("release", f"public/targets/{'0' * 64}.more.json"): b""} | whole,
            "not those that its release",
        ),
        (lambda whole: {("release", "public/metadata/timestamp.json"): b"{}"} | whole, "not a file that custody sends"),
        (lambda whole: {("keys", "channel-public-7.key"): b"k"} | whole, "not a key that custody sends"),
        (
            lambda whole: {name: data for name, data in whole.items() if "channel-public-1" not in name[1]},
            "key channel",
        ),
        (lambda whole: {name: data for name, data in whole.items() if "keyring.json" not in name[1]}, "no keyring"),
        (lambda whole: {name: data for name, data in whole.items() if name[1] != "journal"}, "no journal"),
        (lambda whole: {name: data for name, data in whole.items() if "tree.bin" not in name[1]}, "not those that its"),
    ],
)
def test_a_signed_bundle_of_other_items_is_refused(machines, serving, tmp_path, change, told):
    with opened_bundle(
        [machines / "second"], Sender.CUSTODY, [read_trust(machines / "custody" / TRUST_FILE)]
    ) as bundle:
        whole = {(item.section, item.name): b"".join(chunks) for item, chunks in bundle.items()}
        former = bundle.header
    common = {"sections": former.sections, "channels": former.channels, "number": former.number + 1}
    data = signed(machines / "custody", change(whole), journal=former.journal, **common)
    (tmp_path / "forged").write_bytes(data)
    refused(tmp_path / "forged", serving, told)


@pytest.mark.parametrize("name", ["../x", "/x", "a//b", "a/../b", ".x", "a/.x", "", "a\\b", "a\0"])
def test_no_item_has_a_name_that_leaves_the_directory(name):
    with pytest.raises(FormatError):
        Header.from_bytes(header(items=(Item("journal", name, 0, "0" * 64),)).to_bytes())


def test_an_existing_file_is_never_replaced(machines, tmp_path):
    custody = shutil.copytree(machines / "custody", tmp_path / "custody")
    (tmp_path / "out").write_bytes(b"something else")
    piece_path(tmp_path / "out", 1).write_bytes(b"something else")
    for options in ({}, {"piece_size": PIECE}):
        with pytest.raises(BundleError, match="exists; choose another name"):
            export(custody, tmp_path / "out", LATER, **options)
    with pytest.raises(BundleError, match="too small"):
        export(custody, tmp_path / "other", LATER, piece_size=1000)
    assert (tmp_path / "out").read_bytes() == b"something else"
