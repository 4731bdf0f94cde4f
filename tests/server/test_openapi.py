"""The published OpenAPI document: up to date, and what a real server answers to requests made from it (schemathesis).

No answer is a 5xx, and each has a status, a media type and a form that the document states.
"""

import itertools
import runpy
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from pilookup_server.limits import quotas
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from pilookup.protocol import oprf
from pilookup.protocol.messages import JSON, OCTETS
from pilookup.protocol.reports import Quarter
from tests.support.attacks.home import Held
from tests.support.attacks.server import MANY, Served
from tests.support.home_templates import home_like
from tests.support.reports.made import made
from tests.support.reports.stated import stated
from tests.support.server.platform_keys import KEY

TOOL = Path(__file__).resolve().parents[2] / "tools" / "openapi_document.py"
SCHEMA = schemathesis.openapi.from_path(TOOL.parents[1] / "docs" / "api" / "openapi.json")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
REPORTS = [made(case=1 + case, quarter=Quarter.of(datetime.now(UTC).date())) for case in range(3)]
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture]


def test_the_document_is_the_one_of_the_routes():
    assert all(path.read_text(encoding="utf-8") == text for path, text in runpy.run_path(str(TOOL))["files"]().items())


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    home = home_like(Held.make, tmp_path_factory.mktemp("openapi") / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quotas, "REPORT_QUOTA", MANY)
        served = Served(home, body_seconds=2)
    try:
        submit(served, *REPORTS)
        served.seen = {}
        served.number = itertools.count()
        served.real = real_values(Held(home))
        yield served
    finally:
        served.close()
    without = {path: statuses for path, statuses in served.seen.items() if statuses.isdisjoint({200, 201, 206, 304})}
    assert not without, "routes of which no request was answered"


def submit(served, *reports):
    """Reports that are there, in whatever order and process the routes are tried."""
    for report in reports:
        headers = {"authorization": f"Bearer {KEY}", "content-type": JSON}
        httpx2.post(f"{served.url}/v1/reports", content=report.to_bytes(), headers=headers).raise_for_status()


def real_values(held):
    """Values of parameters that name something, by parameter."""
    epochs = [held.release(channel).epochs[0] for channel in ("public", "platform")]
    return {
        "channel": ["public", "platform"],
        "name": ["timestamp.json", "root.json", "1.root.json"],
        "path": [epoch.path(name) for name in sorted(epochs[0].files) for epoch in epochs if name in epoch.files],
        "serial": [held.manifest().serial],
        "index": [0, 1],
        "id": [report.id for report in REPORTS],
    }


def bounded(examples):
    return settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=SLOW,
        phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip


def call(case, server):
    """Send a case. Parameters of three in four cases name something that is there, so that routes are reached."""
    number = next(server.number)
    for at, (name, values) in enumerate(server.real.items()):
        if name in case.path_parameters and (number >> at) % 4:
            case.path_parameters[name] = values[number % len(values)]
    if case.path.endswith("/evaluate") and number % 4 == 0:
        _, elements = oprf.blind([b"tel:+8613912345678"])
        case.media_type, case.query, case.body = OCTETS, {"epoch": 1}, elements
    if case.path == "/v1/reports" and number % 4 == 0:
        case.media_type, case.body = JSON, REPORTS[number % len(REPORTS)].to_bytes()
    if case.path == "/v1/receipts" and number % 4 == 0:
        case.media_type, case.body = JSON, stated(serial=1 + number).statement.to_bytes()
    closed = case.path_parameters.get("channel") == "platform" or case.path.startswith(("/v1/reports", "/v1/receipts"))
    headers = {"authorization": f"Bearer {KEY}"} if closed else {}
    answer = case.call(base_url=server.url, headers=headers)
    server.seen.setdefault(case.path, set()).add(answer.status_code)
    part = answer.status_code == 206  # a range of a JSON file is no JSON
    case.validate_response(answer, checks=CHECKS[:-1] if part else CHECKS)


@SCHEMA.parametrize()
@bounded(40)
def test_answers_are_those_of_the_document(case, server):
    call(case, server)


@pytest.mark.long
@SCHEMA.parametrize()
@bounded(1500)
def test_answers_to_many_requests_are_those_of_the_document(case, server):
    call(case, server)
