"""The police side: from seized files to the vault, and from the vault to signed releases.

`Custody` is its public API. Importing this package loads none of the libraries that the work needs (pyarrow,
SQLAlchemy, numpy, Alembic); using one of its names does.

- `intake` reads seized files, `load` stores them in the vault, and `publish` makes releases of the vault.
- `load_report` shows what a load did.
- `vault` and `control` hold what is stored: the vault and the control database.
- `custody` is the public API, `session` an unlocked HOME, and `home` the paths in it.
- `initialise` makes a HOME. `datasets`, `epochs`, `removal`, `repository` and `status` each do one part of the work.
- `task_keyring` gives tasks their keys.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pilookup.clock import Clock
    from pilookup.compute.callbacks import Progress
    from pilookup.custody.backup.backup import BackupOutcome
    from pilookup.custody.bundle_status import BundleStatus
    from pilookup.custody.bundles import ExportOutcome
    from pilookup.custody.custody import Custody, EraseOutcome, WithdrawOutcome
    from pilookup.custody.datasets import DatasetChange
    from pilookup.custody.intake.report import Report
    from pilookup.custody.load.outcome import LoadOutcome
    from pilookup.custody.load_report.page import html_report
    from pilookup.custody.passphrase_type import Passphrase
    from pilookup.custody.publish.outcome import PreparedOutcome, Published, ReplacedKey, UnsignedChannel
    from pilookup.custody.reports.exchange import ReportsImported
    from pilookup.custody.reports.summary import CaseReports
    from pilookup.custody.role_state import RoleState
    from pilookup.custody.status import ChannelStatus, DatasetStatus, HomeStatus, ReleaseStatus
    from pilookup.protocol.label import Kind

__all__ = [
    "BackupOutcome",
    "BundleStatus",
    "CaseReports",
    "ChannelStatus",
    "Clock",
    "Custody",
    "DatasetChange",
    "DatasetStatus",
    "EraseOutcome",
    "ExportOutcome",
    "HomeStatus",
    "Kind",
    "LoadOutcome",
    "Passphrase",
    "PreparedOutcome",
    "Progress",
    "Published",
    "ReleaseStatus",
    "ReplacedKey",
    "Report",
    "ReportsImported",
    "RoleState",
    "UnsignedChannel",
    "WithdrawOutcome",
    "html_report",
]

_MODULES = {
    "BackupOutcome": "pilookup.custody.backup.backup",
    "BundleStatus": "pilookup.custody.bundle_status",
    "CaseReports": "pilookup.custody.reports.summary",
    "ChannelStatus": "pilookup.custody.status",
    "Clock": "pilookup.clock",
    "Custody": "pilookup.custody.custody",
    "DatasetChange": "pilookup.custody.datasets",
    "DatasetStatus": "pilookup.custody.status",
    "EraseOutcome": "pilookup.custody.custody",
    "ExportOutcome": "pilookup.custody.bundles",
    "HomeStatus": "pilookup.custody.status",
    "Kind": "pilookup.protocol.label",
    "LoadOutcome": "pilookup.custody.load.outcome",
    "Passphrase": "pilookup.custody.passphrase_type",
    "PreparedOutcome": "pilookup.custody.publish.outcome",
    "Progress": "pilookup.compute.callbacks",
    "Published": "pilookup.custody.publish.outcome",
    "ReleaseStatus": "pilookup.custody.status",
    "ReplacedKey": "pilookup.custody.publish.outcome",
    "Report": "pilookup.custody.intake.report",
    "ReportsImported": "pilookup.custody.reports.exchange",
    "RoleState": "pilookup.custody.role_state",
    "UnsignedChannel": "pilookup.custody.publish.outcome",
    "WithdrawOutcome": "pilookup.custody.custody",
    "html_report": "pilookup.custody.load_report.page",
}


if not TYPE_CHECKING:  # a type checker would accept every other name as Any

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used.

        Raises:
            AttributeError: there is no such name.
            MissingExtraError: the extra `load` is not installed.
        """
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415 - not needed where no name is used

        try:
            module = import_module(_MODULES[name])
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] == "pilookup":
                raise
            from pilookup.errors import MissingExtraError  # noqa: PLC0415

            raise MissingExtraError(
                f"the police side needs an extra ({error.name}): pip install 'pilookup[load]'"
            ) from error
        return getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
