import shutil

import pytest

from pilookup.custody import Custody
from tests.support.custody.channel import NOW
from tests.support.custody.home import numbers, write_csv
from tests.support.custody.signing_keys import BOTH, opened


@pytest.fixture(scope="package")
def published(tmp_path_factory):
    """A folder with a HOME whose dataset is published in both channels, and a file that is not loaded yet."""
    folder = tmp_path_factory.mktemp("published")
    Custody.initialise(folder / "home", **BOTH, clock=lambda: NOW)
    write_csv(folder / "a.csv", numbers(2))
    write_csv(folder / "b.csv", numbers(3, start=5))
    with opened(folder / "home") as custody:
        custody.load(folder / "a.csv", dataset="leak", kind="exposure", title_zh="案件", title_en="A case")
        custody.publish("public")
        custody.publish("platform")
    return folder


@pytest.fixture
def home(published, tmp_path):
    return shutil.copytree(published / "home", tmp_path / "home")


@pytest.fixture
def media(tmp_path):
    """Three media of three holders."""
    folders = [tmp_path / f"medium-{i}" for i in (1, 2, 3)]
    for folder in folders:
        folder.mkdir()
    return folders
