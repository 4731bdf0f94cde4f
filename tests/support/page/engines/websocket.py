"""A WebSocket to a browser on this machine (RFC 6455), for Chromium of 2018, which has no other way in."""

import os
import socket
import struct
from urllib.parse import urlsplit

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class WebSocket:
    def __init__(self, url: str, seconds: float):
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port), seconds)
        self._file = self._socket.makefile("rb")
        self._socket.sendall(
            f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        status = self._file.readline()
        if b" 101 " not in status:
            raise ConnectionError(f"no WebSocket at {url}: {status!r}")
        while self._file.readline().strip():
            pass

    def send(self, text: str, kind: int = TEXT):
        data, mask = text.encode(), os.urandom(4)
        size = len(data)
        if size < 126:
            head = struct.pack("!BB", 0x80 | kind, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", 0x80 | kind, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | kind, 0x80 | 127, size)
        pad = (mask * (size // 4 + 1))[:size]
        masked = (int.from_bytes(data, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")
        self._socket.sendall(head + mask + masked)

    def receive(self) -> str:
        """The next message."""
        parts = []
        while True:
            first, second = self._read(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", self._read(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", self._read(8))
            data, kind = self._read(size), first & 0x0F
            if kind == CLOSE:
                raise ConnectionError("the browser closed the connection")
            if kind == PING:
                self.send(data.decode(), PONG)
                continue
            if kind != PONG:
                parts.append(data)
                if first & 0x80:
                    return b"".join(parts).decode()

    def _read(self, size):
        data = self._file.read(size)
        if len(data) < size:
            raise ConnectionError("the browser has gone")
        return data

    def close(self):
        self._file.close()
        self._socket.close()
