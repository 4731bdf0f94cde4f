"""Wrong TUF metadata (SPEC.md sections 9.1 to 9.3)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.kit.case import Case, bad
from tests.kit.changes import edit, edit_document, every, expired, put, remove, rewrite
from tests.kit.repository import Repository, RootVersion
from tests.kit.signing import Signer
from tests.kit.site import Site

TIMESTAMP, SNAPSHOT, TARGETS, ROOT = "timestamp.json", "20.snapshot.json", "10.targets.json", "/2.root.json"
FILES = {"timestamp": TIMESTAMP, "snapshot": SNAPSHOT, "targets": TARGETS}


def signed_by(role: str, *names: str) -> Callable[[Repository], None]:
    return lambda repository: repository.signers.update({role: [Signer(name) for name in names]})


def flip_signed(document: dict[str, Any]) -> None:
    """Change what is signed after it was signed: the day on which it expires."""
    document["signed"]["expires"] = "2099-01-01T00:00:00Z"


def same_signature_twice(document: dict[str, Any]) -> None:
    document["signatures"] = [document["signatures"][0]] * 2


def second_root(**options: Any) -> Callable[[Repository], None]:
    return lambda repository: repository.roots.append(RootVersion(2, **options))


def other_root_keys() -> dict[str, list[Signer]]:
    return RootVersion().keys | {"root": [Signer(f"new root {i}") for i in (1, 2, 3)]}


def one_key_under_two_ids(role: str) -> Callable[[Repository], None]:
    """List a role's first key under two ids, in a second root, and sign for the role under both."""

    def apply(repository: Repository) -> None:
        twice = [Signer(f"{role} 1"), Signer(f"{role} 1", id_suffix="again")]
        keys = RootVersion().keys | {role: twice}
        if role == "root":
            repository.roots.append(RootVersion(2, keys, signers=[*repository.roots[0].signers, twice[1]]))
        else:
            repository.roots.append(RootVersion(2, keys))
            repository.signers[role] = twice

    return apply


def threshold_of_none(signed: dict[str, Any]) -> None:
    signed["roles"]["timestamp"]["threshold"] = 0


def key_id_listed_twice(signed: dict[str, Any]) -> None:
    signed["roles"]["targets"]["keyids"].append(signed["roles"]["targets"]["keyids"][0])


def without_role(signed: dict[str, Any]) -> None:
    del signed["roles"]["snapshot"]


def another_type_of_key(signed: dict[str, Any]) -> None:
    for key_id in signed["roles"]["timestamp"]["keyids"]:
        signed["keys"][key_id]["keytype"] = signed["keys"][key_id]["scheme"] = "a-scheme-of-tomorrow"


def expired_root(repository: Repository) -> None:
    repository.roots[0].lifetime = timedelta(hours=-1)


def stranger(site: Site) -> None:
    """Pin the root of other keys than those that sign the release."""
    keys = {role: [Signer(f"stranger {role} {i}") for i in (1, 2, 3)] for role in RootVersion().keys}
    thresholds = dict.fromkeys(keys, 1)
    root = RootVersion(keys=keys, thresholds=thresholds, signers=keys["root"][:1])
    site.trust = root.to_bytes(site.now)


def old_under_new_name(role: str) -> Callable[[Repository], None]:
    """Sign a role's metadata with a version below the one of its file's name."""
    return lambda repository: repository.edits.update({role: lambda signed: signed.update(version=1)})


def another_entry(signed: dict[str, Any]) -> None:
    signed["meta"]["another.json"] = {"version": 1}


def no_entry(signed: dict[str, Any]) -> None:
    signed["meta"] = {"another.json": {"version": 1}}


def entry_without_version(signed: dict[str, Any]) -> None:
    signed["meta"]["snapshot.json"] = {}


def _expired(role: str) -> Case:
    return bad(
        f"{role}-expired",
        f"the {role} metadata expired an hour ago",
        "9.3",
        "stale",
        evaluations=0,
        repository=expired(role),
    )


def _unsigned(role: str, name: str, changed: str, **changes: Any) -> Case:
    return bad(f"{role}-{name}", changed, "9.2", "bad_signature", evaluations=0, **changes)


