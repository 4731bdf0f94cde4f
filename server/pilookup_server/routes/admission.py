"""What every channel route asks first: which channel, may this caller, is there something to serve."""

from dataclasses import dataclass

from starlette.requests import Request

from pilookup.protocol.problems import Problem
from pilookup_server.auth import needs_token, unauthorized
from pilookup_server.problems import ProblemError
from pilookup_server.release.loaded_release import ServedState
from pilookup_server.release.watcher import ReleaseWatcher
from pilookup_server.routes.asgi_request import header
from pilookup_server.service import Service, service_of


@dataclass(frozen=True, slots=True)
class AuthorizedRequest:
    """A caller let in to a channel; `holder` names its token where the channel needs one."""

    service: Service
    watcher: ReleaseWatcher
    holder: str | None

    def state(self) -> ServedState:
        """What this worker serves; raises ProblemError 503 when that is nothing valid."""
        return self._valid(self.watcher.state)

    async def newest(self) -> ServedState:
        """The same, once what lies on disk has been taken up: asked where the state at hand may be behind."""
        return self._valid(await self.watcher.current())

    def _valid(self, state: ServedState | None) -> ServedState:
        if state is None or self.service.clock() >= state.expires:
            raise ProblemError(Problem.UNAVAILABLE, headers={"retry-after": "60"})
        return state


def admit(request: Request) -> AuthorizedRequest:
    """Raises ProblemError 404 for a channel not served, 401 without a token where one is needed."""
    service = service_of(request)
    watcher = service.watchers.get(request.path_params["channel"])
    if watcher is None:
        raise ProblemError(Problem.NOT_FOUND)
    if not needs_token(watcher.name):
        return AuthorizedRequest(service, watcher, None)
    authorization = header(request.scope, b"authorization")
    holder = service.tokens.holder(authorization)
    if holder is None:
        raise unauthorized(presented=authorization is not None)
    return AuthorizedRequest(service, watcher, holder)


async def count_request(request: Request) -> None:
    """Count against the caller's request quota; raises ProblemError 429 or 503."""
    service = service_of(request)
    await service.quotas.requests.charge(service.client_addresses.key(request.scope), 1)
