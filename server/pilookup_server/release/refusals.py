"""Which releases on disk are refused: logged, counted, and recorded for `pilookup status`."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from anyio import to_thread

from pilookup.release_files.serving_state import remove_refused, write_refused
from pilookup_server import metrics
from pilookup_server.logs import describe, logger
from pilookup_server.trusted_clock import TrustedClock


class Refusals:
    """Whether the release that one channel's timestamp names is refused, or newer snapshot metadata are."""

    def __init__(self, channel: str, directory: Path, clock: TrustedClock) -> None:
        """Nothing is refused yet.

        Args:
            channel: The channel.
            directory: The channel's directory below HOME, where the record is.
            clock: The time that the record states.
        """
        self._channel = channel
        self._directory = directory
        self._clock = clock
        self._load = False
        self._snapshot = False

    @property
    def refused(self) -> bool:
        """Whether either did not verify, so that an older release, or none, is served."""
        return self._load or self._snapshot

    async def load(self, error: Exception | None, *, serving: bool) -> None:
        """Take note of the outcome for the release that the timestamp names.

        Args:
            error: Why it is refused; None if it is served.
            serving: Whether any release is served.
        """
        self._load = error is not None
        if error is not None:
            await self._report(error, serving=serving)
        elif not self._snapshot:
            await self._record(partial(remove_refused, self._directory))
        metrics.set_refused(self._channel, refused=self.refused)

    async def snapshot(self, error: Exception | None, *, serving: bool) -> None:
        """Take note of the outcome for newer snapshot metadata; the arguments are those of `load`."""
        if error is not None:
            await self._report(error, serving=serving)
        elif self._snapshot and not self._load:
            await self._record(partial(remove_refused, self._directory))
        self._snapshot = error is not None
        metrics.set_refused(self._channel, refused=self.refused)

    async def _report(self, error: Exception, *, serving: bool) -> None:
        metrics.count_refused(self._channel)
        fields = describe(error)
        logger().error("release refused", channel=self._channel, serving=serving, **fields)
        reason = f"{fields['error']}: {fields['reason']}" if fields.get("reason") else fields["error"]
        await self._record(partial(write_refused, self._directory, self._clock(), reason))

    async def _record(self, write: Callable[[], None]) -> None:
        """Change what `pilookup status` reads; a failure is logged, because serving does not depend on it."""
        try:
            await to_thread.run_sync(write)
        except OSError as error:
            logger().error("refusal not recorded", channel=self._channel, **describe(error))
