"""Repositories that a client must accept."""

from datetime import timedelta
from typing import Any

from tests.kit import oprf
from tests.kit.case import FOUND_EXPOSED, NOT_FOUND, bad, case_of, good
from tests.kit.changes import edit, edit_document, status
from tests.kit.repository import (
    ABSENT_NUMBER,
    BOTH_NUMBER,
    EXPOSED_NUMBER,
    LABELS,
    MALICIOUS_NUMBER,
    Repository,
    RootVersion,
)
from tests.kit.signing import Signer
from tests.kit.snapshot import EXPOSED, label

EXPOSED_NAME = f"tel:{EXPOSED_NUMBER}"


def exact(repository: Repository) -> None:
    repository.profile = "exact"
    repository.snapshot.labels[EXPOSED_NAME] = label(EXPOSED, accounts=3, month=306, cases=(1,))


def one_bucket(repository: Repository) -> None:
    repository.snapshot.bits = 0


def many_buckets(repository: Repository) -> None:
    repository.snapshot.bits = 7


def only_canaries(repository: Repository) -> None:
    for name in LABELS:
        del repository.snapshot.labels[name]


def same_tag(repository: Repository) -> None:
    """Put two entries with the number's tag around its own: one of zeros behind the tag, one of ones."""
    tag = repository.snapshot.token(EXPOSED_NAME)[4:8]
    index = repository.snapshot.bucket_of(EXPOSED_NAME)
    repository.snapshot.others[index] = [tag + bytes(28), tag + b"\xff" * 28]


def same_tag_absent(repository: Repository) -> None:
    name = f"tel:{ABSENT_NUMBER}"
    tag = repository.snapshot.token(name)[4:8]
    repository.snapshot.others[repository.snapshot.bucket_of(name)] = [tag + bytes(28), tag + b"\xff" * 28]


def full_bucket(repository: Repository) -> None:
    """Fill the number's bucket up to its last slot."""
    inside = repository.snapshot
    index = inside.bucket_of(EXPOSED_NAME)
    taken = sum(inside.bucket_of(name) == index for name in inside.labels)
    inside.others[index] = [oprf.field(bytes([number]) * 30) for number in range(inside.slots - taken)]


def rare_title(repository: Repository) -> None:
    repository.datasets[0]["title"]["zh"] = "\U00031350\U0002ebf0村"


def unknown_codes(repository: Repository) -> None:
    repository.datasets[0] |= {"data_classes": ["a-code-of-tomorrow"], "advice": ["another"]}


def rotated_roots(repository: Repository) -> None:
    """Follow the pinned root by two more: other root keys, then other keys for all roles."""
    old = repository.roots[0]
    keys = old.keys | {"root": [Signer(f"new root {i}") for i in (1, 2, 3)]}
    signers = [*old.signers, *keys["root"][:2]]
    new = {role: [Signer(f"new {role} {i}") for i in (1, 2)] for role in ("targets", "snapshot", "timestamp")}
    repository.roots.append(RootVersion(2, keys, signers=signers))
    repository.roots.append(RootVersion(3, keys | new, signers=keys["root"][1:]))
    repository.signers = {"targets": new["targets"], "snapshot": new["snapshot"][:1], "timestamp": new["timestamp"][1:]}


def expired_first_root(repository: Repository) -> None:
    repository.roots[0].lifetime = timedelta(days=-1)
    repository.roots.append(RootVersion(2))


def add_signatures(document: dict[str, Any]) -> None:
    """Add a signature of a stranger, and one of a holder that is not valid."""
    document["signatures"] += [
        {"keyid": Signer("a stranger").key_id, "sig": 64 * "00"},
        {"keyid": Signer("targets 3").key_id, "sig": 64 * "11"},
    ]


def unknown_members(signed: dict[str, Any]) -> None:
    signed["x-of-tomorrow"] = {"a": [1, "text"]}
    signed["spec_version"] = "1.9.0"


