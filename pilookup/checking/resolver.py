"""Name look-ups on at most four threads of our own.

`getaddrinfo` cannot be interrupted. If it hangs, its caller leaves it behind at the deadline. The thread that hangs
must then not be one of the application's, such as those of the default executor of its event loop.
"""

import socket
from collections import deque
from concurrent.futures import Future
from ipaddress import ip_address
from threading import Lock, Thread

from pilookup.checking.forks import renew_in_children

MAX_THREADS = 4
"""Maximum number of name look-ups at the same time in one process."""

_Name = tuple[str, int]
Outcome = list[str] | OSError
"""The addresses of a name as texts, in the order in which to try them, or why it has none."""


class Resolver:
    """Looks up names. Equal look-ups share one, so a name that hangs takes one thread, however often it is asked for.

    The threads are daemons: the process may exit while one hangs. A thread ends when nothing is left to look up.
    """

    def __init__(self) -> None:
        """Make a resolver without threads."""
        self.renew_after_fork()
        renew_in_children(self)

    def renew_after_fork(self) -> None:
        """Forget look-ups and threads, which a child does not inherit."""
        self._lock = Lock()
        self._threads = 0
        self._waiting: deque[_Name] = deque()
        self._shared: dict[_Name, Future[Outcome]] = {}

    def look_up(self, host: str, port: int) -> Future[Outcome]:
        """Start the look-up of a name, or join one that is under way. Does not block.

        The future never raises and must not be cancelled, since others may wait for it too.

        Args:
            host: a host name, or an address, which is its own outcome.
            port: the TCP port.
        """
        if _is_address(host):
            return _done([host])
        with self._lock:
            shared = self._shared.get((host, port))
            if shared is not None:
                return shared
            if self._threads < MAX_THREADS:
                try:
                    Thread(target=self._work, name="pilookup-names", daemon=True).start()
                except RuntimeError:
                    return _done(OSError("no thread for the look-up"))
                self._threads += 1
            future: Future[Outcome] = Future()
            self._shared[host, port] = future
            self._waiting.append((host, port))
            return future

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._threads -= 1
                    return
                name = self._waiting.popleft()
            outcome = _addresses(name)
            with self._lock:
                future = self._shared.pop(name)
            future.set_result(outcome)


def _addresses(name: _Name) -> Outcome:
    try:
        found = socket.getaddrinfo(*name, type=socket.SOCK_STREAM)
    except OSError as error:
        return error
    except UnicodeError:
        return OSError("not a host name")
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _done(outcome: Outcome) -> Future[Outcome]:
    future: Future[Outcome] = Future()
    future.set_result(outcome)
    return future


RESOLVER = Resolver()
"""The resolver of this process, shared by all clients."""
