"""Sends one message to one receiver, within a time, and says what became of it."""

import asyncio
import ssl
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import httpcore2

from pilookup import __version__
from pilookup_server.notify.checked_network import (
    Allowed,
    AnswerTooLargeError,
    CheckedBackend,
    ForbiddenAddressError,
    HandshakeError,
    LookUp,
    NoAddressError,
)
from pilookup_server.notify.endpoint import Endpoint
from pilookup_server.notify.message import Message

_GONE: Final = 410


class Fault(StrEnum):
    """Why a message was not delivered. A status has its number behind it."""

    NO_ADDRESS = "the name has no address"
    FORBIDDEN = "an address of the name is not public"
    UNREACHABLE = "no connection"
    TLS = "no TLS with a valid certificate for the name"
    TIMEOUT = "no answer in time"
    BAD_ANSWER = "the answer is not HTTP/1.1"
    TOO_LARGE = "the head of the answer is too large"
    REDIRECT = "a redirect, which is not followed: status"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message.

    Attributes:
        fault: Why it was not delivered, in words without any byte of the answer; None if it was.
        gone: Whether the receiver wants nothing more.
    """

    fault: str | None = None
    gone: bool = False


class Post:
    """Sends messages. Every message has a connection of its own, through no proxy, and no redirect is followed."""

    def __init__(self, look_up: LookUp, allowed: Allowed, tls: ssl.SSLContext, seconds: float) -> None:
        """Send nothing yet.

        Args:
            look_up: Looks up the addresses of a host's name and a port; raises OSError.
            allowed: Whether an address may be connected to.
            tls: What to trust.
            seconds: The time of one message, from the look-up of the name to the status of the answer.
        """
        self._backend = CheckedBackend(look_up, allowed)
        self._tls = tls
        self._seconds = seconds

    async def send(self, endpoint: Endpoint, message: Message) -> Outcome:
        """Send a message. What the network and the receiver can do is an outcome, never an exception."""
        try:
            async with asyncio.timeout(self._seconds):
                return _outcome(await self._exchange(endpoint, message))
        except (TimeoutError, httpcore2.TimeoutException):
            return Outcome(Fault.TIMEOUT)
        except NoAddressError:
            return Outcome(Fault.NO_ADDRESS)
        except ForbiddenAddressError:
            return Outcome(Fault.FORBIDDEN)
        except HandshakeError:
            return Outcome(Fault.TLS)
        except AnswerTooLargeError:
            return Outcome(Fault.TOO_LARGE)
        except httpcore2.ProtocolError:
            return Outcome(Fault.BAD_ANSWER)
        except (httpcore2.NetworkError, OSError):
            return Outcome(Fault.UNREACHABLE)

    async def _exchange(self, endpoint: Endpoint, message: Message) -> int:
        """The status of the answer, whose body is not read."""
        headers = [
            ("host", endpoint.authority),
            *message.headers,
            ("content-length", str(len(message.body))),
            ("user-agent", f"pilookup-notify/{__version__}"),
            ("connection", "close"),
        ]
        pool = httpcore2.AsyncConnectionPool(
            ssl_context=self._tls, max_connections=1, max_keepalive_connections=0, network_backend=self._backend
        )
        async with pool:
            response = await pool.handle_async_request(
                httpcore2.Request(
                    "POST",
                    httpcore2.URL(
                        scheme=b"https",
                        host=endpoint.host.encode("ascii"),
                        port=endpoint.port,
                        target=endpoint.target.encode("ascii"),
                    ),
                    headers=[(name.encode("ascii"), value.encode("ascii")) for name, value in headers],
                    content=message.body,
                )
            )
            await response.aclose()
            return response.status


def _outcome(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome()
    if 300 <= status < 400:
        return Outcome(f"{Fault.REDIRECT} {status}")
    return Outcome(f"{Fault.STATUS} {status}", gone=status == _GONE)
