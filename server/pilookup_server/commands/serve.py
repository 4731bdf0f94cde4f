"""The command `pilookup serve`.

Every command of `pilookup` imports this module, so it imports the server only when `serve` is called.
"""

from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path,
    typer.Option("--home", envvar="PILOOKUP_HOME", help="HOME; its online half is enough.", show_default=False),
]
Host = Annotated[str | None, typer.Option(help="Address to listen on [PILOOKUP_HOST, 127.0.0.1].")]
Port = Annotated[int | None, typer.Option(help="Port to listen on, 0 for a free one [PILOOKUP_PORT, 8080].")]
Workers = Annotated[int | None, typer.Option(help="Processes that answer [PILOOKUP_WORKERS, 1].")]
ClockIsRight = Annotated[
    bool,
    typer.Option(
        "--clock-is-right", help="Take this machine's time as right, after it was stepped by more than 48 hours."
    ),
]


TakeOver = Annotated[
    bool,
    typer.Option(
        "--take-over", help="Once, on a machine that replaces the one that signed timestamps: sign above its last."
    ),
]


def serve(
    home: Home,
    host: Host = None,
    port: Port = None,
    workers: Workers = None,
    take_over: TakeOver = False,
    clock_is_right: ClockIsRight = False,
) -> None:
    """Answer checks and serve signed snapshots; further settings come from the environment."""
    from pilookup_server.process.start import start  # noqa: PLC0415 - see the module's text

    start(take_over=take_over, clock_is_right=clock_is_right, home=home, host=host, port=port, workers=workers)
