"""Every path and name that a comment, document or build file mentions exists."""

from pathlib import PurePosixPath

import pytest

from tests.support.docs.names import (
    PYTHON,
    SLASHED,
    WORD,
    dotted_name_exists,
    mentions,
    path_exists,
    sources,
    words_of_code,
)

# What set-up makes, files named as examples, and a name that a decision rejects.
NO_PATHS = {
    "Makefile": {
        "rust/target",
        "server/web/node_modules",
        "server/web/node_modules/.package-lock.json",
        "tests/node/node_modules",
        "tests/node/node_modules/.package-lock.json",
        "tests/page/engines/node_modules",
        "tests/page/engines/node_modules/.browsers/.unpacked",
    },
    "docs/adr/0013-vocabulary-and-layout.md": {"canonicalise.py"},
    "tools/moves/engine.py": {"name.py"},
    "tools/moves/rename_words.py": {"tools/moves/words/NAME.toml"},
    "tools/test_pairs.py": {"tests/x/test_y.py", "rust/x/y.rs"},
    "tools/coverage_contexts.py": {"sitecustomize.py"},
    "tests/support/tools.py": {"tools/NAME.py"},
}
# The tables of the moves and of the renamed tests list former names, and so do the tests of this test.
FORMER_NAMES = ("tools/moves/words/", "tests/renamed.txt", "tests/moved_files.txt", "CHANGELOG.md")
ENTRY_POINT_GROUPS = {"pilookup.commands"}
# Names of RFC 9380, RFC 9496, RFC 9497 and of other projects in comments.
OUTSIDE = {
    "AesGcmSiv",
    "ComputeComposites",
    "CreateContextString",
    "CT_ABS",
    "Encrypt",
    "IS_NEGATIVE",
    "MAP",
    "MurmurHash3",
    "RandomScalar",
    "SQRT_RATIO_M1",
    "Z_pad",
    "b_1",
    "d_i",
    "disable_warnings",
    "ell",
    "expand_message",
    "ones_n",
    "process_startup",
    "sitecustomize",
}


def all_mentions():
    for file, text in sources():
        if not str(file).startswith(FORMER_NAMES):
            yield mentions(file, text)


def test_every_path_that_is_mentioned_exists():
    found = [(str(m.file), path) for m in all_mentions() for path in m.paths]
    missing = [(file, path) for file, path in found if not path_exists(path, PurePosixPath(file))]
    assert [(file, path) for file, path in missing if path not in NO_PATHS.get(file, ())] == []
    assert {path for _file, path in missing} == set.union(*NO_PATHS.values())
    assert len(found) > 300


def test_every_dotted_name_that_is_mentioned_exists():
    found = [(str(m.file), name) for m in all_mentions() for name in m.dotted]
    missing = [(file, name) for file, name in found if not dotted_name_exists(name)]
    assert [(file, name) for file, name in missing if name not in ENTRY_POINT_GROUPS] == []
    assert len(found) > 50


def test_every_name_in_backticks_that_a_comment_mentions_exists():
    words = words_of_code() | OUTSIDE
    found = [(str(m.file), name) for m in all_mentions() if m.file.suffix in PYTHON | SLASHED for name in m.backticked]
    missing = [(file, name) for file, name in found if not words.issuperset(WORD.findall(name))]
    assert missing == []
    assert len(found) > 300


@pytest.mark.parametrize(
    ("file", "text", "missing"),
    [
        ("Makefile", "cargo check --manifest-path rust/fuzzy/Cargo.toml", "rust/fuzzy/Cargo.toml"),
        ("docs/x.md", "[page](operations/no-such-page.md)", "operations/no-such-page.md"),
        ("pilookup/x.py", '"""As in pilookup/custody/workshop.py."""', "pilookup/custody/workshop.py"),
        ("pilookup/x.py", "x = 1  # see founding.py", "founding.py"),
        ("rust/core/src/x.rs", "/// See `lanes/kernel.rs`.\nfn f() {}", "lanes/kernel.rs"),
    ],
)
def test_a_path_that_does_not_exist_is_found(file, text, missing):
    assert mentions(PurePosixPath(file), text).paths == [missing]
    assert not path_exists(missing, PurePosixPath(file))


@pytest.mark.parametrize("name", ["pilookup.custody.workshop", "pilookup.Client.cheque", "pilookup_server.door.enter"])
def test_a_dotted_name_that_does_not_exist_is_found(name):
    assert mentions(PurePosixPath("pyproject.toml"), f'"{name}"').dotted == [name]
    assert not dotted_name_exists(name)


def test_only_comments_and_docstrings_of_code_are_texts():
    python = '"""`a`"""\nb = "`b`"  # `c`\n'
    assert mentions(PurePosixPath("x.py"), python).backticked == ["c", "a"]
    assert mentions(PurePosixPath("x.rs"), 'let b = "`b`"; // `c`').backticked == ["c"]
    assert mentions(PurePosixPath("x.csv"), "pilookup/no.py").paths == []
