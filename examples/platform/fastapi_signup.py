"""Signup with FastAPI: a code by SMS first, then the check.

uvicorn fastapi_signup:app_from_environment --factory
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import httpx2
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from possession import Codes
from pydantic import BaseModel, StringConstraints
from signup_answer import signup_answer

from pilookup import AsyncClient, AsyncNumberChecker
from pilookup.decisions import AsyncGuard, Policy

SendCode = Callable[[str, str], Awaitable[None]]
"""Sends a code (the second argument) to a number (the first)."""

Number = Annotated[str, StringConstraints(max_length=40)]


class AskForCode(BaseModel):
    number: Number


class UseCode(BaseModel):
    number: Number
    code: Annotated[str, StringConstraints(pattern="^[0-9]{6}$")]


def create_app(client: AsyncNumberChecker, policy: Policy, send_code: SendCode, codes: Codes) -> FastAPI:
    """Make the app. It closes the client at its end."""
    guard = AsyncGuard(client, policy)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with client:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post("/signup/code", status_code=202)
    async def ask_for_code(form: AskForCode) -> Any:
        """Send a code. The number is not checked yet, so the answer is the same for every number."""
        try:
            await send_code(form.number, codes.issue(form.number))
        except ValueError:
            return JSONResponse({"error": "not-a-number"}, 422)
        return {"next": "enter-code"}

    @app.post("/signup")
    async def sign_up(form: UseCode) -> Any:
        """Open an account for the holder of the number, and decide what it may do."""
        try:
            proved = codes.prove(form.number, form.code)
        except ValueError:
            proved = False
        if not proved:
            return JSONResponse({"error": "wrong-code"}, 403)
        account, today = f"u-{uuid4().hex}", datetime.now(UTC).date()
        decision = await guard.decide(form.number, scene="signup", since=today, account=account)
        return {"account": account, **signup_answer(decision)}

    return app


def app_from_environment() -> FastAPI:
    """Make the app for production. SMS_GATEWAY_URL takes `{"number", "code"}` as JSON."""
    client = AsyncClient(
        os.environ["CHECK_URL"],
        channel="platform",
        trust=os.environ["CHECK_TRUST"],
        token=os.environ["CHECK_TOKEN"],
        sandbox=os.environ.get("CHECK_SANDBOX") == "1",
    )
    gateway = os.environ["SMS_GATEWAY_URL"]

    async def send_code(number: str, code: str) -> None:
        async with httpx2.AsyncClient() as http:
            (await http.post(gateway, json={"number": number, "code": code})).raise_for_status()

    return create_app(client, Policy.load(os.environ["CHECK_POLICY"]), send_code, Codes())
