"""The examples for platforms run: with a fake client, and the whole of them against a sandbox."""

import asyncio
import csv
import json
import sys
import threading

import pytest
from fastapi.testclient import TestClient

from pilookup import Reason, Result
from pilookup.decisions import Policy, RecheckList
from pilookup.testing import FakeAsyncClient, FakeClient, SyntheticNumber
from tests.support.docs.documents import ROOT

EXAMPLES = ROOT / "examples" / "platform"
ALL = [
    SyntheticNumber.NOT_FOUND,
    SyntheticNumber.EXPOSED,
    SyntheticNumber.MALICIOUS,
    SyntheticNumber.UNREACHABLE,
    SyntheticNumber.RATE_LIMITED,
]
NEXT = ["welcome", "welcome", "wait-for-review", "welcome", "welcome"]


@pytest.fixture(scope="module", autouse=True)
def importable():
    """The examples import each other as programs in one folder do."""
    sys.path.insert(0, str(EXAMPLES))
    yield
    sys.path.remove(str(EXAMPLES))


@pytest.fixture
def policy():
    return Policy.load(EXAMPLES / "policy.toml")


class Inbox(dict):
    """The codes that were sent, by number."""

    def send(self, number, code):
        self[number] = code

    async def send_later(self, number, code):
        self[number] = code


class FastApi:
    def __init__(self, policy, inbox):
        import fastapi_signup
        from possession import Codes

        self.client = FakeAsyncClient()
        self.http = TestClient(fastapi_signup.create_app(self.client, policy, inbox.send_later, Codes()))

    def post(self, path, **form):
        return self.http.post(path, json=form)

    def answer(self, path, **form):
        reply = self.post(path, **form)
        return reply.status_code, sorted(reply.headers.items()), reply.content


class Flask:
    def __init__(self, policy, inbox):
        import flask_signup
        from possession import Codes

        self.client = FakeClient()
        self.http = flask_signup.create_app(self.client, policy, inbox.send, Codes()).test_client()

    def answer(self, path, **form):
        reply = self.http.post(path, data=form)
        return reply.status_code, sorted(reply.headers.items()), reply.data


def lines_of(call):
    """The lines of the examples and of pilookup that a call runs, in order, in all threads that it starts."""
    lines = []

    def trace(frame, event, _):
        if not frame.f_code.co_filename.startswith((str(EXAMPLES), str(ROOT / "pilookup"))):
            return None
        lines.append((frame.f_code.co_filename, frame.f_lineno))
        return trace

    before = sys.gettrace(), threading.gettrace()
    sys.settrace(trace)
    threading.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before[0])
        threading.settrace(before[1])
    return lines


def before_the_code(app, inbox, number):
    """What somebody is told who has not got the code: they ask for one, and try a wrong one."""
    asked = app.answer("/signup/code", number=number)
    wrong = "000001" if inbox.get(number) == "000000" else "000000"
    return asked, app.answer("/signup", number=number, code=wrong)


@pytest.mark.parametrize("kind", [FastApi, Flask])
def test_before_the_code_no_answer_depends_on_the_number(kind, policy):
    """Neither its bytes nor its time: nothing is asked, and the same lines run, whatever the answer would be."""
    inbox = Inbox()
    app = kind(policy, inbox)
    answers = [before_the_code(app, inbox, number) for number in ALL]
    assert all(answer == answers[0] for answer in answers)
    lines = [lines_of(lambda number=number: before_the_code(app, inbox, number)) for number in ALL]
    assert len(lines[0]) > 20
    assert all(each == lines[0] for each in lines)
    assert app.client.calls == 0
    assert app.answer("/signup/code", number="12345")[0] == 422
    assert app.answer("/signup", number="12345", code="000000") == answers[0][1]


@pytest.mark.parametrize("kind", [FastApi, Flask])
def test_after_the_code_the_policy_decides(kind, policy):
    inbox = Inbox()
    app = kind(policy, inbox)
    for number, expected in zip(ALL, NEXT, strict=True):
        app.answer("/signup/code", number=number)
        status, _, body = app.answer("/signup", number=number, code=inbox[number])
        answer = json.loads(body)
        assert (status, answer["next"]) == (200, expected)
        assert ("appeal" in answer) == (expected == "wait-for-review")
        assert b"ictional" not in body, "no case is named to the user"
        assert app.answer("/signup", number=number, code=inbox[number])[0] == 403, "a code works once"
    assert app.client.calls == len(ALL)


def test_codes_expire_and_allow_five_attempts():
    from possession import ATTEMPTS, LIFETIME, Codes

    now = [0.0]
    codes = Codes(lambda: now[0])
    number, other = SyntheticNumber.NOT_FOUND, SyntheticNumber.EXPOSED
    digits = codes.issue(number)
    wrong = f"{(int(digits) + 1) % 10**6:06}"
    for _ in range(ATTEMPTS):
        assert not codes.prove(number, wrong)
    assert not codes.prove(number, digits)
    digits = codes.issue(number)
    assert not codes.prove(other, digits)
    now[0] += LIFETIME + 1
    assert not codes.prove(number, digits)
    assert codes.prove("+86 154 0000 0000", codes.issue(number))


