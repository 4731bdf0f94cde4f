"""A command of another distribution that cannot be loaded says so, and all other commands work."""

import sys

import pytest
from typer.testing import CliRunner

from pilookup import __version__
from pilookup.cli.app import COMMANDS, build


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts a distribution with one command on the path: its metadata and its module, as pip does."""
    monkeypatch.syspath_prepend(tmp_path)

    def add(distribution, version, command, text):
        module = f"fake_{command}"
        (tmp_path / f"{module}.py").write_text(text, encoding="utf-8")
        info = tmp_path / f"{distribution.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[pilookup.commands]\n{command} = {module}:{command}\n")

    yield add
    for name in [name for name in sys.modules if name.startswith("fake_")]:
        del sys.modules[name]


def run(*words):
    return CliRunner().invoke(build(), words)


def test_a_command_of_another_distribution_is_added(install):
    install("pilookup-extra", "1.0", "greet", "def greet(name: str) -> None:\n    print(f'hello {name}')\n")
    result = run("greet", "you")
    assert (result.exit_code, result.output) == (0, "hello you\n")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise RuntimeError('not today')\n", "RuntimeError: not today"),
        ("def (:\n", "SyntaxError: "),
        ("", "AttributeError: module 'fake_greet' has no attribute 'greet'"),
    ],
)
@pytest.mark.parametrize("words", [["greet"], ["greet", "you", "--loud"]])
def test_one_that_cannot_be_loaded_says_which_and_what_to_do(text, reason, words, install):
    install("pilookup-extra", "1.0", "greet", text)
    result = run(*words)
    assert result.exit_code == 1
    assert f"pilookup: the command greet of pilookup-extra 1.0 cannot be loaded ({reason}" in result.output
    assert result.output.endswith("): reinstall or uninstall pilookup-extra\n")


def test_it_leaves_all_other_commands_alone(install):
    install("pilookup-extra", "1.0", "greet", "import no_such_module\n")
    for name in (*COMMANDS, "serve", "page"):
        result = run(name, "--help")
        assert (result.exit_code, "Usage" in result.output, "Unusable" in result.output) == (0, True, False)
    assert "Unusable: the command greet of pilookup-extra 1.0" in " ".join(run("--help").output.split())
    assert "no_such_module" in run("greet", "--help").output


def test_a_server_of_another_version_is_refused(install):
    install("pilookup-server", "99.0.0", "serve", "raise AssertionError('not to be imported')\n")
    result = run("serve", "--home", "HOME")
    assert result.exit_code == 1
    assert result.output == (
        f"pilookup: pilookup-server 99.0.0 does not work with pilookup {__version__}: "
        "install both from the same release\n"
    )
    assert run("status", "--help").exit_code == 0


def test_the_installed_server_has_this_version():
    result = run("serve", "--help")
    assert (result.exit_code, "Unusable" in result.output) == (0, False)
