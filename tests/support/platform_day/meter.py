"""A relay in front of one part of the day: it counts what passes both ways, and can be cut."""

import contextlib
import socket
import threading

from tests.support.checking.relays import Relay

_BLOCK = 1 << 16


class Meter:
    """Relays to a port of this machine. A context manager.

    Attributes:
        up: Bytes that callers have sent.
        down: Bytes that were sent to them.
        most: The value of `up` at which every connection is closed, and none is taken any more; None for never.
    """

    def __init__(self, port):
        self._port = port
        self._lock = threading.Lock()
        self.up = self.down = 0
        self.most = None
        self._relay = Relay(self._serve)

    @property
    def port(self):
        return self._relay.port

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def cut(self):
        """Let nothing through from now on."""
        self.most = 0

    def cut_after(self, size):
        """Let about this many more bytes of callers through."""
        self.most = self.up + size

    def mend(self):
        self.most = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._relay.__exit__(*error)

    def _is_cut(self):
        return self.most is not None and self.up >= self.most

    def _serve(self, caller):
        if self._is_cut():
            return
        with socket.create_connection(("127.0.0.1", self._port)) as server:
            for each in (caller, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self._pump, args=(server, caller, "down"), daemon=True)
            back.start()
            self._pump(caller, server, "up")
            back.join(60)

    def _pump(self, one, other, way):
        """Copy from one side to the other, until one ends or the relay is cut."""
        with contextlib.suppress(OSError):
            while (data := one.recv(_BLOCK)) and not self._is_cut():
                with self._lock:
                    setattr(self, way, getattr(self, way) + len(data))
                other.sendall(data)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