def test_the_forms_of_django(monkeypatch, tmp_path):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "django_site.settings")
    monkeypatch.setenv("DJANGO_SECRET_KEY", "of-the-tests")
    import django
    from django.test.utils import override_settings

    django.setup()
    from django_site import checks, forms
    from possession import Codes

    client, codes = FakeClient(), Codes()
    checks.guard.cache_clear()
    with override_settings(PILOOKUP_CLIENT=lambda: client, PILOOKUP_POLICY=EXAMPLES / "policy.toml"):
        assert forms.NumberForm({"number": "12345"}).errors["number"] == ["请输入一个完整的手机号码。"]
        shown = set()
        for number, expected in zip(ALL, NEXT, strict=True):
            assert forms.NumberForm({"number": number}).is_valid()
            digits = codes.issue(number)
            wrong = f"{(int(digits) + 1) % 10**6:06}"
            refused = forms.CodeForm({"number": number, "code": wrong}, codes=codes, account="u-1")
            shown.add(json.dumps(refused.errors, ensure_ascii=False))
            calls = client.calls
            form = forms.CodeForm({"number": number, "code": digits}, codes=codes, account="u-1")
            assert form.is_valid()
            assert client.calls == calls + 1
            assert form.decision.action == ("review" if expected == "wait-for-review" else "allow")
        assert shown == {'{"__all__": ["验证码不正确。"]}'}
    checks.guard.cache_clear()
    blocking = tmp_path / "policy.toml"
    rules = (
        (EXAMPLES / "policy.toml").read_text(encoding="utf-8").replace('malicious = "review"', 'malicious = "block"')
    )
    blocking.write_text(rules + '[block]\nperson = "A. Named"\n', encoding="utf-8")
    with override_settings(PILOOKUP_CLIENT=lambda: client, PILOOKUP_POLICY=blocking):
        number = SyntheticNumber.MALICIOUS
        form = forms.CodeForm({"number": number, "code": codes.issue(number)}, codes=codes, account="u-1")
        assert not form.is_valid()
        assert form.errors["__all__"] == [form.decision.reasons[0].for_user.zh]
    checks.guard.cache_clear()


class Limited(FakeAsyncClient):
    """Refuses the first numbers as over quota, until it was slept for."""

    def __init__(self):
        super().__init__(sleep=self.slept)
        self.waits, self.open = [], False

    async def slept(self, seconds):
        self.waits.append(seconds)
        self.open = True

    async def check_many(self, texts, region=None, *, timeout=None):  # noqa: ASYNC109 - as in AsyncClient
        if self.open:
            return await super().check_many(texts, region, timeout=timeout)
        return [Result.unknown(Reason.RATE_LIMITED, 7.0)] * len(texts)


def test_a_stream_is_checked_in_order_and_waits_for_the_quota():
    import high_rate

    numbers = [f"154{last:08}" for last in range(2500)]

    async def run(client, sleep):
        return [result async for result in high_rate.check_stream(client, iter(numbers), sleep)]

    client = Limited()
    assert asyncio.run(run(client, client.slept)) == FakeClient(sleep=lambda _: None, timeout=30).check_many(numbers)
    assert set(client.waits) >= {7.0, 30.0}

    hanging = [*numbers[500:1000], SyntheticNumber.VERY_SLOW, *numbers[1000:]]

    async def never(seconds):
        await asyncio.Event().wait()

    async def stop_early():
        stream = high_rate.check_stream(FakeAsyncClient(sleep=never), iter(hanging), never)
        first = await anext(stream)
        await stream.aclose()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        return first, await asyncio.gather(*left, return_exceptions=True)

    first, left = asyncio.run(stop_early())
    assert first == Result.not_found()
    assert [type(one) for one in left] == [asyncio.CancelledError], "only the batch that hangs was still running"


def test_a_night_goes_on_where_it_stopped(policy, tmp_path):
    import nightly

    RecheckList.make_key(tmp_path / "private.key", tmp_path / "public.key")
    recheck = RecheckList(tmp_path / "list.sqlite3", tmp_path / "public.key")
    users = tmp_path / "users.csv"
    numbers = [f"154{last:08}" for last in range(9)] + ["12"] + [f"154{last:08}" for last in range(1000, 2000)]
    numbers[5] = SyntheticNumber.UNREACHABLE
    rows = [f"u-{at},{number},2025-04-01" for at, number in enumerate(numbers)]
    users.write_text("\n".join(["id,number,verified_on", *rows]), encoding="utf-8")

    class DownAfterFirst(FakeClient):
        def check_many(self, texts, region=None, *, timeout=None):
            if self.calls:
                return [Result.unknown(Reason.UNREACHABLE)] * len(texts)
            return super().check_many(texts, region, timeout=timeout)

    def night(client):
        job = nightly.Job(client, policy, recheck, tmp_path / "private.key", tmp_path / "decisions.csv")
        return nightly.run(job, users)

    def decided():
        with (tmp_path / "decisions.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    assert night(DownAfterFirst()) == nightly.TRY_LATER
    assert len(decided()) == nightly.BATCH - 1
    assert len(recheck) == 1
    assert night(FakeClient({SyntheticNumber.UNREACHABLE: FakeClient().check(SyntheticNumber.MALICIOUS)})) == 0
    assert len(recheck) == 0
    lines = decided()
    assert [line[0] for line in lines] == sorted(
        (f"u-{at}" for at in range(len(numbers)) if at != 5), key=lambda name: int(name[2:])
    )[: nightly.BATCH - 1] + ["u-5"] + [f"u-{at}" for at in range(nightly.BATCH, len(numbers))]
    actions = dict(line[:2] for line in lines)
    assert {name for name, action in actions.items() if action == "review"} == {
        "u-2",
        "u-3",
        "u-4",
        "u-5",
        "u-6",
    }
    assert actions["u-7"] == "challenge", "a number that may have a new holder"
    assert not any(number in (tmp_path / "decisions.csv").read_text() for number in numbers if number != "12")
    assert night(FakeClient()) == 0
    assert decided() == lines
