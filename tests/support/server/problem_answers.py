"""Checks the form of the server's error responses."""

_QUOTA = {"window", "limit", "left", "end"}
_MEMBERS = {"proof-needed": {"challenge"}, "quota-exceeded": _QUOTA}
_OPTIONAL = {"rate-limited": _QUOTA}
"""All of them, or none: what is refused on `public` says no more than its headers."""


def problem(answer, status, kind):
    """Assert that a response is this problem document and has no further members; returns the document."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"urn:pilookup:problem:{kind}"
    assert body["status"] == status
    members = _MEMBERS.get(kind, set())
    assert set(body) - {"detail", "type", "title", "status"} in (members, members | _OPTIONAL.get(kind, set()))
    return body
