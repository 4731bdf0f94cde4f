"""Writes docs/api/openapi.json and docs/api/http.md: the HTTP interface of `pilookup serve`, without the page's files.

    python tools/openapi_document.py [--check]

Paths, methods and their first words come from the server's routes, problems and limits from `pilookup.protocol`. What
each route takes and answers is described here; a route without a description, or a description without a route, is an
error. With --check nothing is written, and the exit status is 1 if the files are not what would be written.
"""

import json
import sys
from pathlib import Path

from pilookup_server.app import api_routes
from pilookup_server.limits.public_quota import HEADER
from pilookup_server.routes.notices import PAGE as PAGE_LENGTH

import pilookup
from pilookup.protocol.messages import JSON, MAX_BATCH, OCTETS
from pilookup.protocol.names import MAX_EPOCH, MAX_SERIAL
from pilookup.protocol.problems import PROBLEM_JSON, Problem
from pilookup.protocol.receipts import PURPOSES
from pilookup.protocol.report_answers import AnswerKind
from pilookup.protocol.reports import MAX_CASE, Verb

DOCS = Path(__file__).resolve().parents[1] / "docs" / "api"
CHANNEL = "/v1/channels/{channel}"
ITEM = "^[A-Za-z0-9_-]{%d}$"
EPOCH = {"type": "integer", "minimum": 1, "maximum": MAX_EPOCH}
ELEMENTS = {"type": "array", "minItems": 1, "maxItems": MAX_BATCH, "items": {"type": "string", "pattern": ITEM % 43}}
BYTES = {"type": "string", "format": "binary"}
ANYTHING = {"type": "object"}


def part(name, description, schema, example, where="path"):
    return {
        "name": name, "in": where, "required": where == "path", "description": description, "schema": schema,
        "example": example,
    }  # fmt: skip


def message(required, **members):
    return {"type": "object", "additionalProperties": False, "required": required, "properties": members}


PARTS = {
    "channel": part("channel", "The channel: `public`, or one that needs a token.", {"type": "string"}, "public"),
    "name": part("name", "The name of a metadata file.", {"type": "string"}, "timestamp.json"),
    "path": part("path", "A target by its consistent-snapshot name; it may contain slashes.", {"type": "string"}, "epochs/1/0.manifest.json"),
    "serial": part("serial", "The serial of a snapshot, decimal.", {"type": "integer", "minimum": 0, "maximum": MAX_SERIAL}, 1),
    "index": part("index", "The index of a bucket, decimal.", {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}, 0),
}  # fmt: skip
PARTS["id"] = part("id", "The id of a report.", {"type": "string", "pattern": "^[0-9a-f]{32}$"}, "0" * 32)
EPOCH_PART = part("epoch", "The epoch, if the body is octets.", EPOCH, 1, "query")
AFTER = part(
    "after", "The serial that the caller has; 0, or nothing, for all that are kept.",
    {"type": "integer", "minimum": 0, "maximum": MAX_SERIAL}, 41, "query",
)  # fmt: skip
RANGE = part("Range", "One range of bytes.", {"type": "string"}, "bytes=0-99", "header")
TAG = part("If-None-Match", "An entity tag that the caller has.", {"type": "string"}, '"1-0"', "header")
PURPOSE = part(
    "Pilookup-Purpose", "Which quota of a platform is charged.", {"enum": ["signup", "screening"]}, None, "header"
)
PROOF = part(HEADER.decode(), "The answer to a challenge.", {"type": "string"}, None, "header")

CHALLENGE = {
    "type": "object",
    "description": "A challenge of ALTCHA, version 2, on which a proof of work answers.",
    "required": ["parameters", "signature"],
}
DOCUMENT = {
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "enum": [problem.uri for problem in Problem]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "challenge": CHALLENGE,
        "window": {"type": "string", "description": "The window of a quota, or the purpose."},
        "limit": {"type": "integer"},
        "left": {"type": "integer"},
        "end": {"type": "string", "format": "date-time"},
    },
}
REQUEST = message(["epoch", "elements"], epoch=EPOCH, elements=ELEMENTS)
ANSWER = message(
    ["epoch", "elements", "proof"], epoch=EPOCH, elements=ELEMENTS, proof={"type": "string", "pattern": ITEM % 86}
)

