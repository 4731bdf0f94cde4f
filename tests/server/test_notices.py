"""The list of notices: made from verified releases, with the serial as cursor, with and without a service database."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pilookup_server.notices.board import NoticeBoard
from pilookup_server.notices.notice import Notice
from pilookup_server.problems import ProblemError
from pilookup_server.release.announce import notice_of
from pilookup_server.routes.notices import PAGE, _after
from starlette.requests import Request
from structlog.testing import capture_logs

from pilookup.protocol.manifest import Case, Kind, Manifest
from pilookup.protocol.problems import Problem
from tests.support.server.notice_examples import made_notice
from tests.support.server.platform_keys import add_platform
from tests.support.server.problem_answers import problem
from tests.support.server.release_fixture import LATER, Repository

pytestmark = pytest.mark.anyio

PUBLIC = "/v1/channels/public/notices"
PLATFORM = "/v1/channels/platform/notices"


def board_of(server):
    return server.app.state.service.board


def serials(answer):
    assert answer.status_code == 200, answer.text
    return [one["serial"] for one in answer.json()["notices"]]


async def test_without_a_database_the_list_is_the_notice_of_what_is_served(running, repository):
    async with running(notice_origin="https://check.example") as server:
        answer = await server.get(PUBLIC)
        [notice] = answer.json()["notices"]
        manifest = server.public.state.loaded.release.epochs[0].path("manifest.json")
        assert notice == {
            "channel": "public",
            "serial": 1,
            "datasets": [],
            "manifest": f"https://check.example/v1/channels/public/targets/{manifest}",
        }
        assert answer.json()["more"] is False
        assert (await server.get(notice["manifest"].removeprefix("https://check.example"))).status_code == 200
        assert serials(await server.get(f"{PUBLIC}?after=0")) == [1]
        assert serials(await server.get(f"{PUBLIC}?after=1")) == []
        repository.publish({1: (2, LATER)})
        assert serials(await server.get(f"{PUBLIC}?after=1")) == [2]


async def test_answers_may_be_cached_briefly_and_revalidate(running, repository):
    async with running() as server:
        answer = await server.get(PUBLIC)
        assert answer.headers["cache-control"] == "public, max-age=10"
        assert answer.headers["content-type"] == "application/json"
        again = await server.get(PUBLIC, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_a_closed_channel_needs_a_key(running, tmp_path, keys):
    Repository(tmp_path, "platform", keys).publish({1: (1, LATER)})
    key = add_platform(tmp_path)
    async with running() as server:
        problem(await server.get(PLATFORM), 401, "unauthorized")
        answer = await server.get(PLATFORM, headers={"authorization": f"Bearer {key}"})
        assert answer.headers["cache-control"] == "private, max-age=10"
        assert serials(answer) == [1]
        problem(await server.get("/v1/channels/other/notices"), 404, "not-found")


async def test_without_a_valid_release_there_is_no_list(running, repository, clock):
    async with running() as server:
        clock.pass_(days=40)
        problem(await server.get(PUBLIC), 503, "unavailable")


async def test_former_notices_come_from_the_board_and_none_is_newer_than_what_is_served(running, repository):
    repository.publish({1: (7, LATER)})
    async with running() as server:
        board_of(server).replace_list("public", [made_notice(one, "public") for one in (9, 8, 7, 6, 3)])
        assert serials(await server.get(PUBLIC)) == [3, 6, 7]
        assert serials(await server.get(f"{PUBLIC}?after=3")) == [6, 7]
        assert serials(await server.get(f"{PUBLIC}?after=7")) == []


async def test_a_page_is_bounded_and_the_cursor_leads_through_all(running, repository):
    repository.publish({1: (500, LATER)})
    async with running() as server:
        board_of(server).replace_list("public", [made_notice(one, "public") for one in range(499, 370, -1)])
        seen, after, more = [], 0, True
        while more:
            answer = await server.get(f"{PUBLIC}?after={after}")
            page = serials(answer)
            assert len(page) <= PAGE
            seen, after, more = seen + page, page[-1], answer.json()["more"]
        assert seen == list(range(371, 501))


async def test_a_damaged_list_is_told_and_the_newest_notice_still_given(running, repository):
    async with running() as server:
        (board_of(server)._directory / "notices-of-public.jsonl").write_text("{}")
        with capture_logs() as lines:
            assert serials(await server.get(PUBLIC)) == [1]
        assert "former notices cannot be listed" in [line["event"] for line in lines]


@pytest.mark.parametrize(
    "query",
    ["after=", "after=-1", "after=01", "after=1.0", "after=+1", "after=1e3", "after=%31%20", "after=x", "after=9007199254740992", "after=1&after=2", "before=1", "after=1&x=1", "after=１"],
)  # fmt: skip
async def test_any_other_query_is_malformed(running, repository, query):
    async with running() as server:
        problem(await server.get(f"{PUBLIC}?{query}"), 400, "malformed-request")


@given(st.text(max_size=20) | st.integers().map(str))
@settings(deadline=None)
def test_a_cursor_is_a_serial_or_malformed(text):
    request = Request({"type": "http", "query_string": urlencode({"after": text}).encode(), "headers": []})
    try:
        after = _after(request)
    except ProblemError as error:
        after = error.problem
    assert after is Problem.MALFORMED or (str(after) == text and 0 <= after < 2**53)


async def test_each_release_that_is_served_is_put_on_the_board_once(running, repository):
    async with running() as server:
        board = board_of(server)
        assert [one.serial for one in board.waiting().values()] == [1]
        board.take(board.waiting())
        await server.public.tick()
        assert board.waiting() == {}
        repository.publish({1: (4, LATER)})
        await server.public.tick()
        assert [one.serial for one in board.waiting().values()] == [4]


async def test_a_release_that_does_not_verify_makes_no_notice(running, repository):
    async with running() as server:
        board = board_of(server)
        board.take(board.waiting())
        repository.publish({1: (2, LATER)}, damage=lambda files: files.update({"buckets.bin": b"x"}))
        await server.public.tick()
        assert board.waiting() == {}
        assert serials(await server.get(PUBLIC)) == [1]


async def test_a_board_that_cannot_be_written_is_told_once_and_tried_again(running, repository, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    async with running() as server:
        board = board_of(server)
        board.take(board.waiting())
        repository.publish({1: (2, LATER)})
        with monkeypatch.context() as patched, capture_logs() as lines:
            patched.setattr(NoticeBoard, "put", full)
            await server.public.tick()
            await server.public.tick()
        events = [line["event"] for line in lines]
        assert events.count("notice not made: receivers are not told of this release") == 1
        await server.public.tick()
        assert [one.serial for one in board.waiting().values()] == [2]


async def test_the_datasets_are_those_of_the_newest_epochs_manifest(running, repository, monkeypatch):
    """Two epochs: the newest one's manifest counts. The catalogue of a manifest is all that a notice is made from."""
    made = repository.files

    def files(epoch, serial, now):
        found = made(epoch, serial, now)
        manifest = Manifest.from_bytes(found["manifest.json"])
        cases = tuple(Case(id=one, kind=Kind.EXPOSURE, title_zh="案", title_en="case") for one in (epoch, epoch + 1))
        object.__setattr__(manifest, "datasets", cases)
        return found | {"manifest.json": manifest.to_bytes()}

    monkeypatch.setattr(repository, "files", files)
    repository.publish({1: (11, LATER), 2: (10, LATER)})
    async with running() as server:
        notice = notice_of("public", server.public.state.loaded)
        assert (notice.serial, notice.datasets) == (10, (2, 3))
        assert "/epochs/2/" in notice.manifest
        assert Notice.from_bytes(notice.to_bytes()) == notice
        assert set(json.loads(notice.to_bytes())) == {"channel", "serial", "datasets", "manifest", "created"}