def _form(role: str, name: str, changed: str, **changes: Any) -> Case:
    return bad(f"{role}-{name}", changed, "9.2", "bad_response", evaluations=0, **changes)


def _contradiction(role: str, name: str, changed: str, **changes: Any) -> Case:
    return bad(f"{role}-{name}", changed, "9.3", "bad_snapshot", evaluations=0, **changes)


def _forms(role: str) -> list[Case]:
    """Return the cases of files that are not metadata of their role."""
    file = FILES[role]
    return [
        _form(role, "missing", f"the {role} metadata are answered with 404", site=remove(file)),
        _form(role, "not-json", f"the {role} metadata are not JSON", site=rewrite(file, lambda data: data[:-1])),
        _form(role, "other-type", f"`_type` of the {role} metadata is another role", repository=put(role, _type="mirrors")),
        _form(role, "spec-version", f"`spec_version` of the {role} metadata is 2.0.0", repository=put(role, spec_version="2.0.0")),
        _form(role, "expires-fraction", f"`expires` of the {role} metadata has a fraction", repository=put(role, expires="2099-01-01T00:00:00.5Z")),
        _form(role, "version-text", f"`version` of the {role} metadata is a text", repository=put(role, version="20")),
        _form(role, "oversized", f"the {role} metadata have more than 4 MiB", site=rewrite(file, lambda data: data + b" " * 2**22)),
        _form(role, "key-id-twice", f"a key id signs the {role} metadata twice", site=edit_document(file, same_signature_twice)),
    ]  # fmt: skip


