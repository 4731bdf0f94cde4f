"""Loading files into datasets, and changing what a dataset says: one part of the API of the police side."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TextIO

from pilookup.compute.callbacks import Progress
from pilookup.custody.datasets import DatasetChange, DatasetSpec, check_expiry, check_slug
from pilookup.custody.intake import IntakeOptions
from pilookup.custody.intake.model import names_of
from pilookup.custody.load import load as loading
from pilookup.custody.load.load import LoadJob
from pilookup.custody.load.outcome import LoadOutcome
from pilookup.custody.open_home import OpenHome
from pilookup.errors import ArgumentError, CustodyError
from pilookup.protocol.label import Kind


class LoadCalls(OpenHome):
    """What an officer does with seized files. `Custody` has these methods."""

    def load(
        self,
        files: str | Path | Iterable[str | Path],
        *,
        dataset: str,
        kind: Kind | str,
        title_zh: str | None = None,
        title_en: str | None = None,
        seized_on: date | None = None,
        sensitive: bool = False,
        expires_on: date | None = None,
        columns: Mapping[str, str | Sequence[str]] | None = None,
        not_columns: str | Iterable[str] = (),
        region: str = "CN",
        scan_text: bool = False,
        hidden_sheets: bool = False,
        encoding: str | None = None,
        passwords: str | Iterable[str] = (),
        rejects: TextIO | None = None,
        replace: bool = False,
        dry_run: bool = False,
        strict: bool = False,
        skip_bad: bool = False,
        locked: Iterable[str] | None = None,
        on_progress: Progress | None = None,
    ) -> LoadOutcome:
        """Load files into a dataset: all of them, or none. The numbers are not kept; `publish` acts on them.

        Args:
            files: one file, or several: CSV, TSV, TXT, XLSX, XLS, Parquet, or .zip or .gz of them. A directory
                stands for the files in it and below it; the report warns of those that are no tables.
            dataset: the dataset's id, 1 to 64 of a-z, 0-9 and dashes. A new id makes a new dataset.
            kind: what the dataset says about its numbers, "exposure" or "malicious-registration".
            title_zh: the case's title in Chinese; by default the id of a new dataset.
            title_en: the case's title in English; by default the same.
            seized_on: the day of the seizure.
            sensitive: keep a new dataset out of the public channel.
            expires_on: the day (UTC) of a new dataset's expiry: its records leave with the first publish on or after
                it. `change_dataset` changes it.
            columns: "phone", "account" or "date" -> a header, or a column number from 1, or several of them; the others
                are detected.
            not_columns: headers or numbers of columns that are not read, whatever they hold.
            region: ISO 3166 code of the country of numbers without a country code.
            scan_text: also read numbers in columns of text.
            hidden_sheets: also read hidden sheets of workbooks.
            encoding: the encoding of texts, such as big5; by default it is detected.
            passwords: tried on encrypted archives and workbooks. They are not kept.
            rejects: a text stream for the rejected cells, which holds numbers in clear.
            replace: load files again that were loaded before, in place of what was loaded then.
            dry_run: read and count everything, store nothing.
            strict: store nothing if there is any warning.
            skip_bad: leave out files, and members of archives, that cannot be read, and load the others.
            locked: the locations of encrypted files that `skip_bad` may leave out, as `PasswordRequiredError` names
                them; by default all. For another one the error is raised, so that its password can be asked for.
            on_progress: called with (bytes read, bytes in all, rows so far).

        Returns:
            The counts of all files together (`total`) and of each (`files`); never a number.

        Raises:
            IntakeError: a file cannot be read in its format, holds no number, or changed while it was read.
            PasswordRequiredError: a file is encrypted, and no given password opens it.
            StrictLoadError: `strict` was given and there are warnings; its `outcome` has them.
            CustodyError: there is no file to load, the dataset was withdrawn or has other attributes, or a file was
                loaded before.
            VaultError: a file of the vault cannot be read or written (a full disk), or is missing or altered.
            ComputeError: the cluster failed.
            MissingExtraError: a file's format needs an extra that is not installed.
            ValueError: there is no such kind, column role or region, or `strict` and `skip_bad` are given together.
            RuntimeError: this HOME was closed.

        What `rejects` or `on_progress` raises is raised unchanged, and nothing is loaded.
        """
        session = self._session()
        check_slug(dataset)
        paths = [Path(file) for file in ([files] if isinstance(files, str | Path) else files)]
        known_kind = Kind(kind)
        spec = DatasetSpec(dataset, known_kind, title_zh, title_en, seized_on, sensitive, expires_on)
        if expires_on is not None:
            check_expiry(expires_on, session.now)
        options = IntakeOptions(
            known_kind,
            region,
            {role: names_of(given) for role, given in (columns or {}).items()},
            names_of(not_columns),
            scan_text=scan_text,
            hidden_sheets=hidden_sheets,
            encoding=encoding,
            passwords=names_of(passwords),
        )
        job = LoadJob(
            paths, spec, options, replace, dry_run, strict, skip_bad, frozenset(locked) if locked is not None else None
        )
        asked = {"kind": str(known_kind), "files": len(paths), "replace": replace, "dry_run": dry_run}
        with self._audit.recorded("load", dataset=dataset, **asked, rejects=rejects is not None) as entry:
            outcome = loading.load(session, job, rejects, on_progress, self._workers)
            entry.outcome(**outcome.counts())
        return outcome

    def change_dataset(self, dataset: str, change: DatasetChange) -> None:
        """Change the texts and days of a dataset. They take effect with the next publish of each channel.

        The audit log has the names of what was changed, not the texts.

        Args:
            dataset: the dataset's id.
            change: what is new.

        Raises:
            CustodyError: there is no such dataset, it was withdrawn, or a text or a day is not valid.
            RuntimeError: this HOME was closed.
        """
        session = self._session()
        known = session.control.dataset(dataset)
        if known is None:
            raise CustodyError(f"there is no dataset {dataset}")
        if known.withdrawn_at is not None:
            raise CustodyError(f"{dataset}: withdrawn; its texts do not change any more")
        columns = change.columns(session.now)
        if not columns:
            raise ArgumentError("there is nothing to change: give a title, a day or texts")
        with self._audit.recorded("dataset set", dataset=dataset, changes=sorted(columns)):
            session.control.update_dataset(dataset, columns)
