import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilookup.errors import FormatError
from pilookup.protocol.buckets import Geometry
from pilookup.protocol.label import Kind, Profile
from pilookup.protocol.manifest import MAX_MANIFEST_BYTES, Case, FileRef, Manifest, check_file
from pilookup.protocol.oprf import SecretKey
from pilookup.protocol.title import is_title

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
DIGESTS = st.binary(min_size=32, max_size=32)
PUBLIC_KEYS = st.builds(lambda: SecretKey.generate().public())
FILES = st.from_regex(r"[a-z0-9][a-z0-9-]{0,9}(\.[a-z0-9-]{1,9}){1,2}", fullmatch=True)
CODES = st.lists(st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}", fullmatch=True), max_size=3).map(tuple)
TITLES = st.text(min_size=1, max_size=60).filter(is_title)
REFS = st.builds(FileRef, HEX, st.integers(0, 2**53 - 1))
SAFE = st.integers(1, 2**53 - 1)
CASES = st.builds(
    Case,
    id=st.integers(1, 0xFFFF),
    kind=st.sampled_from(Kind),
    title_zh=TITLES,
    title_en=TITLES,
    seized_on=st.none() | st.dates(date(1900, 1, 1)),
    data_classes=CODES,
    advice=CODES,
)
MANIFESTS = st.builds(
    Manifest,
    channel=st.from_regex(r"[a-z0-9]{1,32}", fullmatch=True),
    profile=st.sampled_from(Profile),
    epoch=st.integers(1, 2**32 - 1),
    serial=SAFE,
    created=st.integers(0, 4_000_000_000).map(lambda s: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=s)),
    public_key=PUBLIC_KEYS,
    geometry=st.builds(Geometry, st.integers(0, 16), st.integers(64, 2**20)),
    entries=st.integers(0, 2**53 - 1),
    root=DIGESTS,
    files=st.tuples(st.dictionaries(FILES, REFS, max_size=3), REFS, REFS).map(
        lambda parts: parts[0] | {"buckets.bin": parts[1], "tree.bin": parts[2]}
    ),
    canaries=st.lists(st.from_regex(r"test:[a-z0-9-]{1,64}", fullmatch=True), min_size=1, max_size=3).map(tuple),
    datasets=st.lists(CASES, max_size=3, unique_by=lambda case: case.id).map(
        lambda cases: tuple(sorted(cases, key=lambda case: case.id))
    ),
)

GOOD = Manifest(
    channel="public",
    profile=Profile.COARSE,
    epoch=3,
    serial=7,
    created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    public_key=SecretKey.from_bytes((7).to_bytes(32, "little")).public(),
    geometry=Geometry(2, 64),
    entries=5,
    root=bytes(32),
    files={"buckets.bin": FileRef("0" * 64, 8192), "tree.bin": FileRef("1" * 64, 224)},
    canaries=("test:pilookup-canary-1",),
    datasets=(
        Case(1, Kind.EXPOSURE, "甲村数据", "Village A", date(2025, 3, 9), ("phone",), ("report-110",)),
        Case(4, Kind.MALICIOUS, "乙案账号", "Case B"),
    ),
).to_bytes()
FIELDS = json.loads(GOOD)


def spelled(fields):
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def with_field(name, value):
    return spelled({**FIELDS, name: value})


def with_case(**changes):
    return with_field("datasets", [{**FIELDS["datasets"][0], **changes}])


@given(MANIFESTS)
def test_round_trip(manifest):
    data = manifest.to_bytes()
    parsed = Manifest.from_bytes(data)
    assert parsed == manifest
    assert parsed.to_bytes() == data


@given(st.data())
@settings(max_examples=300)
def test_changed_bytes_are_refused_or_another_manifest(data):
    at = data.draw(st.integers(0, len(GOOD) - 1))
    changed = GOOD[:at] + data.draw(st.binary(max_size=4)) + GOOD[at + data.draw(st.integers(0, 4)) :]
    try:
        parsed = Manifest.from_bytes(changed)
    except FormatError:
        return
    assert parsed.to_bytes() == changed


