"""Destroys the channel keys of epochs that have ended."""

from datetime import datetime, timedelta
from typing import Final

from anyio import to_thread

from pilookup.errors import PilookupError
from pilookup.release_files.destroyed_epochs import DestroyedEpochs
from pilookup_server.keys.online_keys import OnlineKeys
from pilookup_server.logs import describe, logger
from pilookup_server.release.loaded_release import ServedState
from pilookup_server.trusted_clock import TrustedClock

DESTROYED_AFTER: Final = timedelta(hours=1)
"""The key of an epoch that the release still lists is destroyed this long after the epoch's `serves_until`."""

KEYS_SECONDS: Final = 60.0
"""The keys on disk are looked at this often."""


class EndedKeys:
    """Destroys the keys of one channel's epochs that have ended, and those of destroyed epochs that came back."""

    def __init__(self, channel: str, keys: OnlineKeys, destroyed: DestroyedEpochs, clock: TrustedClock) -> None:
        """Destroy nothing yet.

        Args:
            channel: The channel.
            keys: The keys of the online half.
            destroyed: The record of the epochs whose keys were destroyed. An epoch is entered before its key goes.
            clock: The time, which also says whether keys may be destroyed by it.
        """
        self._channel = channel
        self._keys = keys
        self._destroyed = destroyed
        self._clock = clock
        self._look_from = 0.0

    def look_at_next_tick(self) -> None:
        """Look at the keys on disk at the next call of `destroy`, however short ago they were looked at."""
        self._look_from = 0.0

    async def destroy(self, state: ServedState, now: datetime) -> None:
        """Destroy the keys that must not be here any more. A failure is logged, and tried again after KEYS_SECONDS."""
        if state.fault(now) is not None or not self._clock.may_destroy or self._clock.elapsed < self._look_from:
            return
        self._look_from = self._clock.elapsed + KEYS_SECONDS
        try:
            held = await to_thread.run_sync(self._keys.epochs, self._channel)
            destroyed = await to_thread.run_sync(self._destroyed.read)
            ended = [epoch for epoch in held if epoch in destroyed or _has_ended(epoch, state, now)]
            if ended:
                await to_thread.run_sync(self._destroyed.add, ended)
            for epoch in ended:
                await to_thread.run_sync(self._keys.destroy, self._channel, epoch)
                logger().info("epoch key destroyed", channel=self._channel, epoch=epoch)
        except (PilookupError, OSError) as error:
            logger().error("epoch key not destroyed", channel=self._channel, **describe(error))


def _has_ended(epoch: int, state: ServedState, now: datetime) -> bool:
    """Whether an epoch is older than the newest, and the release does not list it or its time is long over."""
    epochs = state.loaded.release.epochs
    listed = {one.epoch for one in epochs if one.serves_until + DESTROYED_AFTER > now}
    return epoch < epochs[0].epoch and epoch not in listed
