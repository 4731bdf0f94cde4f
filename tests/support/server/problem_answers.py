"""What every error of the server must look like."""

_MEMBERS = {"proof-needed": {"challenge"}}


def problem(answer, status, kind):
    """Assert that an answer is this problem and nothing more."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"urn:pilookup:problem:{kind}"
    assert body["status"] == status
    assert set(body) - {"detail"} == {"type", "title", "status"} | _MEMBERS.get(kind, set())
    return body
