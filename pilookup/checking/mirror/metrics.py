"""What a sync tells a monitoring system: a text file in the Prometheus exposition format, replaced in one step."""

from dataclasses import dataclass
from pathlib import Path

from pilookup import durable
from pilookup.checking.mirror.directory import Synced


@dataclass(frozen=True, slots=True)
class Reading:
    """What is told.

    Attributes:
        channel: the channel.
        success: whether the last sync succeeded.
        synced: what the mirror holds; None before the first sync that succeeded.
        fetched: bytes of files that the last sync fetched.
        size: bytes of the files in place, if the last sync succeeded.
    """

    channel: str
    success: bool
    synced: Synced | None
    fetched: int = 0
    size: int | None = None

    def to_text(self) -> str:
        """The readings in the Prometheus exposition format, version 0.0.4."""
        values: list[tuple[str, str, float]] = [
            ("sync_success", "Whether the last sync succeeded.", int(self.success)),
            ("fetched_bytes", "Bytes of files that the last sync fetched.", self.fetched),
        ]
        if self.size is not None:
            values.append(("size_bytes", "Bytes of the files in place.", self.size))
        if self.synced is not None:
            synced_at, valid_until = self.synced.synced_at.timestamp(), self.synced.valid_until.timestamp()
            values += [
                ("epoch", "The newest epoch of the release in place.", self.synced.epoch),
                ("serial", "The serial of the release in place.", self.synced.serial),
                ("synced_timestamp_seconds", "When the last sync that succeeded ended.", synced_at),
                ("valid_until_timestamp_seconds", "When the release in place can no longer be used.", valid_until),
            ]
        return "".join(
            f"# HELP pilookup_mirror_{name} {text}\n# TYPE pilookup_mirror_{name} gauge\n"
            f'pilookup_mirror_{name}{{channel="{self.channel}"}} {value:.0f}\n'
            for name, text, value in values
        )

    def write(self, path: Path) -> None:
        """Replace a file by the readings; raises OSError."""
        durable.replace(path, self.to_text().encode())
