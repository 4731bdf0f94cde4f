"""Name look-ups that hang."""

import socket
import threading

from pilookup.checking import async_network, network
from pilookup.checking.resolver import Resolver

HANG = 20.0


class Names:
    """Takes the place of `getaddrinfo`: look-ups of *.slow wait until `go` is set. Clients get a resolver of their own."""

    def __init__(self, monkeypatch):
        self.go = threading.Event()
        self.asked = []
        self.started = threading.Semaphore(0)
        self.real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", self)
        resolver = Resolver()
        for module in (network, async_network):
            monkeypatch.setattr(module, "RESOLVER", resolver)

    def __call__(self, host, port, *args, **options):
        if not str(host).endswith(".slow"):
            return self.real(host, port, *args, **options)
        self.asked.append((host, threading.current_thread().name))
        self.started.release()
        assert self.go.wait(HANG)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
