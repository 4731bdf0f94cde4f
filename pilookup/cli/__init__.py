"""The command line.

Each command is a module in `commands`, and `pilookup-server` adds more by entry points (`installed_commands`). `app`
puts them together, `options` and `opening` are what they share, `console` prints, and `rejects` writes rejected rows.
"""

import sys


def main() -> None:
    """Run the `pilookup` command; exits with status 1 and a line of text if the extra `cli` is not installed."""
    try:
        import typer  # noqa: F401, PLC0415 - the library does not need it
    except ImportError:
        sys.exit("pilookup: the command line needs an extra: pip install 'pilookup[cli]'")
    from pilookup.cli.app import build  # noqa: PLC0415
    from pilookup.private_process import forbid_dumps, hide_variables  # noqa: PLC0415

    hide_variables()
    forbid_dumps()
    build()()


__all__ = ["main"]
