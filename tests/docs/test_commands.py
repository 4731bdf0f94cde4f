"""Every command in the documents succeeds and prints what its document shows, or is listed with the reason why it is not run.

The commands of a document run in order, as in one terminal, in the world of tests/support/docs/world.py. A Chinese page has
the commands of its English one (test_languages.py) and is not run a second time.
"""

import pytest

from tests.support.custody.postgresql import Cluster
from tests.support.docs.commands import HARDWARE, Command, commands_by_document, commands_of, not_run, simple_commands
from tests.support.docs.documents import ROOT, Block
from tests.support.docs.preloaded import preloaded
from tests.support.docs.structure import CHINESE, DOCS
from tests.support.docs.world import World, is_server, world

LISTED = not_run()
POSTGRESQL = "docs/operations/postgresql.md"


def has_english_page(document):
    return document.is_relative_to(CHINESE) and (DOCS / document.relative_to(CHINESE)).is_file()


DOCUMENTS = {
    str(document.relative_to(ROOT)): [command for command in commands if command.key not in LISTED]
    for document, commands in commands_by_document().items()
    if not has_english_page(document)
}


class EmptyDatabase:
    """A PostgreSQL database of its own, which can be emptied again."""

    def __init__(self, cluster):
        self._cluster = cluster
        self.url = cluster.database()
        self._name = self.url.partition("?")[0].rpartition("/")[2]

    def empty(self):
        self._cluster.execute(f"DROP DATABASE {self._name}")
        self._cluster.execute(f"CREATE DATABASE {self._name}")


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    with preloaded(tmp_path_factory.mktemp("preloaded")) as directory:
        yield directory


@pytest.fixture
def database(request):
    """An empty PostgreSQL database, for the document that needs one."""
    if request.node.callspec.params["document"] != POSTGRESQL:
        yield None
        return
    cluster = Cluster()
    yield EmptyDatabase(cluster)
    cluster.remove()


@pytest.mark.parametrize("document", [document for document, commands in DOCUMENTS.items() if commands])
def test_the_commands_of_a_document(document, demo, programs, database, tmp_path):
    with world(tmp_path, demo, document, programs, database and database.url) as place:
        if database:
            place.before["pg_restore"] = database.empty  # as the page says
        for command in DOCUMENTS[document]:
            place.run(command)


def test_every_entry_of_the_list_is_a_command_of_a_document():
    keys = {command.key for commands in commands_by_document().values() for command in commands}
    assert set(LISTED) - keys == set()
    assert all(len(reason) > len(HARDWARE) for reason in LISTED.values())


def test_no_command_of_pilookup_is_listed_unless_it_needs_hardware():
    commands = [
        command for commands in commands_by_document().values() for command in commands if command.key in LISTED
    ]
    own = {c.key for c in commands for words in simple_commands(c.text) if words[0].rpartition("/")[2] == "pilookup"}
    assert [key for key in own if not LISTED[key].startswith(HARDWARE)] == []


def test_commands_are_read_with_their_output():
    text = "$ pilookup status \\\n      --json  # why\nprinted\n  more\n$ export A=1\n"
    found = commands_of(Block(ROOT / "x.md", "console", text))
    assert found == [Command("pilookup status --json  # why", ("printed", "  more")), Command("export A=1")]
    assert [command.key for command in found] == ["pilookup status --json", "export A=1"]
    assert commands_of(Block(ROOT / "x.md", "bash", "# first\nset -eu\na=1\nb\n"))[0].key == "a=1"
    assert is_server(next(simple_commands("A=b pilookup serve --home x")))


def test_a_command_that_fails_or_prints_something_else_is_noticed(demo, programs, tmp_path):
    with world(tmp_path, demo, "README.md", programs) as place:
        place.run(Command("export A=kept; B=too"))
        place.run(Command("echo $A $B; echo more", ("kept too", "...")))
        for wrong in (Command("exit 3"), Command("echo $A", ("lost",)), Command("pilookup no-such-command")):
            with pytest.raises(AssertionError):
                place.run(wrong)
    assert isinstance(place, World)
