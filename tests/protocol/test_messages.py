import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilookup.errors import FormatError
from pilookup.protocol.encoding import b64url
from pilookup.protocol.messages import MAX_BATCH, MAX_REQUEST_BYTES, EvaluateRequest, EvaluateResponse
from pilookup.protocol.problems import Problem

EPOCHS = st.integers(1, 2**32 - 1)
ELEMENTS = st.integers(1, 20).flatmap(lambda n: st.binary(min_size=32 * n, max_size=32 * n))
PROOFS = st.binary(min_size=64, max_size=64)
ONE = b64url(bytes(32))


@given(EPOCHS, ELEMENTS)
def test_request_round_trip(epoch, elements):
    request = EvaluateRequest(epoch, elements)
    assert EvaluateRequest.from_json(request.to_json()) == request
    assert EvaluateRequest.from_octets(str(epoch), elements) == request


@given(EPOCHS, ELEMENTS, PROOFS)
def test_response_round_trip(epoch, elements, proof):
    response = EvaluateResponse(epoch, elements, proof)
    assert EvaluateResponse.from_json(response.to_json()) == response
    assert EvaluateResponse.from_octets(epoch, response.to_octets()) == response


@given(EPOCHS, ELEMENTS, PROOFS, st.data())
def test_changed_bytes_raise_only_our_error(epoch, elements, proof, data):
    for whole, parse in (
        (EvaluateRequest(epoch, elements).to_json(), EvaluateRequest.from_json),
        (EvaluateResponse(epoch, elements, proof).to_json(), EvaluateResponse.from_json),
    ):
        at = data.draw(st.integers(0, len(whole) - 1))
        changed = whole[:at] + data.draw(st.binary(max_size=3)) + whole[at + data.draw(st.integers(0, 3)) :]
        for sample in (changed, whole[:at]):
            try:
                parsed = parse(sample)
            except FormatError:
                continue
            assert parse(parsed.to_json()) == parsed


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(
    lambda value: json.dumps(value).encode()
))  # fmt: skip
def test_anything_else_raises_only_our_error(data):
    for parse in (EvaluateRequest.from_json, EvaluateResponse.from_json):
        with pytest.raises(FormatError):
            parse(data)


@pytest.mark.parametrize("count", [1, MAX_BATCH])
def test_the_smallest_and_the_largest_batch(count):
    request = EvaluateRequest(1, bytes(32) * count)
    assert EvaluateRequest.from_json(request.to_json()) == request
    assert len(request.to_json()) < MAX_REQUEST_BYTES
    assert EvaluateRequest.from_octets("1", request.elements) == request
    response = EvaluateResponse(1, request.elements, bytes(64))
    assert EvaluateResponse.from_octets(1, response.to_octets()) == response


@pytest.mark.parametrize("count", [0, MAX_BATCH + 1])
def test_batches_that_are_too_small_or_too_large(count):
    request = EvaluateRequest(1, bytes(32) * count)
    response = EvaluateResponse(1, request.elements, bytes(64))
    for parse in (
        lambda: EvaluateRequest.from_json(request.to_json()),
        lambda: EvaluateRequest.from_octets("1", request.elements),
        lambda: EvaluateResponse.from_json(response.to_json()),
        lambda: EvaluateResponse.from_octets(1, response.to_octets()),
    ):
        with pytest.raises(FormatError, match="elements"):
            parse()


@pytest.mark.parametrize("size", [1, 31, 33, 63])
def test_a_partial_element_is_refused(size):
    with pytest.raises(FormatError, match="elements"):
        EvaluateRequest.from_octets("1", bytes(size))
    with pytest.raises(FormatError, match=r"elements\[0\]"):
        EvaluateRequest.from_json(json.dumps({"epoch": 1, "elements": [b64url(bytes(size))]}).encode())


@pytest.mark.parametrize("size", [0, 63])
def test_a_partial_proof_is_refused(size):
    with pytest.raises(FormatError, match="proof"):
        EvaluateResponse.from_octets(1, bytes(size))
    body = {"epoch": 1, "elements": [ONE], "proof": b64url(bytes(size))}
    with pytest.raises(FormatError, match="proof"):
        EvaluateResponse.from_json(json.dumps(body).encode())


@pytest.mark.parametrize(
    "epoch",
    ["", "0", "01", "+1", "-1", "1.0", "1e1", " 1", "1 ", "１", "²", "4294967296", "9" * 5000, "0x1", "1_0"],
)
def test_an_epoch_in_the_query_has_one_spelling(epoch):
    with pytest.raises(FormatError, match="epoch"):
        EvaluateRequest.from_octets(epoch, bytes(32))


@pytest.mark.parametrize(
    "epoch",
    ["0", "-1", "true", "null", "1.0", "1e0", '"1"', "4294967296", "NaN", "Infinity", "9" * 5000, "[1]"],
)
def test_an_epoch_in_json_is_an_integer(epoch):
    with pytest.raises(FormatError):
        EvaluateRequest.from_json(f'{{"epoch":{epoch},"elements":["{ONE}"]}}'.encode())


@pytest.mark.parametrize(
    "text",
    [
        f'{{"epoch":1,"epoch":1,"elements":["{ONE}"]}}',
        f'{{"epoch":1,"elements":["{ONE}"],"elements":["{ONE}"]}}',
        f'{{"epoch":1,"elements":["{ONE}"],"proof":"x"}}',
        f'{{"elements":["{ONE}"]}}',
        '{"epoch":1}',
        f'{{"epoch":1,"elements":"{ONE}"}}',
        '{"epoch":1,"elements":[1]}',
        '{"epoch":1,"elements":[null]}',
        f'{{"epoch":1,"elements":["{ONE}="]}}',
        f'{{"epoch":1,"elements":["{ONE[:-1]}B"]}}',
        f'{{"epoch":1,"elements":["{ONE}"]}} x',
        "[" * 100_000,
        "{}",
        "",
        "null",
    ],
)
def test_other_requests_are_refused(text):
    with pytest.raises(FormatError):
        EvaluateRequest.from_json(text.encode())


def test_white_space_and_order_do_not_matter_in_a_request():
    assert EvaluateRequest.from_json(f'{{ "elements" : ["{ONE}"],\n"epoch":1}}'.encode()).epoch == 1


def test_no_error_repeats_what_was_sent():
    sentinel = "SENTINEL0123456789SENTINEL0123456789SENTIN!"
    with pytest.raises(FormatError) as caught:
        EvaluateRequest.from_json(json.dumps({"epoch": 1, "elements": [sentinel]}).encode())
    assert "SENTINEL" not in str(caught.value)
    with pytest.raises(FormatError) as caught:
        EvaluateRequest.from_json(json.dumps({"epoch": 1, sentinel: []}).encode())
    assert "SENTINEL" not in str(caught.value)


def test_problems_are_stable_and_distinct():
    uris = {problem.uri for problem in Problem}
    assert len(uris) == len(Problem)
    assert all(uri.startswith("urn:pilookup:problem:") for uri in uris)
    assert json.loads(Problem.RETIRED.to_json()) == {
        "type": "urn:pilookup:problem:retired",
        "title": "This epoch or serial is no longer served",
        "status": 410,
    }
    assert json.loads(Problem.RATE_LIMITED.to_json("Wait."))["detail"] == "Wait."
