"""Receipts: their form, their signatures, and what a platform and whoever looks at one later do with them."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import httpx2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from pilookup.bundles.machine import machine_id, machine_trust_bytes
from pilookup.cli.app import build
from pilookup.errors import FormatError, ReceiptArgumentError, ReceiptError
from pilookup.protocol.receipts import MAX_RECEIPT_BYTES, MAX_STATEMENT_BYTES, Countersignature, Receipt, Statement
from pilookup.receipts import read_receipt, send_receipt, verify_receipt
from pilookup.reports import ReportKey
from tests.support.reports.made import made
from tests.support.reports.stated import DAY, ENDED, MACHINE, countersigned, stated

WHOLE = countersigned(stated(report=made()))


@pytest.fixture(scope="module")
def trust(tmp_path_factory):
    path = tmp_path_factory.mktemp("trust") / "trust-machine.json"
    path.write_bytes(machine_trust_bytes(MACHINE.public_key()))
    return path


def test_a_receipt_made_again_is_the_same_and_has_coarse_users():
    assert stated().to_bytes() == stated(screened=ENDED.astimezone(timezone(timedelta(hours=8)))).to_bytes()
    assert stated().statement.users == 100_000
    assert stated().statement.until == DAY
    assert Receipt.from_bytes(WHOLE.to_bytes()) == WHOLE
    assert stated(key=ReportKey(bytes(32))).statement.key != WHOLE.statement.key
    assert WHOLE.countersignature.machine == machine_id(MACHINE.public_key())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_receipt_with_any_byte_changed_is_refused(trust, data):
    whole = WHOLE.to_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[at]))
    with pytest.raises((FormatError, ReceiptError)):
        verify_receipt(Receipt.from_bytes(whole[:at] + bytes([other]) + whole[at + 1 :]), trust)


@settings(max_examples=50, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_the_parsers_raise_nothing_else(data):
    for parse in (Statement.from_bytes, Countersignature.from_bytes, Receipt.from_bytes):
        with pytest.raises(FormatError):
            parse(data)


@pytest.mark.parametrize(
    "member",
    [
        {"format": 2}, {"channel": "No"}, {"epoch": 0}, {"serial": True}, {"serial": 2**53}, {"since": "2026-11-25"},
        {"since": None}, {"screened": "2026-11-24"}, {"users": 200_000}, {"users": 0}, {"elements": -1},
        {"elements": 1e300}, {"report_sha256": "A" * 64}, {"report_sha256": "\ud800"}, {"key": "a"},
        {"signature": "a" * 85}, {"more": 1},
    ],
)  # fmt: skip
def test_a_statement_of_another_form_is_refused(member):
    body = json.loads(stated().statement.to_bytes()) | member
    receipt = json.dumps({"countersignature": None, "format": 1, "statement": body}, separators=(",", ":"))
    with pytest.raises(FormatError):
        Receipt.from_bytes(receipt.encode())


@pytest.mark.parametrize(
    "member",
    [
        {"statement_sha256": "0"}, {"platform": "-"}, {"elements": {"signup": 1}}, {"fetched": {"serial": 1}},
        {"elements": {"signup": 1, "screening": -1}}, {"fetched": {"serial": 0, "day": "2026-11-24"}}, {"key": None},
    ],
)  # fmt: skip
def test_a_countersignature_of_another_form_is_refused(member):
    body = WHOLE.to_json()
    body["countersignature"] |= member
    with pytest.raises(FormatError):
        Receipt.from_bytes(json.dumps(body, separators=(",", ":"), sort_keys=True).encode())


def test_what_is_too_large_or_not_canonical_is_refused():
    with pytest.raises(FormatError, match="larger"):
        Receipt.from_bytes(b" " * (MAX_RECEIPT_BYTES + 1))
    with pytest.raises(FormatError, match="larger"):
        Statement.from_bytes(b" " * (MAX_STATEMENT_BYTES + 1))
    for text in (json.dumps(WHOLE.to_json()), json.dumps(WHOLE.to_json(), separators=(",", ":"), sort_keys=True) + " "):
        with pytest.raises(FormatError, match="canonical"):
            Receipt.from_bytes(text.encode())
    with pytest.raises(FormatError):
        Receipt.from_bytes(b'{"countersignature":null,"format":1,"statement":' + b"[" * 3000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"users": 0}, {"users": 10**13}, {"screened": ENDED.replace(tzinfo=None)}, {"since": date(2026, 11, 25)},
        {"serial": 0}, {"elements": 2**60}, {"elements": -1}, {"channel": "a b"}, {"epoch": 2**32},
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_no_statement(wrong):
    with pytest.raises(ReceiptArgumentError):
        stated(**wrong)


def test_signatures_of_others_are_refused(trust, tmp_path):
    other = Ed25519PrivateKey.generate()
    verify_receipt(WHOLE, trust, report=made())
    verify_receipt(WHOLE, trust.parent)
    verify_receipt(stated())
    forged = replace(WHOLE.statement, serial=7)
    elsewhere = tmp_path / "trust-machine.json"
    elsewhere.write_bytes(machine_trust_bytes(other.public_key()))
    for receipt, files, report in (
        (stated(), [trust], None),
        (countersigned(stated(), other), [trust], None),
        (WHOLE, [elsewhere], None),
        (WHOLE, [tmp_path / "missing"], None),
        (Receipt(forged, countersigned(Receipt(forged)).countersignature), [trust], None),
        (Receipt(stated(serial=2).statement, WHOLE.countersignature), [trust], None),
        (Receipt(WHOLE.statement, replace(WHOLE.countersignature, platform="bank")), [], None),
        (WHOLE, [trust], made(users=10)),
        (countersigned(stated()), [trust], made()),
    ):
        with pytest.raises(ReceiptError):
            verify_receipt(receipt, *files, report=report)
    verify_receipt(WHOLE, elsewhere, trust)


def answering(status, content):
    return httpx2.MockTransport(lambda _: httpx2.Response(status, content=iter([content])))


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [
        (503, b"", "503"), (404, b"", "404"), (302, b"", "302"), (200, b"no JSON", "no countersignature"),
        (200, b"[" * 5000, "no countersignature"), (200, b"x" * (1 << 17), "too large"),
        (200, countersigned(stated(serial=2)).countersignature.to_bytes(), "another statement"),
        (200, replace(WHOLE.countersignature, platform="bank").to_bytes(), "changed"),
    ],
)  # fmt: skip
def test_what_is_no_countersignature_is_refused(status, content, said):
    with pytest.raises(ReceiptError, match=said) as caught:
        send_receipt(stated(), "https://localhost", "a-secret-token", transport=answering(status, content))
    assert "a-secret-token" not in str(caught.value)


def test_a_countersignature_is_taken_in_any_layout():
    content = json.dumps(countersigned(stated()).countersignature.to_json(), indent=1).encode()
    sent = send_receipt(stated(), "https://localhost", "token", transport=answering(200, content))
    assert sent == countersigned(stated())


def run(*words, status=0):
    done = CliRunner().invoke(build(), ["receipt", *map(str, words)], env={"COLUMNS": "200"})
    assert done.exit_code == status, done.output
    return done


def test_the_commands_make_a_receipt_and_say_what_is_signed_by_whom(tmp_path, trust):
    key, report, out = tmp_path / "report.key", tmp_path / "report.json", tmp_path / "statement.json"
    ReportKey.create(key)
    report.write_bytes(made().to_bytes())
    given = ["--key", key, "--epoch", 1, "--serial", 42, "--users", 200_000, "--elements", 199_999]
    days = ["--since", "2026-11-24", "--screened", "2026-11-25T01:02:03Z"]
    said = run("make", out, *given, *days, "--report", report).output
    assert "serial 42" in said
    assert "100,000 users or more" in said
    assert "countersigned" not in said
    receipt = read_receipt(out)
    assert receipt.statement.screened == datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC)
    assert "no server countersigned it" in run("verify", out).output
    run("make", out, *given, *days, status=2)
    (tmp_path / "online").mkdir()
    assert "the public key of machine" in run("trust", "--home", tmp_path).output
    assert run("trust", "--home", tmp_path).output == run("trust", "--home", tmp_path).output
    other = tmp_path / "trust-machine.json"
    whole = tmp_path / "receipt.json"
    whole.write_bytes(countersigned(receipt).to_bytes())
    said = run("verify", whole, "--trust", trust, "--report", report).output
    assert "stated by the platform, which is no proof" in said
    assert f"countersigned by machine {machine_id(MACHINE.public_key())}" in said
    assert "200,000 for screening, 3 for signup" in said
    assert "serial 1, on 2026-11-24" in said
    assert "not verified" not in said
    assert "not compared" not in said
    assert "not verified" in run("verify", whole).output
    assert "not countersigned by a serving machine" in run("verify", whole, "--trust", other, status=1).output
    assert json.loads(run("verify", whole, "--trust", trust, "--report", report, "--json").stdout) == json.loads(
        whole.read_bytes()
    )
    whole.write_bytes(countersigned(receipt, fetched=None).to_bytes())
    assert "nothing from this server" in run("verify", whole).output
    whole.write_bytes(whole.read_bytes().replace(b'"serial":42', b'"serial":43'))
    assert "it was changed" in run("verify", whole, status=1).output
