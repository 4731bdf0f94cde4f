"""Where tasks read the filter keys of a kind from: all of them, or those that the base filter lacks.

Filter keys are parts of tokens, so they are in files only under the vault's storage key. Both sources divide them into
2^range_bits key ranges by their upper bits. A key range is n x 8 bytes: ascending keys, each once.
"""

from dataclasses import dataclass
from pathlib import Path

from pilookup import _core, durable
from pilookup.custody.publish.spill_file import SpillFiles, altered_error
from pilookup.custody.task_keyring import store_for
from pilookup.errors import VaultError
from pilookup.protocol.label import Kind


@dataclass(frozen=True, slots=True)
class SpilledKeys:
    """All filter keys of a kind, in the spill files of a run."""

    home: str
    folder: str
    spill_files: int
    kind: str
    range_bits: int

    def runs(self, number: int) -> list[bytes]:
        """Key range `number` as it is in each spill file; raises KeyringError, PublishError, OSError."""
        spills = SpillFiles(Path(self.folder), self.spill_files)
        return spills.filter_keys(store_for(self.home), Kind(self.kind), self.range_bits, number)

    def keys(self, number: int) -> bytes:
        """Key range `number`; raises KeyringError, PublishError, OSError."""
        return _core.sort_unique_keys(b"".join(self.runs(number)))


@dataclass(frozen=True, slots=True)
class AdditionKeys:
    """The filter keys of a kind that its base lacks, with a sealed file for each key range."""

    home: str
    folder: str
    kind: str
    range_bits: int

    def write(self, number: int, keys: bytes) -> None:
        """Write key range `number`; raises KeyringError, OSError."""
        path = self._path(number)
        durable.write_and_rename(path, [store_for(self.home).seal(self._aad(path), keys)], flushed=False)

    def keys(self, number: int) -> bytes:
        """Key range `number`; raises KeyringError, PublishError, OSError."""
        path = self._path(number)
        try:
            return store_for(self.home).read(path, self._aad(path))
        except VaultError:
            raise altered_error(path) from None

    def _path(self, number: int) -> Path:
        """The path of a key range, such as `exposure.0007.lacked`."""
        return Path(self.folder) / f"{self.kind}.{number:04}.lacked"

    def _aad(self, path: Path) -> str:
        """The AAD of a key range: its run, its kind and its number."""
        return f"{path.parent.name}/{path.name}"
