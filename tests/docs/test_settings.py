"""docs/operations/settings.md names every setting with its default and meaning, and no setting that does not exist."""

import ast
import re

import pytest
from pilookup_server.settings import Settings
from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from tests.support.docs.documents import ROOT

PAGE = ROOT / "docs" / "operations" / "settings.md"
ROW = re.compile(r"^\| `([A-Z_]+)` \| (.*) \|$", re.MULTILINE)
OWN = re.compile(r"PILOOKUP_[A-Z_]+[A-Z]")
PROXIES = {"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"}

ROWS = dict(ROW.findall(PAGE.read_text(encoding="utf-8")))
FIELDS = {f"PILOOKUP_{name.upper()}": field for name, field in Settings.model_fields.items()}


def sources():
    return sorted([*(ROOT / "pilookup").rglob("*.py"), *(ROOT / "server" / "pilookup_server").rglob("*.py")])


def read_names(tree):
    """Yield the environment variables that a module names: keys of os.environ, Typer's envvar=, PILOOKUP_ constants."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript | ast.Call) and "os.environ" in ast.unparse(node).partition("(")[0]:
            asked = node.slice if isinstance(node, ast.Subscript) else next(iter(node.args), None)
            if isinstance(asked, ast.Constant):
                yield asked.value
        if isinstance(node, ast.keyword) and node.arg == "envvar":
            yield node.value.value
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and OWN.fullmatch(node.value):
            yield node.value


def names_in_rust():
    paths = (ROOT / "rust" / "core" / "src").rglob("*.rs")
    return {name for path in paths for name in re.findall(rf'"({OWN.pattern})"', path.read_text(encoding="utf-8"))}


def names_in_code():
    found = {name for path in sources() for name in read_names(ast.parse(path.read_text(encoding="utf-8")))}
    found |= names_in_rust()
    # pilookup/keyring/passphrase.py also reads the variable of each passphrase and PIN with the suffix _FILE.
    return found | {f"{name}_FILE" for name in found if name.endswith(("PASSPHRASE", "_PIN"))}


def test_the_search_finds_what_is_there():
    assert {"PILOOKUP_TOKEN", "PILOOKUP_HOME", "PILOOKUP_DATABASE_URL", "XDG_STATE_HOME"} <= names_in_code()
    assert names_in_rust() == {"PILOOKUP_BACKEND"}
    assert set(read_names(ast.parse("os.environ['A'] = os.environ.get('B') or os.environ.pop('C')"))) == {"A", "B", "C"}


def test_every_variable_is_documented():
    assert names_in_code() | set(FIELDS) <= set(ROWS)


def test_every_documented_variable_exists():
    assert set(ROWS) <= names_in_code() | set(FIELDS)
    named = set(OWN.findall(PAGE.read_text(encoding="utf-8")))
    assert named <= set(ROWS)


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "PILOOKUP_HOME"])
def test_a_settings_default_and_meaning(name):
    assert ROWS[name] == f"{default(FIELDS[name].default)} | {FIELDS[name].description}"


def default(value):
    """Return a default as the page writes it."""
    assert value is not PydanticUndefined
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return "none" if value is None or value == "" else f"`{value}`"


def test_home_is_required_by_the_server_too():
    assert FIELDS["PILOOKUP_HOME"].is_required()
    text = PAGE.read_text(encoding="utf-8")
    assert f"| `PILOOKUP_HOME` | required | {FIELDS['PILOOKUP_HOME'].description} |" in text


def test_the_proxy_variables_are_those_of_the_client():
    proxies = (ROOT / "pilookup" / "checking" / "proxies.py").read_text(encoding="utf-8")
    assert "HTTPS_PROXY" in proxies
    assert all(f"`{name}`" in PAGE.read_text(encoding="utf-8") for name in PROXIES)


def test_other_documents_name_only_variables_that_exist():
    for document in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]):
        named = set(OWN.findall(document.read_text(encoding="utf-8")))
        assert named <= set(ROWS), document.name
