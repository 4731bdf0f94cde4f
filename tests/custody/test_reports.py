"""Reports from a platform to custody, and answers back: on one machine and on two."""

import hashlib
import json
import re
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from pilookup import durable
from pilookup.bundles.acknowledgement import write_acknowledgement
from pilookup.bundles.import_lock import import_lock
from pilookup.bundles.machine import MACHINE, read_machine_trust
from pilookup.bundles.records import trust_bytes
from pilookup.bundles.report_files import ANSWERS_FILE, REPORTS_FILE, read_reports, write_reports
from pilookup.cli.app import build
from pilookup.clock import utc_now
from pilookup.custody import Custody
from pilookup.custody.reports.page import reports_page
from pilookup.errors import BundleError, CustodyError, HomeError, ReportError
from pilookup.protocol.received_reports import ReceivedReport, received_to_bytes
from pilookup.protocol.report_answers import Answer, AnswerKind, answers_to_bytes
from pilookup.protocol.reports import Quarter, Verb
from pilookup.reports import ReportKey, report_state, send_report, verified_answer
from tests.support.bundles.machines import export, import_bundle, opened
from tests.support.reports.made import COUNTS, KEY, made
from tests.support.reports.world import CASE_NUMBERS, TOKENS, published, served, to_serving

TODAY = utc_now().date()
QUARTER = Quarter.of(TODAY)
URL = "http://127.0.0.1"


def received(platform="a", **given):
    return ReceivedReport(platform, TODAY, made(**({"quarter": QUARTER, "case_numbers": 1_200} | given)))


def bundle_of(tmp_path, *reports, name="reports"):
    """A bundle with reports, as a server would have received them."""
    online = tmp_path / f"{name}-machine" / "online"
    online.mkdir(parents=True)
    (online / REPORTS_FILE).write_bytes(received_to_bytes(reports))
    write_reports(online, tmp_path / name, utc_now())
    return tmp_path / name


def imported(home, *paths, trust=()):
    """Import reports; those of `bundle_of` with the trust file of their machine."""
    made_here = [path.with_name(f"{path.name}-machine") for path in paths]
    trust = [*trust, *(machine for machine in made_here if machine.exists())]
    with opened(home, utc_now(), online_passphrase=None) as custody:
        return custody.import_reports(paths, trust=trust)


@pytest.mark.parametrize("machines", [1, 2])
def test_a_report_reaches_custody_and_its_answer_the_platform(tmp_path, machines):
    custody = published(tmp_path / "home")
    serving = custody if machines == 1 else tmp_path / "serving"
    to_serving(custody, serving, tmp_path / "first")
    report = made(case=1, quarter=QUARTER, case_numbers=1_200)
    with served(serving, tmp_path / "scratch") as transport:
        for name in TOKENS:
            state = send_report(report, URL, TOKENS[name], transport=transport)
            assert (state.received, state.answer) == (TODAY, None)
        assert write_reports(serving / "online", tmp_path / "reports", utc_now())[0] == 2
        trust = [] if machines == 1 else [serving / "trust-machine.json"]
        if trust:
            with pytest.raises(BundleError, match="not signed by a serving machine that is known here"):
                imported(custody, tmp_path / "reports")
        assert imported(custody, tmp_path / "reports", trust=trust).to_json() == {"new": 2, "known": 0, "refused": []}
        assert imported(custody, tmp_path / "reports", trust=trust).to_json() == {"new": 0, "known": 2, "refused": []}
        with opened(custody, online_passphrase=None) as open_home:
            answer = open_home.answer_report(
                report.id[:8], platform="shop", kind="question", text_zh="请核对", text_en="Look"
            )
        to_serving(custody, serving, tmp_path / "second")
        found = report_state(report.id, URL, TOKENS["shop"], transport=transport)
        assert found.answer == answer
        assert found.to_json()["state"] == "answered"
        assert found.answer.report_sha256 == hashlib.sha256(report.to_bytes()).hexdigest()
        trust = custody / "trust-bundles.json"
        assert verified_answer(found, trust, report) == verified_answer(found, trust) == answer
        with pytest.raises(ReportError, match="to another report"):
            verified_answer(found, trust, made(case=1, quarter=QUARTER, users=10))
        with pytest.raises(ReportError, match="to another report"):
            verified_answer(replace(found, id="0" * 32), trust)
        (tmp_path / "other.json").write_bytes(trust_bytes(Ed25519PrivateKey.generate().public_key()))
        with pytest.raises(ReportError, match="not signed"):
            verified_answer(found, tmp_path / "other.json")
        for wrong in (tmp_path / "missing", custody / "trust-public.json"):
            with pytest.raises(ReportError, match=wrong.name):
                verified_answer(found, wrong)
        unanswered = report_state(report.id, URL, TOKENS["bank"], transport=transport)
        assert unanswered.answer is verified_answer(unanswered, trust) is None
        with pytest.raises(ReportError, match="409"):
            send_report(made(quarter=QUARTER, users=10), URL, TOKENS["shop"], transport=transport)
        with pytest.raises(ReportError, match="401"):
            send_report(report, URL, "c" * 40, transport=transport)


