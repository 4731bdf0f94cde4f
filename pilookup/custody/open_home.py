"""An open HOME: what every part of the API of the police side works with."""

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import replace
from typing import Self

from pilookup import file_errors
from pilookup.clock import Clock, read_clock
from pilookup.custody.audit import AuditLog
from pilookup.custody.next_command import to_publish_all
from pilookup.custody.publish import finish as finishing
from pilookup.custody.session import Session
from pilookup.custody.signing_date import date_doubt, out_of_order
from pilookup.errors import PublishError


class OpenHome:
    """A HOME that is locked and unlocked, and closed in the end."""

    def __init__(
        self,
        session: Session,
        workers: Executor,
        clock: Clock,
        date_is_right: bool | Callable[[str], bool],
        resources: ExitStack,
        audit: AuditLog,
        completed: tuple[str, ...] = (),
    ) -> None:
        """Called by `Custody.open`."""
        self._completed = completed
        self._opened_session = session
        self._audit = audit
        self._workers = workers
        self._clock = clock
        self._date_is_right = date_is_right
        self._resources = resources
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Unlock HOME and stop the workers. Closing again does nothing."""
        self._closed = True
        self._resources.close()

    def to_publish_all(self) -> str:
        """What to do, with commands in full, to have every channel published that was published before.

        Returns:
            The text; empty if nothing was published.

        Raises:
            CustodyError: the control database failed.
            RuntimeError: this HOME was closed.
        """
        session = self._session()
        return to_publish_all(session.home, session.control)

    def _session(self) -> Session:
        """The session at the time of this call; raises RuntimeError if this HOME was closed."""
        if self._closed:
            raise RuntimeError("this HOME was closed")
        return replace(self._opened_session, now=read_clock(self._clock))

    def _publishing_session(self) -> Session:
        """The same for what is signed. Before anything is changed, raises PublishError as `check_date` does.

        Completes a `finish` that was killed; raises as that does.
        """
        session = self._session()
        session.online_keyring()
        if self._date_is_right is not True:
            with file_errors.failures_as(PublishError, session.home.channels):
                doubt = date_doubt(session)
            if doubt is not None:
                if not (callable(self._date_is_right) and self._date_is_right(doubt)):
                    raise PublishError(out_of_order(doubt))
                self._date_is_right = True
        finishing.complete_signed(session)
        return session
