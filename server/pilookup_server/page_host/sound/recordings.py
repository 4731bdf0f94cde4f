"""A folder of packed recordings, from which a site or the server takes them."""

from collections.abc import Mapping
from pathlib import Path

from pilookup import durable
from pilookup.plain_file import read_plain
from pilookup_server.page_host.sound.frames import MAX_BYTES, SoundError
from pilookup_server.page_host.sound.recording import SUFFIX, PackedOutcome, Recording, Spoken, unpack

_PUBLIC = 0o644
"""The mode of a packed file: another user may serve it."""


def keep_packed(folder: Path, packed: PackedOutcome) -> Path:
    """Write a packed recording into a folder, in place of the former one of its language.

    Returns:
        The file.

    Raises:
        OSError: The file cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{packed.recording.language}{SUFFIX}"
    durable.replace(path, packed.recording.data)
    path.chmod(_PUBLIC)
    return path


def read_recordings(
    folder: Path, names: Mapping[str, str], telephone: str, services: Mapping[str, str]
) -> tuple[Recording, ...]:
    """Read all packed recordings of a folder, in the order of their files' names.

    Args:
        folder: The folder.
        names: The operator's names on the page, by language (`zh`, `en`).
        telephone: The operator's telephone number on the page.
        services: The services that the page corrects.

    Raises:
        SoundError: There is no recording, one is damaged, two have the same language, or one says something else than
            the page shows. The text names the file and the remedy.
        OSError: The folder or a file cannot be read.
    """
    recordings: dict[str, Recording] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix != SUFFIX:
            continue
        try:
            recording = unpack(read_plain(path, MAX_BYTES))
            name = names["en" if recording.is_english else "zh"]
            _check_same(recording.spoken, Spoken(name, telephone, tuple(services.items())))
        except SoundError as error:
            raise SoundError(f"{path}: {error}") from None
        if recording.language in recordings:
            raise SoundError(f"{path}: a second recording of {recording.language}; leave one of them")
        recordings[recording.language] = recording
    if not recordings:
        raise SoundError(f"{folder}: no file *{SUFFIX}; pilookup page {folder} --sound writes one")
    return tuple(recordings.values())


def _check_same(spoken: Spoken, shown: Spoken) -> None:
    """The page plays no local sentence that says something else than it shows, and nothing if services differ."""
    if dict(spoken.services) != dict(shown.services):
        raise SoundError("was packed with other telephone lines; pack it again with the page's options --service")
    said = (spoken.operator, spoken.telephone)
    if any(said) and said != (shown.operator, shown.telephone):
        raise SoundError("was packed with another operator or telephone; pack it again with those of the page")
