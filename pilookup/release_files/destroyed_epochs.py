"""The list of epochs of a channel whose key was destroyed on this machine: such a key is never used again.

A copy of the online half, or a backup, can bring a destroyed key back. The list is `destroyed.json` in the channel's
directory: the epochs in ascending order. An epoch is entered before its key is destroyed, so that a key of an epoch in
the list is one to destroy, also after a kill.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pilookup import durable
from pilookup.errors import FormatError
from pilookup.protocol.encoding import decode_object, encode_object
from pilookup.protocol.names import check_epoch, check_integer
from pilookup.release_files.channel_lock import channel_lock
from pilookup.release_files.files import read_metadata

DESTROYED: Final = "destroyed.json"
_VERSION: Final = 1


class DestroyedEpochs:
    """The list of one channel, on disk. Several workers may enter epochs at the same time."""

    def __init__(self, directory: Path) -> None:
        """`directory` is the channel's directory below HOME."""
        self._directory = directory
        self._path = directory / DESTROYED

    def read(self) -> frozenset[int]:
        """The epochs in the list.

        Raises:
            FormatError: The file is damaged; the text names it, and the remedy.
            OSError: The file cannot be read.
        """
        try:
            data = read_metadata(self._path)
        except FileNotFoundError:
            return frozenset()
        try:
            return _parse(data)
        except FormatError as error:
            raise FormatError(
                f"{self._path}: {error}; restore it, or delete it and every key in keys/ of an epoch that has ended"
            ) from None

    def add(self, epochs: Iterable[int]) -> None:
        """Enter epochs. Raises as `read`, and OSError if the file cannot be written."""
        new = frozenset(epochs)
        with channel_lock(self._directory, wait=True):
            held = self.read()
            if not new <= held:
                durable.replace(self._path, encode_object({"version": _VERSION, "epochs": sorted(held | new)}))


def _parse(data: bytes) -> frozenset[int]:
    body = decode_object(data, {"version", "epochs"})
    check_integer(body["version"], _VERSION, _VERSION, "version")
    if not isinstance(body["epochs"], list):
        raise FormatError("epochs: not a list")
    return frozenset(check_epoch(epoch) for epoch in body["epochs"])
