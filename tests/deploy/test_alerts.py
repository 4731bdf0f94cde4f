"""Every alert names metrics and labels that the server has, and has a section in docs/operations/incidents.md."""

import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from pilookup_server.release.followed_timestamp import Condition

from tests.support.docs.documents import ROOT

RULES = ROOT / "deploy" / "prometheus" / "pilookup.rules.yml"
ALERTS = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
PROBE = """
import os
os.environ["PROMETHEUS_MULTIPROC_DIR"] = os.environ["FOLDER"]
from pilookup_server import metrics
from pilookup_server.notify import metrics as metrics_of_notify
from prometheus_client import REGISTRY
for family in REGISTRY.collect():
    if not family.name.startswith("pilookup_"):
        continue
    suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(family.type, [""])
    [collector] = {REGISTRY._names_to_collectors[family.name + suffix] for suffix in suffixes}
    for suffix in suffixes:
        print(family.name + suffix, *collector._labelnames, *(["le"] if suffix == "_bucket" else []))
"""


@pytest.fixture(scope="module")
def metrics(tmp_path_factory):
    """The labels of each series of the server, by its name."""
    environment = {**os.environ, "FOLDER": str(tmp_path_factory.mktemp("metrics"))}
    done = subprocess.run([sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True, check=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    return {name: set(labels) for name, *labels in lines}


def selectors(rule):
    """The names of metrics in an expression, each with the labels in its braces."""
    return re.findall(r"\b(pilookup_\w+)(?:\{([^}]*)\})?", rule["expr"])


def test_the_metrics_are_found(metrics):
    assert metrics["pilookup_request_seconds_bucket"] == {"route", "channel", "status", "le"}
    assert metrics["pilookup_service_database_used"] == {"database"}
    assert "pilookup_evaluated_elements_total" in metrics
    assert metrics["pilookup_notify_paused"] == {"target", "because"}


@pytest.mark.parametrize("rule", ALERTS, ids=[rule["alert"] for rule in ALERTS])
def test_an_alert_names_what_there_is(rule, metrics):
    assert selectors(rule) or rule["alert"] == "PilookupDown"
    for name, braces in selectors(rule):
        assert name in metrics
        assert set(re.findall(r"(\w+)=~?\"", braces)) <= metrics[name]
    kept = set().union(*(metrics[name] for name, _ in selectors(rule)), {"instance"})
    for grouped in re.findall(r"by \(([^)]*)\)", rule["expr"]):
        kept &= {label.strip() for label in grouped.split(",")}
    told = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert told <= kept


def test_conditions_that_an_alert_names_exist():
    [named] = [found for rule in ALERTS for found in re.findall(r'condition=~"([^"]*)"', rule["expr"])]
    assert {*named.split("|"), Condition.CURRENT} == set(Condition)


@pytest.mark.parametrize("page", ["docs/operations/incidents.md", "docs/zh/operations/incidents.md"])
def test_every_alert_has_a_section_and_every_section_an_alert(page):
    sections = re.findall(r"^## `(\w+)`", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert sections == [rule["alert"] for rule in ALERTS]


@pytest.mark.long  # needs promtool (Debian: prometheus), which would start a server on the machine it is installed on
def test_prometheus_accepts_the_rules():
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing; install the package prometheus, or unpack it and add it to PATH"
    done = subprocess.run([promtool, "check", "rules", RULES], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
