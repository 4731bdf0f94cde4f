"""Print all direct dependencies of both distributions and of development, which requirements.lock must satisfy."""

import tomllib
from pathlib import Path


def main() -> None:
    root = tomllib.loads(Path("pyproject.toml").read_text())
    server = tomllib.loads(Path("server/pyproject.toml").read_text())
    groups = [
        root["project"]["dependencies"],
        *root["project"]["optional-dependencies"].values(),
        *root["dependency-groups"].values(),
        server["project"]["dependencies"],
        *server["project"]["optional-dependencies"].values(),
    ]
    wanted = {line for group in groups for line in group if not line.startswith("pilookup")}
    print(*sorted(wanted), sep="\n")


if __name__ == "__main__":
    main()
