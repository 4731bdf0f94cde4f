"""Requests as bytes on a socket, for tests that send what no client library would."""

import contextlib


def read_all(raw):
    """What a server sends until it closes the connection, or resets it."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := raw.recv(65536):
            data += chunk
    return data
