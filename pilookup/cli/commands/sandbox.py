"""`pilookup sandbox`: serve fictional data on this machine, for trying out and for tests in any language."""

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from pilookup.cli.console import say
from pilookup.cli.options import JsonOption

DirectoryArgument = Annotated[
    Path | None,
    typer.Argument(
        help="Keep the sandbox in this directory, and serve it again next time; by default it is deleted at the end.",
        show_default=False,
    ),
]
PortOption = Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")]


def sandbox(directory: DirectoryArgument = None, port: PortOption = 8791, json_: JsonOption = False) -> None:
    """Serve fictional data on this machine until Ctrl-C, with keys of their own; see docs/platform.md."""
    from pilookup.sandbox.home import prepare  # noqa: PLC0415 - imports the police side
    from pilookup.sandbox.server_process import check_installed, serving  # noqa: PLC0415

    check_installed()
    with suppress(KeyboardInterrupt), _stopped_by_sigterm(), ExitStack() as stack:
        kept = directory or Path(stack.enter_context(TemporaryDirectory(prefix="pilookup-sandbox-")))
        made = prepare(kept)
        server = stack.enter_context(serving(made, port))
        facts = {
            "url": server.url,
            "token": made.secrets.token,
            "trust_platform": str(made.trust("platform").resolve()),
            "trust_public": str(made.trust("public").resolve()),
        }
        say(json.dumps(facts) if json_ else _guide(facts))
        server.wait()


@contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """Within it, SIGTERM stops the command as Ctrl-C does, so that the server and the directory are cleaned up."""

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


BASE_POINT = "4vKuCmq8TnGohKlhxQBRX1jjC2qlgt2NtqZZReCNLXY"
"""An element for the example of curl: the generator of ristretto255 (RFC 9496 appendix A.1)."""


def _guide(facts: dict[str, str]) -> str:
    url, token, trust = facts["url"], facts["token"], facts["trust_platform"]
    return f"""The sandbox serves fictional data at {url} until Ctrl-C.

trust file   {trust}
  (public)   {facts["trust_public"]}
platform key {token}
numbers      15400000000 is not found, 15400000001 exposed, 15400000002 malicious, 15400000003 both;
             all of them: docs/platform.md
faults       put /faults/429 (401, 410, 429, 500, 503, quota or slow) behind the address, or send the header
             Pilookup-Sandbox-Fault: 429, and evaluations are answered so

Python
  from pilookup import Client
  client = Client("{url}", "platform", "{trust}", token="{token}", sandbox=True)
  print(client.check("15400000002"))

Node (examples/platform/node)
  import {{ readFileSync }} from "node:fs";
  import {{ PilookupClient }} from "pilookup-client";
  const trust = readFileSync("{trust}");
  const client = new PilookupClient({{ url: "{url}", trust, token: "{token}", sandbox: true }});
  console.log(await client.check("15400000002"));

curl
  curl -H "Authorization: Bearer {token}" -H "Content-Type: application/json" \\
      -d '{{"epoch":1,"elements":["{BASE_POINT}"]}}' {url}/v1/channels/platform/evaluate"""
