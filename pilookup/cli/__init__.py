"""The command line. One file a command; `pilookup-server` adds its own by the entry-point group `pilookup.commands`."""

import sys


def main() -> None:
    """The `pilookup` script."""
    try:
        import typer  # noqa: F401, PLC0415 - the library alone does without it
    except ImportError:
        sys.exit("pilookup: the command line needs an extra: pip install 'pilookup[cli]'")
    from pilookup.cli.app import build  # noqa: PLC0415

    build()()


__all__ = ["main"]
