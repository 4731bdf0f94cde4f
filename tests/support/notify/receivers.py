"""Receivers of notices on this machine, with TLS, that answer in every way there is."""

import asyncio
import contextlib
import ssl

from tests.support.checking.certificates import self_signed, server_context

HOST = "hooks.example"
OK = b"HTTP/1.1 204 No Content\r\n\r\n"


class Receiver:
    """A TLS server on 127.0.0.1, on the loop of the test. `answer(reader, writer)` answers one request.

    Attributes:
        requests: The heads and bodies that arrived.
        connections: How many connections were made.
    """

    def __init__(self, folder, answer=OK, *, names=(HOST,), tls=True):
        self.certificate = self_signed(folder, *names)
        self._context = server_context(self.certificate) if tls else None
        self._answer = answer
        self.requests, self.connections, self.names = [], 0, []

    async def __aenter__(self):
        if self._context is not None:
            self._context.sni_callback = lambda _, name, __: self.names.append(name)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer):
        self.connections += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            size = next(int(line[16:]) for line in head.split(b"\r\n") if line.startswith(b"content-length: "))
            self.requests.append((head, await reader.readexactly(size)))
            if isinstance(self._answer, bytes):
                writer.write(self._answer)
                await writer.drain()
            else:
                await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            with contextlib.suppress(OSError):
                writer.close()

    @property
    def url(self):
        return f"https://{HOST}:{self.port}/notices?token=of-the-receiver"

    def trusting(self):
        """The TLS context of a client that trusts this receiver's certificate."""
        return ssl.create_default_context(cafile=str(self.certificate))
