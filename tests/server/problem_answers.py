"""What every error of the server must look like."""


def problem(answer, status, kind):
    """Assert that an answer is this problem and nothing more."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"urn:pilookup:problem:{kind}"
    assert body["status"] == status
    assert set(body) <= {"type", "title", "status", "detail"}
    return body
