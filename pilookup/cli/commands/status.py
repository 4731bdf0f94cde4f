"""`pilookup status`: what HOME holds, what is served, what needs doing."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pilookup.cli.console import counted, note, say, say_json
from pilookup.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from pilookup.custody.status import Status


def status(home: HomeOption, json: JsonOption = False) -> None:
    """Datasets, channels, expiry dates and warnings. No passphrase is needed."""
    from pilookup.custody.control import ControlDatabase  # noqa: PLC0415 - needs the extra `load`
    from pilookup.custody.home import Home  # noqa: PLC0415 - needs the extra `load`
    from pilookup.custody.status import read_status  # noqa: PLC0415

    place = Home(home)
    if place.has_custody():
        with ControlDatabase.open(place) as control:
            found = read_status(place, control, datetime.now(UTC))
    else:
        found = read_status(place, None, datetime.now(UTC))
    if json:
        say_json(found.to_json())
    else:
        _tell(found)


def _tell(found: "Status") -> None:
    for row in found.datasets or []:
        state = "withdrawn"
        if not row["withdrawn"]:
            state = f"{counted(row['loads'], 'file')}, {counted(row['accepted'], 'number')} accepted"
        say(f"dataset {row['id']} ({row['kind']}): {state}")
    for row in found.channels:
        if row["published"]:
            entries = counted(row["entries"], "entry", "entries")
            say(f"channel {row['channel']}: epoch {row['epoch']}, serial {row['serial']}, {entries}")
        else:
            say(f"channel {row['channel']}: not published")
    for warning in found.warnings:
        note(warning)
