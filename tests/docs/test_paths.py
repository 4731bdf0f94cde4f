"""No file of the project names a path of the machine, or a registry of the network, that it was written on."""

import re

import pytest

from tests.support.docs.documents import ROOT
from tests.support.docs.files import project_files

LOCKS = {"Cargo.lock", "package-lock.json", "requirements.lock"}
TEXT = {".py", ".pyi", ".rs", ".toml", ".md", ".mjs", ".json", ".lock", ".sh", ".txt", ".yml", ".yaml", ".cfg", ""}

# The patterns are assembled from pieces, so that they do not match this file.
FOLDERS = re.compile(r"(?<![\w.}*)/\-])/(?:w" + r"ork|r" + r"oot|h" + r"ome)/\w")
REGISTRIES = re.compile(
    r"(?:py" + r"pi|pythonhosted|registry\.npmjs|crates|artifactory|nexus)\.(?:org|io|com|internal)"
)
INDEX = re.compile(r"--(?:extra-)?index" + r"-url[ =]\S+|\[source\.crates-io\]|registry *= *\"")
LOCKED = re.compile(
    r"(?:resolved\"?: \"|registry\+)https?://(?!registry\.npmjs\.org/|github\.com/rust-lang/crates\.io-index)"
)


def named(text, *, lock=False):
    """Return every local path and registry that a text names; a lock file may name the public registries."""
    patterns = (FOLDERS, INDEX, LOCKED) if lock else (FOLDERS, REGISTRIES, INDEX)
    return [found[0] for pattern in patterns for found in pattern.finditer(text)]


def test_no_file_names_a_developers_machine():
    seen = 0
    for path in project_files():
        if path.suffix not in TEXT or path.is_symlink():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        seen += 1
        assert not named(text, lock=path.name in LOCKS), path.relative_to(ROOT)
    assert seen > 150


@pytest.mark.parametrize(
    "text",
    [
        "cd /" + "work/main",
        'open("/' + 'root/x")',
        "/" + "home/me/y",
        "pip install --index" + "-url https://mirror.example x",
        "https://py" + "pi.org/simple",
    ],
)
def test_local_paths_and_registries_are_found(text):
    assert named(text)


@pytest.mark.parametrize(
    "text", ["demo/home/trust.json", "metadata/root.json", "https://x.example/home/a", "network/work/a"]
)
def test_other_texts_are_accepted(text):
    assert not named(text)


def test_a_lock_file_may_name_the_public_registries_alone():
    assert named('"resolved": "https://mirror.example/x.tgz"', lock=True)
    assert not named('source = "registry+https://github.com/rust-lang/cra' + 'tes.io-index"', lock=True)
