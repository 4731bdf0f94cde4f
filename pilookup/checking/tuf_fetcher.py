"""Downloads for the TUF client: metadata and manifests over a channel's own connections, within a call's deadline.

A metadata file is checked here for what SPEC.md section 9.3 asks beyond the TUF client, before that client verifies its
signatures: the version that its name says, roles whose key ids name different keys, and snapshot metadata that list
nothing but targets.json.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from tuf.api import exceptions as tuf
from tuf.api.metadata import Root, Snapshot, Targets
from tuf.ngclient import FetcherInterface

from pilookup.checking.deadline import Deadline
from pilookup.checking.requests import Call
from pilookup.checking.result import Failure, Reason
from pilookup.checking.transport import Http
from pilookup.errors import FormatError, TrustError
from pilookup.protocol.manifest import MAX_MANIFEST_BYTES
from pilookup.protocol.release import MAX_METADATA_BYTES, check_distinct_keys, check_snapshot, parse_metadata

_PARSE: Final[dict[str, Callable[[bytes], Root | Snapshot | Targets]]] = {
    "root": lambda data: parse_metadata(data, Root).signed,
    "snapshot": lambda data: parse_metadata(data, Snapshot).signed,
    "targets": lambda data: parse_metadata(data, Targets).signed,
}
_VERSIONED: Final = re.compile(r"metadata/([0-9]+)\.(root|snapshot|targets)\.json")


class FetchError(tuf.DownloadError):
    """Carries a Failure through the TUF client."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure.reason))
        self.failure = failure


class Fetcher(FetcherInterface):
    """Lets the TUF client download from one channel until a deadline."""

    def __init__(self, http: Http, deadline: Deadline) -> None:
        """Make a fetcher.

        Args:
            http: the channel's connections.
            deadline: the deadline of the call.
        """
        self._http = http
        self._deadline = deadline

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = url.removeprefix(self._http.endpoint.url(""))
        call = Call(url, MAX_METADATA_BYTES)
        if path.startswith("targets/"):
            call = Call(url, MAX_MANIFEST_BYTES, too_long=Reason.BAD_SNAPSHOT)
        try:
            data = self._http.get(call, self._deadline)
            _check_metadata(path, data)
        except Failure as failure:
            failure.url = url
            if failure.missing:
                raise tuf.DownloadHTTPError("not there", 404) from None
            raise FetchError(failure) from None
        return iter([data])


def _check_metadata(path: str, data: bytes) -> None:
    """Check a metadata file with a version in its name, as far as the TUF client does not; raises Failure."""
    match = _VERSIONED.fullmatch(path)
    if match is None:
        return
    try:
        signed = _PARSE[match[2]](data)
    except FormatError:
        raise Failure(Reason.BAD_RESPONSE, detail=f"{path}: not signed metadata of this kind") from None
    if signed.version != int(match[1]):
        raise Failure(Reason.BAD_SNAPSHOT, detail=f"{path}: of another version than its name")
    try:
        if isinstance(signed, Root):
            check_distinct_keys(signed)
        elif isinstance(signed, Snapshot):
            check_snapshot(signed)
    except FormatError as error:
        raise Failure(Reason.BAD_SNAPSHOT, detail=f"{path}: {error}") from None
    except TrustError as error:
        raise Failure(Reason(error.reason), detail=str(error)) from None