CASES = [
    # The root.
    bad("root-expired", "the pinned root has expired", "9.3", "stale", evaluations=0, repository=expired_root),
    _unsigned("root", "of-a-stranger", "the pinned root has other keys than those that sign", site=stranger),
    _unsigned(
        "root",
        "not-by-the-former",
        "the second root is signed by its own keys alone",
        repository=second_root(keys=other_root_keys(), signers=other_root_keys()["root"][:2]),
    ),
    _unsigned(
        "root",
        "not-by-itself",
        "the second root is signed by the former keys alone",
        repository=second_root(keys=other_root_keys()),
    ),
    _unsigned(
        "root",
        "below-threshold",
        "the second root has one signature of two",
        repository=second_root(signers=[Signer("root 1")]),
    ),
    _unsigned(
        "root",
        "changed",
        "the second root was changed after it was signed",
        repository=second_root(),
        site=edit_document(ROOT, flip_signed),
    ),
    _unsigned(
        "root",
        "one-key-twice",
        "the second root lists one root key under two ids",
        repository=one_key_under_two_ids("root"),
    ),
    _unsigned(
        "root",
        "one-targets-key-twice",
        "the second root lists one targets key under two ids, and both sign",
        repository=one_key_under_two_ids("targets"),
    ),
    _contradiction(
        "root",
        "version-skipped",
        "`2.root.json` is version 3",
        repository=second_root(file_version=2, edit=lambda signed: signed.update(version=3)),
    ),
    _contradiction(
        "root",
        "version-repeated",
        "`2.root.json` is version 1 again",
        repository=second_root(edit=lambda signed: signed.update(version=1)),
    ),
    _form(
        "root",
        "not-json",
        "the second root is not JSON",
        repository=second_root(),
        site=rewrite(ROOT, lambda data: data[:-1]),
    ),
    _form(
        "root",
        "no-consistent-snapshot",
        "the second root has `consistent_snapshot` false",
        repository=second_root(edit=lambda signed: signed.update(consistent_snapshot=False)),
    ),
    _form(
        "root",
        "sandbox",
        "the second root has the member `sandbox`",
        repository=second_root(edit=lambda signed: signed.update(sandbox=True)),
    ),
    _form(
        "root", "threshold-zero", "the second root has a threshold of 0", repository=second_root(edit=threshold_of_none)
    ),
    _form(
        "root",
        "key-id-listed-twice",
        "the second root lists a key id twice for a role",
        repository=second_root(edit=key_id_listed_twice),
    ),
    _form("root", "no-role", "the second root leaves the role snapshot out", repository=second_root(edit=without_role)),
    _unsigned(
        "root",
        "unknown-scheme",
        "the timestamp's key is of a scheme that is not Ed25519",
        also=["bad_response"],
        repository=second_root(edit=another_type_of_key),
    ),
    bad(
        "root-second-expired",
        "the second root has expired",
        "9.3",
        "stale",
        evaluations=0,
        repository=second_root(lifetime=timedelta(hours=-1)),
    ),
    # The timestamp.
    *_forms("timestamp"),
    _form(
        "timestamp",
        "no-version-of-snapshot",
        "the timestamp names no version of the snapshot metadata",
        repository=edit("timestamp", entry_without_version),
    ),
    _unsigned(
        "timestamp",
        "by-another-role",
        "the timestamp is signed by the key of the snapshot metadata",
        repository=signed_by("timestamp", "snapshot 1"),
    ),
    _unsigned(
        "timestamp",
        "changed",
        "the timestamp was changed after it was signed",
        site=edit_document(TIMESTAMP, flip_signed),
    ),
    _unsigned(
        "timestamp",
        "not-signed",
        "the timestamp has no signature",
        site=edit_document(TIMESTAMP, lambda document: document.update(signatures=[])),
    ),
    _expired("timestamp"),
    # The snapshot metadata.
    *_forms("snapshot"),
    _contradiction(
        "snapshot",
        "old-under-new-name",
        "the snapshot metadata have a lower version than their name",
        repository=old_under_new_name("snapshot"),
    ),
    _contradiction(
        "snapshot",
        "another-entry",
        "the snapshot metadata list another file besides targets.json",
        repository=edit("snapshot", another_entry),
    ),
    _contradiction(
        "snapshot",
        "no-targets",
        "the snapshot metadata do not list targets.json",
        repository=edit("snapshot", no_entry),
    ),
    _unsigned(
        "snapshot",
        "by-another-role",
        "the snapshot metadata are signed by the timestamp's key",
        repository=signed_by("snapshot", "timestamp 1"),
    ),
    _expired("snapshot"),
    # The targets.
    *_forms("targets"),
    _contradiction(
        "targets",
        "old-under-new-name",
        "the targets have a lower version than their name",
        repository=old_under_new_name("targets"),
    ),
    _unsigned(
        "targets",
        "below-threshold",
        "the targets have one signature of two",
        repository=signed_by("targets", "targets 1"),
    ),
    _unsigned(
        "targets",
        "one-holder-and-a-stranger",
        "one of two signatures of the targets is a stranger's",
        repository=signed_by("targets", "targets 1", "a stranger"),
    ),
    _unsigned(
        "targets",
        "changed",
        "the targets were changed after they were signed",
        site=edit_document(TARGETS, flip_signed),
    ),
    _expired("targets"),
    # Two faults: the order of the checks decides.
    bad(
        "order-signature-before-clock",
        "the timestamp has expired and is signed by a stranger",
        "9.3",
        "bad_signature",
        also=["stale"],
        evaluations=0,
        repository=every(expired("timestamp"), signed_by("timestamp", "a stranger")),
    ),
    bad(
        "order-version-before-signature",
        "the targets have a lower version than their name, and are signed by strangers",
        "9.3",
        "bad_snapshot",
        also=["bad_signature"],
        evaluations=0,
        repository=every(old_under_new_name("targets"), signed_by("targets", "a stranger", "another")),
    ),
    bad(
        "order-form-before-signature",
        "the snapshot metadata are of another role, and signed by a stranger",
        "9.3",
        "bad_response",
        also=["bad_signature"],
        evaluations=0,
        repository=every(put("snapshot", _type="mirrors"), signed_by("snapshot", "a stranger")),
    ),
    bad(
        "order-timestamp-before-snapshot",
        "the timestamp has expired, and the snapshot metadata are missing",
        "9.3",
        "stale",
        also=["bad_response"],
        evaluations=0,
        repository=expired("timestamp"),
        site=remove(SNAPSHOT),
    ),
]
