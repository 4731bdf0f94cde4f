"""Objects whose locks and connections are replaced in the child after `os.fork`.

A child process inherits locks that a thread of its parent may hold, none of its parent's threads, and its parent's
connections: if both used them, each would read answers to the other's requests.
"""

import os
from typing import Protocol
from weakref import WeakSet


class Renewable(Protocol):
    """An object that `renew_in_children` has been called for."""

    def renew_after_fork(self) -> None:
        """Replace locks and drop connections, without blocking, in the child and while it has one thread."""


_objects: WeakSet[Renewable] = WeakSet()


def renew_in_children(one: Renewable) -> None:
    """Call `one.renew_after_fork()` in each child that is forked while `one` exists."""
    _objects.add(one)


def _renew() -> None:
    for one in list(_objects):
        one.renew_after_fork()


os.register_at_fork(after_in_child=_renew)
