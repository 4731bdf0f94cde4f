"""SPEC.md agrees with the code: cited sections, problems, rules, and the bytes of the worked example."""

import json
import re
from pathlib import Path

import pilookup.identifier
from pilookup.protocol.problems import Problem

ROOT = Path(__file__).parents[2]
SPEC = (ROOT / "SPEC.md").read_text()
HEADINGS = re.findall(r"^##+ (?:\d+(?:\.\d+)* )?(.+)$", SPEC, re.MULTILINE)
NUMBERS = re.findall(r"^##+ (\d+(?:\.\d+)*) ", SPEC, re.MULTILINE)
CITATION = re.compile(r"SPEC\.md,? sections? ((?:\"[^\"]+\")|\d+(?:\.\d+)*(?:(?:,| and| to) \d+(?:\.\d+)*)*)")


def sources():
    for top, suffix in (
        ("pilookup", "*.py"),
        ("server", "*.py"),
        ("rust", "*.rs"),
        ("tests", "*.py"),
        ("tests/node", "*.mjs"),
    ):
        for path in (ROOT / top).rglob(suffix):
            if not {"node_modules", "target"} & set(path.parts) and path != Path(__file__):
                yield path


def citations():
    """Pairs (file, cited section) for every "SPEC.md section N" and `SPEC.md section "Name"`."""
    for path in sources():
        for cited in CITATION.findall(path.read_text()):
            for one in re.split(r",| and| to", cited):
                yield path.name, one.strip().strip('"')


def plain(text):
    return " ".join(text.split())


def test_the_sections_the_code_cites_exist():
    cited = list(citations())
    assert len({number for _, number in cited}) >= 9
    wrong = [(file, one) for file, one in cited if one not in NUMBERS and one not in HEADINGS]
    assert not wrong


def test_sections_are_numbered_in_order():
    tops = [number for number in NUMBERS if "." not in number]
    assert tops == [str(i) for i in range(1, len(tops) + 1)]
    assert len(set(NUMBERS)) == len(NUMBERS)
    wanted = ["Notation", "Identifier", "OPRF", "Token", "Label", "Snapshot", "Manifest", "HTTP", "Trust", "Filter"]
    titles = re.findall(r"^## \d+ (.+)$", SPEC, re.MULTILINE)
    assert titles == [
        *wanted,
        "Check",
        "Worked example",
        "Numbers in a cell",
        "Mirror",
        "Delta",
        "Re-screening",
        "Report",
        "Receipt",
    ]


def test_every_problem_is_listed_with_its_status():
    for problem in Problem:
        assert f"| `{problem.uri}` | {problem.status} |" in SPEC
    assert SPEC.count("urn:pilookup:problem:") == len(Problem)


def test_the_identifier_rules_equal_those_in_the_code():
    rules = re.findall(r"^ *(\d+)\. +(.+?)(?=^ *\d+\. |\n\n)", pilookup.identifier.__doc__, re.MULTILINE | re.DOTALL)
    assert len(rules) >= 15
    section = plain(SPEC[SPEC.index("## 2 Identifier") : SPEC.index("## 3 OPRF")])
    for number, text in rules:
        assert f"{number}. {plain(text)}" in section


def test_the_worked_example_is_a_vector():
    cases = json.loads((ROOT / "tests" / "vectors" / "protocol.json").read_text())["cases"]
    section = SPEC[SPEC.index("## 12 Worked example") :]
    case = next(case for case in cases if case["type"] == "check")
    lines = re.findall(r"^    (\w+) += ([0-9a-f]+)$|^ {24}([0-9a-f]+)$", section, re.MULTILINE)
    shown, last = {}, ""
    for name, start, more in lines:
        last = name or last
        shown[last] = shown.get(last, "") + start + more
    wanted = ["private_key", "public_key", "blind", "blinded_element", "evaluated_element", "proof_random", "proof"]
    wanted += ["element", "token", "tag", "filter_key", "label_bytes", "entry"]
    assert shown == {name: case[name] for name in wanted}
    assert case["identifier"] in section
    assert f"epoch {case['epoch']}" in section
