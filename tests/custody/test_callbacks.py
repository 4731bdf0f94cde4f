"""Errors of the caller's own code are raised unchanged, wherever in the work it is called, and nothing is changed then."""

import errno
import gzip
import io
import os
import pickle
import zipfile

import pyarrow as pa
import pyarrow.parquet
import pytest

from pilookup.cli import rejects
from pilookup.compute.callbacks import CallbackError, callback_errors, guarded
from pilookup.custody import Custody
from pilookup.errors import CustodyError, IntakeError, PilookupError
from tests.support.custody.channel import NOW, initialised
from tests.support.custody.home import files_under, numbers, write_csv

RAISED = [
    OSError(28, "No space left on device", "/elsewhere/rejects"),
    OSError("no errno"),
    BlockingIOError(11, "busy"),
    ValueError("theirs"),
    EOFError("theirs"),
    IntakeError("theirs", "theirs"),
]


class Stream(io.StringIO):
    """A text stream whose methods named in `broken` raise `error`."""

    def __init__(self, broken, error):
        super().__init__()
        self.broken, self.error = broken, error

    def write(self, text):
        if "write" in self.broken:
            raise self.error
        return super().write(text)

    def tell(self):
        if "tell" in self.broken:
            raise self.error
        return super().tell()

    def flush(self):
        if "flush" in self.broken:
            raise self.error
        super().flush()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A HOME with a published dataset, and files of every kind that is read in a different way."""
    folder = tmp_path_factory.mktemp("callbacks")
    initialised(folder / "home")
    rows = [*numbers(3), "not-a-phone"]
    text = write_csv(folder / "text.csv", rows)
    with gzip.open(folder / "packed.csv.gz", "wb") as packed:
        packed.write(text.read_bytes())
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        archive.write(text, "text.csv")
    (folder / "wide.csv").write_text(text.read_text(encoding="utf-8"), encoding="utf-16")
    pyarrow.parquet.write_table(pa.table({"phone": rows}), folder / "table.parquet")
    with opened(folder) as custody:
        custody.load(write_csv(folder / "old.csv", numbers(3, start=50)), dataset="old", kind="exposure")
        custody.publish("public")
    return folder


def opened(folder):
    return Custody.open(
        folder / "home",
        passphrase="custody passphrase of the tests",
        online_passphrase="online passphrase of the tests",
        clock=lambda: NOW,
    )


def raising(error):
    def on_progress(*_):
        raise error

    return on_progress


@pytest.mark.sampled("name")
@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("name", ["text.csv", "packed.csv.gz", "archive.zip", "wide.csv", "table.parquet"])
def test_a_load_raises_errors_of_the_callers_code_unchanged_and_stores_nothing(folder, name, error):
    before = files_under(folder / "home" / "custody" / "vault")
    ways = [{"on_progress": raising(error)}, *({"rejects": Stream({way}, error)} for way in ("write", "tell", "flush"))]
    with opened(folder) as custody:
        for way in ways:
            with pytest.raises(type(error)) as raised:
                custody.load(folder / name, dataset="new", kind="exposure", **way)
            assert raised.value is error
            assert error.__suppress_context__
            assert files_under(folder / "home" / "custody" / "vault") == before
        assert [dataset.id for dataset in custody.status().datasets] == ["old"]


@pytest.mark.sampled("act")
@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("act", ["publish", "rotate", "withdraw", "erase"])
def test_a_publish_raises_errors_of_on_progress_unchanged(folder, act, error):
    given = {"withdraw": "old", "erase": numbers(1, start=50)[0]}.get(act, "public")
    with opened(folder) as custody, pytest.raises(type(error)) as raised:
        getattr(custody, act)(given, on_progress=raising(error))
    assert raised.value is error
    assert not list((folder / "home").rglob("staging"))


def test_the_cause_that_the_callers_code_gave_is_kept():
    def on_progress(*_):
        raise OSError("theirs") from KeyError("cause")

    with pytest.raises(OSError, match="theirs") as raised, callback_errors():
        guarded(on_progress)(1, 1, 1)
    assert isinstance(raised.value.__cause__, KeyError)


def test_a_callback_error_is_no_error_that_the_work_handles_and_can_be_pickled():
    error = pickle.loads(pickle.dumps(CallbackError(ValueError("theirs"))))
    assert isinstance(error.raised, ValueError)
    assert not issubclass(CallbackError, PilookupError | OSError | ValueError)


@pytest.mark.parametrize("size", [1, 1 << 20], ids=["in the buffer", "beyond the buffer"])
def test_the_stream_of_a_rejects_file_names_the_file(tmp_path, monkeypatch, size):
    path = tmp_path / "rejects.csv"
    monkeypatch.setattr(rejects, "_unnamed", lambda _: (os.open("/dev/full", os.O_WRONLY), "none"))
    with pytest.raises(OSError, match="No space left on device") as raised, rejects.rejects_file(path) as stream:
        stream.write("x" * size)
    assert raised.value.filename == str(path)
    assert not path.exists()


@pytest.mark.parametrize("step", ["fsync", "link"])
def test_a_rejects_file_that_cannot_be_completed_is_named_and_the_load_is_called_complete(tmp_path, monkeypatch, step):
    def full(*given, **_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), *(given[:1] if step == "link" else ()))

    path = tmp_path / "rejects.csv"
    monkeypatch.setattr(os, step, full)
    with pytest.raises(CustodyError) as raised, rejects.rejects_file(path) as stream:
        stream.write("x")
    assert str(raised.value).startswith(f"{path}: cannot be written: No space left on device; the load is complete")
    assert not path.exists()
