"""Signup with Flask: a code by SMS first, then the check. Threads and forked workers may share the client."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from flask import Flask, request
from possession import Codes
from signup_answer import signup_answer

from pilookup import NumberChecker
from pilookup.decisions import Guard, Policy

SendCode = Callable[[str, str], None]
"""Sends a code (the second argument) to a number (the first)."""


def create_app(client: NumberChecker, policy: Policy, send_code: SendCode, codes: Codes) -> Flask:
    """Make the app. The client stays the caller's to close."""
    guard = Guard(client, policy)
    app = Flask(__name__)

    @app.post("/signup/code")
    def ask_for_code() -> tuple[dict[str, Any], int]:
        """Send a code. The number is not checked yet, so the answer is the same for every number."""
        number = request.form["number"]
        try:
            send_code(number, codes.issue(number))
        except ValueError:
            return {"error": "not-a-number"}, 422
        return {"next": "enter-code"}, 202

    @app.post("/signup")
    def sign_up() -> tuple[dict[str, Any], int]:
        """Open an account for the holder of the number, and decide what it may do."""
        number = request.form["number"]
        try:
            proved = codes.prove(number, request.form["code"])
        except ValueError:
            proved = False
        if not proved:
            return {"error": "wrong-code"}, 403
        account, today = f"u-{uuid4().hex}", datetime.now(UTC).date()
        decision = guard.decide(number, scene="signup", since=today, account=account)
        return {"account": account, **signup_answer(decision)}, 200

    return app
