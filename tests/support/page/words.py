"""The texts of the page, from its own tables, and assertions about what it says."""

import json
import re
import subprocess
from functools import cache
from pathlib import Path

WEB = Path(__file__).resolve().parents[3] / "server/web"
CJK = re.compile(r"[㐀-鿿]")
SCRIPT = """
import { bundled } from "./test/bundle_source.mjs";
const words = await bundled(`export { zh } from "./words/zh.ts"; export { en } from "./words/en.ts";
  export { HALL_WORDS } from "./words/hall.ts";`);
const all = (code) => ({ ...plain(words[code]), ...plain(words.HALL_WORDS[code]) });
const argument = { accounts: [0, 1, 2, 6], slipNumber: ["4586"], wait: [1, 2], mobileLength: [10, 12, 13],
  by: ["某某市公安局"], secondsLeft: [1, 2, 3], kioskCount: [60, 1] };
const plain = (one) => Object.fromEntries(Object.entries(one).map(([name, value]) => [name,
  typeof value === "function" ? Object.fromEntries((argument[name] ?? []).map((at) => [at, value(at)])) : value]));
console.log(JSON.stringify({ zh: all("zh"), en: all("en") }));
"""


@cache
def _tables():
    command = ["node", "--input-type=module", "--eval", SCRIPT]
    return json.loads(subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=True).stdout)


def words(language):
    """All texts of a language, `zh` or `en`. A text with a number in it is a dict from a few numbers to texts."""
    return _tables()[language]


def code(visitor):
    """The language of the page, `zh` or `en`."""
    language = visitor.language()
    assert language in ("zh-CN", "en")
    return language[:2]


def assert_says(visitor, *texts, selector="#answer"):
    shown = visitor.text(selector)
    for text in texts:
        assert text in shown, f"{text!r} is not in {shown!r}"


def assert_could_not_check(visitor, result, reason):
    """Assert that the answer says `unknown` and the reason (None: any), and contains no text of a hit or a miss."""
    status, why = result
    assert status == "unknown", result
    if reason:
        assert why == reason
    table = words(code(visitor))
    if why == "invalid_number":
        assert visitor.text() == "", "the message stands at the field"
        assert visitor.text("#fault") != ""
    else:
        assert_says(visitor, table["unknown"], table["why"][why])
        assert_says(visitor, table["unknown"], selector="#answer-heading")
    shown = visitor.text() + visitor.text("#fault")
    for kind in ("zh", "en"):
        for text in (words(kind)["notFound"], *words(kind)["found"].values(), words(kind)["notSafe"]):
            assert text not in shown
