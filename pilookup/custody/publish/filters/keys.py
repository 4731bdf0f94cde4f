"""Where tasks read a kind's filter keys from: all of them, or those that the base filter lacks.

Keys are cut from tokens, so they lie in files only under the vault's own key. Both sources give them in 2^cut pieces by
their upper bits, n x 8 bytes each, ascending, each key once.
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
    """All keys of a kind, in the spill files of a run."""

    home: str
    folder: str
    spill_files: int
    kind: str
    range_bits: int

    def runs(self, number: int) -> list[bytes]:
        """Piece `number` as it lies in each spill file; raises KeyringError, PublishError, OSError."""
        spills = SpillFiles(Path(self.folder), self.spill_files)
        return spills.filter_keys(store_for(self.home), Kind(self.kind), self.range_bits, number)

    def keys(self, number: int) -> bytes:
        """Piece `number`; raises KeyringError, PublishError, OSError."""
        return _core.sort_unique_keys(b"".join(self.runs(number)))


@dataclass(frozen=True, slots=True)
class AdditionKeys:
    """The keys of a kind that its base lacks: a sealed file for each piece, few keys where the base is kept."""

    home: str
    folder: str
    kind: str
    range_bits: int

    def write(self, number: int, keys: bytes) -> None:
        """Keep piece `number`; raises KeyringError, OSError."""
        path = self._path(number)
        durable.write_and_rename(path, [store_for(self.home).seal(self._aad(path), keys)], flushed=False)

    def keys(self, number: int) -> bytes:
        """Piece `number`; raises KeyringError, PublishError, OSError."""
        path = self._path(number)
        try:
            return store_for(self.home).read(path, self._aad(path))
        except VaultError:
            raise altered_error(path) from None

    def _path(self, number: int) -> Path:
        """`exposure.0007.lacked`"""
        return Path(self.folder) / f"{self.kind}.{number:04}.lacked"

    def _aad(self, path: Path) -> str:
        """What sealed keys are bound to: this run, this kind, this piece."""
        return f"{path.parent.name}/{path.name}"
