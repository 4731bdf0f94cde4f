"""Checks the form of the server's error responses."""

_MEMBERS = {"proof-needed": {"challenge"}}


def problem(answer, status, kind):
    """Assert that a response is this problem document and has no further members; returns the document."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"urn:pilookup:problem:{kind}"
    assert body["status"] == status
    assert set(body) - {"detail"} == {"type", "title", "status"} | _MEMBERS.get(kind, set())
    return body