def custom_of_tomorrow(targets: dict[str, Any]) -> None:
    targets["targets"]["epochs/3/manifest.json"]["custom"] |= {"rotates_on": "2099-01-01", "x-of-tomorrow": [1]}


def more_targets(targets: dict[str, Any]) -> None:
    other = {"length": 1, "hashes": {"sha256": 64 * "0", "sha512": 128 * "0"}}
    targets["targets"]["epochs/3/a-file-of-tomorrow.bin"] = other


def more_files(manifest: dict[str, Any]) -> None:
    manifest["files"]["a-file-of-tomorrow.bin"] = {"sha256": 64 * "0", "size": 1}


def title_of_case_1(zh: str) -> dict[str, Any]:
    case = case_of(1)
    return FOUND_EXPOSED | {"cases": [case | {"title": case["title"] | {"zh": zh}}]}


CASES = [
    good("good-exposed", "nothing; the number is in exposed data", "11"),
    good("good-malicious", "nothing; accounts were registered on the number", "11", MALICIOUS_NUMBER),
    good("good-both", "nothing; the label has both flags, three cases and more", "5.1", BOTH_NUMBER),
    good("good-absent", "nothing; the number is not in the data", "11", ABSENT_NUMBER),
    good(
        "good-exact",
        "the profile is exact: count and month as they are",
        "5.2",
        right=FOUND_EXPOSED | {"accounts": 3, "last_seen": "2025-06"},
        repository=exact,
    ),
    good("good-one-bucket", "bucket_bits is 0: one bucket, an empty path", "6.1", repository=one_bucket),
    good("good-many-buckets", "bucket_bits is 7", "6.1", repository=many_buckets),
    good("good-full-bucket", "the number's bucket has no empty slot", "6.2", repository=full_bucket),
    good("good-same-tag", "two other entries of the bucket have the number's tag", "6.2", repository=same_tag),
    good(
        "good-same-tag-absent",
        "two entries of the bucket have the tag of a number that is not in the data",
        "11",
        ABSENT_NUMBER,
        repository=same_tag_absent,
    ),
    good(
        "good-only-canaries",
        "the snapshot holds canaries only",
        "6.5",
        right=NOT_FOUND,
        repository=only_canaries,
    ),
    good(
        "good-rare-title",
        "a title has letters that old versions of Unicode do not know (U+31350, U+2EBF0)",
        "7",
        right=title_of_case_1("\U00031350\U0002ebf0村"),
        repository=rare_title,
    ),
    good("good-unknown-codes", "codes of data and advice that no client knows", "7", repository=unknown_codes),
    good(
        "good-more-files", "the manifest lists a file of a kind to come", "7", repository=edit("manifest", more_files)
    ),
    good(
        "good-more-targets",
        "the targets list a file of a kind to come",
        "9.4",
        repository=edit("targets", more_targets),
    ),
    good(
        "good-custom-members",
        "`custom` has members that a client does not know",
        "9.4",
        repository=edit("targets", custom_of_tomorrow),
    ),
    good(
        "good-metadata-members", "the targets have members to come", "9.2", repository=edit("targets", unknown_members)
    ),
    good(
        "good-more-signatures",
        "the targets also have a stranger's signature, and one that is not valid",
        "9.2",
        site=edit_document(".targets.json", add_signatures),
    ),
    good(
        "good-roots", "two roots follow the pinned one, with other keys for every role", "9.3", repository=rotated_roots
    ),
    good(
        "good-expired-first-root",
        "the pinned root has expired, its successor has not",
        "9.3",
        repository=expired_first_root,
    ),
    good(
        "good-410-once-evaluate",
        "the first request to evaluate is answered with 410",
        "8.4",
        site=status("evaluate", 410, times=1),
        evaluations=2,
    ),
    good(
        "good-410-once-bucket",
        "the first request for a bucket is answered with 410",
        "8.4",
        site=status("snapshots", 410, times=1),
        evaluations=2,
    ),
    bad(
        "not-a-number",
        "nothing; the text is not a number, and nothing may be sent for it",
        "11",
        "invalid_number",
        number="hello",
        evaluations=0,
    ),
]
