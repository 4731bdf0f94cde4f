"""The checks that precede every channel route: is the channel served, may the caller use it, is a release valid."""

from contextlib import suppress
from dataclasses import dataclass

from starlette.requests import Request

from pilookup.protocol.problems import Problem
from pilookup_server.auth import needs_token
from pilookup_server.limits.counters import CountersError
from pilookup_server.platforms.platform import Platform
from pilookup_server.problems import ProblemError
from pilookup_server.release.loaded_release import ServedState
from pilookup_server.release.watcher import ReleaseWatcher
from pilookup_server.routes.asgi_request import header
from pilookup_server.service import Service, service_of


@dataclass(frozen=True, slots=True)
class AuthorizedRequest:
    """A request whose caller may use the requested channel.

    Attributes:
        service: The service of the app.
        watcher: The watcher of the requested channel.
        platform: The platform that it is from; None if the channel needs no key.
    """

    service: Service
    watcher: ReleaseWatcher
    platform: Platform | None

    def state(self) -> ServedState:
        """The state that this worker serves.

        Raises:
            ProblemError: 503 if there is no valid release.
        """
        return self._valid(self.watcher.state)

    async def newest(self) -> ServedState:
        """The state after a new release on disk, if there is one, has been loaded.

        Routes use it where the state of this worker may be older than that of another.

        Raises:
            ProblemError: 503 if there is no valid release.
            OSError: The channel's directory cannot be read.
        """
        return self._valid(await self.watcher.current())

    def note_fetched(self, serial: int) -> None:
        """Note that a platform fetches a manifest. A request that is answered is not refused for that."""
        if self.platform is not None:
            with suppress(CountersError):
                self.service.counts.fetches.note(self.platform.name, self.watcher.name, serial)

    def _valid(self, state: ServedState | None) -> ServedState:
        if state is None or self.service.clock() >= state.expires:
            raise ProblemError(Problem.UNAVAILABLE, headers={"retry-after": "60"})
        return state


async def admit(request: Request) -> AuthorizedRequest:
    """Check that the caller may use the requested channel.

    Raises:
        ProblemError: 404 if the channel is not served; as `authenticate`, if the channel needs a key.
    """
    service = service_of(request)
    watcher = service.watchers.get(request.path_params["channel"])
    if watcher is None:
        raise ProblemError(Problem.NOT_FOUND)
    platform = await authenticate(request) if needs_token(watcher.name) else None
    return AuthorizedRequest(service, watcher, platform)


async def authenticate(request: Request) -> Platform:
    """The platform that a request is from.

    Raises:
        ProblemError: 401 if the request has no valid key, 503 if the valid keys are not known.
    """
    return await service_of(request).authenticator.authenticate(header(request.scope, b"authorization"))


async def count_refusal(request: Request) -> None:
    """Count a refused request for the quota of the caller's address.

    Raises:
        ProblemError: 429 if the quota is exhausted, 503 if the counters cannot be reached.
    """
    service = service_of(request)
    await service.quotas.refusals.take(service.client_addresses.key(request.scope), 1)
