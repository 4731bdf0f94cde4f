"""The releases that were served before, whose files are served on for a while after a new release."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from anyio import to_thread

from pilookup.bundles.unlisted import remove_unlisted_now
from pilookup.errors import PilookupError
from pilookup_server.logs import describe, logger
from pilookup_server.release.loaded_release import LoadedRelease

MOST_FORMER: Final = 8
"""Most former releases in their grace. Each keeps files open, however often somebody publishes."""


class FormerReleases:
    """The former releases of one channel that are in their grace."""

    def __init__(self, channel: str, directory: Path, grace: timedelta) -> None:
        """There are none yet.

        Args:
            channel: The channel.
            directory: The channel's directory below HOME.
            grace: The time that a former release is kept after it was replaced.
        """
        self._channel = channel
        self._directory = directory
        self._grace = grace
        self._kept: list[tuple[datetime, LoadedRelease]] = []
        self._unlisted = True

    @property
    def releases(self) -> list[LoadedRelease]:
        """The releases that are kept, oldest first."""
        return [release for _, release in self._kept]

    def add(self, release: LoadedRelease, now: datetime) -> None:
        """Keep a release that has just been replaced, and drop those whose grace has ended, or that are too many."""
        self._kept.append((now + self._grace, release))
        self._unlisted = True
        self.drop_expired(now)
        self._kept = self._kept[-MOST_FORMER:]

    def drop_expired(self, now: datetime) -> bool:
        """Drop the releases whose grace has ended; returns whether there were any."""
        before = len(self._kept)
        self._kept = [(end, release) for end, release in self._kept if end > now]
        return len(self._kept) < before

    async def remove_unlisted(self) -> None:
        """Once nobody reads a former release any more, delete the files of it that a bundle brought.

        The caller makes sure that the release on disk is the one that is served. A failure is logged, and tried again.
        """
        if self._kept or not self._unlisted:
            return
        try:
            count = await to_thread.run_sync(remove_unlisted_now, self._directory.parents[1], self._channel)
        except (PilookupError, OSError) as error:
            logger().error("former files not deleted", channel=self._channel, **describe(error))
            return
        self._unlisted = False
        if count:
            logger().info("former files deleted", channel=self._channel, count=count)