def test_an_acknowledgement_carries_reports_too(tmp_path):
    custody, serving = published(tmp_path / "home"), tmp_path / "serving"
    to_serving(custody, serving, tmp_path / "first")
    (serving / "online" / REPORTS_FILE).write_bytes(received_to_bytes([received()]))
    write_acknowledgement(serving / "online", tmp_path / "ack", utc_now())
    trust = str(serving / "trust-machine.json")
    done = CliRunner().invoke(build(), ["bundle", "import", str(tmp_path / "ack"), str(custody), "--trust", trust])
    assert "take them over with: pilookup reports import" in done.output
    assert imported(custody, tmp_path / "ack").new == 1
    (serving / "online" / REPORTS_FILE).unlink()
    write_acknowledgement(serving / "online", tmp_path / "none", utc_now())
    done = CliRunner().invoke(build(), ["bundle", "import", str(tmp_path / "none"), str(custody), "--json"])
    assert json.loads(done.stdout)["reports"] is False
    with pytest.raises(BundleError, match="it has no reports"):
        imported(custody, tmp_path / "none")


def test_reports_that_another_machine_signed_are_not_read(tmp_path, monkeypatch):
    home = published(tmp_path / "home")
    bundle = bundle_of(tmp_path, received())
    (tmp_path / "reports-machine").rename(tmp_path / "reports-of")
    bundle_of(tmp_path, received(), name="other")
    monkeypatch.setattr("pilookup.bundles.report_files.received_from_bytes", None)  # nothing is parsed
    for trust in ([], [tmp_path / "other-machine"]):
        with pytest.raises(BundleError, match="not signed by a serving machine that is known here"):
            imported(home, bundle, trust=trust)
    with pytest.raises(BundleError, match="not the trust file of a serving machine"):
        imported(home, bundle, trust=[home / "trust-public.json"])


def test_a_machine_without_a_key_makes_one_and_keeps_it(tmp_path):
    home = published(tmp_path / "home")
    (home / "online" / REPORTS_FILE).write_bytes(received_to_bytes([received()]))
    with import_lock(home / "online"), pytest.raises(BundleError, match="a bundle is being imported here"):
        write_reports(home / "online", tmp_path / "none", utc_now())
    assert not (home / "online" / MACHINE).exists()
    write_reports(home / "online", tmp_path / "first", utc_now())
    key = (home / "online" / MACHINE).read_bytes()
    write_reports(home / "online", tmp_path / "second", utc_now())
    assert (home / "online" / MACHINE).read_bytes() == key
    assert (home / "online" / MACHINE).stat().st_mode & 0o777 == 0o600
    assert imported(home, tmp_path / "second").new == 1


def test_reports_that_do_not_belong_here_are_refused_and_named(tmp_path):
    home = published(tmp_path / "home")
    good, unknown, small = received(), received(case=3), received(case=2)
    exact = received(case=2, platform="b", exact_because="decided by the data protection officer")
    outcome = imported(home, bundle_of(tmp_path, good, unknown, small, exact))
    assert (outcome.new, outcome.known) == (2, 0)
    assert [refusal.split(": ")[1][:30] for refusal in sorted(outcome.refused)] == [
        "the case has fewer than 1,000 ",
        "there is no such case here",
    ]
    other = [received(key=ReportKey(bytes(32))), received(users=10, case=1)]
    for at, each in enumerate(other):
        refused = imported(home, bundle_of(tmp_path, each, name=f"other-{at}")).refused
        assert "was imported before" in refused[0]
    shown = Custody.reports_of(home)
    assert [(case.case, case.dataset, case.reports) for case in shown] == [(1, "case-1", 1), (2, "case-2", 1)]


