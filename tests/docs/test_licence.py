"""The server's own copy of the licence, which its distributions carry, is the project's."""

from tests.support.docs.documents import ROOT


def test_both_licences_are_the_same():
    assert (ROOT / "server" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
