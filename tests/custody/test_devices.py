"""Keys in a device: SoftHSM of Debian, through PKCS #11. Its tokens are made anew in a directory of the tests."""

import os
import shutil
import subprocess

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pilookup.custody import Custody
from pilookup.custody.key_places import Place
from pilookup.errors import KeyringError
from pilookup.signing import device
from pilookup.signing.device import DeviceSigner, ed25519_point
from pilookup.signing.device_uri import DeviceUri
from pilookup.signing.references import open_signer, reference_name
from pilookup.signing.request import read_request
from pilookup.signing.signature_file import sign_request
from pilookup.signing.signer import tuf_key_id
from tests.support.custody.channel import NOW
from tests.support.custody.home import numbers, write_csv
from tests.support.custody.startable import start

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "123456"
PIN_BYTES = PIN.encode()
BOTH = {"passphrase": "custody passphrase of the tests", "online_passphrase": "online passphrase of the tests"}
ED25519 = bytes.fromhex("06032b6570")


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    """A token with two Ed25519 keys, `one` and `two`, two of the label `same`, and a key of another curve."""
    assert shutil.which("softhsm2-util"), "softhsm2 is not installed; run: tests/install_debian_packages.sh"
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "conf")
    os.environ[device.MODULE_VARIABLE] = MODULE
    command = ["softhsm2-util", "--init-token", "--free", "--label", "ceremony", "--pin", PIN, "--so-pin", "12345678"]
    subprocess.run(command, check=True, capture_output=True)
    library = pkcs11.lib(MODULE)
    library.reinitialize()
    with library.get_token(token_label="ceremony").open(user_pin=PIN, rw=True) as session:
        for label, number in (("one", 1), ("two", 2), ("same", 3), ("same", 4)):
            _make(session, "EC_EDWARDS", ED25519, label, number)
        _make(session, "EC", bytes.fromhex("06082a8648ce3d030107"), "p256", 5)
    yield "pkcs11:token=ceremony;object="
    device.close_sessions()
    del os.environ["SOFTHSM2_CONF"], os.environ[device.MODULE_VARIABLE]


def _make(session, kind, params, label, number):
    parameters = session.create_domain_parameters(
        getattr(pkcs11.KeyType, kind), {pkcs11.Attribute.EC_PARAMS: params}, local=True
    )
    parameters.generate_keypair(
        mechanism=getattr(pkcs11.Mechanism, f"{kind}_KEY_PAIR_GEN"), store=True, label=label, id=bytes([number])
    )


@pytest.fixture(autouse=True)
def closed():
    yield
    device.close_sessions()


def signer(uri, pin=PIN_BYTES):
    return DeviceSigner(DeviceUri.parse(uri), lambda: pin)


def test_a_device_signs_and_its_keys_share_one_session(token):
    asked = []

    def pin():
        asked.append(PIN)
        return PIN.encode()

    one, two = (DeviceSigner(DeviceUri.parse(f"{token}{label}"), pin) for label in ("one", "two"))
    for each in (one, two, one):
        each.public_key().verify(each.sign(b"data"), b"data")
    assert tuf_key_id(one) != tuf_key_id(two)
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("rest", "text"),
    [
        ("none", "no such key"),
        ("same", "several such keys"),
        ("p256", "not an Ed25519 key"),
        ("one;serial=0000", "no such token"),
        ("one?module-path=/nowhere/module.so", "cannot open shared object"),
    ],
)
def test_what_is_wrong_with_a_key_or_device_is_named(token, rest, text):
    with pytest.raises(KeyringError, match=text):
        signer(f"{token}{rest}").sign(b"data")


def test_a_key_is_named_by_both_its_label_and_id(token):
    one, two = (signer(f"{token}same;id=%0{number}") for number in (3, 4))
    assert tuf_key_id(one) != tuf_key_id(two)
    assert one.sign(b"data")


@pytest.mark.parametrize("pin", [b"000000", b"0", b"\xff\xff\xff\xff"])
def test_a_wrong_pin_is_named_and_not_repeated(token, pin):
    with pytest.raises(KeyringError, match="PIN is") as refused:
        signer(f"{token}one", pin).sign(b"data")
    assert "000000" not in str(refused.value)
    assert signer(f"{token}one").sign(b"data")


