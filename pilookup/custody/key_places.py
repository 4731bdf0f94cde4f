"""`HOME/custody/signing-keys.json`: where signing keys are that left HOME, and which numbers of keys were used.

    {"format": "pilookup-signing-keys", "version": 1, "numbers": {"root-public": 4},
     "places": {TUF key id: {"name": "root-public-2", "place": "file", "on": "2026-11-29"}}}

It is for people: nothing decides by it. No secret, and no path of a medium, is in it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

from pilookup import durable, file_errors
from pilookup.custody.home import Home
from pilookup.errors import CustodyError
from pilookup.plain_file import read_plain

NAME: Final = "signing-keys.json"
MAX_BYTES: Final = 1 << 20
_FORMAT: Final = "pilookup-signing-keys"
_VERSION: Final = 1


class Place(StrEnum):
    """Where a signing key is."""

    CUSTODY = "custody"
    ONLINE = "online"
    FILE = "file"
    DEVICE = "pkcs11"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where a key went, its key id in the keyring it came from (of a device: its label), and on which day."""

    name: str
    place: Place
    on: date


@dataclass(frozen=True, slots=True)
class KeyPlaces:
    """The record. numbers: the highest number of a key by role and channel, such as `root-public`."""

    numbers: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, KeyPlace] = field(default_factory=dict)


def read_key_places(home: Home) -> KeyPlaces:
    """The record of a HOME, an empty one before the first; raises CustodyError if it is damaged or cannot be read."""
    path = home.custody / NAME
    if not path.exists():
        return KeyPlaces()
    try:
        with file_errors.failures_as(CustodyError, path):
            body = _known(json.loads(read_plain(path, MAX_BYTES)))
        places = {
            key_id: KeyPlace(str(each["name"]), Place(each["place"]), date.fromisoformat(each["on"]))
            for key_id, each in body["places"].items()
        }
        return KeyPlaces({name: int(number) for name, number in body["numbers"].items()}, places)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CustodyError(f"{path}: damaged ({error}); delete it, and `pilookup keys list` forgets places") from None


def write_key_places(home: Home, places: KeyPlaces) -> None:
    """Replace the record in one step; raises CustodyError if it cannot be written."""
    body = {
        "format": _FORMAT,
        "version": _VERSION,
        "numbers": dict(places.numbers),
        "places": {
            key_id: {"name": each.name, "place": str(each.place), "on": each.on.isoformat()}
            for key_id, each in places.places.items()
        },
    }
    with file_errors.failures_as(CustodyError, home.custody / NAME):
        durable.replace(home.custody / NAME, json.dumps(body).encode())


def _known(body: dict[str, Any]) -> dict[str, Any]:
    if (body["format"], body["version"]) != (_FORMAT, _VERSION):
        raise ValueError("another format or version")
    return body