def test_a_damaged_bundle_changes_nothing(tmp_path):
    home = published(tmp_path / "home")
    whole = bundle_of(tmp_path, received())
    data = bytearray(whole.read_bytes())
    data[-20] ^= 1
    whole.write_bytes(data)
    with pytest.raises(BundleError, match="damaged"):
        imported(home, whole)
    export(home, tmp_path / "release")
    with pytest.raises(BundleError, match="from the custody half"):
        imported(home, tmp_path / "release")
    online = tmp_path / "fine"
    online.mkdir()
    line = received().to_line().replace(b'\\"closed\\":null', b'\\"closed\\":7')
    (online / REPORTS_FILE).write_bytes(line)
    with pytest.raises(BundleError, match="closed: finer than the rules"):
        write_reports(online, tmp_path / "out", utc_now())
    with pytest.raises(BundleError, match="a server that runs writes it"):
        write_reports(tmp_path, tmp_path / "out", utc_now())
    assert Custody.reports_of(home) == []


def test_an_answer_of_another_custody_half_is_not_taken_up(tmp_path, monkeypatch):
    custody, serving = published(tmp_path / "home"), tmp_path / "serving"
    to_serving(custody, serving, tmp_path / "first")
    forged = Answer("a", made().id, "0" * 64, utc_now().replace(microsecond=0), AnswerKind.NOTED)
    forged = forged.signed(Ed25519PrivateKey.generate().sign)
    monkeypatch.setattr("pilookup.custody.bundles.answers_bytes", lambda _: answers_to_bytes([forged]))
    export(custody, tmp_path / "forged")
    with pytest.raises(BundleError, match="not signed"):
        import_bundle(tmp_path / "forged", serving)
    assert not (serving / "online" / ANSWERS_FILE).exists()


def test_answers_need_a_known_report_and_texts_without_numbers(tmp_path, monkeypatch):
    home = published(tmp_path / "home")
    imported(home, bundle_of(tmp_path, received()))
    with opened(home, online_passphrase=None) as custody:
        for given, text in (
            ({"text_zh": "请打 138-0013-8000", "text_en": "call"}, "seven digits"),
            ({"text_zh": "请核对"}, "in Chinese and in English"),
            ({"kind": "question"}, "in Chinese and in English"),
            ({"kind": "praise"}, "one of: noted, question"),
        ):
            with pytest.raises(CustodyError, match=text) as error:
                custody.answer_report(made(quarter=QUARTER).id, **given)
            assert "8000" not in str(error.value)
        for platform, report in (("b", made(quarter=QUARTER).id), ("a", "f" * 32)):
            with pytest.raises(CustodyError, match="0 reports have an id"):
                custody.answer_report(report, platform=platform)
        write = durable.replace

        def write_unless_full(path, data):
            if path.name == ANSWERS_FILE:
                raise OSError(28, "No space left on device", str(path))
            write(path, data)

        with monkeypatch.context() as full:
            full.setattr(durable, "replace", write_unless_full)
            with pytest.raises(HomeError, match="No space left"):
                custody.answer_report(made(quarter=QUARTER).id)
        custody.answer_report(made(quarter=QUARTER).id)
    assert (home / "online" / ANSWERS_FILE).read_bytes().count(b"\n") == 1
    log = [json.loads(line) for line in (home / "custody" / "audit.jsonl").read_bytes().splitlines()]
    told = [(entry["command"], entry["phase"]) for entry in log if entry["command"].startswith("reports")]
    assert told[:2] == [("reports import", "begin"), ("reports import", "done")]
    assert told[-1] == ("reports answer", "done")
    assert log[-1]["details"] == {"platform": "a", "report": made(quarter=QUARTER).id}


def test_the_newest_report_of_each_platform_is_shown(tmp_path):
    home = published(tmp_path / "home")
    before = Quarter(QUARTER.year - 1, QUARTER.number)
    old = received(quarter=before, counts={Verb.CLOSED: 5_000})
    new = received(counts={Verb.CLOSED: 50, Verb.RESTRICTED: 700})
    other = received(
        "b", exact_because="asked by the <officer> of the case", counts={Verb.CLOSED: 41, Verb.APPEALED: 3}
    )
    imported(home, bundle_of(tmp_path, old, new, other))
    (case,) = Custody.reports_of(home)
    assert case.totals[Verb.CLOSED] == 41
    assert case.not_told[Verb.CLOSED] == 1
    assert 690 < case.totals[Verb.RESTRICTED] <= 710
    assert case.not_told[Verb.APPEALED] == 1
    page = reports_page([case], utc_now())
    assert page.count("<svg") == 2 * 9
    assert "<td>verified</td><td>0</td><td>1</td>" in page  # told by the exact report alone
    assert "asked by the &lt;officer&gt; of the case" in page
    assert "限制功能" in page
    assert "restricted" in page
    assert "<script" not in page
    assert reports_page([], utc_now()).count("<section") == 0
    assert json.loads(json.dumps(case.to_json()))["totals"]["closed"] == 41


