"""Changes of right answers that several cases use."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.kit.case import RepositoryChange, SiteChange
from tests.kit.repository import Edit, Repository
from tests.kit.site import Reply, Request, Site, problem

PROBLEMS = {
    400: "malformed-request",
    401: "unauthorized",
    404: "not-found",
    408: "timeout",
    410: "retired",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid-element",
    429: "rate-limited",
    500: "internal",
    503: "unavailable",
}


def path_of(site: Site, end: str) -> str:
    """Return the one path of a site that ends so."""
    (path,) = (path for path in site.files if path.endswith(end) and "/epochs/" not in path)
    return path


def remove(end: str) -> SiteChange:
    """Take a file away; it is then answered with 404."""
    return lambda site: site.files.pop(path_of(site, end)) and None


def rewrite(end: str, change: Callable[[bytes], bytes]) -> SiteChange:
    """Change the bytes of a file after it was signed."""

    def apply(site: Site) -> None:
        path = path_of(site, end)
        site.files[path] = change(site.files[path])

    return apply


def edit_document(end: str, change: Callable[[dict[str, Any]], None]) -> SiteChange:
    """Change a metadata file after it was signed: an object with `signatures` and `signed`."""

    def apply(data: bytes) -> bytes:
        document = json.loads(data)
        change(document)
        return json.dumps(document, ensure_ascii=False).encode()

    return rewrite(end, apply)


def edit(name: str, change: Edit) -> RepositoryChange:
    """Change the manifest, or what a role signs, before it is encoded and signed."""

    def apply(repository: Repository) -> None:
        repository.edits[name] = change

    return apply


def put(name: str, **members: Any) -> RepositoryChange:
    """Set members of the manifest, or of what a role signs."""
    return edit(name, lambda value: value.update(members))


def expired(*roles: str) -> RepositoryChange:
    def apply(repository: Repository) -> None:
        for role in roles:
            repository.lifetimes[role] = timedelta(hours=-1)

    return apply


def every(*changes: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a change that makes several, in order."""

    def apply(subject: Any) -> None:
        for change in changes:
            change(subject)

    return apply


def answer_with(
    route: str, reply: Reply | Callable[[Request, Reply], Reply], *, times: int | None = None, path: str = ""
) -> SiteChange:
    """Answer requests of a route in another way.

    Args:
        route: `metadata`, `targets`, `snapshots` or `evaluate`.
        reply: the answer, or a function that makes it from the request and the right answer.
        times: number of requests that are answered so, the first ones; by default all.
        path: only paths that end so.
    """

    def apply(site: Site) -> None:
        left = [times if times is not None else -1]

        def change(request: Request, right: Reply) -> Reply:
            if request.route != route or not request.path.endswith(path) or left[0] == 0:
                return right
            left[0] -= 1
            return reply(request, right) if callable(reply) else reply

        site.changes.append(change)

    return apply


def status(route: str, code: int, *, times: int | None = None, path: str = "", **headers: str) -> SiteChange:
    """Answer requests of a route with a status, and a problem document where SPEC.md has one."""
    reply = problem(code, PROBLEMS[code]) if code in PROBLEMS else Reply(code)
    reply.headers |= {name.replace("_", "-"): value for name, value in headers.items()}
    return answer_with(route, reply, times=times, path=path)
