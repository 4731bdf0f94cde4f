"""Relays between a client and a server on loopback: one that drips, and small proxies of HTTP and SOCKS5."""

import contextlib
import socket
import socketserver
import threading

from tests.support.checking.drip import is_closed


class Relay:
    """Accepts connections and hands each to `serve(connection)` in a thread. A context manager."""

    def __init__(self, serve, context=None):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                with contextlib.suppress(OSError):
                    if context is None:
                        serve(self.request)
                    else:
                        with context.wrap_socket(self.request, server_side=True) as connection:
                            serve(connection)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def pump(one, other, change=lambda data: data):
    """Copy what `other` sends to `one`, until `other` ends; `change` may hold back or delay it."""
    try:
        while data := other.recv(65536):
            one.sendall(change(data))
    except OSError:
        pass
    finally:
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


def connect(client, port, change=lambda data: data):
    """Connect a client's connection with a port of this machine, both ways, until one side ends."""
    with socket.create_connection(("127.0.0.1", port)) as server:
        back = threading.Thread(target=pump, args=(server, client), daemon=True)
        back.start()
        pump(client, server, change)
        back.join(20)


class Dripping:
    """Relays to a port; once it has sent `position` bytes of answers, it moves the clock, and sends one byte more.

    Counts the bytes of each connection from 0. `closed` gets whether the client closed the connection then.
    """

    def __init__(self, port, late, closed):
        self.port = port
        self.late = late
        self.closed = closed
        self.position = None
        self.sent = 0

    def __call__(self, client):
        sent = 0

        def change(data):
            nonlocal sent
            if self.position is not None and sent + len(data) > self.position:
                before = self.position - sent
                client.sendall(data[:before])
                self.late()
                try:
                    client.sendall(data[before : before + 1])
                    self.closed.put(is_closed(client, 10))
                except OSError:  # the client has closed it already
                    self.closed.put(True)
                raise ConnectionError("the drip is over")
            sent += len(data)
            self.sent = max(self.sent, sent)
            return data

        connect(client, self.port, change)


def http_proxy(port, seen):
    """An HTTP proxy that leads to `port`, whatever host is asked for; `seen` gets each request's first line and login."""

    def serve(client):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1)
        line, *fields = head.decode("latin-1").split("\r\n")
        login = [field for field in fields if field.lower().startswith("proxy-authorization:")]
        seen.append((line, *login))
        if line.startswith("CONNECT "):
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            connect(client, port)
            return
        with socket.create_connection(("127.0.0.1", port)) as server:
            server.sendall(head)
            back = threading.Thread(target=pump, args=(client, server), daemon=True)
            back.start()
            pump(server, client)
            back.join(20)

    return serve


def socks_proxy(port, seen):
    """A SOCKS5 proxy (RFC 1928) without login that leads to `port`; `seen` gets each host that is asked for."""

    def read(client, size):
        data = b""
        while len(data) < size:
            data += client.recv(size - len(data)) or _end()
        return data

    def serve(client):
        _, methods = read(client, 2)
        read(client, methods)
        client.sendall(b"\x05\x00")
        _, _, _, kind = read(client, 4)
        size = {1: 4, 4: 16}.get(kind) or read(client, 1)[0]
        seen.append((kind, read(client, size)))
        read(client, 2)
        client.sendall(b"\x05\x00\x00\x01" + bytes(6))
        connect(client, port)

    return serve


def _end():
    raise ConnectionError("the client is gone")