SERIAL = {"type": "integer", "minimum": 1, "maximum": MAX_SERIAL}
DATASETS = {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 0xFFFF}}
NOTICE = message(
    ["channel", "serial", "datasets", "manifest"],
    channel={"type": "string"}, serial=SERIAL, datasets=DATASETS, manifest={"type": "string", "format": "uri-reference"},
)  # fmt: skip
NOTICES = message(
    ["channel", "notices", "more"],
    channel={"type": "string"}, notices={"type": "array", "maxItems": PAGE_LENGTH, "items": NOTICE}, more={"type": "boolean"},
)  # fmt: skip
COUNT = {"type": ["integer", "null"], "minimum": 0, "maximum": MAX_SERIAL}
POWER = {"type": "integer", "minimum": 1, "maximum": 10**12, "description": "A power of ten."}
TEXT = {"type": "string"}
REPORT = message(
    ["format", "id", "case", "case_numbers", "quarter", "users", "counts", "exact"],
    format={"const": 1},
    id={"type": "string", "pattern": "^[0-9a-f]{32}$"},
    case={"type": "integer", "minimum": 1, "maximum": MAX_CASE},
    case_numbers=POWER,
    quarter={"type": "string", "pattern": "^2[0-9]{3}-Q[1-4]$"},
    users=POWER,
    counts=message(list(Verb), **dict.fromkeys(Verb, COUNT)),
    exact={"oneOf": [{"type": "null"}, message(["because"], because=TEXT)]},
)
REPORT_ANSWER = message(
    ["format", "platform", "report", "report_sha256", "answered", "kind", "text", "signature"],
    format={"const": 1},
    platform=TEXT,
    report=TEXT,
    report_sha256={"type": "string", "pattern": "^[0-9a-f]{64}$"},
    answered={"type": "string", "format": "date-time"},
    kind={"type": "string", "enum": list(AnswerKind)},
    text={"oneOf": [{"type": "null"}, message(["zh", "en"], zh=TEXT, en=TEXT)]},
    signature={"type": "string", "pattern": ITEM % 86},
)
REPORT_STATE = message(
    ["id", "state", "received", "answer"],
    id=TEXT,
    state={"type": "string", "enum": ["received", "answered"]},
    received={"type": "string", "format": "date"},
    answer={"oneOf": [{"type": "null"}, REPORT_ANSWER]},
)

SHA256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
DAY = {"type": "string", "format": "date"}
ELEMENT_COUNT = {"type": "integer", "minimum": 0, "maximum": MAX_SERIAL}
STATEMENT = message(
    ["format", "channel", "epoch", "serial", "since", "screened", "users", "elements", "report_sha256", "key", "signature"],
    format={"const": 1},
    channel=TEXT,
    epoch=EPOCH,
    serial=SERIAL,
    since=DAY,
    screened={"type": "string", "format": "date-time"},
    users=POWER,
    elements=ELEMENT_COUNT,
    report_sha256={"oneOf": [{"type": "null"}, SHA256]},
    key={"type": "string", "pattern": ITEM % 43},
    signature={"type": "string", "pattern": ITEM % 86},
)  # fmt: skip
COUNTERSIGNATURE = message(
    ["format", "statement_sha256", "platform", "elements", "fetched", "countersigned", "key", "signature"],
    format={"const": 1},
    statement_sha256=SHA256,
    platform=TEXT,
    elements=message(list(PURPOSES), **dict.fromkeys(PURPOSES, ELEMENT_COUNT)),
    fetched={"oneOf": [{"type": "null"}, message(["serial", "day"], serial=SERIAL, day=DAY)]},
    countersigned={"type": "string", "format": "date-time"},
    key={"type": "string", "pattern": ITEM % 43},
    signature={"type": "string", "pattern": ITEM % 86},
)

