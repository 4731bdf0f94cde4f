"""What the commands of `pilookup platform` share: the service database of a HOME, and which keys it may have."""

from pathlib import Path

from pilookup import file_errors
from pilookup.errors import HomeError
from pilookup.protocol.names import PUBLIC
from pilookup.protocol.platform_key import KeyKind
from pilookup.protocol.release import ROOT, is_sandbox, verify_root
from pilookup.release_files.files import read_metadata
from pilookup_server.service_database.counts import ServiceDatabase
from pilookup_server.service_database.engine import FILE, ServiceDatabaseError
from pilookup_server.service_database.platforms import PlatformError
from pilookup_server.settings import read_settings


def open_database(home: Path, *, migrate: bool) -> ServiceDatabase:
    """Open the service database of a HOME.

    Args:
        home: HOME, or its online half alone.
        migrate: Whether to make the tables, or change those of an older version.

    Raises:
        HomeError: HOME has no online half.
        ServeError: A setting cannot be used.
        ServiceDatabaseError: The database cannot be used, or there is none yet and it may not be made.
    """
    settings = read_settings(home=home)
    online, url = settings.home / "online", settings.read_service_database_url()
    if not online.is_dir():
        raise HomeError(f"{home}: has no online half")
    if not migrate and not url and not (online / FILE).exists():
        raise ServiceDatabaseError(f"{online / FILE}: there are no platforms yet; pilookup platform add makes it")
    return ServiceDatabase.open(online, url, migrate_tables=migrate)


def check_kind(home: Path, kind: KeyKind) -> None:
    """Check that the server of a HOME takes keys of this kind: those for tests are for sandboxes alone.

    Raises:
        PlatformError: It does not.
        HomeError: A root cannot be read.
        TrustError, FormatError: A root does not verify.
    """
    channels = [name for name in read_settings(home=home).channels if name != PUBLIC]
    for channel in channels:
        path = home / "online" / "channels" / channel / "metadata" / ROOT
        if not path.exists():
            continue  # not carried over yet; then it is no sandbox, which is made whole
        with file_errors.failures_as(HomeError, path):
            sandbox = is_sandbox(verify_root(read_metadata(path)))
        if sandbox and kind is KeyKind.LIVE:
            raise PlatformError(f"{home}: is the HOME of a sandbox, which takes keys for tests alone: add --test")
        if not sandbox and kind is KeyKind.TEST:
            raise PlatformError(f"{home}: is not the HOME of a sandbox: keys for tests are not taken")
    if not channels and kind is KeyKind.TEST:
        raise PlatformError(f"{home}: keys for tests are not taken")
