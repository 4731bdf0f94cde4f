"""The page's canonicaliser against the library's on random texts: never another identifier, and rarely a refusal."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pilookup_server

from pilookup.identifier import canonicalise
from tests.support.identifier.texts import Texts

WEB = Path(pilookup_server.__file__).parents[1] / "web"
COUNT = 6000


def outcomes(texts):
    lines = "".join(f"{json.dumps(text)}\n" for text in texts)
    command = ["node", str(WEB / "test" / "canonicalise.mjs")]
    return subprocess.run(
        command, input=lines, capture_output=True, text=True, timeout=300, check=True
    ).stdout.splitlines()


def test_page_and_library_read_random_texts_alike():
    seed = random.randrange(2**32)
    source = Texts(seed)
    texts = [source.page_text() for _ in range(COUNT)]
    refused = accepted = 0
    for text, found in zip(texts, outcomes(texts), strict=True):
        outcome = canonicalise(text)
        wanted = outcome.decode() if isinstance(outcome, bytes) else str(outcome)
        accepted += wanted.startswith("tel:")
        if found == wanted:
            continue
        where = f"seed {seed}: {text!r} is {found}, not {wanted}"
        # `min` metadata do not know which lengths are local, nor the seven digits of one Canadian service.
        assert not found.startswith("tel:"), where
        assert wanted == "no_area_code" or wanted.startswith("tel:+1310"), where
        refused += wanted.startswith("tel:")
    assert accepted > COUNT // 10, seed
    assert refused < COUNT // 200, seed


def test_the_plan_of_china_equals_the_librarys():
    subprocess.run([sys.executable, str(WEB / "make_plans.py"), "--check"], check=True)