EVERY_ROUTE = (Problem.MALFORMED, Problem.NOT_FOUND, Problem.TIMEOUT, Problem.TOO_LARGE, Problem.INTERNAL)
CHANNEL_ROUTE = (*EVERY_ROUTE, Problem.UNAUTHORIZED, Problem.RATE_LIMITED, Problem.UNAVAILABLE)


def good(description, **schemas):
    content = {{"json": JSON, "octets": OCTETS}[kind]: {"schema": schema} for kind, schema in schemas.items()}
    return {"description": description} | ({"content": content} if content else {})


UNCHANGED = good("The caller has it already.")
ROUTES = {
    f"{CHANNEL}/evaluate": {
        "summary": "Evaluate blinded elements, with a proof",
        "parameters": [EPOCH_PART, PROOF, PURPOSE],
        "body": {JSON: {"schema": REQUEST}, OCTETS: {"schema": BYTES}},
        "good": {200: good("The evaluated elements and one proof, in the media type of the request.", json=ANSWER, octets=BYTES)},
        "problems": (*CHANNEL_ROUTE, Problem.RETIRED, Problem.MEDIA_TYPE, Problem.INVALID_ELEMENT, Problem.PROOF_NEEDED, Problem.QUOTA_EXCEEDED),
    },
    f"{CHANNEL}/snapshots/{{serial}}/buckets/{{index}}": {
        "summary": "One bucket of a snapshot: its slots, then its Merkle path",
        "parameters": [TAG],
        "good": {200: good("The body of the bucket.", octets=BYTES), 304: UNCHANGED},
        "problems": (*CHANNEL_ROUTE, Problem.RETIRED),
    },
    f"{CHANNEL}/metadata/{{name}}": {
        "summary": "A file of TUF metadata",
        "parameters": [TAG],
        "good": {200: good("The file.", json=ANYTHING), 304: UNCHANGED},
        "problems": CHANNEL_ROUTE,
    },
    f"{CHANNEL}/targets/{{path}}": {
        "summary": "A signed file: a manifest, filter, buckets.bin or tree.bin",
        "parameters": [TAG, RANGE],
        "good": {200: good("The file.", json=ANYTHING, octets=BYTES), 206: good("A range of it.", json=BYTES, octets=BYTES), 304: UNCHANGED},
        "problems": (*CHANNEL_ROUTE, Problem.RANGE),
    },
    f"{CHANNEL}/notices": {
        "summary": "The notices of releases newer than a serial, oldest first",
        "parameters": [AFTER, TAG],
        "good": {200: good("The notices.", json=NOTICES), 304: UNCHANGED},
        "problems": CHANNEL_ROUTE,
    },
    "/v1/reports": {
        "summary": "Report what was done with the accounts of a case, in canonical JSON",
        "parameters": [],
        "body": {JSON: {"schema": REPORT}},
        "good": {200: good("The state of this report, which was here already.", json=REPORT_STATE), 201: good("The state of the new report.", json=REPORT_STATE)},
        "problems": (*EVERY_ROUTE, Problem.UNAUTHORIZED, Problem.RATE_LIMITED, Problem.MEDIA_TYPE, Problem.CONFLICT, Problem.TOO_FINE, Problem.NOT_KEPT),
    },
    "/v1/reports/{id}": {
        "summary": "The state of a report, with the signed answer to it, for the platform that made it",
        "parameters": [],
        "good": {200: good("The state of the report.", json=REPORT_STATE)},
        "problems": (*EVERY_ROUTE, Problem.UNAUTHORIZED, Problem.RATE_LIMITED, Problem.NOT_KEPT),
    },
    "/v1/receipts": {
        "summary": "Countersign a platform's signed statement that it screened, in canonical JSON",
        "parameters": [],
        "body": {JSON: {"schema": STATEMENT}},
        "good": {200: good("The countersignature.", json=COUNTERSIGNATURE)},
        "problems": (*EVERY_ROUTE, Problem.UNAUTHORIZED, Problem.RATE_LIMITED, Problem.MEDIA_TYPE, Problem.NOT_COUNTERSIGNED),
    },
    "/healthz": {
        "summary": "Whether the process runs",
        "parameters": [],
        "good": {200: good("It does.", json=ANYTHING)},
        "problems": EVERY_ROUTE,
    },
    "/readyz": {
        "summary": "Whether it has valid releases to serve",
        "parameters": [],
        "good": {200: good("It has; each channel's condition.", json=ANYTHING)},
        "problems": (*EVERY_ROUTE, Problem.UNAVAILABLE),
    },
}  # fmt: skip


