"""The server's distributions carry the page: without the page, built from `server/web`, none is made."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RequirePage(BuildHookInterface[Any]):
    """Refuses to make a wheel or a source distribution while the page is not built; an editable wheel needs none."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's interface
        """Check that the page is there.

        Raises:
            FileNotFoundError: The page is not built.
        """
        page = Path(self.root, "pilookup_server", "page", "index.html")
        if version != "editable" and not page.is_file():
            raise FileNotFoundError("server/pilookup_server/page is not built: run server/web/build.mjs first")
