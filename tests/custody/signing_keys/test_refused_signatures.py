"""Signatures and requests that count for nothing: of one holder alone, of another request, or changed."""

import json

import pytest
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata

from pilookup.errors import FormatError, KeysElsewhereError, PublishError, TrustError
from pilookup.signing.request import read_request
from pilookup.signing.signature_file import sign_request
from tests.support.custody.signing_keys import HOLDER, check, move_all, opened, root_of, served, signed, signers_on


def test_one_medium_of_three_with_its_passphrase_signs_nothing(home, media):
    move_all(home, media)
    thief = signers_on(media[1])
    before = served(home)
    with opened(home, signers=thief) as custody:
        with pytest.raises(KeysElsewhereError):
            custody.publish("public")
        for role in ("root", "targets", "snapshot", "timestamp"):
            key = None if role in ("snapshot", "timestamp") else f"{role}-public-1"
            with pytest.raises(KeysElsewhereError):
                custody.replace_key("public", role, key)
        prepared = custody.prepare("public")
        with pytest.raises(
            KeysElsewhereError, match="role targets is short by 1 of 2 signatures; keys that can sign: "
        ):
            custody.finish("public", signed(prepared.request, media[1]))
    assert served(home) == before
    root = root_of(home)
    root.version += 1
    root.roles["targets"].threshold = 1
    folder = home / "online/channels/public/metadata"
    forged = Metadata(root)
    for key in thief:
        forged.sign(_tuf(key), append=True)
    (folder / "2.root.json").write_bytes(forged.to_bytes())
    (folder / "root.json").write_bytes(forged.to_bytes())
    with pytest.raises(TrustError, match="not signed"):
        check(home)


def _tuf(one):
    """A thief's own program signs with a key as `securesystemslib` does."""
    return CryptoSigner(one.sealed.open(HOLDER)._key)


def test_signatures_that_are_not_of_this_request_are_refused(home, media):
    move_all(home, media)
    with opened(home) as custody:
        prepared = custody.prepare("public")
    one, two = (json.loads(each) for each in signed(prepared.request, *media[:2]))
    swapped = json.loads(json.dumps(one))
    swapped["signatures"][0]["sig"] = two["signatures"][0]["sig"]
    stranger = json.loads(json.dumps(one))
    stranger["signatures"][0]["keyid"] = "0" * 64
    elsewhere = json.loads(json.dumps(one)) | {"channel": "platform"}
    before = served(home)
    with opened(home) as custody:
        for forged, text in ((swapped, "not valid"), (stranger, "not valid"), (elsewhere, "is for channel platform")):
            with pytest.raises(PublishError, match=text):
                custody.finish("public", [json.dumps(forged).encode(), json.dumps(two).encode()])
        with pytest.raises(KeysElsewhereError):
            custody.finish("public", [json.dumps(one).encode()] * 3)
        assert served(home) == before
        custody.finish("public", [json.dumps(one).encode(), json.dumps(two).encode()])


@pytest.mark.parametrize("part", ["manifests", "served", "targets", "digests", "root", "custom", "threshold"])
def test_a_request_whose_parts_contradict_each_other_is_not_shown(home, part):
    with opened(home) as custody:
        prepared = custody.replace_key("public", "root", "root-public-1", prepare=True)
    body = json.loads(prepared.request)
    if part == "manifests":
        body["manifests"] = [text.replace('"entries":10', '"entries":11') for text in body["manifests"]]
    elif part == "served":
        body["served"]["targets"] = body["sign"]["targets"]
    elif part == "digests":
        body["digests"]["targets"] = "0" * 64
    else:
        role = "targets" if part in ("targets", "custom") else "root"
        metadata = json.loads(body["sign"][role])
        if part == "targets":
            metadata["signed"]["delegations"] = {"keys": {}, "roles": []}
        elif part == "custom":
            metadata["signed"]["targets"]["epochs/1/manifest.json"]["custom"]["more"] = 1
        elif part == "root":
            metadata["signed"]["version"] += 1
        else:
            metadata["signed"]["roles"]["root"]["threshold"] = 4
        body["sign"][role] = json.dumps(metadata)
    with pytest.raises((FormatError, TrustError)):
        read_request(json.dumps(body).encode())


def test_a_key_that_is_not_asked_for_signs_nothing(home, media):
    move_all(home, media, ["root-public-1"])
    with opened(home) as custody:
        prepared = custody.prepare("public")
    with pytest.raises(FormatError, match="none of those that sign this request"):
        sign_request(read_request(prepared.request), signers_on(media[0]))