OPERATIONS = {"/v1/reports": "report", "/v1/reports/{id}": "reportState", "/v1/receipts": "receipt"}


def answers(described):
    """The answers of a route, by status. Problems of one status share an answer."""
    found = {str(status): answer for status, answer in described["good"].items()}
    for problem in sorted(set(described["problems"]), key=lambda one: (one.status, one.uri)):
        status = str(problem.status)
        words = f"{found[status]['description']}; or {problem.title}" if status in found else problem.title
        found[status] = {
            "description": words,
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    return dict(sorted(found.items()))


def operation(path, described):
    names = [name for name in PARTS if f"{{{name}}}" in path]
    made = {
        "operationId": OPERATIONS.get(path) or path.removeprefix(CHANNEL).strip("/").partition("/")[0],
        "summary": described["summary"],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in names],
        "responses": answers(described),
    }
    made["parameters"] += [
        {key: value for key, value in one.items() if value is not None} for one in described["parameters"]
    ]
    if "body" in described:
        made["requestBody"] = {"required": True, "content": described["body"]}
    if path.startswith(CHANNEL):
        made["security"] = [{}, {"token": []}]
    elif path in OPERATIONS:
        made["security"] = [{"token": []}]
    return made


def document():
    """The OpenAPI document of all routes; raises KeyError and ValueError if descriptions and routes differ."""
    routes = {route.path.replace(":path}", "}"): route for route in api_routes()}
    if routes.keys() != ROUTES.keys():
        raise ValueError(f"routes and descriptions differ: {sorted(routes.keys() ^ ROUTES.keys())}")
    paths = {}
    for path, route in sorted(routes.items()):
        methods = sorted(set(route.methods) - {"HEAD"})  # HEAD answers as GET does, without the body
        paths[path] = {method.lower(): operation(path, ROUTES[path]) for method in methods}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "pilookup",
            "version": pilookup.__version__,
            "description": "Blind evaluation and signed snapshots (SPEC.md section 8).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "parameters": PARTS,
            "schemas": {"Problem": DOCUMENT},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


PAGE = """# HTTP

The interface of `pilookup serve`, as an [OpenAPI 3.1 document](openapi.json). SPEC.md section 8 specifies it; this page and the document
are written by `tools/openapi_document.py` from the server's routes. Errors are problem documents (RFC 9457), which never repeat what
was sent. Every route answers 405 to other methods. Channels other than `public`, reports and receipts need `Authorization: Bearer KEY`.
"""


def page(described):
    lines = [PAGE]
    for path, operations in described["paths"].items():
        for method, one in operations.items():
            lines += [
                f"## `{method.upper()} {path}`",
                "",
                f"{one['summary']}.",
                "",
                "| status | answer | media type |",
                "| --- | --- | --- |",
            ]
            for status, answer in one["responses"].items():
                kinds = ", ".join(f"`{kind}`" for kind in answer.get("content", {})) or "-"
                lines.append(f"| {status} | {answer['description'].rstrip('.')} | {kinds} |")
            lines.append("")
    return "\n".join(lines)


def files():
    described = document()
    return {
        DOCS / "openapi.json": json.dumps(described, indent=1, ensure_ascii=False) + "\n",
        DOCS / "http.md": page(described),
    }


def main(arguments):
    made = files()
    if arguments == ["--check"]:
        old = [
            path.name for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text
        ]
        sys.exit(f"not up to date, run python tools/openapi_document.py: {', '.join(old)}" if old else 0)
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