def test_commands_of_platform_and_police(tmp_path, monkeypatch):
    home = published(tmp_path / "home")
    monkeypatch.setenv("PILOOKUP_PASSPHRASE", "custody passphrase of the tests")

    def run(*words, status=0):
        done = CliRunner().invoke(build(), ["reports", *map(str, words)])
        assert done.exit_code == status, done.output
        return done.output

    key, out = tmp_path / "report.key", tmp_path / "report.json"
    run("key", key)
    assert "never replaced" in run("key", key, status=1)
    given = ["--key", key, "--case", 1, "--quarter", QUARTER, "--users", 200_000, "--count", "restricted=350"]
    assert "no report is made of a case under 1,000" in run("make", out, *given, "--case-numbers", 999, status=2)
    assert "together" in run("make", out, *given, "--case-numbers", 1_000, "--exact", status=2)
    assert "not VERB=N" in run("make", out, *given, "--case-numbers", 1_000, "--count", "eaten=3", status=2)
    assert "closed: not told" in run("make", out, *given, "--case-numbers", 1_200)
    key.chmod(0o644)
    assert "open to other users" in run("make", tmp_path / "two", *given, "--case-numbers", 1_200, status=1)
    (home / "online" / REPORTS_FILE).write_bytes(received_to_bytes([received()]))
    assert "1 report in" in run("export", tmp_path / "carried", "--home", home)
    assert "1 new report, 0 known before" in run("import", tmp_path / "carried", "--home", home)
    identity = re.search(r"^  a  ([0-9a-f]{8})", run("show", "--home", home), re.MULTILINE)[1]
    assert "answered, noted" in run("answer", identity, "--home", home)
    assert "noted on" in run("show", "--home", home)
    run("show", "--home", home, "--html", tmp_path / "page.html")
    assert json.loads(run("show", "--home", home, "--json"))["cases"][0]["newest"][0]["answer"]["kind"] == "noted"
    written = b"".join(path.read_bytes() for path in (out, tmp_path / "carried", tmp_path / "page.html"))
    assert not [number for number in CASE_NUMBERS if number.encode() in written]


def test_no_file_has_a_number_a_token_or_an_exact_count(tmp_path, capfd):
    """The sentinel: a number of the case, the platform's token and key, and counts that are only told coarsely."""
    home = published(tmp_path / "home")
    counts = {Verb.RESTRICTED: 748_311, Verb.CLOSED: 97}
    with served(home, tmp_path / "scratch") as transport:
        send_report(made(quarter=QUARTER, case_numbers=1_200, counts=counts), URL, TOKENS["shop"], transport=transport)
        write_reports(home / "online", tmp_path / "reports", utc_now())
        imported(home, tmp_path / "reports")
        with opened(home, online_passphrase=None) as custody:
            custody.answer_report(made(quarter=QUARTER).id)
        (tmp_path / "page.html").write_text(reports_page(Custody.reports_of(home), utc_now()), encoding="utf-8")
    sentinels = [CASE_NUMBERS[7].encode(), TOKENS["shop"].encode(), KEY._key, b"748311", b"748,311"]
    for path in (*home.rglob("*"), tmp_path / "reports", tmp_path / "page.html"):
        if path.is_file() and path.suffix != ".csv":
            data = path.read_bytes()
            assert not [each for each in sentinels if each in data], path
    assert b"740000" in (tmp_path / "reports").read_bytes() or b"750000" in (tmp_path / "reports").read_bytes()
    output = "".join(capfd.readouterr())
    assert not [each for each in sentinels if each.decode("latin-1") in output]
    assert repr(KEY) == "ReportKey()"
    keys = read_machine_trust([home])
    assert read_reports([tmp_path / "reports"], keys)[0].report.counts[Verb.CLOSED] is None
    assert COUNTS
