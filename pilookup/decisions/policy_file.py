"""Reading a policy file (TOML): its shape and its words. What its rules may say is the policy's matter."""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from pilookup.decisions.action import Action, Scene
from pilookup.decisions.text import Text
from pilookup.errors import FormatError

_SECTIONS: Final = ("scenes", "appeal", "block")
_ANSWERS: Final = ("exposed", "malicious", "unknown", "not_a_number")
_APPEAL: Final = ("who", "how", "papers")
_LANGUAGES: Final = ("zh", "en")
_MOST: Final = 500
"""Most characters of a text."""

_Policy = TypeVar("_Policy")


@dataclass(frozen=True, slots=True)
class Given:
    """What a policy file says.

    Attributes:
        scenes: The actions that it names, by scene and by one of `_ANSWERS`.
        appeal: The texts of its appeal by `who`, `how` and `papers`; None without one.
        person: Who answers for a block; None without one.
    """

    scenes: Mapping[Scene, Mapping[str, Action]]
    appeal: Mapping[str, Text] | None
    person: str | None


def read_policy(path: Path, make: Callable[[Given], _Policy]) -> _Policy:
    """Read a policy file and make the policy of it.

    Args:
        path: The file.
        make: Makes the policy, or raises ValueError where a rule is not allowed.

    Raises:
        FormatError: The file is no policy, or `make` raised ValueError. The text names the file and the place.
        OSError: The file cannot be read.
    """
    try:
        return make(_given(tomllib.loads(path.read_bytes().decode())))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, UnicodeDecodeError and FormatError are ValueErrors
        raise FormatError(f"{path}: {error}") from None


def _given(body: Mapping[str, object]) -> Given:
    _only(body, _SECTIONS, "")
    scenes = {
        _member(Scene, name, "scenes"): _actions(rule, f"scenes.{name}")
        for name, rule in _table(body.get("scenes", {}), "scenes").items()
    }
    return Given(scenes, _appeal(body["appeal"]) if "appeal" in body else None, _person(body.get("block")))


def _actions(value: object, place: str) -> dict[str, Action]:
    table = _table(value, place)
    _only(table, _ANSWERS, place)
    return {name: _member(Action, action, f"{place}.{name}") for name, action in table.items()}


def _appeal(value: object) -> dict[str, Text]:
    table = _table(value, "appeal")
    _only(table, _APPEAL, "appeal")
    return {name: _text(table.get(name), f"appeal.{name}") for name in _APPEAL}


def _text(value: object, place: str) -> Text:
    table = _table(value, place)
    _only(table, _LANGUAGES, place)
    return Text(*(_line(table.get(language), f"{place}.{language}") for language in _LANGUAGES))


def _person(value: object) -> str | None:
    if value is None:
        return None
    table = _table(value, "block")
    _only(table, ("person",), "block")
    return _line(table.get("person"), "block.person")


def _line(value: object, place: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > _MOST or not value.isprintable():
        raise FormatError(f"{place}: must be a text of 1 to {_MOST} characters on one line")
    return value


def _table(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise FormatError(f"{place}: must be a table")
    return value


def _only(table: Mapping[str, object], names: tuple[str, ...], place: str) -> None:
    for name in table:
        if name not in names:
            raise FormatError(f"{place}{'.' if place else ''}{name}: unknown; there are {', '.join(names)}")


_Member = TypeVar("_Member", Action, Scene)


def _member(members: type[_Member], value: object, place: str) -> _Member:
    for member in members:
        if member == value:
            return member
    raise FormatError(f"{place}: {value!r}: unknown; there are {', '.join(members)}")