@given(st.integers(0, len(GOOD) - 1))
def test_truncated_bytes_are_refused(size):
    with pytest.raises(FormatError):
        Manifest.from_bytes(GOOD[:size])


@given(st.binary(max_size=100))
def test_any_bytes_are_refused(data):
    with pytest.raises(FormatError):
        Manifest.from_bytes(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(FIELDS)), JSON)
@settings(max_examples=500)
def test_any_value_of_any_field_raises_only_our_error(name, value):
    data = json.dumps({**FIELDS, name: value}, sort_keys=True, separators=(",", ":")).encode()
    try:
        parsed = Manifest.from_bytes(data)
    except FormatError:
        return
    assert parsed.to_bytes() == data


def test_spelled_is_the_canonical_form_here():
    assert spelled(FIELDS) == GOOD


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(GOOD.replace(b",", b", ", 1), id="space"),
        pytest.param(GOOD + b"\n", id="newline"),
        pytest.param(b"\xef\xbb\xbf" + GOOD, id="bom"),
        pytest.param(GOOD.decode().encode("utf-16"), id="utf-16"),
        pytest.param(json.dumps(FIELDS, separators=(",", ":")).encode(), id="ascii escapes"),
        pytest.param(
            json.dumps(dict(reversed(FIELDS.items())), separators=(",", ":"), ensure_ascii=False).encode(),
            id="order",
        ),
        pytest.param(GOOD.replace(b'"epoch":3', b'"epoch":3,"epoch":3', 1), id="twice"),
        pytest.param(GOOD.replace(b'"epoch":3', b'"epoch":03', 1), id="leading zero"),
        pytest.param(GOOD.replace(b'"epoch":3', b'"epoch":3.0', 1), id="float"),
        pytest.param(GOOD.replace(b'"epoch":3', b'"epoch":3e0', 1), id="exponent"),
        pytest.param(GOOD.replace(b'"epoch":3', b'"epoch":NaN', 1), id="nan"),
        pytest.param(GOOD.replace(b'"epoch":3', b'"epoch":Infinity', 1), id="infinity"),
        pytest.param(GOOD.replace(b'"epoch":3', b'"epoch":' + b"9" * 5000, 1), id="huge"),
        pytest.param(GOOD.replace(b'"entries":5', b'"entries":-0', 1), id="minus zero"),
        pytest.param(GOOD.replace(b"Village", b"\\u0056illage", 1), id="needless escape"),
        pytest.param(GOOD.replace(b"Village", b"\\ud800illage", 1), id="lone surrogate"),
        pytest.param(GOOD.replace(b"Village", b"\xed\xa0\x80illage", 1), id="surrogate in utf-8"),
        pytest.param(GOOD.replace(b"Village", b"Vil\\nlage", 1), id="newline in a title"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b'{"a":' * 100_000, id="deep objects"),
        pytest.param(b" " * (MAX_MANIFEST_BYTES + 1), id="large"),
    ],
)
def test_a_second_spelling_is_refused(data):
    with pytest.raises(FormatError):
        Manifest.from_bytes(data)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_a_missing_or_unknown_field_is_refused(name):
    for fields in ({n: v for n, v in FIELDS.items() if n != name}, {**FIELDS, name + "x": 1}):
        with pytest.raises(FormatError, match="manifest"):
            Manifest.from_bytes(spelled(fields))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("format", [0, 2, True, 1.5, "1", None]),
        ("channel", ["", "-", "A", "a" * 33, 1, None, ["public"]]),
        ("profile", ["", "EXACT", None, 1, ["exact"], {}]),
        ("epoch", [0, -1, 2**32, True, False, "3", None, 3.5]),
        ("serial", [0, -1, 2**53, True, "7", None]),
        (
            "created",
            ["", "2026-01-02T03:04:05", "2026-01-02T03:04:05+00:00", "2026-13-02T03:04:05Z", 0, None],
        ),
        ("public_key", ["", "A" * 42, "A" * 44, "A" * 42 + "B", "A" * 42 + "=", None, 1]),
        ("root", ["", "A" * 42 + "B", "A" * 42 + "+", None]),
        ("bucket_bits", [-1, 17, True, "2", None]),
        ("slots", [0, 63, 2**20 + 1, True, "64", None]),
        ("entries", [-1, 2**53, True, "5", None]),
        (
            "canaries",
            [[], ["tel:+8613800138000"], ["test:"], ["test:A"], ["test:" + "a" * 65], [1], "test:a", None],
        ),
        ("datasets", [None, {}, [1], [None], [[]], ["x"]]),
        ("files", [None, [], {}, {"buckets.bin": FIELDS["files"]["buckets.bin"]}]),
    ],
)
def test_values_that_are_refused(name, values):
    for value in values:
        with pytest.raises(FormatError, match=name):
            Manifest.from_bytes(with_field(name, value))


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 0},
        {"id": 65536},
        {"id": True},
        {"id": "1"},
        {"kind": "rumour"},
        {"kind": None},
        {"kind": []},
        {"title": "x"},
        {"title": {"zh": "x"}},
        {"title": {"zh": "x", "en": ""}},
        {"title": {"zh": "x", "en": "a\tb"}},
        {"title": {"zh": "x", "en": "a" * 201}},
        {"title": {"zh": "x", "en": 1}},
        {"title": {"zh": "x", "en": "a\u202eb"}},
        {"seized_on": "2025-3-9"},
        {"seized_on": "20250309"},
        {"seized_on": "2025-W10-7"},
        {"seized_on": "2025-02-30"},
        {"seized_on": ""},
        {"seized_on": 0},
        {"data_classes": None},
        {"data_classes": ["A"]},
        {"data_classes": [1]},
        {"advice": "x"},
        {"advice": ["-a"]},
        {"advice": ["a" * 33]},
        {"note": 1},
    ],
)
def test_cases_that_are_refused(changes):
    with pytest.raises(FormatError, match="datasets"):
        Manifest.from_bytes(with_case(**changes))


