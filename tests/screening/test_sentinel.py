"""Nothing that screening writes shows a number, or what leads to its entry; tokens are sealed, and stay out of the warehouse."""

import pytest

from pilookup import _core
from pilookup.protocol.oprf import SecretKey
from pilookup.protocol.token import tokens
from tests.support.checking.server import Answer
from tests.support.screening.platform import identifier, listed, number, user_table

SENTINEL = 77


def secrets_of(publisher, index):
    """Every form of a number, its element and its token, by name."""
    (token,) = tokens(_core.tokenise([identifier(index)], publisher.keys[1]), "platform", 1)
    element = _core.tokenise([identifier(index)], publisher.keys[1])
    forms = {
        "number": number(index).encode(),
        "number as a text of UTF-16": number(index).encode("utf-16-le"),
        "element": element,
        "bucket bits and tag": token[:8],
        "tag": token[4:8],
        "filter key": token[16:24],
        "label key": token[32:],
        "first half of the label key": token[32:48],
    }
    forms |= {f"{name} in hex": value.hex().encode() for name, value in forms.items() if name != "tag"}
    forms["number as an integer"] = int(number(index)).to_bytes(8, "little")
    return forms


@pytest.fixture
def written(platform, publisher, host, capfd, caplog):
    """All that a day writes: a hit, a rotation that breaks off, a withdrawal, rejects, errors."""
    caplog.set_level(0)
    publisher.keys[1] = SecretKey.generate()
    publisher.publish(listed([SENTINEL, 1]), serial=1)
    users = user_table(range(300))
    said = []
    said.append(repr(platform.run(users)))
    publisher.publish(listed([1]), serial=2)
    said.append(repr(platform.run(users)))
    publisher.publish(listed([SENTINEL]), serial=3)
    said.append(repr(platform.run(users)))
    host.twist = lambda asked, answer: Answer(429) if asked.method == "POST" else answer
    said.append(repr(platform.run(user_table(range(400)))))
    files = {path: path.read_bytes() for path in platform.out.rglob("*") if path.is_file()}
    streams = "".join(capfd.readouterr()) + caplog.text + "".join(said)
    return files | {"streams": streams.encode()}


def test_no_form_of_the_sentinel_is_in_anything_that_is_written(platform, publisher, written):
    for name, form in secrets_of(publisher, SENTINEL).items():
        for path, data in written.items():
            assert form not in data, f"{name} in {path}"
    assert len([path for path in written if "results" in str(path)]) == 3


def test_the_sentinel_would_be_found(platform, publisher, written):
    """The tokens of the rows are those that this test searches for: they open to them."""
    from pilookup.screening.local_key import LocalKey
    from pilookup.screening.token_file import open_tokens

    opened = b""
    for path, data in written.items():
        if str(path).endswith(".tokens"):
            opened += open_tokens(LocalKey.read(platform.key), "platform", 1, data)._records
    forms = secrets_of(publisher, SENTINEL)
    assert forms["bucket bits and tag"] in opened
    assert forms["label key"] in opened


def test_the_key_is_in_no_file(platform, written):
    key = platform.key.read_bytes()
    assert not [path for path, data in written.items() if key in data or key.hex().encode() in data]
