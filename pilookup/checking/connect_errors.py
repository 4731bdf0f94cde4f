"""What goes wrong on the way to a server: kinds of httpcore's errors that tell more, and the Failure of each."""

import ssl

import httpcore2

from pilookup.checking.deadline import Deadline
from pilookup.checking.result import Failure, Reason


class CertificateError(httpcore2.ConnectError):
    """The server's certificate was refused: it may be set up wrongly, or somebody poses as the server."""


class TlsError(httpcore2.ConnectError):
    """What answered does not speak TLS as this client does."""


class HostNameError(httpcore2.ConnectError):
    """The name of the host has no address, or none could be looked up."""


ERRORS = (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.ProxyError)
"""The errors of an exchange. httpcore has no common base of them."""

_UNSENT = (httpcore2.ConnectError, httpcore2.ConnectTimeout, httpcore2.PoolTimeout)


def handshake_error(error: BaseException) -> httpcore2.ConnectError:
    """Return the error to raise for one of a TLS handshake."""
    if isinstance(error, ssl.CertificateError):
        return CertificateError(error)
    return TlsError(error) if isinstance(error, ssl.SSLError) else httpcore2.ConnectError(error)


def failure_of(error: BaseException, deadline: Deadline) -> Failure:
    """Return the Failure for an error of an exchange; nothing was sent where the connection was never established."""
    unsent = isinstance(error, _UNSENT)
    if deadline.over() or isinstance(error, TimeoutError | httpcore2.TimeoutException):
        return too_late(deadline, unsent=unsent)
    return Failure(Reason.UNREACHABLE, unsent=unsent, detail=_detail(error))


def too_late(deadline: Deadline, *, unsent: bool = False) -> Failure:
    """Return the Failure of a call whose time is over."""
    return Failure(Reason.UNREACHABLE, unsent=unsent, detail=f"no answer within {deadline.seconds:g} seconds")


def _detail(error: BaseException) -> str:
    """Describe an error in words of our own: its text may hold bytes that the peer sent."""
    cause = error.args[0] if error.args else None
    match error:
        case CertificateError():
            return f"the server's certificate was refused: {_certificate_fault(cause)}; nothing was sent"
        case TlsError():
            return "TLS could not be agreed upon: is this the port of https:// ?"
        case HostNameError():
            return f"the server's name could not be looked up: {_system_fault(cause)}"
        case httpcore2.ConnectError():
            return f"no connection: {_system_fault(cause)}"
        case httpcore2.ProxyError():
            return "the proxy refused to connect to the server"
        case httpcore2.ProtocolError():
            return "what answered does not follow HTTP, or ended the connection early"
        case httpcore2.NetworkError():
            return "the connection broke"
        case _:
            return "the proxy does not follow SOCKS5"


def _certificate_fault(cause: object) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_message:
        return cause.verify_message
    return "it is not valid for this name"


def _system_fault(cause: object) -> str:
    """Return the operating system's words for an error."""
    while isinstance(cause, BaseException) and not isinstance(cause, OSError):
        cause = cause.args[0] if cause.args else cause.__cause__
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return "the server closed it" if isinstance(cause, OSError) else "it was not made"