def test_cases_ascend():
    one, two = FIELDS["datasets"]
    for cases in ([two, one], [one, one]):
        with pytest.raises(FormatError, match="ascend"):
            Manifest.from_bytes(with_field("datasets", cases))


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a",
        "a.",
        ".a",
        "a..b",
        "../a.b",
        "a/b.c",
        "/a.b",
        "a\\b.c",
        "A.bin",
        "a.bin\n",
        "-a.b",
        "a b.c",
        "é.b",
    ],
)
def test_files_have_plain_names(name):
    with pytest.raises(FormatError, match="files"):
        check_file(name)
    with pytest.raises(FormatError, match="files"):
        Manifest.from_bytes(with_field("files", FIELDS["files"] | {name: FIELDS["files"]["tree.bin"]}))


@pytest.mark.parametrize("name", [None, 1, b"a.b", ["a.b"]])
def test_a_file_name_that_is_not_a_text_is_refused(name):
    with pytest.raises(FormatError, match="files"):
        check_file(name)


@pytest.mark.parametrize(
    "ref",
    [
        None,
        [],
        {},
        {"sha256": "0" * 64},
        {"sha256": "0" * 63, "size": 1},
        {"sha256": "A" * 64, "size": 1},
        {"sha256": 1, "size": 1},
        {"sha256": "0" * 64, "size": -1},
        {"sha256": "0" * 64, "size": True},
        {"sha256": "0" * 64, "size": 2**53},
        {"sha256": "0" * 64, "size": 1, "x": 1},
    ],
)
def test_file_references_that_are_refused(ref):
    with pytest.raises(FormatError, match="files"):
        Manifest.from_bytes(with_field("files", FIELDS["files"] | {"a.fuse16": ref}))
