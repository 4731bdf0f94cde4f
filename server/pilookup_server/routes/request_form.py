"""The outer form of a JSON request, checked before it is parsed.

A parser builds every value of a document before anything can be refused: 64 kB of empty lists cost forty times the
evaluation of an element. Counting a few bytes costs almost nothing.
"""

from pilookup.protocol.messages import MAX_BATCH

_MEMBERS = 2
_QUOTES_OF_NAMES = 2 * _MEMBERS


def may_be_evaluate_request(content: bytes) -> bool:
    """Whether the document has as many brackets, quotation marks, colons and commas as an evaluate request.

    Every request of SPEC.md section 8.3 has: one object with two members, one of which is a list of texts. None of the
    bytes that are counted occurs in a valid text of a request. What passes has at most MAX_BATCH texts, so parsing it
    is cheap.
    """
    texts, odd = divmod(content.count(b'"') - _QUOTES_OF_NAMES, 2)
    return (
        not odd
        and 1 <= texts <= MAX_BATCH
        and content.count(b",") == texts  # one between the members, the others between the texts
        and content.count(b":") == _MEMBERS
        and all(content.count(bracket) == 1 for bracket in (b"{", b"[", b"]", b"}"))
    )