@pytest.mark.parametrize(
    ("name", "text"), [("PinLocked", "is locked"), ("MechanismInvalid", "no mechanism"), ("DeviceRemoved", "removed")]
)
def test_what_softhsm_cannot_be_made_to_say(token, monkeypatch, name, text):
    """SoftHSM locks no PIN and has the mechanism; a device that refuses is one that raises these errors."""
    one = signer(f"{token}one")
    one.public_key()

    class Refusing:
        def sign(self, *_, **__):
            raise getattr(pkcs11.exceptions, name)

    monkeypatch.setattr(one, "_key", Refusing())
    with pytest.raises(KeyringError, match=text):
        one.sign(b"data")


def test_a_device_whose_signature_is_not_valid_is_found(token, monkeypatch):
    one = signer(f"{token}one")
    one.public_key()
    monkeypatch.setattr(one, "_key", type("Other", (), {"sign": lambda *_, **__: b"0" * 64})())
    with pytest.raises(KeyringError, match="not one of its public key"):
        one.sign(b"data")


def test_a_module_is_needed(token, monkeypatch):
    monkeypatch.delenv(device.MODULE_VARIABLE)
    with pytest.raises(KeyringError, match="PILOOKUP_KEY_MODULE"):
        signer(f"{token}one").public_key()
    assert signer(f"{token}one?module-path={MODULE}").sign(b"data")


def test_the_point_is_raw_or_der():
    raw = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    for value in (raw, b"\x04\x20" + raw, b"\x03\x21\x00" + raw):
        assert ed25519_point(value) == raw
    for value in (b"", raw[:-1], raw + b"\0", b"\x04\x21" + raw, b"\x04\x20" + raw + b"\0"):
        with pytest.raises(KeyringError, match="CKA_EC_POINT"):
            ed25519_point(value)


def test_uris_are_read_as_rfc_7512_writes_them():
    text = "pkcs11:token=The%20ceremony;serial=1a;manufacturer=M;model=N;object=a%3Bb;id=%01%ff;type=private?module-path=/m.so"
    assert DeviceUri.parse(text) == DeviceUri("The ceremony", "1a", "M", "N", "a;b", b"\x01\xff", "/m.so")
    assert DeviceUri.parse("pkcs11:serial=1;id=%01").name == "1/01"
    assert reference_name("pkcs11:token=a;object=b") == "a/b"
    assert reference_name("/media/root-public-1.key") == "root-public-1"


@pytest.mark.parametrize(
    ("rest", "text"),
    [
        ("", "names its token"),
        ("token=a", "names its key"),
        ("object=a", "names its token"),
        ("token=a;object=b?pin-value=1234", "does not belong into a URI"),
        ("token=a;object=b?pin-source=/p", "does not belong into a URI"),
        ("token=a;token=b;object=c", "given twice"),
        ("token=a;object=b;colour=c", "colour: unknown"),
        ("token=;object=b", "without a value"),
        ("token=a;object=b;type=public", "is private"),
        ("token=%ff;object=b", "not UTF-8"),
    ],
)
def test_uris_that_are_refused(rest, text):
    with pytest.raises(KeyringError, match=text) as refused:
        DeviceUri.parse(f"pkcs11:{rest}")
    assert "1234" not in str(refused.value)


@given(st.text())
def test_any_text_is_a_uri_or_refused(text):
    try:
        uri = DeviceUri.parse(f"pkcs11:{text}")
    except KeyringError:
        return
    assert uri.token or uri.serial


def test_a_key_in_a_device_replaces_one_and_signs_requests(token, tmp_path, monkeypatch):
    monkeypatch.setenv("PILOOKUP_KEY_PIN", PIN)
    home = tmp_path / "home"
    Custody.initialise(home, **BOTH, clock=lambda: NOW)
    write_csv(tmp_path / "a.csv", numbers(2))
    one, two = open_signer(f"{token}one"), open_signer(f"{token}two")
    with Custody.open(home, **BOTH, clock=lambda: NOW, signers=[one, two]) as custody:
        custody.load(tmp_path / "a.csv", dataset="leak", kind="exposure")
        custody.publish("public")
        custody.replace_key("public", "root", "root-public-1", new=one, new_name="ceremony/one")
        custody.replace_key("public", "targets", "targets-public-1", new=two, new_name="ceremony/two")
        roles = {each.role: each.keys for each in custody.signing_keys() if each.channel == "public"}
        assert [key.place for role in ("root", "targets") for key in roles[role]].count(Place.DEVICE) == 2
        custody.move_key("targets-public-2", tmp_path / "2.key", passphrase="passphrase of a holder")
    with Custody.open(home, **BOTH, clock=lambda: NOW) as custody:
        prepared = custody.prepare("public")
        made = sign_request(read_request(prepared.request), [two])
        assert custody.finish("public", [made.to_bytes()]).serial == 1
    assert start(home)
