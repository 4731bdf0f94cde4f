"""Answers in JSON, which none of the three clients asks for, are parsed and refused as the kit's list says."""

import json
from datetime import UTC, datetime

import pytest

from pilookup.errors import FormatError
from pilookup.protocol import oprf as product
from pilookup.protocol.messages import EvaluateResponse
from tests.kit import oprf
from tests.kit.canonical_json import base64url
from tests.kit.cases.json_answers import CASES
from tests.kit.repository import EPOCH, channel_key
from tests.kit.site import JSON, Request


def valid(body, elements):
    """Whether a body is the answer to a batch: of the right form and epoch, and proved."""
    try:
        answer = EvaluateResponse.from_json(body)
    except FormatError:
        return False
    public = oprf.public_key(channel_key(EPOCH))
    return answer.epoch == EPOCH and product.verify(public, b"".join(elements), answer.elements, answer.proof)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case):
    site = case.steps[0].build(datetime.now(UTC).replace(microsecond=0))
    elements = [oprf.element(b"input", 5), oprf.element(b"input", 7)]
    body = json.dumps({"epoch": EPOCH, "elements": [base64url(one) for one in elements]}).encode()
    reply = site.answer(Request("POST", "/v1/channels/kit/evaluate", {"content-type": JSON}, body))
    assert (reply.status, reply.headers["Content-Type"]) == (200, JSON)
    assert valid(reply.body, elements) == (case.steps[0].checks[0].right["status"] == "found")
