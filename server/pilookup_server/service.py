"""The objects that the routes use, made once in each worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from anyio import CapacityLimiter
from starlette.requests import Request

from pilookup.protocol.names import PUBLIC
from pilookup.protocol.platform_key import KeyKind
from pilookup_server.auth import Authenticator, Tokens, needs_token
from pilookup_server.evaluation_batcher import EvaluationBatcher
from pilookup_server.keys.online_keys import OnlineKeys
from pilookup_server.limits.client_address import ClientAddresses
from pilookup_server.limits.proof_of_work import ProofsOfWork
from pilookup_server.limits.quotas import Quotas, SharedCounts
from pilookup_server.notices.board import NoticeBoard
from pilookup_server.release.timestamp_source import TimestampSource
from pilookup_server.release.watcher import ReleaseWatcher, WatchTimes
from pilookup_server.report_calls import ReportCalls
from pilookup_server.settings import Settings
from pilookup_server.trusted_clock import TrustedClock


@dataclass(frozen=True, slots=True)
class Service:
    """The served channels, and everything that decides whether and how a request is answered.

    Attributes:
        watchers: The watcher of each served channel, by the channel's name.
        authenticator: Decides which platform a request is from.
        client_addresses: Derives the address that a request's quota is counted for.
        quotas: The quotas of the settings.
        counts: What all workers count in.
        reports: Keeps reports of platforms, and says what became of them.
        evaluation_threads: Limits how many threads evaluate elements at the same time.
        evaluation_batcher: Evaluates single elements of concurrent requests together.
        clock: The time that everything goes by.
        board: The notices of this machine's workers, and those that they list.
        notice_origin: What the addresses of manifests in notices begin with; may be empty.
    """

    watchers: Mapping[str, ReleaseWatcher]
    authenticator: Authenticator
    client_addresses: ClientAddresses
    quotas: Quotas
    counts: SharedCounts
    reports: ReportCalls
    evaluation_threads: CapacityLimiter
    evaluation_batcher: EvaluationBatcher
    clock: TrustedClock
    board: NoticeBoard
    notice_origin: str

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        keys: OnlineKeys,
        counts: SharedCounts,
        reports: ReportCalls,
        scratch: Path,
        clock: TrustedClock,
        threads: int,
        key_kind: KeyKind,
    ) -> "Service":
        """Make the objects that the settings ask for. Call it in the worker's own process, never before a fork.

        Args:
            settings: The server's settings.
            keys: The keys of the online half.
            counts: What all workers count in.
            reports: Keeps reports of platforms.
            scratch: An empty private directory that all workers of this machine share.
            clock: The time that everything goes by.
            threads: The number of threads that may evaluate elements at the same time.
            key_kind: The kind of platforms' keys that this server takes.

        Raises:
            ServeError: A setting cannot be used (bearer tokens, quota storage).
            KeyringError: The key that proofs of work are derived from cannot be read.
        """
        times = WatchTimes(
            poll=timedelta(seconds=settings.poll_seconds),
            grace=timedelta(seconds=settings.grace_seconds),
            renew_before=timedelta(seconds=settings.renew_before_seconds),
            renew=settings.renew,
        )
        public = PUBLIC in settings.channels
        proofs_of_work = ProofsOfWork.from_key(keys.timestamp_keys(PUBLIC)[0]) if public else None
        directory = settings.home / "online" / "channels"
        board = NoticeBoard(scratch)
        return cls(
            watchers={
                name: ReleaseWatcher(
                    name, directory / name, keys, times, clock, _timestamp_source(settings, name), board
                )
                for name in settings.channels
            },
            authenticator=Authenticator(Tokens.from_settings(settings), counts.key_table, clock, key_kind),
            client_addresses=ClientAddresses(settings.trusted_proxies),
            quotas=Quotas.from_settings(settings, counts, proofs_of_work, scratch, clock),
            counts=counts,
            reports=reports,
            evaluation_threads=CapacityLimiter(threads),
            evaluation_batcher=EvaluationBatcher(),
            clock=clock,
            board=board,
            notice_origin=settings.notice_origin,
        )


def _timestamp_source(settings: Settings, channel: str) -> TimestampSource | None:
    """Where the timestamp of a channel is fetched; None if this machine fetches none. Raises ServeError."""
    if not settings.metadata_from:
        return None
    token = settings.read_metadata_token() if needs_token(channel) else None
    return TimestampSource(settings.metadata_from, channel, token)


def service_of(request: Request) -> Service:
    """The service of the app that received `request`."""
    service = request.app.state.service
    assert isinstance(service, Service)
    return service
