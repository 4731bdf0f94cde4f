"""The command line: each command is a module in `commands`; `pilookup-server` adds more by entry points."""

import sys


def main() -> None:
    """Run the `pilookup` command; exits with status 1 and a line of text if the extra `cli` is not installed."""
    try:
        import typer  # noqa: F401, PLC0415 - the library does not need it
    except ImportError:
        sys.exit("pilookup: the command line needs an extra: pip install 'pilookup[cli]'")
    from pilookup.cli.app import build  # noqa: PLC0415

    build()()


__all__ = ["main"]
