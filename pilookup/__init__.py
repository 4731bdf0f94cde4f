"""Learn whether a phone number is in a seized list, without anyone handing over the list or the number."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pilookup.checking.client import AsyncClient, Client
    from pilookup.checking.result import Result
    from pilookup.errors import PilookupError
    from pilookup.identifier import canonicalise

__version__ = "0.1.0"
__all__ = ["AsyncClient", "Client", "PilookupError", "Result", "canonicalise"]

_HOMES = {
    "AsyncClient": "pilookup.checking.client",
    "Client": "pilookup.checking.client",
    "PilookupError": "pilookup.errors",
    "Result": "pilookup.checking.result",
    "canonicalise": "pilookup.identifier",
}


if not TYPE_CHECKING:  # a type checker would take every other name for Any

    def __getattr__(name: str) -> Any:
        """Import the public names when first asked for: `import pilookup` stays light."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 - part of staying light

        return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
