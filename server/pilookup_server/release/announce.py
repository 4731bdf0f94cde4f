"""Makes the notice of a release that this server has verified and serves."""

from typing import Final

from anyio import to_thread

from pilookup.protocol.release import MANIFEST
from pilookup_server.logs import describe, logger
from pilookup_server.notices.board import NoticeBoard
from pilookup_server.notices.notice import Notice
from pilookup_server.release.loaded_release import LoadedRelease, ServedState

_NONE: Final = 0


def notice_of(channel: str, loaded: LoadedRelease) -> Notice | None:
    """The notice of a release; None if its newest epoch is not served.

    It names the datasets of the manifest's catalogue and no others, so none that is not published to this channel.
    """
    epochs = loaded.release.epochs
    manifests = [one.manifest for one in loaded.snapshots.values() if epochs and one.manifest.epoch == epochs[0].epoch]
    if not manifests:
        return None
    [manifest] = manifests
    return Notice(
        channel=channel,
        serial=manifest.serial,
        datasets=tuple(sorted({case.id for case in manifest.datasets})),
        manifest=f"/v1/channels/{channel}/targets/{epochs[0].path(MANIFEST)}",
        created=int(manifest.created.timestamp()),
    )


class Announcer:
    """Puts the notice of each release that a worker serves on the board, once."""

    def __init__(self, channel: str, board: NoticeBoard) -> None:
        """Put nothing yet."""
        self._channel = channel
        self._board = board
        self._put = _NONE
        self._failed = False

    async def announce(self, state: ServedState | None) -> None:
        """Put the notice of what is served, unless that was done before.

        A failure is logged once, and tried again at the next call.
        """
        try:
            await to_thread.run_sync(self._announce, state)
        except OSError as error:
            if not self._failed:
                logger().error(
                    "notice not made: receivers are not told of this release", channel=self._channel, **describe(error)
                )
            self._failed = True
        else:
            self._failed = False

    def _announce(self, state: ServedState | None) -> None:
        notice = notice_of(self._channel, state.loaded) if state is not None else None
        if notice is not None and notice.serial != self._put:
            self._board.put(notice)
            self._put = notice.serial
